"""The edge's table against `decide`: two programs written from one text answer every key alike."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.property.test_decide import contents
from tests.property.test_native import (
    EVERY_CALL,
    HOUR,
    KNOWN,
    ask_decide,
    calls,
    instants,
    with_other_orders,
)
from tests.support.edgetable import ask_edge, draw_busy
from tests.support.snapshots import NOW, SHORT_NUMBERS, small_content

from route112.edgetable import reorder, translate
from route112.model import Call, UtcTime
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

EVERY_KEY = [Call(dialled=short.number, commune=code) for short in SHORT_NUMBERS for code in KNOWN]


def check(content, asked, now):
    snapshot = Snapshot(write_snapshot(content))
    operators = {call.operator for call in asked}
    tables = {id_: translate(snapshot, operator=id_, now=UtcTime(now)) for id_ in operators}
    for call in asked:
        found = ask_edge(tables[call.operator].rows, call)
        assert found == ask_decide(snapshot, call, UtcTime(now)), call


@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
@given(contents(), st.lists(calls, max_size=6), instants)
@example(small_content(), EVERY_CALL, NOW)
def test_the_edge_answers_as_decide_does(content, asked, now):
    check(content, [*EVERY_KEY, *asked], now)


@settings(deadline=None, max_examples=400)
@given(st.integers(0, 2**32 - 1), st.integers(-3, 21))
def test_orders_that_meet_each_other_everywhere_are_followed_as_decide_follows_them(seed, step):
    check(draw_busy(seed), EVERY_KEY, NOW + step)


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(contents(), instants, st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_no_row_changes_before_it_is_said_to(content, now, shares):
    snapshot = Snapshot(write_snapshot(content))
    before = translate(snapshot, operator="bruyere", now=UtcTime(now))
    assert before.until is None or before.until > now
    last = now + 30 * 24 * HOUR if before.until is None else before.until - 1
    for instant in (last, *(now + int((last - now) * share) for share in shares)):
        later = translate(snapshot, operator="bruyere", now=UtcTime(instant))
        assert later.rows == before.rows
        assert later.until == before.until


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(contents(), contents(), instants, instants)
def test_ladders_under_other_orders_are_those_of_a_whole_translation(content, other, now, later):
    before = translate(Snapshot(write_snapshot(content)), operator="bruyere", now=UtcTime(now))
    end = now + 30 * 24 * HOUR if before.hours_until is None else before.hours_until
    later = now + later % (end - now)
    snapshot = Snapshot(write_snapshot(with_other_orders(content, other)))
    whole = translate(snapshot, operator="bruyere", now=UtcTime(later))
    ladders = reorder(snapshot, before.rungs, now=UtcTime(later))
    assert {**before.rows, **ladders} == whole.rows
    assert before.rungs == whole.rungs
