"""
Which calls the demo places, and where the country's own second derivation says they ring.

The draw is always the same: every short number in turn, first in places that are easily got wrong
(arrondissements, Corsica, overseas), then in one commune of each further departement.
"""

import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from route112.apps.ends.whereabouts import FIELDS, Whereabouts, can_tell, list_whereabouts
from route112.model import Operator
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

PLACES = (
    "29019", "75115", "13201", "69385", "2A004", "2B033", "97105", "97209", "97302", "97411",
    "97608", "97502", "67482", "31555", "59350",
)  # fmt: skip
"""Brest; three arrondissements; both halves of Corsica; six places overseas; three cities."""
CALLS_MAX = 100
"""Most calls of one draw."""
ALTERNATES = 4
"""Communes looked at for one call, since some keys change with the hour."""
TURNS_OF_SILENT = 6
"""Every so many calls come from an operator that tells no commune, if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCall:
    """A call to place, and where the expected table says that it rings."""

    dialled: str
    commune: str
    """Code that the caller's network tells, if by a cell or line; empty where it tells none."""
    name: str
    """Of the commune; of the operator's default one where it tells none."""
    operator: str
    technology: str
    targets: tuple[str, ...]
    """E.164, best first."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One call before it is known which key holds at every hour: its communes in turn."""

    operator: Operator
    dialled: str
    communes: tuple[str, ...]


def draw_calls(snapshot: Snapshot, table: Path, count: int) -> tuple[DemoCall, ...]:
    """Draw `count` calls, fewer where the table does not hold enough that are steady."""
    slots = tuple(islice(list_slots(snapshot), 3 * count))
    keys = {(commune, slot.dialled) for slot in slots for commune in slot.communes}
    rows = read_targets(table, keys)
    said = {row.id: list_whereabouts(snapshot, row.id) for row in snapshot.operators}
    filled = (_fill(slot, rows, snapshot, said[slot.operator.id]) for slot in slots)
    return tuple(islice((call for call in filled if call is not None), count))


def list_slots(snapshot: Snapshot) -> Iterator[Slot]:
    """List what is drawn, in order: numbers and operators in turn, departements once each."""
    callers = [operator for operator in snapshot.operators if can_call(operator)]
    telling = [operator for operator in callers if tells_place(operator)]
    silent = [operator for operator in callers if not tells_place(operator)]
    numbers = cycle(short.number for short in snapshot.short_numbers)
    grounds = iter(list_grounds(snapshot))
    turns, quiet = cycle(telling), cycle(silent)
    for index, dialled in enumerate(numbers):
        if silent and index % TURNS_OF_SILENT == TURNS_OF_SILENT - 1:
            operator = next(quiet)
            yield Slot(operator, dialled, (operator.default_commune,))
        elif telling and (ground := next(grounds, None)) is not None:
            yield Slot(next(turns), dialled, ground)
        else:
            return


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


def list_grounds(snapshot: Snapshot) -> list[tuple[str, ...]]:
    """List where calls come from: each place, then some communes of each other departement."""
    found = {code: snapshot.find_commune(code) for code in PLACES}
    places = {code: index for code, index in found.items() if index is not None}
    seen = {snapshot.commune_departement(index) for index in places.values()}
    others: dict[int, list[str]] = {}
    for index in range(snapshot.communes_count):
        departement = snapshot.commune_departement(index)
        if departement not in seen:
            others.setdefault(departement, []).append(snapshot.commune(index).code)
    grounds = [tuple(sorted(codes, key=_shuffle)[:ALTERNATES]) for codes in others.values()]
    return [(code,) for code in places] + sorted(grounds, key=lambda codes: _shuffle(codes[0]))


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


def choose_silenced(calls: Sequence[DemoCall], snapshot: Snapshot) -> DemoCall | None:
    """Choose a call whose best target can be silenced: another PSAP stands behind it."""
    for call in calls:
        owners = {find_owner(snapshot, number) for number in call.targets}
        if call.commune and len(owners) > 1:
            return call
    return None


def list_lines(snapshot: Snapshot, psap: str) -> frozenset[str]:
    """List every long number of a PSAP."""
    return frozenset(
        line.number
        for line in map(snapshot.line, range(snapshot.lines_count))
        if line.psap != NONE and snapshot.psap(line.psap).id == psap
    )


def _fill(
    slot: Slot,
    rows: Mapping[tuple[str, str], tuple[str, ...]],
    snapshot: Snapshot,
    whereabouts: Whereabouts,
) -> DemoCall | None:
    told = tells_place(slot.operator)
    for code in slot.communes:
        if told and not can_tell(slot.operator, whereabouts, code):
            continue
        targets = rows.get((code, slot.dialled))
        if targets is not None and is_steady(snapshot, code, slot.dialled, targets):
            commune = snapshot.find_commune(code)
            return DemoCall(
                dialled=slot.dialled,
                commune=code if told else "",
                name="" if commune is None else snapshot.commune(commune).name,
                operator=slot.operator.id,
                technology=slot.operator.technology,
                targets=targets,
            )
    return None


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
