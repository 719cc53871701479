from dataclasses import replace

import pytest
from tests.support.seen import T0, S, see, see_try

from route112.adapters.watch_store import Journal, Position, Refusal, open_store
from route112.adapters.watch_store.journal import LEFTS_KEPT_US
from route112.watch.calls.joining import CORRECTED_US, DONE_KEPT_US
from route112.watch.calls.strands import Given, Whose
from route112.wire.record_lines import Record

GIVEN = Given(T0, Whose("bruyere", "+33639981234"))


@pytest.fixture
def journal(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)
    yield Journal(store)
    store.close()


def record(call="c1", sequence=1):
    return Record("attempt", {"call": call, "caller": "+33639981234"}, T0, "w", sequence)


def give(journal, call, *, awaits=False, at_us=T0):
    journal.give(call, at_us=at_us, awaits=awaits, place="Brest", taken_us=at_us)


def list_calls(journal):
    query = "SELECT call, outcome, person FROM calls ORDER BY id"
    return journal._store.execute(query).fetchall()


def test_positions_are_kept(journal):
    journal.move("a", record(sequence=1))
    journal.move("a", record(sequence=9))
    journal.note_taken("w", 5, [(7, 9)])
    assert journal.load_positions() == {"a": Position("w", 9)}
    assert journal.load_taken() == ({"w": 5}, {"w": [(7, 9)]})


def test_records_of_open_calls_are_kept_until_the_call_is_given(journal):
    journal.hold("c1", record("c1", 1))
    journal.hold("c1 2", record("c1", 2))
    journal.hold("c1", record("c1", 3))
    assert [each.sequence for _, each in journal.load_held().records] == [1, 2, 3]
    assert journal.load_held().records[1] == ("c1 2", record("c1", 2))
    give(journal, see("c1"))
    held = journal.load_held()
    assert [name for name, _ in held.records] == ["c1 2"]
    assert (held.given, held.unknown) == ({"c1": GIVEN}, frozenset())


def test_records_of_an_unknown_call_are_kept_until_nobody_waits(journal):
    journal.hold("c1", record())
    give(journal, see("c1", outcome="unknown"), awaits=True)
    give(journal, see("c2"))
    journal.forget_given(T0 + DONE_KEPT_US + 1)
    held = journal.load_held()
    assert (len(held.records), held.given, held.unknown) == (1, {"c1": GIVEN}, {"c1"})
    journal.forget_given(T0 + CORRECTED_US + 1)
    held = journal.load_held()
    assert (held.records, held.given) == ((), {})


def test_a_correction_is_the_same_call(journal):
    give(journal, see("c1", outcome="unknown"), awaits=True)
    give(journal, see("c1", outcome="answered", corrects=True))
    assert list_calls(journal) == [("c1", "answered", 1)]
    assert journal.load_counts() == {"calls": 1, "corrected": 1}
    give(journal, see("c9", outcome="answered", corrects=True))
    assert len(list_calls(journal)) == 2, "what it corrects has been forgotten"


def test_one_number_is_one_person_and_no_number_is_somebody_else(journal):
    give(journal, see("c1"))
    give(journal, see("c2", at_s=60), at_us=T0 + 65 * S)
    give(journal, see("c3", caller="anonymous", outcome="unknown"), awaits=True)
    give(journal, see("c4", caller=""))
    give(journal, see("c3", caller="", outcome="failed", corrects=True))
    give(journal, see("c5", is_test=True))
    people = [person for _, _, person in list_calls(journal)]
    assert people == [1, 1, 2, 3, None]
    query = "SELECT caller, last_us FROM people WHERE id = 1"
    assert journal._store.execute(query).fetchone() == ("+33639981234", T0 + 65 * S)


def test_counts_add_up(journal):
    journal.count("records", 3)
    journal.count("records", 4)
    assert journal.load_counts() == {"records": 7}


def test_what_a_station_refuses_is_kept_until_it_has_a_later_generation(journal):
    first, edge = Refusal("site", "site-1", 42, T0), Refusal("edge", "e", 42, T0)
    for refusal in (first, edge, Refusal("site", "site-1", 42, T0 + S)):
        journal.note_refusal(refusal)
    journal.forget_refusal("site", "site-1", 42)
    assert journal.list_refusals() == [edge, Refusal("site", "site-1", 42, T0 + S)]
    journal.forget_refusal("site", "site-1", 43)
    assert journal.list_refusals() == [edge]


def test_what_was_given_is_as_long_ago_when_the_clock_steps(journal):
    assert journal.load_step() == 0
    journal.note_step(T0)
    journal.give(see(), at_us=T0, awaits=False, place="", taken_us=T0)
    journal.move_clock(-3_600 * S)
    assert journal.load_step() == T0
    assert journal.load_held().given == {"c1": replace(GIVEN, at_us=T0 - 3_600 * S)}


def test_sites_that_an_edge_left_are_kept_for_an_hour(journal):
    tried = (see_try(station="bruyere-edge-1"),)
    give(journal, see("c1", outcome="answered", passed=("site-1", "site-2"), site="site-2"))
    give(journal, see("c2", outcome="answered", passed=("site-1",), tries=tried, site=""))
    give(journal, see("c3", outcome="answered", passed=("site-3",), site="site-3"))
    query = "SELECT person, began_us, number, commune, site FROM lefts ORDER BY id"
    found = journal._store.execute(query).fetchall()
    assert found == [(1, T0, "15", "29019", "site-1")] * 2
    journal.forget_given(T0 + LEFTS_KEPT_US)
    assert len(journal._store.execute(query).fetchall()) == 2
    journal.forget_given(T0 + LEFTS_KEPT_US + 1)
    assert journal._store.execute(query).fetchall() == []


def test_the_newest_time_of_each_writer_is_kept(journal):
    assert journal.load_newest() == {}
    journal.note_newest("w", T0)
    journal.note_newest("w", T0 + S)
    assert journal.load_newest() == {"w": T0 + S}
