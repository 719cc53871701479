from route112.apps.replay.played import Played
from route112.model import Scenario, UtcTime, Wiring
from route112.simulation.tally import count_attempts

SCENARIO = Scenario(
    name="evening",
    title="An evening",
    starts=UtcTime(0),
    ends=UtcTime(3_600_000_000),
    seed=1,
    calls=1,
    profile=((0.0, 1.0),),
    numbers=(("112", 1.0),),
    operators=(("bruyere", 1.0),),
)


def test_compression():
    tally = count_attempts([], length_s=3600, bin_s=60)
    wiring = Wiring(name="route112")
    played = Played(scenario=SCENARIO, wiring=wiring, tally=tally, seconds=100)
    assert played.compression == 36
    assert Played(scenario=SCENARIO, wiring=wiring, tally=tally, seconds=0).compression == 0
