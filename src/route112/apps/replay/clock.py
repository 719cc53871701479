"""Scenario time beside real time: calls come faster than they did, SIP does not."""

import asyncio
import time
from pathlib import Path

from route112.apps.scenario_time import write_scenario_time
from route112.model import Scenario, UtcTime, Wiring
from route112.wire.documents.scenario_time import ScenarioTime

COMPRESSION_MAX = 1_000.0
"""Scenario seconds for each real one."""


class ScenarioClock:
    """Begins when it is made; made and used on one event loop."""

    def __init__(self, compression: float) -> None:
        """Start at scenario second 0; raises ValueError for a compression that cannot be."""
        if not 0 < compression <= COMPRESSION_MAX:
            raise ValueError(f"a compression of {compression:g}, at most {COMPRESSION_MAX:g}")
        self.compression = compression
        self.began_us = time.time_ns() // 1_000
        """Wall clock, microseconds."""
        self._loop = asyncio.get_running_loop()
        self._began_s = self._loop.time()

    @property
    def now_s(self) -> float:
        """Scenario seconds since the beginning."""
        return (self._loop.time() - self._began_s) * self.compression

    def read(self, wall_us: int) -> float:
        """Return the scenario second of an instant of the wall clock."""
        return (wall_us - self.began_us) / 1e6 * self.compression

    async def until(self, scenario_s: float) -> None:
        """Wait until a scenario second; at once when it is over."""
        await self.pause(scenario_s - self.now_s)

    async def pause(self, scenario_s: float) -> None:
        """Wait so many scenario seconds."""
        await asyncio.sleep(max(0.0, scenario_s / self.compression))


def tell_scenario_time(
    run_dir: Path, scenario: Scenario, wiring: Wiring, clock: ScenarioClock
) -> None:
    """Say in a run's folder what its records' times stand for; raises OSError."""
    write_scenario_time(
        run_dir,
        ScenarioTime(
            scenario=scenario.name,
            wiring=wiring.name,
            starts=scenario.starts,
            began=UtcTime(clock.began_us),
            compression=clock.compression,
        ),
    )
