import asyncio

import pytest

from route112.apps.replay.clock import COMPRESSION_MAX, ScenarioClock


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
