"""The fault script while it runs: each deed at its second, and what it takes away noted."""

import asyncio
from collections.abc import Callable, Sequence

from route112.adapters.sip.caller import wall_us
from route112.apps.fault import Faults
from route112.apps.replay.clock import ScenarioClock
from route112.apps.replay.reach import Reach, find_numbers
from route112.apps.replay.timeline import Deed
from route112.snapshot.reader import Snapshot

Say = Callable[[str], None]


class Script:
    """Does what the fault script says, at its times."""

    def __init__(
        self, faults: Faults, clock: ScenarioClock, reach: Reach, snapshot: Snapshot, *, say: Say
    ) -> None:
        self.reach = reach
        self._faults = faults
        self._clock = clock
        self._snapshot = snapshot
        self._say = say
        self._ids: dict[int, str] = {}

    async def run(self, deeds: Sequence[Deed]) -> None:
        """Do everything in its order; raises FaultError where the first deed cannot be done."""
        for deed in deeds:
            await self._clock.until(deed.at_s)
            await self._do(deed)

    async def _do(self, deed: Deed) -> None:
        step = deed.step
        numbers = find_numbers(step, self._snapshot)
        targets = ", ".join(step.targets)
        if deed.begins:
            self.reach.lose(numbers, step=deed.index, at_us=wall_us())
            self._ids[deed.index] = await asyncio.to_thread(
                self._faults.inject, step.kind, step.targets, dict(step.settings)
            )
            self._say(f"{show_time(deed.at_s)} {step.kind} begins: {targets}")
        else:
            await asyncio.to_thread(self._faults.clear, self._ids.pop(deed.index))
            self.reach.regain(numbers, step=deed.index, at_us=wall_us())
            self._say(f"{show_time(deed.at_s)} {step.kind} ends: {targets}")


def show_time(scenario_s: float) -> str:
    """Show scenario time as hours, minutes and seconds since the beginning."""
    whole = int(scenario_s)
    return f"+{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
