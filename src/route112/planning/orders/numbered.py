"""
One generation of a candidate: its plan and its own orders, with those that were given since.

Where `revision` follows a snapshot that is in force, this takes the candidate itself each time, so
that what is in a generation hangs on nothing but what it is asked for, and making it twice gives
the same bytes.
"""

import bisect
from collections.abc import Sequence
from dataclasses import replace

from route112.model import Order, Profile, Severity, UtcTime
from route112.planning.orders.revision import check_orders_on, list_order_lines
from route112.planning.orders.touched import OrdersError, compare_orders
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_orders


class FlawError(Exception):
    """
    Orders and a candidate that can never be one generation; the text says why.

    `culprits`: ids of the orders that are to blame; none: the candidate is.
    """

    def __init__(self, message: str, culprits: Sequence[str]) -> None:
        super().__init__(message)
        self.culprits = tuple(culprits)


def number_candidate(
    candidate: Snapshot,
    given: Sequence[Order],
    *,
    generation: int,
    parent: str,
    profile: Profile,
    now: UtcTime,
) -> bytes:
    """
    Write a candidate under a number, with orders beside its own; unsigned.

    Args:
        candidate: its own number counts for nothing.
        given: in the order in which they were given.
        generation: number of the new generation.
        parent: content hash of what it follows; may be empty.
        profile: of the same country; of the edition only the number plan and the bound of an
            order are looked at, and those hardly ever change.
        now: orders that are over by then are only warned of.
    Raises: FlawError.
    """
    own = {order.id for order in candidate.orders}
    if twice := [order.id for order in given if order.id in own]:
        raise FlawError(f"the plan has an order {', '.join(twice)} already", twice)
    if profile.country != candidate.country:
        text = f"the candidate is of {candidate.country}, this planner's of {profile.country}"
        raise FlawError(text, ())
    profile = replace(profile, edition=candidate.edition)
    _check(candidate, given, profile, now)
    kept = sorted((*candidate.orders, *given), key=lambda order: order.id)
    try:
        written = write_orders(
            candidate,
            kept,
            generation=generation,
            follows=parent,
            lines=list_order_lines(candidate, kept),
        )
        compare_orders(candidate, Snapshot(written), named={order.psap for order in given}, at=now)
    except (OrdersError, ValueError) as error:
        # Those before it were built before, or would have been refused.
        raise FlawError(str(error), [order.id for order in given[-1:]]) from error
    return written


def _check(candidate: Snapshot, given: Sequence[Order], profile: Profile, now: UtcTime) -> None:
    """Refuse, by name, each order that does not go with the plan and those given before it."""

    def list_errors(orders: Sequence[Order]) -> list[str]:
        problems = check_orders_on(
            candidate, (*candidate.orders, *orders), profile=profile, now=now
        )
        return [each.message for each in problems if each.severity is Severity.ERROR]

    errors = list_errors(given)
    if not errors:
        return
    if list_errors(()):
        raise FlawError("; ".join(errors), ())
    left, culprits = list(given), []
    while list_errors(left):
        # One order more takes no error away, so that halving finds the first that brings one.
        place = bisect.bisect_left(
            range(len(left)), 1, key=lambda at: bool(list_errors(left[: at + 1]))
        )
        culprits.append(left.pop(place).id)
    raise FlawError("; ".join(errors), culprits)
