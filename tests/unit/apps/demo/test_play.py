"""Calls are placed at their time, judged by both ends, and shown in the order of placing."""

import asyncio
from types import SimpleNamespace

import pytest
from tests.support.snapshots import small_content

from route112.adapters.sip import CallResult
from route112.apps.demo.draw import DemoCall
from route112.apps.demo.play import Play
from route112.apps.ends import CallOrder
from route112.simulation.checker import Verdict
from route112.simulation.logs import PsapLine
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot
from route112.wire.record_calls import CallHistory
from route112.wire.record_lines import Record

BEST, SECOND = "+33261910010", "+33261910020"
CALL = DemoCall(
    dialled="15",
    commune="29019",
    name="Brest",
    operator="bruyere",
    technology="mobile",
    targets=(BEST, SECOND),
)


class FakeCallers:
    """Callers and PSAPs in one: each call is answered by the next of `answers`."""

    def __init__(self, answers):
        self.answers = list(answers)
        self.lines = []
        self.rings = []
        self.placed_s = []

    async def run(self, order):
        self.placed_s.append(asyncio.get_running_loop().time())
        number = self.answers.pop(0)
        status = 200 if number else 503
        result = CallResult(call_id=order.call_id, placed_us=0, status=status)
        if number:
            result.ringing_us = result.answered_us = 7_000
            self.rings.append(
                PsapLine(call_id=order.call_id, number=number, rang_us=5_000, answered_us=6_000)
            )
        return result


class FakeEnds:
    def __init__(self, answers):
        self.calling = FakeCallers(answers)
        self.callers = {"bruyere": self.calling}
        self.psaps = SimpleNamespace(lines=self.calling.rings)

    def make_order(self, call, *, call_id, caller):
        return CallOrder(dialled=call.dialled, to=None, call_id=call_id, caller=caller)


class FakeJournal:
    def find(self, call_id):
        fields = {"by": "native", "g": "7", "trace": "15 @29019 -> somewhere"}
        return CallHistory(call_id, [Record("decision", fields, 0)])


class Seen:
    """A screen that remembers."""

    def __init__(self):
        self.calls = []
        self.said = []

    def call(self, verdict, owner, notation, place):
        self.calls.append((verdict.verdict, owner, notation, place))

    def after(self, text, *, kept=True):
        self.said.append((text, kept))


def make_play(*answers):
    snapshot = Snapshot(write_snapshot(small_content()))
    return Play(
        ends=FakeEnds(answers),
        journal=FakeJournal(),
        snapshot=snapshot,
        screen=Seen(),
        switch=None,
    )


def place(play, *, count=1, **options):
    return asyncio.run(play.place([CALL] * count, **options))


def test_a_call_is_shown_with_where_it_really_rang():
    play = make_play(BEST)
    [shown] = place(play)
    assert play.screen.calls == [
        (Verdict.RIGHT, "CRRA15-29", "15 @29019 -> somewhere", "Brest"),
    ]
    assert (shown.engines, shown.generations, shown.is_good) == ({"native"}, {"7"}, True)
    assert shown.call_id.startswith("001-")


def test_the_wrong_place_and_no_place_are_no_good():
    play = make_play(SECOND, "")
    shown = place(play, count=2, rate=1_000.0)
    assert [each.verdict.verdict for each in shown] == [Verdict.MISROUTED, Verdict.LOST]
    assert [owner for _, owner, _, _ in play.screen.calls] == ["CIC17-29", ""]
    assert not any(each.is_good for each in shown)


def test_quietly_only_what_is_wrong_is_shown():
    play = make_play(BEST, SECOND)
    place(play, count=2, rate=1_000.0, quiet=True)
    assert [verdict for verdict, *_ in play.screen.calls] == [Verdict.MISROUTED]


def test_calls_keep_their_rate_and_have_names_and_callers_of_their_own():
    play = make_play(BEST, BEST, BEST)
    shown = place(play, count=3, rate=100.0)
    first_s, _, last_s = play.ends.calling.placed_s
    assert last_s - first_s == pytest.approx(0.02, abs=0.015)
    assert len({each.call_id for each in shown}) == 3


def test_usual_calls_give_the_median():
    play = make_play(BEST)
    shown = place(play)
    play.ends.calling.lines = [
        SimpleNamespace(
            call_id=shown[0].call_id, ringing_us=8_000, answered_us=9_000, placed_us=0
        ),
        SimpleNamespace(call_id="other", ringing_us=99_000, answered_us=None, placed_us=0),
    ]
    play.keep_usual(shown)
    assert play.usual == {shown[0].call_id}
    assert play.median_ms == 8.0


def test_what_did_not_happen_is_remembered():
    play = make_play()
    play.conclude("all right", kept=True)
    play.conclude("nothing was right", kept=False)
    assert play.broken == ["nothing was right"]
    assert play.screen.said == [("all right", True), ("nothing was right", False)]
