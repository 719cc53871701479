"""Who answers when a commune's own lines are out: neighbours, then the departement's default."""

import re
from collections import defaultdict
from typing import Mapping

from route112.model import Departement, Plan, Psap, ShortNumber

NEIGHBOURS_MAX = 2
"""Neighbouring departements that a call is offered to."""
PSAP_ID = re.compile(
    r"(?P<kind>[A-Z][A-Z0-9]*)-(?P<departement>[0-9A-Z]+)(?:-(?P<number>[1-9]\d*))?"
)
"""`KIND-DEPARTEMENT`, with a number from the second of a kind on: `CTA18-2A-2`."""


def rank_id(psap: str) -> tuple[str, int]:
    """Return what PSAP ids are sorted by, so that the tenth follows the ninth."""
    match = PSAP_ID.fullmatch(psap)
    if match is None:
        return psap, 0
    return f"{match['kind']}-{match['departement']}", int(match["number"] or 1)


def group_psaps(psaps: Mapping[str, Psap]) -> dict[tuple[str, str], list[str]]:
    """Return the ids of PSAPs by departement and kind, in the order of `rank_id`."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(psaps, key=rank_id):
        groups[psaps[name].departement, psaps[name].kind].append(name)
    return groups


class Fallbacks:
    """Default and neighbouring PSAPs of every departement and short number of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._groups = group_psaps(plan.psaps)

    def find_default(self, departement: str, short: ShortNumber) -> str | None:
        """Return the first PSAP of the first kind that exists there, or None."""
        for kind in short.kinds:
            if (departement, kind) in self._groups:
                return self._groups[departement, kind][0]
        return None

    def list_neighbours(self, departement: Departement, short: ShortNumber) -> tuple[str, ...]:
        """List the defaults of the nearest neighbours that have one, at most two."""
        near = (self.find_default(code, short) for code in departement.neighbours)
        return tuple(dict.fromkeys(psap for psap in near if psap))[:NEIGHBOURS_MAX]
