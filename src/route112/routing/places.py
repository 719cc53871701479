"""
Find what a call asks for: the short number, and the commune or what stands in for it.

Nothing that a caller's network sends is trusted to be sane. What is unusable is replaced, in
this order, and leaves a step in the trace and a reason: an unknown number by the profile's
default number; a commune by the operator's default commune, then by the departement whose code
is the longest beginning of the commune's code, then by the country.
"""

from typing import NamedTuple

from route112.model import Call
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

DIALLED_CHARS_MAX = 128
"""Characters of a short number or service URN; a longer one is unknown."""
COMMUNE_CHARS_MAX = 8
"""Characters of a commune's code; a longer one is unknown."""
OPERATOR_CHARS_MAX = 64
"""Characters of an operator's id; a longer one is unknown."""


class Place(NamedTuple):
    """What a call asks for, and what had to be replaced. Hashable: it is part of a key."""

    number: int
    """Index of the short number."""
    route: int | None
    """Index of the route; None without a commune, and for a key that the plan leaves out."""
    departement: int | None
    """Index of the departement; None when only the country is known."""
    reasons: tuple[str, ...] = ()
    """Why the answer is degraded so far."""
    steps: tuple[str, ...] = ()
    """What the trace says of it."""


def find_place(call: Call, snapshot: Snapshot) -> Place:
    """Find the short number and the route of a call. Total."""
    number = find_number(call.dialled, snapshot)
    commune = find_commune(call.commune, snapshot)
    if number is not None and commune is not None:
        route = snapshot.route_index(commune, number)
        if route != NONE:
            return Place(number, route, snapshot.commune_departement(commune))
    reasons, steps = [], []
    if number is None:
        number = snapshot.default_number
        reasons.append("unknown-number")
        steps.append(f"unknown number, taken as {snapshot.short_numbers[number].number}")
    if commune is None:
        reasons.append("unknown-commune" if call.commune else "no-commune")
        steps.append("unknown commune" if call.commune else "no commune")
        commune = find_default_commune(call.operator, snapshot)
        if commune is not None:
            code = snapshot.commune(commune).code
            steps.append(f"default commune {code} of {call.operator}")
    if commune is None:
        departement = _find_departement(call.commune, snapshot)
        return Place(number, None, departement, tuple(reasons), tuple(steps))
    route = snapshot.route_index(commune, number)
    if route == NONE:
        reasons.append("no-mapping")
        steps.append("no mapping")
    departement = snapshot.commune_departement(commune)
    return Place(
        number, None if route == NONE else route, departement, tuple(reasons), tuple(steps)
    )


def find_number(dialled: str, snapshot: Snapshot) -> int | None:
    """Return the index of a short number or service URN, or None."""
    if len(dialled) > DIALLED_CHARS_MAX or not dialled.isascii():
        return None
    return snapshot.find_number(dialled)


def find_commune(code: str, snapshot: Snapshot) -> int | None:
    """Return the index of the commune with this code, merged ones included, or None."""
    if not code or len(code) > COMMUNE_CHARS_MAX or not code.isascii():
        return None
    return snapshot.find_commune(code)


def find_default_commune(operator_id: str, snapshot: Snapshot) -> int | None:
    """Return the index of an operator's default commune, or None."""
    if not operator_id or len(operator_id) > OPERATOR_CHARS_MAX or not operator_id.isascii():
        return None
    operator = snapshot.operator(operator_id)
    return find_commune(operator.default_commune, snapshot) if operator else None


def _find_departement(code: str, snapshot: Snapshot) -> int | None:
    beginning = code[:COMMUNE_CHARS_MAX]
    for length in range(len(beginning), 0, -1):
        prefix = beginning[:length]
        found = snapshot.find_departement(prefix) if prefix.isascii() else None
        if found is not None:
            return found
    return None
