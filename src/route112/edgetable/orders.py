"""
Which orders hold at an instant, and what that makes of the lines of a short number.

An order in force on a PSAP is one *detour* in front of that PSAP's first line, or a *pause*.

Source: docs/decisions/0004 (which order wins, how far it is followed), 0005 (paused lines).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from route112.model import Order, OrderKind, UtcTime
from route112.snapshot.reader import NONE, Snapshot

DIVERTS_MAX = 4
"""Diverts in a row."""


@dataclass(frozen=True, slots=True)
class Detour:
    """The line that an order puts in front."""

    line: int
    kept: bool
    """Whether a person named this number: it is neither followed further nor moved by a pause."""


class Exceptions:
    """The orders that hold for calls to one short number."""

    def __init__(self, snapshot: Snapshot, number: str, *, now: UtcTime) -> None:
        self._snapshot = snapshot
        self._detours: dict[int, Detour] = {}
        self._paused: set[int] = set()
        winners: dict[int, Order] = {}
        # Read from the first that was given to the last: who comes last, holds.
        for order in sorted(snapshot.orders, key=lambda order: (order.starts, order.id)):
            psap = snapshot.find_psap(order.psap)
            if psap is None or not order.starts <= now < order.expires:
                continue
            if order.short_number not in ("", number):
                continue
            if order.kind is OrderKind.PAUSE:
                self._paused.add(psap)
            else:
                winners[psap] = order
        for psap, order in winners.items():
            line = self._find_line(order, psap)
            if line is not None:
                kept = order.kind is OrderKind.ALTERNATIVE
                self._detours[psap] = Detour(line, kept)

    def _find_line(self, order: Order, psap: int) -> int | None:
        """Return the line that an order names; None where the snapshot has no such line."""
        if order.kind is OrderKind.ALTERNATIVE:
            number = order.to_number or self._snapshot.psap(psap).alternative
            return self._snapshot.find_line(number)
        other = self._snapshot.find_psap(order.to_psap)
        return (
            None if other is None else self._snapshot.find_line(self._snapshot.psap(other).primary)
        )

    def apply(self, lines: Iterable[int]) -> list[int]:
        """Return distinct lines in the order in which they ring, given the plan's."""
        ordered: dict[int, bool] = {}
        """Whether a pause moves a line: how it is named first decides."""
        met: set[int] = set()
        for line in lines:
            for detour in self._follow(line, met):
                ordered.setdefault(detour.line, not detour.kept and self._is_paused(detour.line))
            ordered.setdefault(line, self._is_paused(line))
        return sorted(ordered, key=ordered.__getitem__)

    def _follow(self, line: int, met: set[int]) -> list[Detour]:
        """
        Return what rings before a line, the far end of a chain first.

        Args:
            met: PSAPs whose first line has its place, with or without a detour; added to.
        """
        found: list[Detour] = []
        chain = [self._psap(line)]
        while chain[-1] not in met:
            met.add(chain[-1])
            detour = self._detours.get(chain[-1])
            if detour is None:
                break
            after = self._psap(detour.line)
            if not detour.kept and (after in chain or len(chain) > DIVERTS_MAX):
                break
            found.append(detour)
            if detour.kept:
                break
            chain.append(after)
        return found[::-1]

    def _psap(self, line: int) -> int:
        return self._snapshot.line(line).psap

    def _is_paused(self, line: int) -> bool:
        psap = self._psap(line)
        return psap != NONE and psap in self._paused


def find_order_change(snapshot: Snapshot, *, now: UtcTime) -> UtcTime | None:
    """Return the next instant at which an order begins or ends; None: never again."""
    edges = (edge for order in snapshot.orders for edge in (order.starts, order.expires))
    return min((edge for edge in edges if edge > now), default=None)
