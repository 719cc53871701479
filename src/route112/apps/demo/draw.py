"""
Which calls the demo places, and where the country's own second derivation says they ring.

The draw is always the same: operators in turn, each dials 15, 17, 18 and 112 in turn, first from
places that are easily got wrong (arrondissements, Corsica, overseas), then from communes of each
further departement.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from route112.apps.ends.whereabouts import FIELDS, can_tell, list_whereabouts
from route112.model import Operator
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

PLACES = (
    "29019", "75115", "13201", "69385", "2A004", "2B033", "97105", "97209", "97302", "97411",
    "97608", "97502", "67482", "31555", "59350",
)  # fmt: skip
"""Brest; three arrondissements; both halves of Corsica; six places overseas; three cities."""
NUMBERS = ("15", "17", "18", "112")
"""Short numbers that are dialled."""
ALTERNATES = 4
"""Communes that calls come from in each further departement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCall:
    """A call to place, and where the expected table says that it rings."""

    dialled: str
    commune: str
    """Code that the caller's network tells, if by a cell or line."""
    name: str
    """Of the commune."""
    operator: str
    technology: str
    targets: tuple[str, ...]
    """E.164, best first."""


class Draw:
    """All calls that may be drawn: operator by operator, in one order."""

    def __init__(self, snapshot: Snapshot, table: Path) -> None:
        """Read the expected table; raises OSError."""
        grounds = list_grounds(snapshot)
        known = {short.number for short in snapshot.short_numbers}
        numbers = tuple(number for number in NUMBERS if number in known)
        rows = read_targets(table, {(code, number) for code in grounds for number in numbers})
        self._snapshot = snapshot
        self._calls = [
            tuple(self._list_calls(operator, grounds, _turn(numbers, index), rows))
            for index, operator in enumerate(filter(can_call, snapshot.operators))
        ]

    def take(
        self, count: int, *, accept: Callable[[DemoCall], bool] = lambda _call: True
    ) -> tuple[DemoCall, ...]:
        """Draw so many calls, those of each operator again from the first where they are few."""
        chosen = [tuple(filter(accept, calls)) for calls in self._calls]
        turns = [cycle(calls) for calls in chosen if calls]
        return tuple(
            islice((call for calls in zip(*turns, strict=False) for call in calls), count)
        )

    def _list_calls(
        self,
        operator: Operator,
        grounds: Sequence[str],
        numbers: Sequence[str],
        rows: Mapping[tuple[str, str], tuple[str, ...]],
    ) -> Iterator[DemoCall]:
        """Yield an operator's calls: a number from each place, then the next number from each."""
        whereabouts = list_whereabouts(self._snapshot, operator.id)
        told = [code for code in grounds if can_tell(operator, whereabouts, code)]
        for shift in range(len(numbers)):
            for index, code in enumerate(told):
                dialled = numbers[(index + shift) % len(numbers)]
                targets = rows.get((code, dialled))
                if targets and is_steady(self._snapshot, code, dialled, targets):
                    yield self._make_call(operator, code, dialled, targets)

    def _make_call(
        self, operator: Operator, code: str, dialled: str, targets: tuple[str, ...]
    ) -> DemoCall:
        commune = self._snapshot.find_commune(code)
        return DemoCall(
            dialled=dialled,
            commune=code,
            name="" if commune is None else self._snapshot.commune(commune).name,
            operator=operator.id,
            technology=operator.technology,
            targets=targets,
        )


def _turn(numbers: Sequence[str], by: int) -> tuple[str, ...]:
    """Begin with another number."""
    at = by % max(1, len(numbers))
    return (*numbers[at:], *numbers[:at])


def can_call(operator: Operator) -> bool:
    """Tell whether a call of this operator is taken, and led somewhere."""
    fields = {rule.field for rule in operator.dialect}
    has_place = tells_place(operator) or operator.default_commune
    return bool(operator.sources) and "number" in fields and bool(has_place)


def tells_commune(operator: Operator) -> bool:
    """Tell whether calls of this operator say where the caller is."""
    return any(rule.field == "commune" for rule in operator.dialect)


def tells_place(operator: Operator) -> bool:
    """Tell whether calls of this operator say where the caller is, in whatever way."""
    return any(rule.field in FIELDS for rule in operator.dialect)


def list_grounds(snapshot: Snapshot) -> tuple[str, ...]:
    """List where calls come from: each place, then some communes of each other departement."""
    found = {code: snapshot.find_commune(code) for code in PLACES}
    places = {code: index for code, index in found.items() if index is not None}
    seen = {snapshot.commune_departement(index) for index in places.values()}
    others: dict[int, list[str]] = {}
    for index in range(snapshot.communes_count):
        departement = snapshot.commune_departement(index)
        if departement not in seen:
            others.setdefault(departement, []).append(snapshot.commune(index).code)
    further = (sorted(codes, key=_shuffle)[:ALTERNATES] for codes in others.values())
    return (*places, *sorted((code for codes in further for code in codes), key=_shuffle))


def read_targets(
    table: Path, keys: set[tuple[str, str]]
) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Read the rows of `expected.csv.gz` for these keys, as far as day and night agree."""
    rows: dict[tuple[str, str], tuple[str, ...]] = {}
    with gzip.open(table, "rt", encoding="utf-8", newline="") as stream:
        for line in stream:
            commune, number, rest = line.split(",", 2)
            if (commune, number) in keys:
                psap, targets, psap_night, targets_night = rest.strip().split(",")
                if (psap, targets) == (psap_night, targets_night):
                    rows[commune, number] = tuple(targets.split("|"))
    return rows


def find_owner(snapshot: Snapshot, number: str) -> str:
    """Return the id of the PSAP that a long number belongs to, `?` for nobody's."""
    line = snapshot.find_line(number)
    psap = NONE if line is None else snapshot.line(line).psap
    return "?" if psap == NONE else snapshot.psap(psap).id


def list_lines(snapshot: Snapshot, psap: str) -> frozenset[str]:
    """List every long number of a PSAP."""
    return frozenset(
        line.number
        for line in map(snapshot.line, range(snapshot.lines_count))
        if line.psap != NONE and snapshot.psap(line.psap).id == psap
    )


def is_steady(snapshot: Snapshot, code: str, dialled: str, targets: Sequence[str]) -> bool:
    """
    Tell whether a key rings the same at every hour and whatever order is in force.

    The table answers for two instants of a Tuesday and for no order, so a key that the plan
    splits by hours or by area, or one of whose PSAPs an order names, is left out.
    """
    commune, number = snapshot.find_commune(code), snapshot.find_number(dialled)
    if commune is None or number is None:
        return True
    route = snapshot.route_index(commune, number)
    split = route != NONE and len(snapshot.route(route)) > 1
    ordered = {order.psap for order in snapshot.orders}
    return not split and not ordered & {find_owner(snapshot, target) for target in targets}


def _shuffle(text: str) -> int:
    return zlib.crc32(text.encode())
