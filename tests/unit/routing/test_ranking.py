"""The order in which lines ring, and the story that is told of it."""

from dataclasses import replace

import pytest
from tests.support.routing import make_order

from route112.model import TARGETS_MAX, Hop, Target
from route112.routing.prospects import Prospect
from route112.routing.ranking import REASONS, TARGETS_TRIED, Story, rank_prospects

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


def test_the_targets_are_the_same_whatever_is_measured_and_the_first_one_is_tried():
    six = [prospect(psap) for psap in "ABCDEF"]
    assert numbers(rank(*six)) == ["A1", "B1", "C1", "D1"]
    assert numbers(rank(*six, down="A")) == ["B1", "C1", "A1", "D1"]
    assert numbers(rank(*six, down="AB")) == ["C1", "D1", "A1", "B1"]
    assert numbers(rank(*six, down="C")) == ["A1", "B1", "D1", "C1"]
    assert numbers(rank(*six[:3], down="A")) == ["B1", "C1", "A1"]
    assert len(rank(*six).targets) == TARGETS_MAX
    assert TARGETS_TRIED == 3


@pytest.mark.parametrize(
    ("psaps", "rung"),
    [("AAAB", 4), ("AABA", 3), ("BAAA", 3), (" AAB", 4), (" ABC", 3), ("AAA", 3), ("A", 1)],
)
def test_a_fourth_target_stands_behind_three_of_one_psap(psaps, rung):
    """A space: a number that an order names and no answering point lists."""
    prospects = [prospect(psap.strip(), str(at)) for at, psap in enumerate(psaps)]
    assert rank(*prospects).in_one_pass == rung


@pytest.mark.parametrize("psaps", ["AAAB", "AABA", "BAAA", "ABCD", "ABAC", "AABB", "AB"])
@pytest.mark.parametrize("down", ["", "A", "B", "C", "AB", "AC", "BC", "ABC", "ABCD"])
def test_what_is_measured_takes_no_target_out_of_a_pass(psaps, down):
    prospects = [prospect(psap, str(at)) for at, psap in enumerate(psaps)]
    calm, moved = rank(*prospects), rank(*prospects, down=down)
    tried = [numbers(one)[: one.in_one_pass] for one in (calm, moved)]
    assert set(tried[0]) <= set(tried[1])
    assert set(tried[0]) == set(tried[1]) or len(tried[1]) == len(tried[0]) + 1


def test_where_all_targets_are_down_the_order_stays_though_others_are_free():
    six = [prospect(psap) for psap in "ABCDEF"]
    decision = rank(*six, down="ABCD")
    assert numbers(decision) == ["A1", "B1", "C1", "D1"]
    assert decision.degraded == "psap-down"
    told = ("A DOWN", "B DOWN", "C DOWN", "D DOWN")
    assert decision.trace == (*told, "last resort", "rule primary", "A A1")


def make_hop(address):
    return Hop(address=address, transport="udp", technology="ip", vendor="v", capacity_calls=9)


def over(psap, *addresses):
    one = prospect(psap)
    hops = tuple(map(make_hop, addresses))
    return replace(one, target=replace(one.target, hops=hops, trunk=f"{psap}/ip/"))


def addresses(target):
    return [hop.address for hop in target.hops]


def test_a_line_without_a_hop_that_is_there_is_tried_last():
    story = Story(7, (), (), (over("A", "h1", "h2"), over("B", "h3")))
    assert story.list_hops() == ("h1", "h2", "h3")
    decision = rank_prospects(story, {}, frozenset(("h1", "h2")))
    assert numbers(decision) == ["B1", "A1"]
    assert decision.degraded == "trunk-down"
    assert decision.trace == ("A/ip/ UNREACHABLE", "rule primary", "B B1")


def test_a_hop_that_is_lost_is_tried_after_another_one():
    story = Story(7, (), (), (over("A", "h1", "h2", "h3"),))
    decision = rank_prospects(story, {}, frozenset(("h1",)))
    assert addresses(decision.targets[0]) == ["h2", "h1", "h3"], "and among those that are tried"
    assert decision.degraded is None
    assert decision.trace == ("h1 UNREACHABLE", "rule primary", "A A1")
    other = rank_prospects(story, {}, frozenset(("h2",)))
    assert addresses(other.targets[0]) == ["h1", "h3", "h2"]
    assert other.trace == ("rule primary", "A A1")
    assert rank_prospects(story, {}, frozenset(("h9",))).targets == rank(*story.prospects).targets


def test_a_trunk_and_an_ordered_line():
    ordered = replace(over("A", "h1"), ordered=True)
    decision = rank_prospects(Story(7, (), (), (ordered, over("B", "h2"))), {}, frozenset(("h1",)))
    assert numbers(decision) == ["A1", "B1"]


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
