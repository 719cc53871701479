import asyncio
from dataclasses import replace

import pytest
from tests.support.snapshots import small_content
from tests.unit.apps.replay.test_played import SCENARIO

from route112.apps.replay.clock import ScenarioClock
from route112.apps.replay.reach import Reach
from route112.apps.replay.script import Deed, Script, list_deeds, show_time
from route112.model import FaultStep, Wiring
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

SITES = ("site-1", "site-2", "site-3")
GREY = FaultStep(at_s=60.0, until_s=300.0, kind="grey", targets=("site-1",), spreads_after_s=30.0)
KILL = FaultStep(at_s=300.0, until_s=310.0, kind="kill", targets=("site-2",))
EVENING = replace(SCENARIO, faults=(KILL, GREY))
APART = Wiring(name="route112")
SHARED = Wiring(name="as-2021", shared_state=True)


def show(deeds):
    return [(deed.at_s, deed.begins, deed.step.kind, deed.step.targets) for deed in deeds]


class Noted:
    """What a script asks of the faults of a run."""

    def __init__(self):
        self.done = []

    def inject(self, kind, targets, settings):
        self.done.append(("inject", kind, targets, settings))
        return f"{kind}-{len(self.done)}"

    def clear(self, id_):
        self.done.append(("clear", id_))


def make(kind, targets, at_s, until_s, index):
    step = FaultStep(
        at_s=at_s, until_s=until_s, kind=kind, targets=targets, settings=(("share", "0.2"),)
    )
    return [
        Deed(at_s=at_s, begins=True, index=index, step=step),
        Deed(at_s=until_s, begins=False, index=index, step=step),
    ]


def run(deeds):
    faults, reach, said = Noted(), Reach(), []
    snapshot = Snapshot(write_snapshot(small_content()))

    async def play():
        script = Script(faults, ScenarioClock(1_000.0), reach, snapshot, say=said.append)
        await script.run(deeds)
        await script.end()

    asyncio.run(play())
    return faults.done, reach.list_reachable(), said


def test_each_deed_is_done_at_its_time():
    done, reachable, said = run(make("grey", ("site-1", "site-2"), 10.0, 60.0, 0))
    assert done == [
        ("inject", "grey", ("site-1", "site-2"), {"share": "0.2"}),
        ("clear", "grey-1"),
    ]
    assert reachable == {}
    assert said == [
        "+0:00:10 grey begins: site-1, site-2",
        "+0:01:00 grey ends: site-1, site-2",
    ]


def test_what_has_no_end_is_ended_with_the_play():
    begin, _ = make("psap-silent", ("+33261910015",), 0.0, 50.0, 3)
    done, reachable, said = run([begin])
    assert done[1:] == [("clear", "psap-silent-1")]
    assert len(reachable["+33261910015"]) == 1
    assert len(said) == 1


def test_what_the_far_end_loses_is_noted():
    _, reachable, _ = run(make("psap-silent", ("+33261910015",), 0.0, 50.0, 3))
    [(before, gone), (back, _)] = reachable["+33261910015"]
    assert before == 0
    assert 30_000 < back - gone < 10_000_000


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "+0:00:00"), (3_661.0, "+1:01:01"), (26_100.0, "+7:15:00")]
)
def test_scenario_time_is_shown(seconds, text):
    assert show_time(seconds) == text


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


def test_what_lasts_to_the_end_is_not_ended_before_the_last_caller_is_through():
    lasting = replace(GREY, until_s=EVENING.length_s)
    assert show(list_deeds(replace(EVENING, faults=(KILL, lasting)), APART, SITES)) == [
        (60.0, True, "grey", ("site-1",)),
        (300.0, True, "kill", ("site-2",)),
        (310.0, False, "kill", ("site-2",)),
    ]
