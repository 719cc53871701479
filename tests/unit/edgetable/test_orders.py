from dataclasses import replace

import pytest
from tests.support.routing import HOUR, make_order
from tests.support.snapshots import NOW, PSAPS, small_content

from route112.edgetable.orders import DIVERTS_MAX, Exceptions, find_order_change
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

POLICE_29, POLICE_75, SAMU_29, SAMU_75, FIRE_29, FIRE_75 = range(6)
SAMU_29_OTHER, SAMU_29_SECOND, NAMED = 8, 12, 13


def opened(*orders, **changes):
    ordered = tuple(sorted(orders, key=lambda order: order.id))
    return Snapshot(write_snapshot(small_content(orders=ordered, **changes)))


def divert(psap, to, **changes):
    order_id = changes.pop("id", f"d{psap}{to}")
    return make_order(order_id, "divert", PSAPS[psap].id, to_psap=PSAPS[to].id, **changes)


def alternative(psap, number="", **changes):
    order_id = changes.pop("id", f"a{psap}")
    return make_order(order_id, "alternative", PSAPS[psap].id, to_number=number, **changes)


def pause(psap, **changes):
    return make_order(f"p{psap}", "pause", PSAPS[psap].id, **changes)


def ring(lines, *orders, number="15", now=NOW):
    return Exceptions(opened(*orders), number, now=UtcTime(now)).apply(lines)


def test_without_orders_each_line_rings_once_in_its_place():
    assert ring([SAMU_29, SAMU_29_SECOND, SAMU_29, SAMU_75]) == [SAMU_29, SAMU_29_SECOND, SAMU_75]


def test_a_divert_stands_before_the_first_line_of_its_psap_and_removes_nothing():
    lines = [FIRE_29, SAMU_29, SAMU_29_OTHER]
    assert ring(lines, divert(SAMU_29, SAMU_75)) == [FIRE_29, SAMU_75, SAMU_29, SAMU_29_OTHER]


def test_an_alternative_names_a_number_or_means_that_of_the_psap():
    assert ring([SAMU_29], alternative(SAMU_29)) == [SAMU_29_OTHER, SAMU_29]
    assert ring([SAMU_29], alternative(SAMU_29, "+33465710001")) == [NAMED, SAMU_29]


def test_an_order_holds_from_its_start_until_just_before_its_end():
    order = divert(SAMU_29, SAMU_75)
    found = [
        ring([SAMU_29], order, now=now)
        for now in (order.starts - 1, order.starts, order.expires - 1, order.expires)
    ]
    assert found == [[SAMU_29], [SAMU_75, SAMU_29], [SAMU_75, SAMU_29], [SAMU_29]]


def test_an_order_for_one_number_leaves_the_others_alone():
    only = divert(SAMU_29, SAMU_75, short_number="15")
    assert ring([SAMU_29], only) == [SAMU_75, SAMU_29]
    assert ring([SAMU_29], only, number="112") == [SAMU_29]


@pytest.mark.parametrize("late", [{"starts": UtcTime(NOW - 1)}, {"id": "z"}])
def test_the_latest_start_wins_then_the_greatest_id(late):
    orders = (divert(SAMU_29, SAMU_75, id="m"), divert(SAMU_29, FIRE_29, **late))
    assert ring([SAMU_29], *orders) == [FIRE_29, SAMU_29]


def test_a_winner_that_names_no_line_does_nothing_and_hides_the_others():
    early = divert(SAMU_29, SAMU_75)
    for mute in (alternative(SAMU_29, "+33199009999"), divert(SAMU_29, SAMU_75)):
        late = replace(mute, id="z", to_psap="CRRA15-99" if mute.to_psap else "")
        assert ring([SAMU_29], early, late) == [SAMU_29]


def test_an_order_on_a_psap_that_is_not_there_is_passed_over():
    assert ring([SAMU_29], make_order("x", "pause", "CRRA15-99")) == [SAMU_29]


def test_a_line_without_a_psap_has_no_orders():
    assert ring([NAMED, SAMU_29], pause(SAMU_29)) == [NAMED, SAMU_29]


def test_a_chain_rings_from_its_end_and_never_turns_back():
    there = divert(SAMU_29, SAMU_75)
    assert ring([SAMU_29], there, divert(SAMU_75, FIRE_75)) == [FIRE_75, SAMU_75, SAMU_29]
    assert ring([SAMU_29], there, divert(SAMU_75, SAMU_29)) == [SAMU_75, SAMU_29]


def test_a_chain_is_followed_so_far():
    chain = [divert(index, index + 1) for index in range(5)]
    assert ring([0], *chain) == [4, 3, 2, 1, 0]
    assert len(ring([0], *chain)) == DIVERTS_MAX + 1


def test_an_order_is_followed_once_in_a_call():
    orders = (divert(SAMU_29, FIRE_75), divert(SAMU_75, SAMU_29))
    assert ring([SAMU_29, SAMU_75], *orders) == [FIRE_75, SAMU_29, SAMU_75]


def test_the_line_of_an_alternative_is_not_followed_further():
    named = alternative(SAMU_29, PSAPS[FIRE_29].primary)
    assert ring([SAMU_29], named, divert(FIRE_29, FIRE_75)) == [FIRE_29, SAMU_29]


def test_paused_lines_ring_last_in_their_order_but_for_the_number_that_a_person_named():
    assert ring([SAMU_29, SAMU_75], pause(SAMU_29)) == [SAMU_75, SAMU_29]
    assert ring([SAMU_29, SAMU_29_SECOND, SAMU_75], pause(SAMU_29), alternative(SAMU_29)) == [
        SAMU_29_OTHER,
        SAMU_75,
        SAMU_29,
        SAMU_29_SECOND,
    ]
    assert ring([SAMU_29], pause(SAMU_29), divert(SAMU_29, SAMU_75)) == [SAMU_75, SAMU_29]


def test_the_next_order_to_begin_or_end_is_a_change():
    snapshot = opened(pause(0), pause(1, starts=UtcTime(NOW), expires=UtcTime(NOW + 9 * HOUR)))
    instants = (NOW - 2 * HOUR, NOW - HOUR, NOW, NOW + HOUR, NOW + 9 * HOUR)
    found = [find_order_change(snapshot, now=UtcTime(now)) for now in instants]
    assert found == [NOW - HOUR, NOW, NOW + HOUR, NOW + 9 * HOUR, None]
