"""Which orders hold at an instant, and which one wins."""

from tests.support.routing import HOUR, NOW, make_order
from tests.support.snapshots import SHORT_NUMBERS

from route112.routing.orders import select_orders


def winner(*orders, now=NOW, number="18"):
    selected = select_orders(orders, SHORT_NUMBERS, now=now)
    order = selected.redirects.get(("CTA18-29", number))
    return order and order.id


def divert(order_id, **changes):
    return make_order(order_id, "divert", "CTA18-29", to_psap="CTA18-75", **changes)


def test_an_order_holds_from_its_start_until_just_before_its_end():
    order = divert("d", starts=NOW, expires=NOW + 10)
    assert [winner(order, now=NOW + step) for step in (-1, 0, 9, 10)] == [None, "d", "d", None]


def test_an_order_that_ends_before_it_starts_never_holds():
    assert winner(divert("d", starts=NOW + 5, expires=NOW - 5)) is None


def test_an_order_may_be_limited_to_one_short_number():
    order = divert("d", short_number="18")
    assert winner(order, number="18") == "d"
    assert winner(order, number="112") is None


def test_an_order_for_a_number_that_nobody_dials_is_harmless():
    assert winner(divert("d", short_number="999")) is None


def test_the_latest_start_wins_whatever_the_kind():
    older = divert("z", starts=NOW - HOUR)
    newer = make_order("a", "alternative", "CTA18-29", starts=NOW - 1)
    assert winner(older, newer) == winner(newer, older) == "a"


def test_of_equal_starts_the_greatest_id_wins():
    assert winner(divert("d-2"), divert("d-1")) == winner(divert("d-1"), divert("d-2")) == "d-2"


def test_an_order_that_is_over_leaves_the_older_one_in_force():
    assert winner(divert("a"), divert("b", starts=NOW - 2, expires=NOW - 1)) == "a"


def test_a_pause_contradicts_no_divert():
    pause = make_order("p", "pause", "CTA18-29", starts=NOW)
    selected = select_orders([divert("d"), pause], SHORT_NUMBERS, now=NOW)
    assert selected.redirects["CTA18-29", "18"].id == "d"
    assert selected.pauses["CTA18-29", "18"].id == "p"


def test_an_order_on_no_psap_touches_nothing():
    selected = select_orders([make_order("p", "pause", "")], SHORT_NUMBERS, now=NOW)
    assert (selected.redirects, selected.pauses) == ({}, {})
