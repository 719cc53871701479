import pytest
from tests.support.seen import T0, S, see, see_try

from route112.watch.callbacks import (
    Attempt,
    Person,
    describe_callback,
    is_anonymous,
    is_lost,
)

RANG = see_try("B", outcome="rang")
RANG_OUT = (see_try(outcome="failed", cause="timeout", party="psap"), RANG)
SILENT = (see_try(outcome="failed", cause="timeout", party="carrier"), RANG)
BUSY = (see_try(outcome="failed", cause="reply", code=486, party="psap"), RANG)
PERSON = Person(id=7, caller="+33639981234")


def attempt(at_s, outcome="failed", *, number="15", lasts_s=2, **heard):
    began_us = T0 + at_s * S
    return Attempt(
        began_us=began_us,
        ended_us=began_us + lasts_s * S,
        number=number,
        commune="29019",
        place="Brest",
        outcome=outcome,
        party="psap",
        lost=outcome in ("failed", "unknown"),
        **heard,
    )


@pytest.mark.parametrize(
    ("call", "lost"),
    [
        (see(outcome="failed"), True),
        (see(outcome="unknown"), True),
        (see(outcome="answered"), False),
        (see(outcome="failed", is_test=True), False),
        (see(outcome="refused", party="site"), True),
        (see(outcome="refused", party="origin"), False),
        (see(outcome="cancelled", lasts_s=4.0), True),
        (see(outcome="cancelled", lasts_s=3.9), False),
        (see(outcome="cancelled", lasts_s=9.0, ring_ms=100), False),
        (see(outcome="cancelled", lasts_s=30.0, ring_ms=100), False),
        (see(outcome="cancelled", lasts_s=30.1, ring_ms=100), True),
        (see(outcome="cancelled", lasts_s=9.0, ring_ms=100, tries=RANG_OUT), True),
        (see(outcome="cancelled", lasts_s=9.0, ring_ms=900, tries=SILENT), False),
        (see(outcome="cancelled", lasts_s=9.0, ring_ms=900, tries=BUSY), False),
    ],
)
def test_who_was_failed_by_somebody_lost_a_call(call, lost):
    assert is_lost(call) is lost


@pytest.mark.parametrize(
    ("caller", "anonymous"),
    [
        ("", True),
        (" ", True),
        ("Anonymous", True),
        ("Unavailable", True),
        ("withheld", True),
        ("anonymous.invalid", True),
        ("+33639981234", False),
        ("15", False),
    ],
)
def test_without_a_number_nobody_is_the_same(caller, anonymous):
    assert is_anonymous(caller) is anonymous


def test_who_never_lost_an_attempt_is_on_no_list():
    assert describe_callback(PERSON, [attempt(0, "answered"), attempt(9, "cancelled")]) is None


def test_the_last_lost_attempt_is_what_they_wanted():
    back = describe_callback(PERSON, [attempt(60, number="112"), attempt(0), attempt(90, "busy")])
    assert (back.id, back.caller, back.number, back.place) == (7, PERSON.caller, "112", "Brest")
    assert (back.first_us, back.last_us) == (T0, T0 + 60 * S)
    assert (back.lost, back.attempts, back.through_us) == (2, 3, None)
    assert back.state == "open"


@pytest.mark.parametrize(
    ("answered_s", "lasts_s", "state"),
    [(60, 2, "through"), (-60, 2, "open"), (-1, 5, "through")],
)
def test_an_answer_after_the_loss_takes_them_off(answered_s, lasts_s, state):
    attempts = [attempt(0), attempt(answered_s, "answered", lasts_s=lasts_s)]
    assert describe_callback(PERSON, attempts).state == state


@pytest.mark.parametrize(
    ("lost", "answered", "state"),
    [
        # The clock of whoever failed them is five minutes behind.
        ((10, 310), (0, 2), "open"),
        ((0, 300), (10, 310), "through"),
        # What was answered before is read late.
        ((10, 10), (0, 300), "open"),
        # What was lost before is read late: they may be called once too often.
        ((0, 300), (10, 12), "open"),
        # Both are read at once.
        ((0, 300), (10, 300), "through"),
    ],
)
def test_an_answer_is_later_where_clocks_and_the_order_of_reading_say_so(lost, answered, state):
    (lost_s, heard_s), (answered_s, end_heard_s) = lost, answered
    attempts = [
        attempt(lost_s, heard_us=T0 + heard_s * S),
        attempt(answered_s, "answered", end_heard_us=T0 + end_heard_s * S),
    ]
    assert describe_callback(PERSON, attempts).state == state


def test_an_answer_takes_nobody_off_who_lost_an_attempt_that_was_heard_of_later():
    """The last one by the clocks of stations is not the last one."""
    attempts = [
        attempt(0, heard_us=T0),
        attempt(-300, heard_us=T0 + 60 * S),
        attempt(20, "answered", end_heard_us=T0 + 22 * S),
    ]
    assert describe_callback(PERSON, attempts).state == "open"


def test_who_loses_an_attempt_by_a_clock_that_is_behind_has_to_be_called_again():
    person = Person(id=7, caller=PERSON.caller, done="reached")
    behind = attempt(0, heard_us=T0 + 310 * S, end_heard_us=T0 + 312 * S)
    before = attempt(0, heard_us=T0, end_heard_us=T0 + 2 * S, closed=True)
    assert describe_callback(person, [before]).state == "done"
    assert describe_callback(person, [before, behind]).state == "open"


def test_a_loss_after_the_answer_puts_them_on_again():
    attempts = [attempt(0), attempt(60, "answered"), attempt(90)]
    assert describe_callback(PERSON, attempts).state == "open"


def test_what_was_done_counts_until_the_next_loss():
    person = Person(id=7, caller="", assigned="desk 4", done="reached")
    closed = attempt(0, closed=True)
    assert describe_callback(person, [closed]).state == "done"
    again = describe_callback(person, [closed, attempt(90)])
    assert (again.state, again.done, again.caller) == ("assigned", "", "")
