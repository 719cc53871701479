import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.seen import CALLER, T0, S, see

from route112.adapters.watch_store import Calls, InHand, Kept, People, Refused, open_store
from route112.adapters.watch_store.people import DAY_US, MONTH_US, TEST_KEPT_US
from route112.wire.record_lines import Record

OTHER = "+33639985678"


def fill(store, *calls):
    for call in calls:
        InHand(store).note_given(call.call, at_us=T0, awaits=False)
        Calls(store).give(call, place="Brest", taken_us=call.ended_us)


def name(caller, time_us):
    return f"name-of-{caller[-2:]}"


def run_until(store, time_us):
    """Watch has run and forgotten until then."""
    store.execute("INSERT OR REPLACE INTO forgot VALUES (1, ?)", (time_us,))


def list_clear(store):
    return [caller for (caller,) in store.execute("SELECT caller FROM people ORDER BY id")]


def test_a_caller_is_one_row_whoever_waits_longest_first(store):
    fill(
        store,
        see("c1", at_s=30, caller=OTHER),
        see("c2", at_s=10),
        see("c3", at_s=60),
        see("c4", outcome="answered", caller="+33639980000"),
        see("c5", at_s=70, caller=""),
        see("c6", at_s=80, caller=""),
    )
    rows = [(back.caller, back.lost, back.state) for back in People(store).list_callbacks()]
    assert rows == [
        (CALLER, 2, "open"), (OTHER, 1, "open"), ("", 1, "open"), ("", 1, "open"),
    ]  # fmt: skip


def test_it_is_said_who_calls_back_and_how_it_ended(store):
    fill(store, see("c1"), see("c2", caller=OTHER, outcome="answered"))
    people = People(store)
    assert people.assign([1], "desk 4") == Refused()
    (back,) = people.list_callbacks()
    assert (back.state, back.assigned) == ("assigned", "desk 4")
    assert people.close([1], outcome="reached", note="well", at_us=T0 + 60 * S) == Refused()
    (back,) = people.list_callbacks()
    assert (back.state, back.done, back.note) == ("done", "reached", "well")
    fill(store, see("c3", at_s=70))
    (back,) = people.list_callbacks()
    assert (back.state, back.assigned) == ("open", ""), "nobody has them any more"


def test_who_is_assigned_is_not_taken_away_unawares(store):
    fill(store, see("c1"), see("c2", caller=OTHER))
    people = People(store)
    people.assign([1], "desk 4")
    assert people.assign([1, 2], "desk 5") == Refused(assigned=((1, "desk 4"),))
    assert [back.assigned for back in people.list_callbacks()] == ["desk 4", ""]
    assert people.assign([1], "desk 4") == Refused(), "the same desk once more"
    assert people.assign([1, 2], "desk 5", again=True) == Refused()
    assert [back.assigned for back in people.list_callbacks()] == ["desk 5", "desk 5"]


def test_of_two_desks_at_the_same_moment_one_has_the_caller(store, tmp_path):
    fill(store, see("c1"))
    for turn in range(20):
        store.execute("UPDATE people SET assigned = ''")
        begin = threading.Barrier(4)

        def take(desk, begin=begin):
            own = open_store(tmp_path / "w.sqlite")
            begin.wait()
            refused = People(own).assign([1], desk)
            own.close()
            return refused

        with ThreadPoolExecutor(4) as desks:
            told = list(desks.map(take, (f"desk {turn}/{index}" for index in range(4))))
        (back,) = People(store).list_callbacks()
        assert [len(each.assigned) for each in told].count(0) == 1
        assert {each.assigned[0][1] for each in told if each.assigned} == {back.assigned}


def test_who_attempted_while_being_called_back_is_on_the_list(store):
    """The line was busy because the caller was dialling again."""
    fill(store, see("c1"))
    people = People(store)
    people.close([1], outcome="no-answer", note="", at_us=T0 + 61 * S)
    fill(store, see("c2", at_s=60, lasts_s=2))
    (back,) = people.list_callbacks()
    assert back.state == "open"


@pytest.mark.parametrize("by_s", [-3_600, 3_600], ids=["back", "forward"])
@pytest.mark.parametrize("is_seen", [True, False], ids=["watch runs", "watch does not run"])
def test_a_clock_that_is_set_hides_nobody_and_shows_nobody_twice(store, by_s, is_seen):
    """What was on the list when it was done is done, whatever a clock says then or later."""
    own_s = -min(0, by_s)
    heard = {"heard_us": T0 + own_s * S, "end_heard_us": T0 + (own_s + 5) * S}
    fill(store, see("c1", **heard))
    people = People(store)
    people.close([1], outcome="reached", note="", at_us=T0 + (own_s + 60) * S)
    if is_seen:
        Calls(store).move_clock(by_s * S)
    assert people.list_callbacks()[0].state == "done"
    at_us = T0 + (own_s + by_s + 120) * S
    fill(store, see("c2", at_s=120, heard_us=at_us, end_heard_us=at_us + 5 * S))
    assert people.list_callbacks()[0].state == "open"


def test_who_is_done_is_done_also_where_the_clock_of_a_station_is_ahead(store):
    fill(store, see("c1", at_s=3_600, heard_us=T0, end_heard_us=T0 + 5 * S))
    people = People(store)
    people.close([1], outcome="reached", note="", at_us=T0 + 60 * S)
    assert people.list_callbacks()[0].state == "done"


@pytest.mark.parametrize("lost", [True, False])
def test_an_attempt_whose_end_is_known_only_when_it_was_done_is_lost_anew(store, lost):
    """Whoever was being called back was still dialling."""
    fill(store, see("c1", outcome="unknown"))
    people = People(store)
    people.close([1], outcome="no-answer", note="", at_us=T0 + 60 * S)
    fill(store, see("c1", outcome="failed" if lost else "answered", corrects=True))
    assert [back.state for back in people.list_callbacks()] == (["open"] if lost else [])


def test_what_was_done_before_this_version_stays_done(store, tmp_path):
    fill(store, see("c1"), see("c2", caller=OTHER))
    people = People(store)
    people.close([1, 2], outcome="reached", note="", at_us=T0 + 60 * S)
    fill(store, see("c3", at_s=70))
    store.execute("ALTER TABLE calls DROP COLUMN closed")
    again = open_store(tmp_path / "w.sqlite")
    states = {back.caller: back.state for back in People(again).list_callbacks()}
    again.close()
    assert states == {CALLER: "open", OTHER: "done"}


def test_numbers_that_a_reader_keeps_in_the_log_go_when_it_has_ended(store, tmp_path):
    fill(store, see("c1"))
    reader = sqlite3.connect(tmp_path / "w.sqlite", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM people").fetchone()
    people, log = People(store), tmp_path / "w.sqlite-wal"
    assert people.forget(T0 + 8 * DAY_US, name) == 1
    assert CALLER.encode() in log.read_bytes()
    reader.close()
    assert people.forget(T0 + 8 * DAY_US + S, name) == 0
    assert CALLER.encode() not in log.read_bytes() + (tmp_path / "w.sqlite").read_bytes()


def test_with_one_unknown_id_nothing_changes(store):
    fill(store, see("c1"), see("c2", caller=OTHER, outcome="answered"))
    people = People(store)
    assert people.assign([1, 2, 99], "desk 4") == Refused(unknown=(2, 99))
    assert people.list_callbacks()[0].state == "open"


def test_after_a_week_a_number_is_a_pseudonym_and_who_got_through_is_gone(store):
    fill(
        store,
        see("c1"),
        see("c2", caller=OTHER),
        see("c3", at_s=60, caller=OTHER, outcome="answered"),
        see("c4", caller=""),
        see("c5", is_test=True),
        see("c6", caller="+33639980000", outcome="answered"),
    )
    people = People(store)
    assert people.forget(T0 + 7 * DAY_US, name) == 0
    assert people.forget(T0 + 7 * DAY_US + 3_600 * S, name) == 4
    assert list_clear(store) == [None, None]
    rows = [(back.caller, back.pseudonym) for back in people.list_callbacks()]
    assert rows == [("", "name-of-34"), ("", "")]
    calls = [call for (call,) in store.execute("SELECT call FROM calls ORDER BY id")]
    assert calls == ["", ""]
    assert people.forget(T0 + 7 * DAY_US + 3_600 * S, name) == 0


def test_what_watch_had_in_hand_goes_where_nobody_has_gone_on_with_it(store, tmp_path):
    """A caller's number is in it, and in a Call-ID that the device has chosen."""
    in_hand, people = InHand(store), People(store)
    in_hand.hold("c1", Record("attempt", {"call": "c1", "caller": CALLER}, 0), T0)
    fill(store, see(f"7@{OTHER}", caller=OTHER))
    assert people.forget(T0 + 8 * DAY_US, name) == 1
    assert len(in_hand.load().records) == 1, "when watch last ran is not known"
    in_hand.note_step(T0 + DAY_US)
    in_hand.forget(T0 + DAY_US)
    assert people.forget(T0 + 8 * DAY_US, name) == 0
    assert len(in_hand.load().records) == 1, "that was a week ago, no longer"
    run_until(store, T0 + 8 * DAY_US + S)
    assert people.forget(T0 + 8 * DAY_US + S, name) == 0
    assert in_hand.load().records == ()
    kept = (tmp_path / "w.sqlite").read_bytes() + (tmp_path / "w.sqlite-wal").read_bytes()
    assert store.execute("SELECT call FROM calls").fetchall() == [("",)]
    assert [number.encode() in kept for number in (CALLER, OTHER)] == [False, False]


def test_who_calls_again_keeps_the_number(store):
    fill(store, see("c1"), see("c2", at_s=6 * 86_400))
    assert People(store).forget(T0 + 8 * DAY_US, name) == 0
    assert list_clear(store) == [CALLER]


def test_a_year_later_the_pseudonym_is_gone(store):
    fill(store, see("c1"))
    people = People(store)
    people.forget(T0 + 9 * DAY_US, name)
    run_until(store, T0 + 13 * MONTH_US)
    people.forget(T0 + 13 * MONTH_US, name)
    assert people.list_callbacks() == []
    assert list_clear(store) == []


def test_a_clock_that_jumps_ahead_forgets_nobody_at_once(store):
    fill(store, see("c1"))
    people = People(store)
    assert people.forget(T0 + 60 * S, name) == 0
    for _ in range(24 * 7 - 1):
        assert people.forget(T0 + 3_000 * DAY_US, name) == 0
    assert people.forget(T0 + 120 * S, name) == 0, "it goes right again, and nobody is lost"
    assert list_clear(store) == [CALLER]
    assert people.forget(T0 + 3_000 * DAY_US, name) == 1


def test_times_are_set_by_whoever_runs_watch(store):
    people = People(store)
    assert people.find_kept() == Kept()
    people.set_kept(Kept(clear_days=1, pseudonym_months=2))
    assert people.find_kept() == Kept(1, 2)
    fill(store, see("c1"))
    assert people.forget(T0 + 2 * DAY_US, name) == 1


def test_test_calls_are_many_and_go_after_some_hours(store):
    fill(store, see("c1"), see("c2", is_test=True), see("c3", at_s=3_600, is_test=True))
    People(store).forget(T0 + TEST_KEPT_US + 60 * S, name)
    calls = [call for (call,) in store.execute("SELECT call FROM calls ORDER BY id")]
    assert calls == ["c1", "c3"]


def test_who_was_written_otherwise_before_is_one_person(store):
    """An attempt was lost as `0639...` before numbers had one form, and got through since."""
    old, lone = "0639981234", "0639985678"
    fill(
        store,
        see("c1", caller=old),
        see("c2", at_s=60, caller="+33639981234", outcome="answered"),
        see("c3", at_s=70, caller=lone),
        see("c4", at_s=80, caller=""),
    )
    people = People(store)
    forms = {old: "+33639981234", lone: "+33639985678"}
    assert people.respell(lambda number: forms.get(number, number)) == 2
    assert people.respell(lambda number: forms.get(number, number)) == 0
    backs = {back.caller: back.state for back in people.list_callbacks()}
    assert backs == {"+33639981234": "through", "+33639985678": "open", "": "open"}
    assert len(list_clear(store)) == 3


def test_what_was_done_for_one_spelling_is_done_for_both(store):
    fill(store, see("c1", caller="0639981234"), see("c2", at_s=10, caller="+33639981234"))
    people = People(store)
    people.assign([1], "desk 4")
    people.close([2], outcome="reached", note="well", at_us=T0 + 60 * S)
    people.respell(lambda _: "+33639981234")
    (back,) = people.list_callbacks()
    assert (back.lost, back.state, back.assigned) == (2, "done", "desk 4")


def test_what_was_lost_after_it_was_done_for_another_spelling_is_not_done(store):
    fill(store, see("c1", caller="0639981234"))
    people = People(store)
    people.close([1], outcome="reached", note="", at_us=T0 + 60 * S)
    fill(store, see("c2", at_s=90, caller="+33639981234"))
    people.respell(lambda _: "+33639981234")
    assert [back.state for back in people.list_callbacks()] == ["open"]


def refuse(at_s=1.0, **values):
    """A site refused a call; such a line names nobody."""
    usual = {"outcome": "refused", "party": "site", "caller": "", "edge": "", "lasts_s": 0.0}
    return see("c1", at_s=at_s, site="site-2", **{**usual, **values})


def give_up(**values):
    usual = {"outcome": "cancelled", "party": "", "edge": "", "lasts_s": 0.6}
    return see("c1", **{**usual, **values})


@pytest.mark.parametrize("calls", [(give_up(), refuse()), (refuse(), give_up())])
def test_who_was_sent_on_and_refused_is_called_back_by_number(store, calls):
    """Without an edge, one station's lines are read seconds after the call seemed over."""
    fill(store, *calls)
    assert [(back.caller, back.state) for back in People(store).list_callbacks()] == [
        (CALLER, "open")
    ]


@pytest.mark.parametrize(
    "call",
    [
        give_up(ring_ms=100, at_s=2),
        give_up(outcome="answered", at_s=2, reached="A"),
    ],
)
def test_who_was_refused_and_then_served_elsewhere_is_not_on_the_list(store, call):
    fill(store, refuse(), call)
    assert [back.state for back in People(store).list_callbacks()] == []


@pytest.mark.parametrize(
    "late", [refuse(party="origin"), refuse(operator="genet"), refuse(at_s=90)],
    ids=["stranger", "other operator", "long after"],
)  # fmt: skip
def test_a_refusal_of_somebody_else_loses_nobody_a_call(store, late):
    fill(store, give_up(), late)
    assert CALLER not in [back.caller for back in People(store).list_callbacks()]


def test_a_refusal_that_is_read_after_the_answer_is_nothing_new(store):
    fill(store, give_up(outcome="answered", reached="A"))
    assert Calls(store).is_told(refuse())
    fill(store, refuse())
    assert People(store).list_callbacks() == []


def test_what_an_edge_says_has_nothing_to_do_with_a_refusal_that_a_site_alone_told_of(store):
    fill(store, refuse(), see("c1", outcome="answered", caller=OTHER, operator="genet"))
    assert [back.caller for back in People(store).list_callbacks()] == [""]


def test_of_an_unknown_id_nothing_is_said_to_be_done(store):
    fill(store, see("c1"))
    people = People(store)
    assert people.close([1, 99], outcome="reached", note="", at_us=T0) == Refused(unknown=(99,))
    assert people.list_callbacks()[0].state == "open"
