"""
Which orders are in force at an instant, and which one wins where several name one PSAP.

The rule is written in docs/decisions/0004-latest-order-wins.md: of the orders that say where
calls go (divert, alternative) the one with the latest start wins, then the one with the greatest
id; a pause contradicts neither and holds beside them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from route112.model import Order, OrderKind, ShortNumber, UtcTime

DIVERTS_MAX = 4
"""Diverts followed in a chain, PSAP to PSAP; where it is reached the chain ends."""


@dataclass(frozen=True, slots=True)
class OrdersInForce:
    """The winning orders of one period, by PSAP id and short number."""

    redirects: Mapping[tuple[str, str], Order]
    """Diverts and alternatives."""
    pauses: Mapping[tuple[str, str], Order]


def select_orders(
    orders: Iterable[Order], short_numbers: Iterable[ShortNumber], *, now: UtcTime
) -> OrdersInForce:
    """Choose for each PSAP and short number the orders that hold at `now`."""
    numbers = tuple(short.number for short in short_numbers)
    redirects: dict[tuple[str, str], Order] = {}
    pauses: dict[tuple[str, str], Order] = {}
    in_force = (order for order in orders if order.psap and order.starts <= now < order.expires)
    for order in sorted(in_force, key=lambda order: (order.starts, order.id)):
        table = pauses if order.kind is OrderKind.PAUSE else redirects
        for number in (order.short_number,) if order.short_number else numbers:
            table[order.psap, number] = order
    return OrdersInForce(redirects, pauses)
