"""Orders put on a snapshot against a build of the same plan with the same orders: equal bytes."""

from functools import cache

from hypothesis import given
from hypothesis import strategies as st
from tests.support.plans import NOW, PROFILE, PSAPS, TIMEZONES, make_plan, make_subject

from route112.model import Order, OrderKind, UtcTime
from route112.planning import resolve_plan
from route112.planning.candidate import Lineage, make_candidate
from route112.planning.orders.revision import (
    ORDER_CHECKS,
    check_orders_on,
    place_orders,
    revise_orders,
)
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

NUMBERS = ("", "+33261919901", "+33261919902", *(psap.primary for psap in PSAPS.values()))
names = st.sampled_from(sorted(PSAPS))
instants = st.integers(NOW - 10**12, NOW + 10**12).map(UtcTime)


@st.composite
def draw_order(draw):
    kind = draw(st.sampled_from(list(OrderKind)))
    return Order(
        id=draw(st.sampled_from([f"order-{number}" for number in range(12)])),
        kind=kind,
        psap=draw(names),
        short_number=draw(st.sampled_from(("", "15", "18", "112"))),
        to_psap=draw(names) if kind is OrderKind.DIVERT else "",
        to_number=draw(st.sampled_from(NUMBERS)) if kind is OrderKind.ALTERNATIVE else "",
        author=draw(st.text(min_size=1, max_size=8)),
        approver=draw(st.text(max_size=8)),
        reason=draw(st.text(min_size=1, max_size=8)),
        starts=draw(instants),
        expires=draw(instants),
    )


sets_of_orders = st.lists(draw_order(), max_size=6, unique_by=lambda order: order.id)


def sort(orders):
    return tuple(sorted(orders, key=lambda order: order.id))


def build(orders, lineage):
    plan = make_plan(orders=sort(orders))
    return write_snapshot(
        make_candidate(plan, resolve_plan(plan), timezones=TIMEZONES, lineage=lineage)
    )


@cache
def build_plain():
    return build((), Lineage())


@given(sets_of_orders, sets_of_orders)
def test_a_row_of_generations_by_orders_is_the_same_as_builds(first, second):
    parent = build_plain()
    for generation, orders in ((2, first), (5, second)):
        opened = Snapshot(parent)
        placed = place_orders(opened, orders, generation=generation)
        lineage = Lineage(generation=generation, parent=opened.content_hash)
        assert placed == build(orders, lineage)
        parent = placed


@given(sets_of_orders)
def test_orders_are_judged_as_a_build_judges_them(orders):
    subject = make_subject(orders=sort(orders))
    expected = tuple(problem for check in ORDER_CHECKS for problem in check(subject))
    opened = Snapshot(build_plain())
    found = check_orders_on(opened, orders, profile=PROFILE, now=NOW)
    assert found == expected
    revision = revise_orders(opened, added=orders, withdrawn=(), profile=PROFILE, now=NOW)
    refused = any(problem.severity == "error" for problem in expected)
    assert (revision.snapshot is None) == refused
    if revision.reach is not None:
        assert set(revision.reach.psaps) == {order.psap for order in orders if order.expires > NOW}
