"""
The lines of a route in try order, and their text as Kamailio reads it.

Source: docs/decisions/0006-the-nearest-variant.md, 0007-a-call-from-nowhere.md,
0009-a-fourth-target-behind-three-of-one.md.
"""

import re
from typing import Sequence

from route112.model import Hop
from route112.native.calendar import is_open
from route112.snapshot.content import LineRow, VariantRow
from route112.snapshot.reader import NONE, Snapshot

TARGETS_TRIED = 3
"""Targets that a site tries for one call; one more where nobody else is among them."""
HOPS_TRIED_MAX = 2
"""Next hops that a site tries for one target."""
ANSWER_MS = {"ip": 2_000, "rtc": 6_000}
"""How long a next hop that took the call may be without ringing; a gateway needs longer."""
_FIELD = re.compile(r"[^|;\s]{0,64}")
"""What may stand between two bars."""


def choose_lines(snapshot: Snapshot, route: int, minute: int) -> list[int]:
    """
    List the lines of a route for a call whose place inside the commune is not known.

    Args:
        snapshot: owner of the route.
        route: index of the route.
        minute: of the local week.

    """
    variants = snapshot.route(route)
    standing = [variant for variant in variants if is_open(snapshot, variant, minute)]
    everywhere = [variant for variant in standing if variant.area == NONE]
    if everywhere:
        return list(everywhere[0].lines)
    fitting: Sequence[VariantRow] = standing or _prefer_whole(variants)
    return [line for variant in fitting for line in variant.lines]


def _prefer_whole(variants: Sequence[VariantRow]) -> Sequence[VariantRow]:
    """Return those that surely hold the call, or all where its place would have to be known."""
    return [variant for variant in variants if variant.area == NONE] or variants


def list_fallbacks(
    snapshot: Snapshot, departement: int, number: int, *, planned: bool
) -> list[int]:
    """
    List the lines behind those of the plan.

    Args:
        snapshot: owner of the fallbacks.
        departement: index, NONE for a call of which nothing is known.
        number: index of the short number.
        planned: whether lines of the plan stand in front; a neighbour then comes before the
            departement's default.

    """
    national = snapshot.national(number)
    if departement == NONE:
        return [national]
    row = snapshot.fallback(departement, number)
    own = [] if row.departement == NONE else [row.departement]
    around = [*row.neighbours, *own] if planned else [*own, *row.neighbours]
    return [*around, national]


class Attempts:
    """The lines of a snapshot as text; a country names a line in thousands of its routes."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._texts: dict[tuple[int, bool], str] = {}

    def render(self, lines: Sequence[int]) -> str:
        """Render the first lines with their first next hops, as `kamailio/site.cfg` reads them."""
        tried = lines[: TARGETS_TRIED + self._is_alone(lines[:TARGETS_TRIED])]
        keys = [(index, place == len(tried)) for place, index in enumerate(tried, start=1)]
        texts = (self._texts.get(key) or self._keep(*key) for key in keys)
        return ";".join(text for text in texts if text)

    def _is_alone(self, lines: Sequence[int]) -> bool:
        """Tell whether lines ring at one PSAP; that of an order's number is not known."""
        psaps = [self._snapshot.line(index).psap for index in lines]
        return len({psap for psap in psaps if psap != NONE}) <= 1

    def _keep(self, index: int, last: bool) -> str:
        line = self._snapshot.line(index)
        hops = self._snapshot.trunk(line.trunk).hops[:HOPS_TRIED_MAX]
        text = ";".join(_render_attempt(self._snapshot, line, hop, last=last) for hop in hops)
        self._texts[index, last] = text
        return text


def _render_attempt(snapshot: Snapshot, line: LineRow, hop: Hop, *, last: bool) -> str:
    """Render one attempt; behind the last target nobody is left, so that it has no bound."""
    owner = None if line.psap == NONE else snapshot.psap(line.psap)
    psap = owner.id if owner else ""
    texts = (
        line.number,
        hop.address,
        hop.transport,
        str(ANSWER_MS.get(hop.technology, ANSWER_MS["ip"])),
        str(line.ring_time_s * 1_000),
        psap if _FIELD.fullmatch(psap) else "",
        str(owner.capacity_calls) if owner and not last else "0",
    )
    return "|".join(texts)
