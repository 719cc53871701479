from dataclasses import replace

from tests.unit.apps.replay.test_played import SCENARIO

from route112.apps.replay.timeline import list_deeds
from route112.model import FaultStep, Wiring

SITES = ("site-1", "site-2", "site-3")
GREY = FaultStep(at_s=60.0, until_s=300.0, kind="grey", targets=("site-1",), spreads_after_s=30.0)
KILL = FaultStep(at_s=300.0, until_s=310.0, kind="kill", targets=("site-2",))
EVENING = replace(SCENARIO, faults=(KILL, GREY))
APART = Wiring(name="route112")
SHARED = Wiring(name="as-2021", shared_state=True)


def show(deeds):
    return [(deed.at_s, deed.begins, deed.step.kind, deed.step.targets) for deed in deeds]


def test_ends_come_before_beginnings():
    assert show(list_deeds(EVENING, APART, SITES)) == [
        (60.0, True, "grey", ("site-1",)),
        (300.0, False, "grey", ("site-1",)),
        (300.0, True, "kill", ("site-2",)),
        (310.0, False, "kill", ("site-2",)),
    ]


def test_shared_state_spreads_what_spreads():
    deeds = list_deeds(EVENING, SHARED, SITES)
    assert show(deeds)[1] == (90.0, True, "grey", ("site-2", "site-3"))
    [begin, end] = [deed for deed in deeds if deed.step.targets == ("site-2", "site-3")]
    assert begin.index == end.index
    assert len(deeds) == 6


def test_what_ends_before_it_spreads_does_not():
    short = replace(EVENING, faults=(replace(GREY, until_s=80.0),))
    assert len(list_deeds(short, SHARED, SITES)) == 2
    everywhere = replace(EVENING, faults=(replace(GREY, targets=SITES),))
    assert len(list_deeds(everywhere, SHARED, SITES)) == 2


def test_a_site_that_has_the_fault_already_does_not_get_it_twice():
    own = replace(GREY, at_s=100.0, targets=("site-2",), spreads_after_s=None)
    later = replace(own, at_s=400.0, until_s=500.0, targets=("site-3",))
    deeds = list_deeds(replace(EVENING, faults=(GREY, own, later)), SHARED, SITES)
    assert [deed.step.targets for deed in deeds if deed.begins] == [
        ("site-1",), ("site-3",), ("site-2",), ("site-3",),
    ]  # fmt: skip
