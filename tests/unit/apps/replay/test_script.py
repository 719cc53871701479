import asyncio

import pytest
from tests.support.snapshots import small_content

from route112.apps.replay.clock import ScenarioClock
from route112.apps.replay.reach import Reach
from route112.apps.replay.script import Script, show_time
from route112.apps.replay.timeline import Deed
from route112.model import FaultStep
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


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
