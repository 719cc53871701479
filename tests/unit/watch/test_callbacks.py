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


def attempt(at_s, outcome="failed", *, number="15", lasts_s=2):
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


def test_a_loss_after_the_answer_puts_them_on_again():
    attempts = [attempt(0), attempt(60, "answered"), attempt(90)]
    assert describe_callback(PERSON, attempts).state == "open"


def test_what_was_done_counts_until_the_next_loss():
    person = Person(id=7, caller="", assigned="desk 4", done="reached", done_us=T0 + 60 * S)
    assert describe_callback(person, [attempt(0)]).state == "done"
    again = describe_callback(person, [attempt(0), attempt(90)])
    assert (again.state, again.done, again.caller) == ("assigned", "", "")
