"""Calls are placed at their time, told while they go, and judged by what both ends wrote."""

import asyncio
from types import SimpleNamespace

import pytest

from route112.adapters.sip import CallResult
from route112.apps.demo import play as module
from route112.apps.demo.draw import DemoCall
from route112.apps.demo.play import ROOM_S, Act, Play
from route112.apps.demo.tally import Count
from route112.apps.ends import CallOrder, make_line
from route112.simulation.logs import PsapLine, render_line

BEST = "+33261910010"
CALL = DemoCall(
    dialled="15",
    commune="29019",
    name="Brest",
    operator="bruyere",
    technology="mobile",
    targets=(BEST,),
)


class FakeEnd:
    """Callers and answering points in one: calls are answered, or not, as `answers` says."""

    def __init__(self, run, answers):
        self.run_dir = run
        self.answers = list(answers)
        self.orders = []
        self.placed_s = []
        self.callers = self
        (run / "psaps").mkdir()

    def make_order(self, call, *, call_id, caller, patience_s):
        self.orders.append((caller, patience_s))
        return CallOrder(dialled=call.dialled, to=None, call_id=call_id, caller=caller)

    async def run(self, order):
        self.placed_s.append(asyncio.get_running_loop().time())
        is_answered = self.answers.pop(0)
        result = CallResult(call_id=order.call_id, placed_us=0, status=200 if is_answered else 487)
        if is_answered:
            result.ringing_us = result.answered_us = 7_000
            ring = PsapLine(call_id=order.call_id, number=BEST, rang_us=5_000, answered_us=6_000)
            with (self.run_dir / "psaps" / "psaps.jsonl").open("ab") as file:
                file.write(render_line(ring))
        with (self.run_dir / "callers-bruyere.jsonl").open("ab") as file:
            file.write(render_line(make_line(order, result)))
        return result


class FakeScreen:
    def __init__(self):
        self.told, self.outcomes, self.ways = [], [], []

    def live(self, text):
        self.told.append(text)

    def outcome(self, text, *, kept):
        self.outcomes.append((text, kept))

    def way(self, lines):
        self.ways.append(lines)


def make_play(run, answers):
    journal = SimpleNamespace(
        refresh=lambda: None, choose=lambda ids: tuple(ids)[-1], render=lambda id_: (id_,)
    )
    end = FakeEnd(run, answers)
    return Play(ends={"bruyere": end}, run=run, journal=journal, screen=FakeScreen()), end


def make_count(**changes):
    usual = {"placed": 2, "right": 2, "delayed": 0, "misrouted": 0, "lost": 0, "delay_s": 0.1}
    return Count(**({"wrong": frozenset()} | usual | changes))


def test_calls_are_placed_at_their_rate_by_callers_of_their_own(tmp_path):
    play, end = make_play(tmp_path, [True] * 4)
    call_ids = asyncio.run(play.place([CALL] * 4, patience_s=12.0))
    assert len(set(call_ids)) == 4
    assert all(call_id.endswith("@bruyere") for call_id in call_ids)
    assert len(set(end.orders)) == 4
    assert {patience_s for _, patience_s in end.orders} == {12.0}
    assert end.placed_s[-1] - end.placed_s[0] >= 3 / module.CALLS_PER_SECOND - 0.005
    assert play.screen.told[0].startswith("1 of 4 calls placed, 0 answered, 1 under way")


def test_an_act_ends_with_what_the_checker_says(tmp_path):
    play, _ = make_play(tmp_path, [True, False])
    call_ids = asyncio.run(play.place([CALL, CALL]))
    play.keep_usual(call_ids[:1])
    assert play.usual_ms == 7.0
    play.conclude(Act(name="one lost", call_ids=frozenset(call_ids), delay_s_max=0.5))
    [(text, kept)] = play.screen.outcomes
    assert text.startswith("1 of 2 right, the latest 0.00 s later than usual; 0 misrouted, 1 lost")
    assert not kept
    named = frozenset(call_ids[1:])
    act = Act(name="named", call_ids=frozenset(call_ids), delay_s_max=0.5, named=named)
    play.conclude(act)
    assert play.screen.outcomes[1] == (f"{text[:-1]} (1 were named beforehand).", True)
    assert [act.name for act in play.acts] == ["one lost", "named"]


def test_the_way_of_the_first_call_is_shown_or_of_the_one_with_most_detours(tmp_path):
    play, _ = make_play(tmp_path, [])
    play.show_way(("first", "last"), detour=False)
    play.show_way(("first", "last"))
    assert play.screen.ways == [("first",), ("last",)]


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, True),
        ({"placed": 1}, False),
        ({"wrong": frozenset({"b"})}, False),
        ({"delay_s": 0.5 + ROOM_S}, True),
        ({"delay_s": 0.6 + ROOM_S}, False),
    ],
)
def test_an_act_is_kept_by_every_call_or_not_at_all(changes, kept):
    act = Act(name="one", call_ids=frozenset({"a", "b"}), delay_s_max=0.5)
    assert act.is_kept(make_count(**changes)) is kept


def test_a_call_that_was_named_has_to_be_lost():
    act = Act(name="one", call_ids=frozenset({"a", "b"}), delay_s_max=6.0, named=frozenset("b"))
    assert act.is_kept(make_count(right=1, lost=1, wrong=frozenset("b")))
    assert not act.is_kept(make_count())
    assert not act.is_kept(make_count(right=0, lost=2, wrong=frozenset("ab")))
