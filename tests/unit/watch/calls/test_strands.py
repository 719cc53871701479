"""Several callers under one Call-ID: none of them may be forgotten."""

import pytest

from route112.countries import read_builtin_profile
from route112.watch.callbacks import is_lost
from route112.watch.calls import strands
from route112.watch.calls.joining import CORRECTED_US, GRACE_US, OPEN_US, Joiner
from route112.wire.documents.profile import parse_profile
from route112.wire.record_lines import Record
from route112.wire.record_numbers import spell_number

PROFILE, _ = parse_profile(read_builtin_profile("fr"), file="profile.yaml")
EDGES = {"bruyere-edge-1", "bruyere-edge-2", "ecume-edge-1"}
FIRST, SECOND = "+33639981111", "+33639982222"
MS, S = 1_000, 1_000_000
T0 = 1_795_000_000_000_000


def record(kind, at_ms, station, *, call="1@192.0.2.7", **fields):
    return Record(kind, {"site": station, "call": call, **fields}, T0 + at_ms * MS)


def begin(at_ms, station, caller, *, op="bruyere", by="native", **fields):
    return record("attempt", at_ms, station, by=by, op=op, dialled="15", caller=caller, **fields)


def end(at_ms, station, outcome="answered"):
    return record("end", at_ms, station, outcome=outcome, code="200", ms="900")


def keep(joiner, *records):
    """Take records as a journal would keep them; return what is kept, and what was given."""
    held, given = [], []
    for each in records:
        given += joiner.take(each)
        held += [(name, each) for name in filter(joiner.holds, joiner.placed)]
    return held, given


def join(*records, until_ms=20_000):
    joiner = Joiner(EDGES, lambda number: spell_number(number, PROFILE))
    _, given = keep(joiner, *records)
    return given + list(joiner.tick(T0 + until_ms * MS))


def tell(calls):
    return sorted((each.caller, each.outcome) for each in calls)


def test_callers_at_two_operators_with_one_call_id_are_two_calls():
    calls = join(
        begin(0, "bruyere-edge-1", FIRST),
        begin(200, "ecume-edge-1", SECOND, op="ecume"),
        end(500, "bruyere-edge-1", "failed"),
        end(1_000, "ecume-edge-1"),
    )
    assert tell(calls) == [(FIRST, "failed"), (SECOND, "answered")]
    assert sorted(each.call for each in calls) == ["1@192.0.2.7", "1@192.0.2.7 2"]


def test_each_site_line_is_of_the_call_of_its_caller():
    calls = join(
        begin(2, "site-1", FIRST, by="python"),
        record("try", 3, "site-1", n="1", psap="A", number="+33"),
        begin(203, "site-2", SECOND, by="python", op="ecume"),
        record("try", 204, "site-2", n="1", psap="B", number="+34"),
        begin(0, "bruyere-edge-1", FIRST),
        begin(200, "ecume-edge-1", SECOND, op="ecume"),
        end(500, "bruyere-edge-1", "failed"),
        end(1_000, "ecume-edge-1"),
    )
    assert {each.caller: [one.psap for one in each.tries] for each in calls} == {
        FIRST: ["A"],
        SECOND: ["B"],
    }


def test_a_call_that_another_edge_takes_is_one_and_so_are_two_spellings():
    (call,) = join(
        begin(0, "bruyere-edge-1", FIRST),
        end(500, "bruyere-edge-1", "failed"),
        begin(600, "ecume-edge-1", "0639981111", op="ecume"),
        begin(602, "site-1", "0033639981111", by="python"),
        begin(603, "site-1", "", by="native"),
        end(900, "ecume-edge-1"),
    )
    assert (call.caller, call.outcome) == (FIRST, "answered")


@pytest.mark.parametrize(
    ("ends", "outcomes"),
    [
        (("answered", "answered"), ("answered", "answered")),
        (("answered", "failed"), ("failed", "failed")),
        (("failed", "answered"), ("failed", "failed")),
        (("cancelled", "failed"), ("failed", "failed")),
        (("answered",), ("unknown", "unknown")),
        (("failed",), ("failed", "failed")),
    ],
)
def test_two_callers_at_one_edge_are_served_only_where_all_ends_are_well(ends, outcomes):
    """Nothing says whose of them an end is: one too many is called back, and none is forgotten."""
    calls = join(
        begin(0, "bruyere-edge-1", FIRST),
        begin(2, "site-1", FIRST, by="python"),
        begin(100, "bruyere-edge-1", SECOND),
        end(800, "site-1"),
        *(end(900 + 400 * place, "bruyere-edge-1", each) for place, each in enumerate(ends)),
        until_ms=70_000,
    )
    assert tell(calls) == [(FIRST, outcomes[0]), (SECOND, outcomes[1])]


def test_a_ring_that_may_be_another_callers_forgets_nobody():
    """The first one hears nothing for eight seconds and hangs up; the one beside is served."""
    calls = join(
        begin(0, "bruyere-edge-1", FIRST),
        begin(100, "bruyere-edge-1", SECOND),
        record("ring", 900, "bruyere-edge-1", n="1"),
        end(8_000, "bruyere-edge-1", "cancelled"),
        end(9_000, "bruyere-edge-1"),
        until_ms=30_000,
    )
    assert [is_lost(each) for each in calls] == [True, True]


def test_what_rang_before_another_caller_came_is_ones_own():
    first, second = join(
        begin(0, "bruyere-edge-1", FIRST),
        record("ring", 50, "bruyere-edge-1", n="1"),
        begin(100, "bruyere-edge-1", SECOND),
        begin(101, "site-1", FIRST, by="python"),
        record("ring", 300, "site-1", n="1"),
        end(900, "bruyere-edge-1"),
        end(950, "bruyere-edge-1"),
    )
    assert (first.ring_ms, second.ring_ms) == (50, None)


@pytest.mark.parametrize("callers", [(FIRST, "anonymous"), ("anonymous", FIRST)])
def test_a_caller_without_a_number_is_not_the_one_with_it(callers):
    """Of one operator, at one edge, under one Call-ID."""
    calls = join(
        begin(0, "bruyere-edge-1", callers[0]),
        begin(100, "bruyere-edge-1", callers[1]),
        record("refused", 110, "bruyere-edge-1", op="bruyere", reason="shed"),
        end(900, "bruyere-edge-1"),
        end(5_000, "bruyere-edge-1", "failed"),
    )
    assert tell(calls) == sorted((caller, "failed") for caller in callers)


def test_two_engines_and_two_stations_may_know_different_things_of_one_caller():
    (call,) = join(
        begin(0, "bruyere-edge-1", FIRST),
        begin(2, "site-1", FIRST, by="python"),
        begin(3, "site-1", "", by="native"),
        end(900, "bruyere-edge-1"),
    )
    assert (call.caller, call.outcome) == (FIRST, "answered")


def test_a_third_caller_waits_only_for_ends_that_may_still_come():
    third = "+33639983333"
    calls = join(
        begin(0, "bruyere-edge-1", FIRST),
        begin(100, "bruyere-edge-1", SECOND),
        end(400, "bruyere-edge-1"),
        begin(500, "bruyere-edge-1", third),
        end(900, "bruyere-edge-1"),
        end(950, "bruyere-edge-1"),
        until_ms=70_000,
    )
    assert tell(calls) == [(each, "answered") for each in (FIRST, SECOND, third)]


def test_who_comes_when_the_other_one_has_ended_is_told_apart():
    calls = join(
        begin(0, "bruyere-edge-1", FIRST),
        end(400, "bruyere-edge-1", "failed"),
        begin(500, "bruyere-edge-1", SECOND),
        end(900, "bruyere-edge-1"),
        end(901, "bruyere-edge-1"),
    )
    assert tell(calls) == [(FIRST, "failed"), (SECOND, "answered")]


def test_a_caller_whose_first_line_comes_late_is_not_taken_for_one_who_was_given():
    joiner = Joiner(EDGES)
    _, given = keep(joiner, begin(0, "bruyere-edge-1", FIRST), end(500, "bruyere-edge-1"))
    given += joiner.tick(T0 + 10 * S)
    late = (begin(200, "ecume-edge-1", SECOND, op="ecume"), end(600, "ecume-edge-1", "failed"))
    given += keep(joiner, *late)[1]
    given += joiner.tick(T0 + 20 * S)
    assert tell(given) == [(FIRST, "answered"), (SECOND, "failed")]
    assert list(joiner.take(end(700, "ecume-edge-1"))) == []
    assert joiner.open_calls == 0


def test_a_line_whose_beginning_is_missing_is_of_whoever_may_be_meant():
    joiner = Joiner(EDGES)
    held, _ = keep(
        joiner,
        begin(0, "bruyere-edge-1", FIRST),
        begin(1, "ecume-edge-1", SECOND, op="ecume"),
        record("ring", 9, "site-9", n="1"),
    )
    assert [name for name, _ in held[2:]] == ["1@192.0.2.7", "1@192.0.2.7 2"]


def test_unknown_callers_are_corrected_each_by_their_own_end():
    joiner = Joiner(EDGES)
    keep(joiner, begin(0, "bruyere-edge-1", FIRST), begin(1, "ecume-edge-1", SECOND, op="ecume"))
    assert [each.outcome for each in joiner.tick(T0 + OPEN_US + 1_000)] == ["unknown"] * 2
    keep(joiner, end(70_000, "ecume-edge-1"))
    (call,) = joiner.tick(T0 + 80 * S)
    assert (call.caller, call.outcome, call.corrects) == (SECOND, "answered", True)
    assert joiner.awaits("1@192.0.2.7")
    list(joiner.tick(T0 + 2 * CORRECTED_US))
    keep(joiner, begin(2_000_000, "ecume-edge-1", SECOND, op="ecume"))
    assert joiner.placed == ("1@192.0.2.7",), "all that was known of it has been forgotten"


def test_a_second_caller_who_begins_anew_is_waited_for_no_more():
    joiner = Joiner(EDGES)
    keep(joiner, begin(0, "bruyere-edge-1", FIRST), begin(1, "ecume-edge-1", SECOND, op="ecume"))
    list(joiner.tick(T0 + OPEN_US + 1_000))
    keep(joiner, begin(70_000, "ecume-edge-1", SECOND, op="ecume"))
    assert joiner.renewed == joiner.placed == ("1@192.0.2.7 2",)


def test_whoever_goes_on_tells_the_same_callers_apart():
    joiner = Joiner(EDGES)
    held, given = keep(
        joiner,
        begin(0, "bruyere-edge-1", FIRST),
        begin(1, "ecume-edge-1", SECOND, op="ecume"),
        end(500, "ecume-edge-1"),
    )
    given += joiner.tick(T0 + 4 * S)
    kept = [each for each in held if joiner.holds(each[0])]
    known = joiner._strands.done
    other = Joiner(EDGES)
    other.restore(kept, given=known, unknown=(), ticked_us=T0 + 4 * S)
    _, more = keep(other, end(5_000, "ecume-edge-1"), end(6_000, "bruyere-edge-1", "failed"))
    given += [*more, *other.tick(T0 + 6 * S + GRACE_US)]
    assert tell(given) == [(FIRST, "failed"), (SECOND, "answered")]
    keep(other, begin(300, "ecume-edge-1", SECOND, op="ecume", by="python"))
    assert other.open_calls == 0, "that one is late"


def test_more_callers_than_are_told_apart_are_unknown_and_not_forgotten(monkeypatch):
    monkeypatch.setattr(strands, "STRANDS_MAX", 2)
    calls = join(
        *(begin(at, "bruyere-edge-1", f"+3363998000{at}") for at in range(4)),
        until_ms=70_000,
    )
    assert tell(calls) == [(f"+3363998000{at}", "unknown") for at in range(4)]
    joiner = Joiner(EDGES)
    _, given = keep(joiner, begin(0, "bruyere-edge-1", FIRST), end(1, "bruyere-edge-1"))
    given += joiner.tick(T0 + 3 * S)
    given += keep(joiner, *(begin(at, "bruyere-edge-1", f"+3363998000{at}") for at in (2, 3)))[1]
    given += joiner.tick(T0 + 70 * S)
    assert tell(given)[0] == ("+33639980002", "unknown")
    assert len(given) == 3


def test_a_space_in_a_call_id_makes_it_nobody_elses():
    joiner = Joiner(EDGES)
    keep(joiner, begin(0, "bruyere-edge-1", FIRST), begin(1, "ecume-edge-1", SECOND, op="ecume"))
    stranger = begin(2, "site-1", "", op="", call="1@192.0.2.7 2")
    keep(joiner, stranger)
    assert joiner.placed == ("1@192.0.2.7_2",)


def test_what_came_late_is_known_until_a_record_is_in_time():
    joiner = Joiner(EDGES)
    for station, is_late in (("site-1", True), ("bruyere-edge-1", False)):
        list(joiner.take(begin(0, station, FIRST), is_late=True))
        list(joiner.take(end(9, station), is_late=is_late))
        joiner_calls = list(joiner.list_arrivals(T0 + S))
        (call,) = joiner.tick(T0 + 5 * S)
        assert (call.came_late, [each.came_late for each in joiner_calls]) == (is_late, [is_late])
        joiner = Joiner(EDGES)
    joiner.restore([("c1", begin(0, "site-1", FIRST, call="c1"))], given={}, unknown=())
    (call,) = joiner.list_arrivals(T0 + 2 * S)
    assert not call.came_late
