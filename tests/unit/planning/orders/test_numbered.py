import contextlib
from dataclasses import replace

import pytest
from tests.support.planned import make_order
from tests.support.plans import PROFILE
from tests.support.snapshots import NOW, ORDERS, small_content

from route112.model import OrderKind, UtcTime
from route112.planning.checks.orders import ORDER_LEAD_US
from route112.planning.orders.numbered import FlawError, number_candidate
from route112.planning.orders.touched import OrdersError
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

DIVERT = make_order("b-out", kind=OrderKind.DIVERT, psap="CTA18-29", to_psap="CTA18-75")
BACK = make_order("a-back", kind=OrderKind.DIVERT, psap="CTA18-75", to_psap="CTA18-29")
NOWHERE = make_order("nowhere", psap="CTA18-99")


@pytest.fixture(scope="module")
def candidate():
    return Snapshot(write_snapshot(small_content()))


def number(candidate, *given, **changes):
    values = {"generation": 50, "parent": "a" * 64, "profile": PROFILE, "now": NOW} | changes
    return number_candidate(candidate, given, **values)


def test_a_generation_is_the_candidate_with_its_own_orders_and_those_given(candidate):
    made = Snapshot(number(candidate, make_order()))
    assert (made.generation, made.parent) == (50, "a" * 64)
    assert made.plan_hash == candidate.plan_hash
    assert {order.id for order in made.orders} == {"o-1", *(order.id for order in ORDERS)}
    assert Snapshot(number(candidate, parent="")).parent == ""


def test_the_same_is_made_whenever_it_is_made(candidate):
    late = NOW + 5 * 3600 * 1_000_000
    assert number(candidate, make_order()) == number(candidate, make_order(), now=late)


def test_the_number_of_a_candidate_counts_for_nothing(candidate):
    assert Snapshot(number(candidate, make_order(), generation=2)).generation == 2


def test_an_order_that_names_what_is_not_there_is_to_blame(candidate):
    with pytest.raises(FlawError, match="CTA18-99") as flaw:
        number(candidate, make_order(), NOWHERE, make_order("o-2", psap="CIC17-29"))
    assert flaw.value.culprits == ("nowhere",)


def test_each_order_that_does_not_go_with_those_before_it_is_to_blame(candidate):
    with pytest.raises(FlawError, match="circle") as flaw:
        number(Snapshot(write_snapshot(small_content(orders=()))), DIVERT, NOWHERE, BACK)
    assert flaw.value.culprits == ("nowhere", "a-back")
    with pytest.raises(FlawError, match="circle") as flaw:
        number(candidate, BACK)
    assert flaw.value.culprits == ("a-back",)


def test_an_id_of_the_plan_s_own_orders_is_not_given_twice(candidate):
    with pytest.raises(FlawError, match="has an order pause-75 already") as flaw:
        number(candidate, make_order("pause-75"))
    assert flaw.value.culprits == ("pause-75",)


def test_a_candidate_that_is_wrong_by_itself_is_to_blame(candidate):
    with pytest.raises(FlawError, match="this planner's of be") as flaw:
        number(candidate, make_order(), profile=replace(PROFILE, country="be"))
    assert flaw.value.culprits == ()
    short = replace(PROFILE, order_days_max=1)
    with pytest.raises(FlawError, match="more than the 1 days") as flaw:
        number(candidate, make_order(), profile=short)
    assert flaw.value.culprits == ()


@pytest.mark.parametrize(("more_us", "is_fit"), [(0, True), (1, False)])
def test_an_order_for_all_the_days_that_are_granted_had_begun_a_little_before(more_us, is_fit):
    plain = Snapshot(write_snapshot(small_content(orders=())))
    day = make_order(starts=UtcTime(NOW - ORDER_LEAD_US), expires=NOW + 86_400_000_000 + more_us)
    with contextlib.nullcontext() if is_fit else pytest.raises(FlawError, match="the 1 days"):
        number(plain, day, profile=replace(PROFILE, order_days_max=1))


def test_what_touches_more_than_it_names_is_refused(candidate, monkeypatch):
    from route112.planning.orders import numbered

    def fail(*_args, **_named):
        raise OrdersError("18 @29019 changes")

    monkeypatch.setattr(numbered, "compare_orders", fail)
    with pytest.raises(FlawError, match="18 @29019 changes") as flaw:
        number(candidate, make_order(), make_order("o-2", psap="CIC17-29"))
    assert flaw.value.culprits == ("o-2",)
