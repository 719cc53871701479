import pytest

from route112.watch.calls.strand import Given, Strand, Whose, gives_up, name_engine
from route112.wire.record_lines import Record

FIRST, SECOND = "+33639981111", "+33639982222"


def end(station, outcome, at_us=0):
    return Record("end", {"site": station, "by": "python", "outcome": outcome}, at_us)


@pytest.mark.parametrize(("left", "right", "is_other"), [
    (Whose("a", FIRST), Whose("b", FIRST), False),
    (Whose("a", FIRST), Whose("a", SECOND), True),
    (Whose("a", FIRST), Whose("a", ""), False),
    (Whose("a", FIRST), Whose("b", ""), True),
    (Whose("", FIRST), Whose("b", ""), False),
    (Whose("a", "alice"), Whose("a", "bob"), True),
    (Whose("a", "639981111"), Whose("a", "0639981111"), True),
])  # fmt: skip
def test_who_is_another_caller(left, right, is_other):
    assert left.is_other(right) is other_way(left, right) is is_other


def other_way(left, right):
    return right.is_other(left)


def test_of_two_who_are_one_all_is_known_that_either_says():
    assert Whose("a", "").add(Whose("b", FIRST)) == Whose("a", FIRST)


def test_an_attempt_is_open_where_it_began_until_all_that_may_be_its_end_came():
    first, second = Strand(0, "e"), Strand(1, "e")
    for strand, others in ((first, []), (second, [first])):
        strand.begin_beside(others, "e")
        strand.begun["e"] = strand.heard_us
    assert not first.is_open_at("s")
    first.ends["e"] += 1
    assert first.is_open_at("e"), "that end may be the other one's"
    first.ends["e"] += 1
    assert not first.is_open_at("e")


def test_of_ends_that_may_be_of_either_the_worst_one_is_told():
    strand = Strand(0, "e", beside={"e": 1}, shared={"e": 0})
    strand.records = [end("e", "answered", 1), end("e", "failed", 2)]
    assert [each.get("outcome") for each in strand.list_records()] == ["failed"]


def test_what_a_station_says_late_of_what_was_given_is_no_attempt():
    given = Given(0, by_edge=True, stations=frozenset({"e"}), engines=frozenset({("e", "python")}))
    assert given.is_behind(end("s", "failed"), is_edge=False)
    assert not given.is_behind(end("e", "failed"), is_edge=True), "it has told of it already"
    assert not given.is_news(is_edge=True)
    assert Given(0).is_news(is_edge=True)


def test_who_gives_up_says_so_by_an_end():
    assert gives_up(end("e", "cancelled"))
    assert not gives_up(end("e", "failed"))
    assert name_engine(end("e", "failed")) == ("e", "python")
