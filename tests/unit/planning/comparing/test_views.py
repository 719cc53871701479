from dataclasses import replace

import pytest
from tests.support.plans import at
from tests.unit.planning.test_impact import DIVERT, build

from route112.model import OrderKind
from route112.planning.comparing.views import RouteView, VariantView, Views
from route112.snapshot.content import NONE

START = at("2026-11-05T00:00:00Z")


def view(*orders, number="18", moment=START):
    """Return the view of Brest's route, orders laid on it."""
    snapshot = build(orders=orders)
    route = snapshot.route_index(snapshot.find_commune("29019"), snapshot.find_number(number))
    return Views(snapshot, snapshot, at=moment).view(1, route, number)


def test_a_route_shows_its_psaps_and_numbers():
    (variant,) = view().variants
    assert variant == VariantView(
        ("CTA18-29", "CTA18-29"), ("+33261910018", "+33261919018"), None, None
    )
    assert view().list_first() == {"CTA18-29"}


def test_an_order_is_seen_by_the_callers_of_its_number_only():
    assert len(view(DIVERT).orders) == 1
    assert view(DIVERT, number="112").orders == ()
    assert view(DIVERT, moment=DIVERT.expires).orders == ()


def test_orders_on_a_psap_that_helps_are_seen_too():
    further = replace(DIVERT, id="further", psap="CTA18-56", to_psap="CTA18-75")
    assert [order.psap for order in view(DIVERT, further).orders] == ["CTA18-29", "CTA18-56"]
    assert view(DIVERT, further).list_first() == {"CTA18-75"}


def test_diverts_in_a_circle_end():
    variant = VariantView(("A",), ("1",), None, None)
    circle = (replace(DIVERT, psap="A", to_psap="B"), replace(DIVERT, psap="B", to_psap="A"))
    assert RouteView((variant,), circle).list_first() == {"A"}


@pytest.mark.parametrize(("psaps", "first"), [(("A", "B"), "B"), (("A",), "A")])
def test_a_paused_psap_is_not_first_unless_nothing_else_is_left(psaps, first):
    pause = replace(DIVERT, kind=OrderKind.PAUSE, psap="A", to_psap="")
    variant = VariantView(psaps, ("1",) * len(psaps), None, None)
    assert RouteView((variant,), (pause,)).list_first() == {first}


def test_of_two_orders_the_later_one_wins_the_view():
    later = replace(DIVERT, id="later", to_psap="CTA18-75", starts=at("2026-11-06T00:00:00Z"))
    assert view(later, DIVERT).list_first() == {"CTA18-75"}


def test_a_key_without_a_route_shows_nothing():
    snapshot = build()
    assert Views(snapshot, snapshot, at=START).view(0, NONE, "15") == RouteView()
    assert not Views(snapshot, snapshot, at=START).differ((NONE, NONE), "15")
    assert RouteView().list_first() == set()
