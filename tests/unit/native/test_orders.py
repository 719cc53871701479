from dataclasses import replace

import pytest
from tests.support.snapshots import NOW, ORDERS, PSAPS, small_content

from route112.model import OrderKind, UtcTime
from route112.native.orders import DIVERTS_MAX, apply_orders, list_in_force
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

SAMU, FIRE = 0, 2
POLICE_29, POLICE_75, SAMU_29, SAMU_75, FIRE_29, FIRE_75 = range(6)
NAMED = 13


def order(order_id, kind, psap, **changes):
    blank = replace(ORDERS[2], id=order_id, kind=kind, psap=PSAPS[psap].id, starts=UtcTime(0))
    return replace(blank, **changes)


def divert(psap, to, **changes):
    name = changes.pop("id", f"d{psap}{to}")
    return order(name, OrderKind.DIVERT, psap, to_psap=PSAPS[to].id, **changes)


def alternative(psap, number="", **changes):
    name = changes.pop("id", f"a{psap}")
    return order(name, OrderKind.ALTERNATIVE, psap, to_number=number, **changes)


def pause(psap, **changes):
    return order(f"p{psap}", OrderKind.PAUSE, psap, **changes)


def apply(candidates, *orders, now=NOW, number=SAMU):
    content = small_content(orders=tuple(sorted(orders, key=lambda order: order.id)))
    snapshot = Snapshot(write_snapshot(content))
    return apply_orders(snapshot, candidates, list_in_force(snapshot, number, UtcTime(now)))


def test_without_orders_each_line_rings_once_in_its_place():
    assert apply([SAMU_29, 12, SAMU_29, SAMU_75]) == [SAMU_29, 12, SAMU_75]


def test_a_divert_rings_the_other_psap_first_and_removes_nothing():
    assert apply([SAMU_29, 8], divert(SAMU_29, SAMU_75)) == [SAMU_75, SAMU_29, 8]


def test_an_alternative_is_the_number_of_the_order_or_of_the_psap():
    assert apply([SAMU_29], alternative(SAMU_29, "+33465710001")) == [NAMED, SAMU_29]
    assert apply([SAMU_29], alternative(SAMU_29)) == [8, SAMU_29]


def test_an_order_stands_where_the_first_line_of_its_psap_stands():
    assert apply([FIRE_29, SAMU_29, 8], divert(SAMU_29, SAMU_75)) == [FIRE_29, SAMU_75, SAMU_29, 8]


@pytest.mark.parametrize("steps", [(0, True), (-1, False)])
def test_an_order_holds_from_its_start_to_before_its_end(steps):
    shift, holds = steps
    starting = divert(SAMU_29, SAMU_75, starts=UtcTime(NOW - shift))
    ending = divert(SAMU_29, SAMU_75, expires=UtcTime(NOW + 1 + shift))
    expected = [SAMU_75, SAMU_29] if holds else [SAMU_29]
    assert apply([SAMU_29], starting) == expected
    assert apply([SAMU_29], ending) == expected


def test_an_order_for_one_short_number_leaves_the_others_alone():
    only = divert(SAMU_29, SAMU_75, short_number="15")
    assert apply([SAMU_29], only, number=SAMU) == [SAMU_75, SAMU_29]
    assert apply([SAMU_29], only, number=FIRE) == [SAMU_29]


def test_the_latest_start_wins_then_the_greatest_id():
    early = divert(SAMU_29, SAMU_75, id="z", starts=UtcTime(1))
    late = divert(SAMU_29, FIRE_29, id="a", starts=UtcTime(2))
    assert apply([SAMU_29], early, late) == [FIRE_29, SAMU_29]
    same = replace(late, id="zz", starts=UtcTime(1))
    assert apply([SAMU_29], early, same) == [FIRE_29, SAMU_29]


def test_a_winner_that_names_no_line_does_nothing_and_still_wins():
    early = divert(SAMU_29, SAMU_75, id="a", starts=UtcTime(1))
    late = alternative(SAMU_29, "+33199009999", starts=UtcTime(2))
    assert apply([SAMU_29], early, late) == [SAMU_29]
    nobody = replace(divert(SAMU_29, SAMU_75), to_psap="CRRA15-99")
    assert apply([SAMU_29], nobody) == [SAMU_29]


def test_a_divert_to_a_psap_whose_line_is_unknown_does_nothing():
    content = small_content(orders=(divert(SAMU_29, SAMU_75),))
    psaps = (*PSAPS[:3], replace(PSAPS[3], primary="+33199009999"), *PSAPS[4:])
    snapshot = Snapshot(write_snapshot(replace(content, psaps=psaps)))
    assert apply_orders(snapshot, [SAMU_29], list_in_force(snapshot, SAMU, NOW)) == [SAMU_29]


def test_an_order_on_a_psap_that_is_not_there_is_passed_over():
    assert apply([SAMU_29], replace(divert(SAMU_29, SAMU_75), psap="CRRA15-99")) == [SAMU_29]


def test_a_chain_rings_from_its_end_and_a_loop_is_cut():
    there = divert(SAMU_29, SAMU_75)
    assert apply([SAMU_29], there, divert(SAMU_75, FIRE_75)) == [FIRE_75, SAMU_75, SAMU_29]
    assert apply([SAMU_29], there, divert(SAMU_75, SAMU_29)) == [SAMU_75, SAMU_29]


def test_a_chain_has_an_end():
    chain = [divert(index, index + 1) for index in range(5)]
    assert apply([0], *chain) == [4, 3, 2, 1, 0]
    assert len(apply([0], *chain)) == DIVERTS_MAX + 1


def test_the_line_of_an_alternative_is_not_followed_further():
    named = alternative(SAMU_29, PSAPS[FIRE_29].primary)
    assert apply([SAMU_29], named, divert(FIRE_29, FIRE_75)) == [FIRE_29, SAMU_29]


def test_lines_of_a_paused_psap_ring_last_but_for_what_a_person_named():
    assert apply([SAMU_29, 8, SAMU_75], pause(SAMU_29)) == [SAMU_75, SAMU_29, 8]
    both = apply([SAMU_29, SAMU_75], pause(SAMU_29), alternative(SAMU_29))
    assert both == [8, SAMU_75, SAMU_29]
    assert apply([SAMU_29], pause(SAMU_29)) == [SAMU_29]
