from dataclasses import replace

from route112.apps.replay.joint import JointReport
from route112.apps.replay.played import Played
from route112.model import Scenario, UtcTime, Wiring
from route112.simulation.checker import Verdict
from route112.simulation.tally import Attempt, count_attempts

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


def test_what_nobody_had_named_is_lost_by_us():
    lost = Attempt(
        at_s=1.0, verdict=Verdict.LOST, caller="+999000001", number="112", operator="bruyere",
        departement="29", target="+33199000001", cut_off=True, ghosts=0, first_ring_ms=None,
    )  # fmt: skip
    tally = count_attempts([lost, lost], length_s=3600, bin_s=60)
    played = Played(
        scenario=SCENARIO, wiring=Wiring(name="route112"), tally=tally, seconds=110, compression=36
    )
    assert played.lost_unnamed == 2
    named = {"antilles": {"CTA18-971": 1}}
    joint = JointReport(
        vendors=(), named={}, called_named=named, lost_named=named, lost_unnamed={}
    )
    assert replace(played, joint=joint).lost_unnamed == 1
