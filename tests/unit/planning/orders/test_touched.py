from dataclasses import replace

import pytest
from tests.support.plans import CTA18_29, NOW, at, usual_rows
from tests.unit.planning.orders.test_revision import DIVERT, FOREIGN, PAUSE, build, make_order

from route112.model import Call, OrderKind, States
from route112.planning.orders.revision import place_orders
from route112.planning.orders.touched import OrdersError, compare_orders
from route112.routing.decide import decide
from route112.snapshot.reader import Snapshot

BREST, LANDERNEAU, VANNES, *PARIS = range(7)
ELSEWHERE = make_order("elsewhere", "CTA18-75", "CTA18-56", short_number="18")


def compare(old, new, *named, now=NOW):
    return compare_orders(old, new, named=named, at=now)


def follow(parent, *orders):
    return Snapshot(place_orders(parent, orders, generation=parent.generation + 1))


def test_an_order_touches_the_keys_of_its_psap_and_those_that_it_helps():
    parent = Snapshot(build())
    reach = compare(parent, follow(parent, DIVERT), "CTA18-29")
    assert (reach.orders, reach.psaps) == (("divert",), ("CTA18-29",))
    assert reach.changed == {number: {BREST, LANDERNEAU} for number in ("18", "112")}
    assert reach.keys["18"] == {BREST, LANDERNEAU, VANNES}, "29 helps 56"
    assert "15" not in reach.keys
    assert str(reach.people) == "departement 29: 2 communes, 155,000 inhabitants"


def test_an_order_behind_a_divert_touches_who_is_diverted_there():
    parent = follow(Snapshot(build()), DIVERT)
    reach = compare(parent, follow(parent, DIVERT, FOREIGN), "CTA18-56")
    assert reach.psaps == ("CTA18-56",)
    assert reach.changed["18"] == {BREST, LANDERNEAU, VANNES}


def test_what_is_over_touches_nobody_and_needs_no_name():
    parent = follow(Snapshot(build()), DIVERT)
    reach = compare(parent, follow(parent), now=DIVERT.expires)
    assert (reach.orders, reach.psaps, reach.keys, reach.changed) == (("divert",), (), {}, {})
    assert reach.people.communes == 0


def test_anything_else_is_refused():
    parent = Snapshot(build())
    other = Snapshot(build(rows={"29": [*usual_rows("29")[:-1], ("29103", "112", CTA18_29)]}))
    assert compare(parent, follow(other), "CTA18-29").changed == {}, "the same plan"
    moved = Snapshot(build(rows={"29": usual_rows("29")[::-1]}))
    with pytest.raises(OrdersError, match="the plan differs: this is a change, not an order"):
        compare(parent, moved, "CTA18-29")
    with pytest.raises(OrdersError, match="orders on CRRA15-29, CTA18-29 differ, which nobody"):
        compare(parent, follow(parent, DIVERT, PAUSE), "CTA18-56")
    given = follow(parent, DIVERT)
    with pytest.raises(OrdersError, match="orders on CTA18-29, CTA18-75 differ"):
        compare(given, follow(given, ELSEWHERE), "CTA18-56")


def test_a_key_that_changes_without_an_order_is_found(monkeypatch):
    parent = Snapshot(build())
    monkeypatch.setattr(
        "route112.planning.orders.touched.find_changed",
        lambda *_args, **_options: {"15": {VANNES}},
    )
    with pytest.raises(OrdersError, match=r"15 @56260 changes, and no order on \['CTA18-29'\]"):
        compare(parent, follow(parent, DIVERT), "CTA18-29")


@pytest.mark.parametrize(
    "orders",
    [
        (DIVERT,),
        (PAUSE, ELSEWHERE),
        (FOREIGN, DIVERT),
        (replace(PAUSE, psap="CTA18-75"), replace(DIVERT, to_psap="CTA18-75")),
        (make_order("own", "CRRA15-29", kind=OrderKind.ALTERNATIVE),),
    ],
)
def test_calls_outside_of_the_touched_keys_are_decided_as_before(orders):
    parent = Snapshot(build())
    new = follow(parent, *orders)
    reach = compare(parent, new, *(order.psap for order in orders))
    differ = {}
    for commune in range(parent.communes_count):
        for short in parent.short_numbers:
            call = Call(dialled=short.number, commune=parent.commune(commune).code)
            before, after = (
                decide(call, side, States(), now=at("2026-11-15T12:00:00Z")).targets
                for side in (parent, new)
            )
            if before != after:
                differ.setdefault(short.number, set()).add(commune)
    assert differ, "the orders do something"
    for number, communes in differ.items():
        assert communes <= reach.keys[number]
    for number, communes in reach.changed.items():
        assert communes <= reach.keys[number]
