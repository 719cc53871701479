"""Who answered is who the caller talked to, and a phone that rang for nobody is a ghost."""

import pytest

from route112.simulation.answers import find_answers, find_ghosts, was_answered
from route112.simulation.logs import CallerLine, PsapLine

FIRST, SECOND, THIRD = "+33261910015", "+33261910056", "+33199000010"
HEARD = {"ringing_us": 10, "answered_us": 100, "status": 200}


def caller(**fields):
    return CallerLine(call_id="a", dialled="15", placed_us=0, **fields)


def ring(number=FIRST, *, rang=5, answered=90):
    return PsapLine(call_id="a", number=number, rang_us=rang, answered_us=answered)


@pytest.mark.parametrize(
    ("fields", "answered"),
    [
        (HEARD, True),
        (HEARD | {"status": 487}, False),
        (HEARD | {"answered_us": None}, False),
        ({}, False),
    ],
)
def test_a_caller_was_answered_when_status_and_stamp_say_so(fields, answered):
    assert was_answered(caller(**fields)) is answered
    assert find_answers(caller(**fields), [ring()]) == ((ring(),) if answered else ())


def test_the_caller_knows_who_answered():
    """Its stamps may be wrong then; a ring of that number that was not picked up is not the one."""
    line = caller(**HEARD, answered_by=SECOND)
    late = ring(SECOND, answered=101)
    assert find_answers(line, [ring(), late, ring(SECOND, answered=None)]) == (late,)
    assert find_answers(line, [ring(), ring(THIRD)]) == ()


def test_without_it_every_answer_that_was_given_in_time_may_be_the_one():
    same = ring(SECOND, answered=100)
    rings = [ring(), same, ring(THIRD, answered=101), ring(THIRD, answered=None)]
    assert find_answers(caller(**HEARD), rings) == (ring(), same)


@pytest.mark.parametrize(
    ("line", "other", "ghosts"),
    [
        (caller(**HEARD), ring(SECOND, rang=5, answered=None), ()),
        (caller(**HEARD), ring(SECOND, rang=100, answered=None), ()),
        (caller(**HEARD), ring(SECOND, rang=101, answered=None), (SECOND,)),
        (caller(**HEARD), ring(SECOND, rang=5), (SECOND,)),
        (caller(status=487, ended_us=50), ring(SECOND, rang=50, answered=None), ()),
        (caller(status=487, ended_us=50), ring(SECOND, rang=51, answered=None), (SECOND,)),
        (caller(status=487, ended_us=50), ring(SECOND, rang=40), (SECOND,)),
        (caller(), ring(SECOND, rang=99, answered=None), ()),
        (None, ring(SECOND, rang=99, answered=None), ()),
        (None, ring(SECOND), (SECOND,)),
    ],
)
def test_a_ghost_rings_or_picks_up_for_nobody(line, other, ghosts):
    answer = ring() if line is not None and was_answered(line) else None
    rings = [other] if answer is None else [other, answer]
    assert find_ghosts(line, answer, rings) == ghosts


def test_ghosts_come_in_order_and_as_often_as_they_rang():
    rings = [ring(SECOND), ring(FIRST), ring(FIRST, answered=91)]
    assert find_ghosts(caller(), None, rings) == (FIRST, FIRST, SECOND)
