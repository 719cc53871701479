"""
Which orders hold at an instant, and the lines that they put in front of a PSAP's first line.

Source: docs/decisions/0004-latest-order-wins.md and 0005-measured-states-only-reorder.md.
"""

from dataclasses import dataclass
from typing import Iterable, Iterator

from route112.model import Order, OrderKind, UtcTime
from route112.snapshot.reader import NONE, Snapshot

DIVERTS_MAX = 4
"""Diverts followed in a row."""


@dataclass(frozen=True, slots=True)
class InForce:
    """The orders that hold for one short number at one instant, by index of their PSAP."""

    leading: dict[int, Order]
    """The divert or alternative that won."""
    paused: frozenset[int]


def list_in_force(snapshot: Snapshot, number: int, now: UtcTime) -> InForce:
    """Find the orders that hold for a short number (an index); the latest start wins."""
    digits = snapshot.short_numbers[number].number
    leading: dict[int, Order] = {}
    paused = set()
    for order in sorted(snapshot.orders, key=lambda order: (order.starts, order.id)):
        psap = snapshot.find_psap(order.psap)
        if psap is None or not order.starts <= now < order.expires:
            continue
        if order.short_number not in ("", digits):
            continue
        if order.kind is OrderKind.PAUSE:
            paused.add(psap)
        else:
            leading[psap] = order  # ascending: whoever comes last has won
    return InForce(leading, frozenset(paused))


def apply_orders(snapshot: Snapshot, candidates: Iterable[int], in_force: InForce) -> list[int]:
    """
    Return the lines to ring in order, each once: orders in front, lines of paused PSAPs last.

    Args:
        snapshot: owner of the lines.
        candidates: indexes of lines in the order of the plan and its fallbacks.
        in_force: the orders of the short number.

    """
    if not in_force.leading and not in_force.paused:  # nearly always, for nearly every number
        return list(dict.fromkeys(candidates))
    named: dict[int, bool] = {}
    asked: set[int] = set()
    for candidate in candidates:
        psap = snapshot.line(candidate).psap
        for line, by_alternative in [*_lead(snapshot, psap, in_force, asked), (candidate, False)]:
            named.setdefault(line, by_alternative)  # where it stood before counts
    ringing = [line for line in named if not _waits(snapshot, line, in_force, named)]
    return ringing + [line for line in named if line not in set(ringing)]


def _waits(snapshot: Snapshot, line: int, in_force: InForce, named: dict[int, bool]) -> bool:
    """Tell whether a pause puts a line last; an alternative is a person's word and stays."""
    return not named[line] and snapshot.line(line).psap in in_force.paused


def _lead(
    snapshot: Snapshot, psap: int, in_force: InForce, asked: set[int]
) -> list[tuple[int, bool]]:
    """List the lines that orders put in front of a PSAP's line: the end of the chain first."""
    followed = list(_follow(snapshot, psap, in_force, asked))
    return followed[::-1]


def _follow(
    snapshot: Snapshot, psap: int, in_force: InForce, asked: set[int]
) -> Iterator[tuple[int, bool]]:
    """Follow the orders from a PSAP on; `asked` are those that this call has followed already."""
    chain = [psap]
    while psap != NONE and psap not in asked:
        asked.add(psap)
        order = in_force.leading.get(psap)
        if order is None:
            return
        if order.kind is OrderKind.ALTERNATIVE:
            line = snapshot.find_line(order.to_number or snapshot.psap(psap).alternative)
            if line is not None:
                yield line, True
            return
        helper = snapshot.find_psap(order.to_psap)
        if helper is None or helper in chain or len(chain) > DIVERTS_MAX:
            return
        line = snapshot.find_line(snapshot.psap(helper).primary)
        if line is None:
            return
        yield line, False
        chain.append(helper)
        psap = helper
