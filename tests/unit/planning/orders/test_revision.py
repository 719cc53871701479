from dataclasses import replace

import pytest
from tests.support.plans import (
    CTA18_56,
    NOW,
    PROFILE,
    TIMEZONES,
    at,
    change_psap,
    make_plan,
    make_subject,
    messages,
)
from tests.support.snapshots import ORDERS, small_content

from route112.model import Order, OrderKind
from route112.planning import check_plan, resolve_plan
from route112.planning.candidate import Lineage, make_candidate
from route112.planning.orders.revision import (
    ORDER_CHECKS,
    check_orders_on,
    list_order_lines,
    place_orders,
    revise_orders,
)
from route112.planning.orders.touched import OrdersError
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

STARTS, EXPIRES = at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z")


def make_order(name, psap, to_psap="", **changes):
    values = {
        "id": name,
        "kind": OrderKind.DIVERT if to_psap else OrderKind.PAUSE,
        "psap": psap,
        "to_psap": to_psap,
        "author": "duty officer",
        "reason": "works",
        "starts": STARTS,
        "expires": EXPIRES,
    }
    return Order(**(values | changes))


DIVERT = make_order("divert", "CTA18-29", "CTA18-56")
PAUSE = make_order("pause", "CRRA15-29")
FOREIGN = make_order("foreign", "CTA18-56", kind=OrderKind.ALTERNATIVE, to_number="+33261919999")
SAME_NUMBER = replace(FOREIGN, id="after", psap="CRRA15-75")


def build(lineage=Lineage(), **changes):  # noqa: B008
    plan = make_plan(**changes)
    content = make_candidate(plan, resolve_plan(plan), timezones=TIMEZONES, lineage=lineage)
    return write_snapshot(content)


def revise(parent, *added, withdrawn=(), **changes):
    values = {"profile": PROFILE, "now": NOW} | changes
    return revise_orders(parent, added=added, withdrawn=withdrawn, **values)


def test_orders_on_a_snapshot_are_the_bytes_of_a_build_with_them():
    parent = Snapshot(build())
    orders = (FOREIGN, DIVERT, PAUSE, SAME_NUMBER)
    lineage = Lineage(generation=2, parent=parent.content_hash)
    expected = build(lineage, orders=tuple(sorted(orders, key=lambda order: order.id)))
    assert place_orders(parent, orders, generation=2) == expected
    assert place_orders(Snapshot(expected), (), generation=3) == build(
        Lineage(generation=3, parent=Snapshot(expected).content_hash)
    )


def test_a_number_that_nobody_owns_takes_the_way_of_the_first_of_its_orders():
    parent = Snapshot(build(psaps=change_psap("CRRA15-75", carrier="birch")))
    [line] = list_order_lines(parent, (FOREIGN, SAME_NUMBER, DIVERT))
    assert (line.number, line.psap, line.role) == ("+33261919999", NONE, "order")
    assert (parent.trunk(line.trunk).name, line.ring_time_s) == ("birch/ip/idf", 30)
    [line] = list_order_lines(parent, (FOREIGN,))
    assert (parent.trunk(line.trunk).name, line.ring_time_s) == ("armor/ip/ouest", 20)
    assert list_order_lines(parent, (replace(FOREIGN, to_number=CTA18_56),)) == ()
    with pytest.raises(ValueError, match="'foreign' names the unknown PSAP 'CTA18-99'"):
        list_order_lines(parent, (replace(FOREIGN, psap="CTA18-99"),))


def test_a_first_line_that_is_another_kinds_rings_as_long_as_its_own_kind():
    """A snapshot may hold what no build passes: a number of two PSAPs."""
    content = small_content()
    own = content.psaps[4]
    borrowed = replace(own, primary=content.psaps[0].primary)
    order = replace(ORDERS[0], psap=own.id, to_number="+33261919998")
    for kind in (own.kind, "CROSS"):
        psaps = (*content.psaps[:4], replace(borrowed, kind=kind), *content.psaps[5:])
        snapshot = Snapshot(write_snapshot(replace(content, psaps=psaps)))
        [line] = list_order_lines(snapshot, (order,))
        first = snapshot.line(snapshot.find_line(borrowed.primary))
        kinds = {
            snapshot.psap(snapshot.line(index).psap).kind: snapshot.line(index).ring_time_s
            for index in range(12)
        }
        assert (line.trunk, line.ring_time_s) == (first.trunk, kinds[kind])


WRONG = (
    make_order("expired", "CTA18-29", "CTA18-56", expires=NOW),
    make_order("kind", "CTA18-29", "CRRA15-29"),
    make_order("psap", "CTA18-99", "CTA18-56"),
    make_order("number", "CTA18-29", "CTA18-56", short_number="19"),
    make_order("foreign", "CTA18-29", kind=OrderKind.ALTERNATIVE, to_number="+441632960000"),
    make_order("back", "CTA18-56", "CTA18-29"),
    make_order("lone", "CRRA15-29", kind=OrderKind.ALTERNATIVE, to_number="+33261919997"),
    make_order("long", "CTA18-29", "CTA18-56", expires=at("2027-12-01T00:00:00Z")),
)


def test_the_checks_are_those_of_a_build_word_for_word():
    orders = (DIVERT, *WRONG)
    profile = replace(PROFILE, order_days_max=31)
    subject = make_subject(orders=tuple(sorted(orders, key=lambda each: each.id)), profile=profile)
    expected = [problem for check in ORDER_CHECKS for problem in check(subject)]
    assert set(expected) <= set(check_plan(subject))
    found = check_orders_on(Snapshot(build()), orders, profile=profile, now=NOW)
    assert messages(found) == messages(expected)
    assert {code for _, code, _ in messages(found)} >= {
        "override-expired", "override-number", "override-psap", "override-too-long",
        "override-unowned", "outside-number-plan", "wrong-kind", "divert-circle",
    }  # fmt: skip


def test_a_profile_of_another_edition_is_no_judge():
    profile = replace(PROFILE, edition="2030")
    found = revise(Snapshot(build()), DIVERT, profile=profile)
    assert found.snapshot is None
    assert [problem.code for problem in found.problems] == ["other-edition"]


def test_orders_are_given_replaced_and_withdrawn_and_what_is_over_is_left_out():
    over = replace(PAUSE, id="over", expires=NOW)
    parent = Snapshot(build(orders=(over, PAUSE)))
    given = revise(parent, DIVERT, order_files={"divert": "storm.yaml"})
    assert given.problems == ()
    assert (given.reach.orders, given.reach.psaps) == (("divert", "over"), ("CTA18-29",))
    second = Snapshot(given.snapshot)
    assert (second.generation, second.parent) == (2, parent.content_hash)
    assert [order.id for order in second.orders] == ["divert", "pause"]
    other = replace(DIVERT, to_psap="CTA18-75", short_number="18")
    third = revise(second, other, withdrawn=["pause"], generation=9)
    assert Snapshot(third.snapshot).orders == (other,)
    assert Snapshot(third.snapshot).generation == 9
    assert third.reach.psaps == ("CRRA15-29", "CTA18-29")


def test_what_cannot_be_ordered_is_refused():
    parent = Snapshot(build(orders=(DIVERT,)))
    refused = revise(parent, WRONG[1])
    assert (refused.snapshot, refused.reach) == (None, None)
    assert [problem.code for problem in refused.problems] == ["wrong-kind"]
    with pytest.raises(ValueError, match="no order is called storm"):
        revise(parent, withdrawn=["storm"])
    with pytest.raises(ValueError, match="generation 1 does not follow 1"):
        revise(parent, PAUSE, generation=1)
    with pytest.raises(OrdersError, match="orders on CTA18-29 differ, which nobody named"):
        revise(parent, replace(DIVERT, psap="CTA18-75"))
