import asyncio

import pytest
from tests.unit.apps.replay.test_played import SCENARIO

from route112.apps.replay.clock import COMPRESSION_MAX, ScenarioClock, tell_scenario_time
from route112.apps.scenario_time import find_scenario_time
from route112.model import Wiring


async def run_clock():
    clock = ScenarioClock(100.0)
    assert clock.now_s < 5
    await clock.until(3.0)
    assert 3.0 <= clock.now_s < 60
    before_s = clock.now_s
    await clock.until(0.0)
    await clock.pause(-1)
    assert clock.now_s - before_s < 20
    assert clock.read(clock.began_us + 2_000_000) == pytest.approx(200.0)


def test_scenario_time_runs_faster():
    asyncio.run(run_clock())


@pytest.mark.parametrize("compression", [0.0, -1.0, COMPRESSION_MAX * 2])
def test_a_compression_that_cannot_be(compression):
    async def make():
        ScenarioClock(compression)

    with pytest.raises(ValueError, match="a compression of"):
        asyncio.run(make())


def test_a_run_says_what_its_time_stands_for(tmp_path):
    async def tell():
        clock = ScenarioClock(100.0)
        tell_scenario_time(tmp_path, SCENARIO, Wiring(name="as-2021"), clock)
        return clock

    clock = asyncio.run(tell())
    found = find_scenario_time(tmp_path)
    assert (found.scenario, found.wiring, found.compression) == ("evening", "as-2021", 100.0)
    assert found.read(clock.began_us + 2_000_000) == SCENARIO.starts + 200_000_000
