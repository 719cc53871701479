"""The fault script: a plain list of things to do, each at its second, and who does them."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from route112.adapters.sip.caller import wall_us
from route112.apps.fault import Faults
from route112.apps.replay.clock import ScenarioClock
from route112.apps.replay.ending import finish
from route112.apps.replay.reach import Reach, find_numbers
from route112.model import FaultStep, Scenario, Wiring
from route112.snapshot.reader import Snapshot

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A fault that begins or ends."""

    at_s: float
    """Scenario seconds."""
    begins: bool
    index: int
    """The step that it belongs to; a step that ends is the one that began."""
    step: FaultStep


def list_deeds(scenario: Scenario, wiring: Wiring, sites: Iterable[str]) -> tuple[Deed, ...]:
    """
    List what happens, in order; at one instant, ends before beginnings.

    Where state is shared, a step that spreads reaches every other site that the script does not
    hit in the same way meanwhile, and stays there as long as where it began. That is a model of a
    domino, not a measurement of one.

    What lasts to the very end of the scenario has no end here: callers of the last minutes, who
    still wait and dial again afterwards, must not be rescued by the curtain.
    """
    steps = list(scenario.faults)
    if wiring.shared_state:
        steps += _spread(scenario.faults, tuple(sites))
    deeds = [
        Deed(at_s=at_s, begins=begins, index=index, step=step)
        for index, step in enumerate(steps)
        for at_s, begins in ((step.at_s, True), (step.until_s, False))
        if begins or step.until_s != scenario.length_s
    ]
    return tuple(sorted(deeds, key=lambda deed: (deed.at_s, deed.begins, deed.index)))


def _spread(steps: Sequence[FaultStep], sites: tuple[str, ...]) -> list[FaultStep]:
    further = []
    for step in steps:
        hit = {
            site
            for other in steps
            if other.kind == step.kind and other.at_s < step.until_s and step.at_s < other.until_s
            for site in other.targets
        }
        others = tuple(site for site in sites if site not in hit)
        if step.spreads_after_s is None or not others:
            continue
        at_s = step.at_s + step.spreads_after_s
        if at_s < step.until_s:
            further.append(replace(step, at_s=at_s, targets=others, spreads_after_s=None))
    return further


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

    async def end(self) -> None:
        """End what lasts to the end, once the last caller is through or has given up."""
        for index in list(self._ids):
            await finish(asyncio.to_thread(self._faults.clear, self._ids.pop(index)))

    async def _do(self, deed: Deed) -> None:
        step = deed.step
        numbers = find_numbers(step, self._snapshot)
        targets = ", ".join(step.targets)
        if deed.begins:
            self.reach.lose(numbers, step=deed.index, at_us=wall_us())
            self._ids[deed.index] = await finish(
                asyncio.to_thread(
                    self._faults.inject, step.kind, step.targets, dict(step.settings)
                )
            )  # before the country goes down, which ends what is in force by then
            self._say(f"{show_time(deed.at_s)} {step.kind} begins: {targets}")
        else:
            await finish(asyncio.to_thread(self._faults.clear, self._ids.pop(deed.index)))
            self.reach.regain(numbers, step=deed.index, at_us=wall_us())
            self._say(f"{show_time(deed.at_s)} {step.kind} ends: {targets}")


def show_time(scenario_s: float) -> str:
    """Show scenario time as hours, minutes and seconds since the beginning."""
    whole = int(scenario_s)
    return f"+{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
