"""Communes to zones of equal answers, zones and short numbers to attempts."""

from dataclasses import dataclass
from typing import Iterator, Mapping

from route112.model import UtcTime
from route112.native.attempts import Attempts, choose_lines, list_fallbacks
from route112.native.calendar import find_minute, next_hours_change, next_order_change
from route112.native.operators import list_callers, list_operators
from route112.native.orders import apply_orders, list_in_force
from route112.snapshot.reader import NONE, Snapshot
from route112.snapshot.records import decode_key

EVERYTHING_ELSE = "*"
DEPARTEMENT_PREFIX = "d:"
OPERATOR_PREFIX = "o:"
NUMBER_PREFIX = "n:"
PREFIX_LENGTH_KEY = "dmax"


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeTable:
    """One snapshot at one instant, as two tables of texts. The keys are in the package's text."""

    generation: int
    built: UtcTime
    """Instant for which it was translated."""
    plan_hash: str
    zones: Mapping[str, str]
    """Rows of `c2z`; no order changes one."""
    attempts: Mapping[str, str]
    """Rows of `zn`."""
    lines: Mapping[str, str]
    """By the keys of `zn`, the lines before any order: their indexes, separated by spaces."""
    order_due: UtcTime | None
    """Next instant at which an order begins or ends."""
    plan_due: UtcTime | None
    """Until when `zones` and `lines` stand: hours open or close, or clocks change."""

    @property
    def due(self) -> UtcTime | None:
        """Next instant at which an answer may change; None where none is known."""
        instants = (self.order_due, self.plan_due)
        return min((instant for instant in instants if instant is not None), default=None)


def translate(snapshot: Snapshot, *, now: UtcTime) -> NativeTable:
    """
    Translate a snapshot as it answers at `now`.

    Raises: nothing, for a snapshot that opened.
    Cost: 35,014 communes x 13 numbers in some tenths of a second; work is done per distinct
        (route, departement, short number), of which a country has thousands.
    """
    rows = _Rows(snapshot, now)
    zones = dict(_list_communes(snapshot, rows))
    departements = snapshot.departements
    for index, row in enumerate(departements):
        zones[DEPARTEMENT_PREFIX + row.code] = rows.unplanned(index)
    zones[EVERYTHING_ELSE] = rows.unplanned(NONE)
    zones[PREFIX_LENGTH_KEY] = str(max((len(row.code) for row in departements), default=0))
    zones.update(_list_defaults(snapshot, zones))
    zones.update(list_operators(snapshot.operators))
    zones.update(list_callers(snapshot))
    zones.update(_list_numbers(snapshot))
    lines = rows.list_lines()
    return NativeTable(
        generation=snapshot.generation,
        built=now,
        plan_hash=snapshot.plan_hash,
        zones=zones,
        attempts=reorder(snapshot, lines, now=now),
        lines=lines,
        order_due=next_order_change(snapshot, now=now),
        plan_due=next_hours_change(snapshot, now=now),
    )


def reorder(snapshot: Snapshot, lines: Mapping[str, str], *, now: UtcTime) -> dict[str, str]:
    """
    Work the orders of an instant into lines that stand.

    Args:
        snapshot: of the plan that the lines are of, under whatever orders.
        lines: `NativeTable.lines`.
        now: instant of the orders.
    Returns: rows of `zn`.
    Cost: some hundredths of a second for a country; nothing else of a table depends on orders.

    """
    attempts = Attempts(snapshot)
    in_force = {
        short.number: list_in_force(snapshot, number, now)
        for number, short in enumerate(snapshot.short_numbers)
    }
    found: dict[tuple[str, str], str] = {}
    rows = {}
    for key, listed in lines.items():
        number = key.rpartition(":")[2]
        text = found.get((number, listed))
        if text is None:
            candidates = map(int, listed.split())
            ringing = apply_orders(snapshot, candidates, in_force[number])
            text = found[number, listed] = attempts.render(ringing)
        rows[key] = text
    return rows


class _Rows:
    """Zones found so far: rows of lines before any order, one for each short number."""

    def __init__(self, snapshot: Snapshot, now: UtcTime) -> None:
        self._snapshot = snapshot
        self._numbers = range(len(snapshot.short_numbers))
        self._minutes = [
            find_minute(snapshot, index, now) for index in range(len(snapshot.departements))
        ]
        self._texts: dict[tuple[int, int, int], str] = {}
        self._zones: dict[tuple[str, ...], str] = {}

    def planned(self, routes: tuple[int, ...], departement: int) -> str:
        """Return the zone of a commune with these routes, one for each short number."""
        row = tuple(self._text(route, departement, number) for number, route in enumerate(routes))
        return self._zones.setdefault(row, str(len(self._zones)))

    def unplanned(self, departement: int) -> str:
        """Return the zone of calls of which no more than the departement is known, or nothing."""
        return self.planned((NONE,) * len(self._numbers), departement)

    def list_lines(self) -> dict[str, str]:
        """Return the lines by zone and short number."""
        numbers = [short.number for short in self._snapshot.short_numbers]
        return {
            f"{zone}:{number}": text
            for row, zone in self._zones.items()
            for number, text in zip(numbers, row, strict=True)
        }

    def _text(self, route: int, departement: int, number: int) -> str:
        key = (route, departement, number)
        text = self._texts.get(key)
        if text is None:
            planned = route != NONE
            minute = self._minutes[departement] if planned else 0
            lines = choose_lines(self._snapshot, route, minute) if planned else []
            lines += list_fallbacks(self._snapshot, departement, number, planned=planned)
            text = self._texts[key] = " ".join(map(str, lines))
        return text


def _list_communes(snapshot: Snapshot, rows: _Rows) -> Iterator[tuple[str, str]]:
    """List codes, of today and former, with their zones."""
    columns = snapshot.records.columns
    routes, numbers = columns["mapping_routes"]["route"], len(snapshot.short_numbers)
    departements = columns["communes"]["departement"]
    found: dict[tuple[bytes, int], str] = {}
    zones = []
    for index, departement in enumerate(departements):
        stored = routes[index * numbers : (index + 1) * numbers]
        key = (stored.tobytes(), departement)
        zone = found.get(key)
        if zone is None:
            indexes = tuple((route - 1) & NONE for route in stored)
            zone = found[key] = rows.planned(indexes, departement)
        zones.append(zone)
    yield from zip(map(decode_key, columns["commune_keys"]["key"]), zones, strict=True)
    former = map(decode_key, columns["merged_keys"]["key"])
    for code, index in zip(former, columns["merged"]["commune"], strict=True):
        yield code, zones[index]


def _list_defaults(snapshot: Snapshot, zones: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """List the zones of operators that have a usable default commune."""
    columns = snapshot.records.columns["operators"]
    for index in range(len(columns["id"])):
        operator = snapshot.records.operator(index)
        commune = snapshot.find_commune(operator.default_commune)
        if commune is not None:
            yield OPERATOR_PREFIX + operator.id, zones[operator.default_commune]


def _list_numbers(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """List what may be dialled: URNs first, so that digits win over a URN of the same text."""
    shorts = snapshot.short_numbers
    for short in reversed(shorts):
        if short.urn:
            yield NUMBER_PREFIX + short.urn.lower(), short.number
    for short in shorts:
        yield NUMBER_PREFIX + short.number, short.number
    yield NUMBER_PREFIX + EVERYTHING_ELSE, shorts[snapshot.default_number].number
