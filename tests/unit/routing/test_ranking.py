"""The order in which lines ring, and the story that is told of it."""

import pytest
from tests.support.routing import make_order

from route112.model import TARGETS_MAX, Target
from route112.routing.prospects import Prospect
from route112.routing.ranking import REASONS, Story, rank_prospects

PAUSE = make_order("p", "pause", "A")


def prospect(psap, number="1", *, ordered=False, pause=None, steps=()):
    target = Target(
        psap=psap, number=f"{psap}{number}", rule="primary", trunk="t", hops=(), ring_time_s=30
    )
    return Prospect(target, ordered=ordered, pause=pause, steps=steps)


def rank(*prospects, down=(), reasons=(), steps=()):
    story = Story(7, reasons, steps, prospects)
    return rank_prospects(story, dict.fromkeys(down, "DOWN"))


def numbers(decision):
    return [target.number for target in decision.targets]


def test_free_lines_then_lines_of_psaps_that_are_down_then_of_paused_ones():
    decision = rank(
        prospect("A", pause=PAUSE), prospect("B"), prospect("C"), prospect("D"), down="BA"
    )
    assert numbers(decision) == ["C1", "D1", "B1", "A1"]
    assert decision.degraded == "psap-paused+psap-down"


def test_each_psap_that_is_passed_over_is_told_once():
    decision = rank(prospect("A"), prospect("A", "2"), prospect("B"), down="A")
    assert decision.trace == ("A DOWN", "rule primary", "B B1")


def test_what_comes_after_the_first_line_is_not_told():
    decision = rank(prospect("A"), prospect("B", steps=("order b",)), down="B")
    assert decision.trace == ("rule primary", "A A1")
    assert decision.degraded is None


def test_a_line_that_an_order_names_stays_in_its_place():
    decision = rank(prospect("A", ordered=True), prospect("B"), down="A")
    assert numbers(decision) == ["A1", "B1"]
    assert decision.degraded is None


def test_when_nothing_is_free_everything_is_told_and_the_least_bad_rings():
    decision = rank(
        prospect("A", pause=PAUSE, steps=("order x",)),
        prospect("B", steps=("loop cut",)),
        down="B",
    )
    assert decision.trace == (
        "order x",
        "order pause p by prefecture 29",
        "A PAUSED",
        "loop cut",
        "B DOWN",
        "last resort",
        "rule primary",
        "B B1",
    )


def test_the_story_begins_with_what_was_known_before():
    decision = rank(prospect("A"), reasons=("closed",), steps=("closed",))
    assert decision.trace == ("closed", "rule primary", "A A1")
    assert (decision.degraded, decision.generation) == ("closed", 7)


def test_no_more_than_so_many_targets():
    decision = rank(*(prospect(psap) for psap in "ABCDEF"), down="A")
    assert numbers(decision) == ["B1", "C1", "D1", "E1"]
    assert len(decision.targets) == TARGETS_MAX


def test_the_psaps_whose_state_matters():
    story = Story(
        7,
        (),
        (),
        (prospect("A"), prospect(""), prospect("B", ordered=True), prospect("A", "2")),
    )
    assert story.list_psaps() == ("A",)


@pytest.mark.parametrize("reason", REASONS)
def test_reasons_are_kebab_case_and_joined_in_their_order(reason):
    decision = rank(prospect("A"), reasons=tuple({reason, REASONS[0], REASONS[-1]}))
    expected = [name for name in REASONS if name in {reason, REASONS[0], REASONS[-1]}]
    assert decision.degraded == "+".join(expected)
