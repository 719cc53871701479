"""What is kept beside a snapshot: bounded, and never the source of an answer."""

import itertools

import pytest
from tests.support.routing import HOUR, NOW, ask, make_order, open_small, open_with, rungs

from route112.model import Call
from route112.routing import memory as module
from route112.routing.decide import _MEMORIES
from route112.routing.memory import Memory
from route112.routing.places import find_place

LIMITS = ("STORIES_KEPT_MAX", "TARGETS_KEPT_MAX", "PLACES_KEPT_MAX", "VARIANTS_KEPT_MAX")
KEYS = [(n, c) for n in ("15", "17", "18", "112", "9") for c in ("29019", "29155", "75056", "29x")]


def test_a_period_ends_where_anything_starts_or_ends():
    order = make_order("d", "divert", "CIC17-29", to_psap="CIC17-75")
    snapshot = open_with(order)
    kept = Memory(snapshot, NOW)
    edges = [snapshot.valid_from, order.starts, order.expires, snapshot.valid_until]
    limits = [-float("inf"), *edges, float("inf")]
    for since, until in itertools.pairwise(limits):
        instant = until - 1 if until != limits[-1] else since
        period = kept.enter_period(snapshot, instant)
        assert (period.since, period.until) == (since, until)
        assert kept.period is period


def test_the_second_call_of_a_place_is_answered_from_what_was_kept():
    snapshot = open_small()
    for number in ("17", "15"):
        assert ask(number, "29019", snapshot) is ask(number, "29019", snapshot, technology="voip")


def test_a_route_with_hours_is_chosen_anew_for_each_call():
    snapshot = open_small()
    night = NOW + 10 * HOUR
    first = [rungs(ask("15", "29019", snapshot, now=now))[0] for now in (NOW, night, NOW, night)]
    assert first == ["CRRA15-29 primary", "CTA18-29 primary"] * 2


@pytest.mark.parametrize("limit", LIMITS)
def test_forgetting_changes_no_answer(monkeypatch, limit):
    expected = [ask(number, commune, open_small()) for number, commune in KEYS]
    monkeypatch.setattr(module, limit, 2)
    snapshot = open_small()
    assert [ask(number, commune, snapshot) for number, commune in KEYS * 2] == expected * 2
    kept = _MEMORIES[snapshot]
    sizes = {
        "STORIES_KEPT_MAX": len(kept.period.plain) + len(kept.period._split),
        "TARGETS_KEPT_MAX": len(kept._targets),
        "PLACES_KEPT_MAX": len(kept.places),
        "VARIANTS_KEPT_MAX": len(kept._variants),
    }
    assert sizes[limit] <= 2 + 8


def test_only_what_a_plan_knows_is_kept_of_places():
    snapshot = open_small()
    for number, commune in KEYS:
        ask(number, commune, snapshot)
    assert set(_MEMORIES[snapshot].places) == {
        (number, commune, "")
        for number, commune in KEYS
        if not find_place(Call(dialled=number, commune=commune), snapshot).reasons
    }


def test_two_snapshots_do_not_mix():
    one = open_small()
    other = open_with(make_order("d", "divert", "CIC17-29", to_psap="CTA18-75"))
    for _ in range(2):
        assert rungs(ask("17", "29019", one))[0] == "CIC17-29 primary"
        assert rungs(ask("17", "29019", other))[0] == "CTA18-75 divert"


def test_a_plain_place_is_kept_apart_from_a_split_one():
    snapshot = open_small()
    kept = Memory(snapshot, NOW)
    for number in ("15", "17"):
        call = Call(dialled=number, commune="29019")
        place = find_place(call, snapshot)
        kept.find_story(call, snapshot, place, period=kept.period, now=NOW)
    assert [place.number for place in kept.period.plain] == [1]
    assert [place.number for place, _ in kept.period._split] == [0]


def test_the_answer_in_the_states_of_the_moment_is_kept():
    snapshot = open_small()
    plain = ask("17", "29019", snapshot)
    down = ask("17", "29019", snapshot, down=["CIC17-29"])
    assert down is ask("17", "29019", snapshot, down=["CIC17-29", "CRRA15-75"])
    other = ask("17", "29019", snapshot, down=["CIC17-75"])
    assert rungs(other) != rungs(down)
    assert ask("17", "29019", snapshot, down=["CIC17-29"]) == down
    assert ask("17", "29019", snapshot, down=["CRRA15-75"]) is plain
