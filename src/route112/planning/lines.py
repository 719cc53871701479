"""Lines: the long numbers that ring somewhere, and whose they are."""

import difflib
from dataclasses import dataclass
from typing import Mapping

from route112.model import Psap

LINES_PER_ROUTE_MAX = 3
"""Most lines of one variant."""
NEAR_MATCHES_MAX = 2
"""Most suggestions for a number that nobody lists."""
NEAR_MATCH_RATIO = 0.8
"""How alike a suggested number must be, from 0 to 1 (`difflib`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """A long number and the answering point where it rings."""

    number: str
    """E.164."""
    psap: str
    """Id of the PSAP whose line it is."""
    role: str
    """`primary`, `secondary` (an own second line) or `alternative`."""
    carrier: str
    """Terminating carrier."""
    technology: str
    """`ip`, `rtc` or `migration`."""


def collect_lines(psaps: Mapping[str, Psap]) -> dict[str, PlanLine]:
    """
    Return every line by its number, ascending.

    A secondary that is another PSAP's primary is that PSAP's line. Where two PSAPs claim one
    number by mistake, the first id has it; `checks` reports the claim.
    """
    lines: dict[str, PlanLine] = {}
    for role in ("primary", "secondary", "alternative"):
        for _, psap in sorted(psaps.items()):
            number: str = getattr(psap, role)
            if number and number not in lines:
                second = role == "secondary" and psap.secondary_carrier
                lines[number] = PlanLine(
                    number=number,
                    psap=psap.id,
                    role=role,
                    carrier=second or psap.carrier,
                    technology=str(psap.technology),
                )
    return dict(sorted(lines.items()))


def order_lines(
    targets: tuple[str, ...],
    lines: Mapping[str, PlanLine],
    psaps: Mapping[str, Psap],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """
    Return the numbers to try for a plan row's targets, and the rule of each.

    The row's own targets come first; where they are fewer than three, the secondary and then
    the alternative of the first target's PSAP follow. Numbers that no PSAP lists are left out.
    """
    ordered = {number: "secondary" for number in targets if number in lines}
    if not ordered:
        return (), ()
    first = next(iter(ordered))
    ordered[first] = "primary"
    psap = psaps[lines[first].psap]
    for number, rule in ((psap.secondary, "secondary"), (psap.alternative, "alternative")):
        if number in lines:
            ordered.setdefault(number, rule)
    kept = tuple(ordered)[:LINES_PER_ROUTE_MAX]
    return kept, tuple(ordered[number] for number in kept)


def suggest_numbers(number: str, lines: Mapping[str, PlanLine]) -> str:
    """Say which listed numbers look like `number`; empty where none does."""
    near = difflib.get_close_matches(number, lines, n=NEAR_MATCHES_MAX, cutoff=NEAR_MATCH_RATIO)
    return " or ".join(f"{match} ({lines[match].psap})" for match in near)
