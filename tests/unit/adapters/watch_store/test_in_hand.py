from dataclasses import replace

import pytest
from tests.support.kept import AT_SITE, give
from tests.support.seen import T0, S, see

from route112.adapters.watch_store import InHand
from route112.watch.calls.joining import CORRECTED_US, DONE_KEPT_US
from route112.watch.calls.strand import Given, Whose
from route112.wire.record_lines import Record

GIVEN = Given(
    T0,
    Whose("bruyere", "+33639981234"),
    by_edge=True,
    stations=frozenset({"bruyere-edge-1", "site-1"}),
)


@pytest.fixture
def in_hand(store):
    return InHand(store)


def record(call="c1", sequence=1):
    return Record("attempt", {"call": call, "caller": "+33639981234"}, T0, "w", sequence)


def note_given(store, call, *, awaits=False):
    InHand(store).note_given(call.call, at_us=T0, awaits=awaits)
    give(store, call)


def test_records_of_open_calls_are_kept_until_the_call_is_given(store, in_hand):
    in_hand.hold("c1", record("c1", 1), T0)
    in_hand.hold("c1 2", record("c1", 2), T0)
    in_hand.hold("c1", record("c1", 3), T0)
    assert [each.sequence for _, each in in_hand.load().records] == [1, 2, 3]
    assert in_hand.load().records[1] == ("c1 2", record("c1", 2))
    note_given(store, see("c1"))
    held = in_hand.load()
    assert [name for name, _ in held.records] == ["c1 2"]
    assert (held.given, held.unknown) == ({"c1": GIVEN}, frozenset())


def test_records_of_an_unknown_call_are_kept_until_nobody_waits(store, in_hand):
    in_hand.hold("c1", record(), T0)
    note_given(store, see("c1", outcome="unknown"), awaits=True)
    note_given(store, see("c2"))
    in_hand.forget(T0 + DONE_KEPT_US + 1)
    held = in_hand.load()
    assert (len(held.records), held.given, held.unknown) == (1, {"c1": GIVEN}, {"c1"})
    in_hand.forget(T0 + CORRECTED_US + 1)
    held = in_hand.load()
    assert (held.records, held.given) == ((), {})


def test_it_is_known_what_nobody_has_looked_at_while_it_awaits(in_hand):
    for call, awaits in (("c1", True), ("c2", False)):
        in_hand.note_given(call, at_us=T0, awaits=awaits, is_unseen=True)
    in_hand.note_given("c3", at_us=T0, awaits=True)
    held = in_hand.load()
    assert (held.unknown, held.unseen) == ({"c1", "c3"}, {"c1"})


def test_what_was_given_is_as_long_ago_when_the_clock_steps(store, in_hand):
    note_given(store, see())
    in_hand.move_clock(-3_600 * S)
    assert in_hand.load().given == {"c1": replace(GIVEN, at_us=T0 - 3_600 * S)}


def test_it_is_known_when_the_last_step_was_and_what_it_has_told(in_hand):
    held = in_hand.load()
    assert (held.ticked_us, held.wall_us) == (0, 0)
    for time_us in (T0, T0 + S):
        in_hand.note_ticked(time_us)
        in_hand.note_step(time_us + 1)
    held = in_hand.load()
    assert (held.ticked_us, held.wall_us) == (T0 + S, T0 + S + 1)


def test_it_is_kept_of_what_was_given_whether_an_edge_has_spoken(store, in_hand):
    note_given(store, see("c1", **AT_SITE))
    alone = replace(GIVEN, by_edge=False, stations=frozenset({"site-1"}))
    assert in_hand.load().given == {"c1": alone}
