import pytest
from tests.support.seen import S, see, see_try

from route112.watch.states import standing
from route112.watch.states.standing import REMEMBERED_US, SETTLED_US, Standing

A, ALL = ("A", "15"), ("A", "")
ONE, TWO, THREE, FOUR = (("site", f"site-{index}") for index in range(1, 5))
SETTLED_S = SETTLED_US // S


def make(*told):
    """Return what is known after these calls: station, second, what became of it."""
    found = Standing()
    for station, at_s, values in told:
        found.note(see(at_s=at_s, site=station[1], **values), "15", station)
    return found


def answers(**values):
    return {"outcome": "answered", "reached": "A", "tries": (), **values}


def tries(station, outcome="answered"):
    return (see_try(outcome=outcome, station=station[1]),)


WELL = {
    each: answers(tries=tries(each)) for each in (ONE, TWO, THREE, FOUR)
}  # fmt: skip
MOVED = {"moved": ("A",), "psap": "B", "outcome": "answered", "reached": "B"}


def test_a_station_is_contradicted_where_others_get_answers_since():
    found = make((TWO, 0, WELL[TWO]), (ONE, 10, MOVED), (TWO, 100, WELL[TWO]), (ONE, 101, MOVED))
    assert found.is_contradicted(A, ONE)
    assert found.is_contradicted(ALL, ONE)
    assert not found.is_contradicted(("A", "18"), ONE), "of another number nobody says anything"
    assert not found.is_contradicted(A, TWO), "it gets answers"
    assert not found.is_contradicted(A, THREE), "it says nothing"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ([(TWO, 0, WELL[TWO])], "an answer before it went away"),
        ([(TWO, 9 + SETTLED_S, WELL[TWO])], "a state that had not reached the other one"),
        ([(TWO, 80, MOVED), (TWO, 99, WELL[TWO])], "an answer that it has not heard of yet"),
        ([(TWO, 0, WELL[TWO]), (TWO, 90, MOVED)], "the other one says the same by now"),
        (
            [(each, 0, WELL[each]) for each in (TWO, THREE)]
            + [(TWO, 90, WELL[TWO]), (THREE, 90, MOVED)],
            "one of two",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_station_is_not_contradicted_by(told, why):
    found = make(*told, (ONE, 10, MOVED), (ONE, 110, MOVED))
    assert not found.is_contradicted(A, ONE), why


def test_what_it_said_before_it_got_an_answer_is_over():
    told = (TWO, 0, WELL[TWO]), (ONE, 10, MOVED), (ONE, 60, WELL[ONE]), (TWO, 90, WELL[TWO])
    assert not make(*told, (ONE, 101, MOVED)).is_contradicted(A, ONE)
    assert make(*told[:2], *told[3:], (ONE, 101, MOVED)).is_contradicted(A, ONE)


def test_a_call_that_is_told_of_late_is_no_later_word():
    late = {**WELL[TWO], "heard_us": see(at_s=200).began_us}
    found = make((TWO, 0, WELL[TWO]), (ONE, 10, MOVED), (TWO, 5, late), (ONE, 300, MOVED))
    assert not found.is_contradicted(A, ONE), "it began before by the station's own clock"
    found = make((ONE, 100, MOVED), (ONE, 20, WELL[ONE]), (TWO, 200, WELL[TWO]))
    assert not found.is_shared(A, ONE)
    assert found.is_shared(A, TWO), "an older call changes no later word"


@pytest.mark.parametrize(
    ("values", "is_bad"),
    [
        (MOVED, True),
        ({"psap": "A", "tries": tries(ONE, "failed")}, True),
        ({"psap": "A", "tries": ()}, True),
        (
            {"psap": "B", "outcome": "answered", "reached": "B", "tries": tries(ONE, "failed")},
            True,
        ),
        ({"psap": "B", "outcome": "answered", "reached": "B", "tries": tries(ONE, "rang")}, False),
        ({"psap": "A", "outcome": "cancelled", "tries": ()}, False),
        ({"psap": "", "tries": ()}, False),
        ({"psap": "A", "outcome": "answered", "tries": tries(TWO, "failed")}, False),
        (WELL[ONE], False),
    ],
    ids=["moved", "failed", "untried", "second", "rang", "gave up", "nobody", "elsewhere", "well"],
)
def test_what_a_call_says_of_an_answering_point(values, is_bad):
    assert make((ONE, 0, values), (TWO, 0, WELL[TWO])).is_shared(A, TWO) is is_bad


def test_what_is_remembered_is_bounded(monkeypatch):
    found = make((ONE, 0, MOVED), (TWO, REMEMBERED_US // S + 1, MOVED))
    assert not found.is_shared(A, TWO), "too long ago"
    monkeypatch.setattr(standing, "STATIONS_MAX", 1)
    found = make((ONE, 0, MOVED), (TWO, 1, MOVED))
    assert not found.is_shared(A, ONE), "there was no room for the second station"
    monkeypatch.setattr(standing, "KEYS_MAX", 2)
    found = make((ONE, 0, MOVED), (ONE, 1, {**MOVED, "moved": ("C",)}))
    assert not found.is_shared(A, TWO), "forgotten"
