"""
The rows of an edge: every commune, former commune, departement and the country, for all numbers.

Work is done per distinct list of routes, of which a country has some thousands, not per key.

Source: docs/decisions/0006 (which variant), 0007 (calls from nowhere), 0009 (a fourth target),
docs/formats/snapshot.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from route112.edgetable.callers import list_callers
from route112.edgetable.clock import LocalWeek
from route112.edgetable.dialect import list_rules
from route112.edgetable.orders import Exceptions, find_order_change
from route112.model import UtcTime
from route112.snapshot.content import VariantRow
from route112.snapshot.reader import NONE, Snapshot
from route112.snapshot.records import decode_key

TARGETS_MAX = 3
"""Targets that an edge rings in one call, if two answering points are among them."""
TARGETS_OF_ONE_MAX = 4
"""If not: the fourth one is somebody else's."""
HOPS_MAX = 2
"""Next hops that are tried for one target."""
ANSWER_MS = {"ip": 2_000, "rtc": 6_000}
"""After a target's 100: a gateway rings only once the switched network has answered it."""

_Lists = tuple[int, bytes]
"""A departement and the stored routes of all numbers: equal ones have equal ladders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeTable:
    """One snapshot at one instant, for one operator."""

    rows: Mapping[str, str]
    """As `route112.edgetable` describes them, without count, gen and built."""
    generation: int
    built: UtcTime
    """Instant for which it was translated."""
    plan_hash: str
    rungs: Mapping[str, str]
    """Of each ladder, by its key: index of the short number, a colon, and the lines before any
    order, joined by full stops. Nothing but ladders depends on orders."""
    orders_until: UtcTime | None
    """Next instant at which an order begins or ends; None: never."""
    hours_until: UtcTime | None
    """Next instant at which a row may change for another reason; None: never."""

    @property
    def until(self) -> UtcTime | None:
        """Next instant at which a row may change; None: never."""
        ends = [end for end in (self.orders_until, self.hours_until) if end is not None]
        return min(ends, default=None)


def translate(snapshot: Snapshot, *, operator: str, now: UtcTime) -> EdgeTable:
    """
    Translate a snapshot for the edges of one operator.

    Args:
        snapshot: any that could be opened.
        operator: its id; one that the snapshot does not know has neither default nor dialect, and
            its calls go by commune all the same.
        now: instant whose orders and hours are worked in.
    Cost: half a second for a country of 35,000 communes and 13 numbers.

    """
    ladders = _Ladders(snapshot, now)
    rows = dict(_list_numbers(snapshot))
    rows.update(ladders.list_communes())
    profile = snapshot.operator(operator)
    if profile is not None:
        home = snapshot.find_commune(profile.default_commune)
        if home is not None:
            rows["d"] = ladders.list_commune(home)
        rows.update(list_rules(profile))
        rows.update(list_callers(snapshot, operator))
    rows.update(ladders.list_elsewhere())
    rungs = {f"r:{index}": text for text, index in ladders.rungs.items()}
    rows.update(reorder(snapshot, rungs, now=now))
    return EdgeTable(
        rows=rows,
        generation=snapshot.generation,
        built=now,
        plan_hash=snapshot.plan_hash,
        rungs=rungs,
        orders_until=find_order_change(snapshot, now=now),
        hours_until=min(ladders.changes, default=None),
    )


def reorder(snapshot: Snapshot, rungs: Mapping[str, str], *, now: UtcTime) -> dict[str, str]:
    """
    Write ladders under the orders of an instant.

    Args:
        snapshot: of the same plan as the table that the rungs are of.
        rungs: `EdgeTable.rungs`.
        now: instant of the orders.
    Returns: the ladders, by their keys.

    """
    exceptions = [Exceptions(snapshot, short.number, now=now) for short in snapshot.short_numbers]
    writer = _Writer(snapshot)
    rows = {}
    for key, text in rungs.items():
        number, _, lines = text.partition(":")
        rows[key] = writer.write(exceptions[int(number)].apply(map(int, lines.split("."))))
    return rows


def _list_numbers(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """List what may be dialled; the first of equal services counts, and digits before services."""
    for index, short in reversed(list(enumerate(snapshot.short_numbers))):
        if short.urn:
            yield f"n:{short.urn.lower()}", str(index)
    for index, short in enumerate(snapshot.short_numbers):
        yield f"n:{short.number}", str(index)
    yield "n:*", str(snapshot.default_number)


class _Ladders:
    """Who rings for each key before any order, once for each distinct answer."""

    def __init__(self, snapshot: Snapshot, now: UtcTime) -> None:
        self.rungs: dict[str, int] = {}
        """Number of each distinct ladder, in the order of first use."""
        self.changes: set[UtcTime] = set()
        """Instants at which hours that were looked at may say something else."""
        self._snapshot = snapshot
        self._now = now
        self._columns = snapshot.records.columns
        self._routes = self._columns["mapping_routes"]["route"]
        self._departements = self._columns["communes"]["departement"]
        self._count = len(snapshot.short_numbers)
        self._weeks: dict[int, LocalWeek] = {}
        self._lists: dict[_Lists, str] = {}
        self._known: dict[tuple[int, int, int], int] = {}

    def list_communes(self) -> Iterator[tuple[str, str]]:
        """List the ladders of each commune and former commune; a code of today counts first."""
        merged, communes = self._columns["merged_keys"]["key"], self._columns["merged"]["commune"]
        for key, commune in zip(merged, communes, strict=True):
            yield f"c:{decode_key(key)}", self.list_commune(commune)
        for commune, key in enumerate(self._columns["commune_keys"]["key"]):
            yield f"c:{decode_key(key)}", self.list_commune(commune)

    def list_commune(self, commune: int) -> str:
        """Return the ladders of one commune."""
        start = commune * self._count
        routes = self._routes[start : start + self._count]
        departement = self._departements[commune]
        lists = (departement, routes.tobytes())
        found = self._lists.get(lists)
        if found is None:
            found = self._lists[lists] = ".".join(
                str(self._find_ladder(stored, departement, number))
                for number, stored in enumerate(routes)
            )
        return found

    def list_elsewhere(self) -> Iterator[tuple[str, str]]:
        """List the ladders of unknown communes, by departement and for the country."""
        longest = 0
        for departement, row in enumerate(self._snapshot.departements):
            longest = max(longest, len(row.code))
            ladders = (self._find_ladder(0, departement, number) for number in range(self._count))
            yield f"p:{row.code}", ".".join(map(str, ladders))
        yield "pmax", str(longest)
        last = ([self._snapshot.national(number)] for number in range(self._count))
        yield "*", ".".join(str(self._number(number, ring)) for number, ring in enumerate(last))

    def _find_ladder(self, stored: int, departement: int, number: int) -> int:
        """Return the ladder of a route, stored plus one and 0 for none, where and for what."""
        key = (stored, departement, number)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._number(number, self._list_lines(*key))
        return found

    def _list_lines(self, stored: int, departement: int, number: int) -> list[int]:
        """List the lines of the plan, then those behind it, as often as they are named."""
        behind = self._snapshot.fallback(departement, number)
        default = [] if behind.departement == NONE else [behind.departement]
        national = self._snapshot.national(number)
        if not stored:
            return [*default, *behind.neighbours, national]
        planned = self._choose(self._snapshot.route(stored - 1), departement)
        return [*planned, *behind.neighbours, *default, national]

    def _choose(self, variants: tuple[VariantRow, ...], departement: int) -> list[int]:
        """List the lines of the variants that serve a caller whose place is not known."""
        serving = [row for row in variants if self._is_open(row, departement)]
        sure = [row for row in serving if row.area == NONE][:1]
        if not serving:  # all are closed: whoever is nearest answers for the others
            serving = list(variants)
            sure = [row for row in serving if row.area == NONE]
        return [line for row in sure or serving for line in row.lines]

    def _is_open(self, row: VariantRow, departement: int) -> bool:
        if row.hours == NONE:
            return True
        week = self._weeks.get(departement)
        if week is None:
            week = LocalWeek(self._snapshot, departement, now=self._now)
            self._weeks[departement] = week
        hours = self._snapshot.hours(row.hours)
        self.changes.add(week.find_change(hours))
        return week.is_open(hours)

    def _number(self, number: int, lines: list[int]) -> int:
        """Return the number of the ladder of these lines for a short number."""
        text = f"{number}:{'.'.join(map(str, lines))}"
        return self.rungs.setdefault(text, len(self.rungs))


class _Writer:
    """Lines as the text of a ladder."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._attempts: dict[int, str] = {}

    def write(self, ringing: list[int]) -> str:
        """Write the lines that are rung, in their order."""
        return ";".join(map(self._render, ringing[: self._count_targets(ringing)]))

    def _count_targets(self, ringing: list[int]) -> int:
        """Return how many of the lines are rung."""
        owners = [self._snapshot.line(line).psap for line in ringing[:TARGETS_MAX]]
        known = [owner for owner in owners if owner != NONE]
        return TARGETS_MAX if any(owner != known[0] for owner in known) else TARGETS_OF_ONE_MAX

    def _render(self, line: int) -> str:
        """Return the attempts of one line."""
        found = self._attempts.get(line)
        if found is None:
            row = self._snapshot.line(line)
            psap = "" if row.psap == NONE else self._snapshot.psap(row.psap).id
            found = self._attempts[line] = ";".join(
                f"{row.number}|{hop.address}|{hop.transport}|"
                f"{ANSWER_MS[hop.technology]}|{row.ring_time_s * 1_000}|{psap}"
                for hop in self._snapshot.trunk(row.trunk).hops[:HOPS_MAX]
            )
        return found
