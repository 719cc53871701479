"""
A snapshot, read in place: what `decide` sees inside every worker of every site.

A `Snapshot` stands on a buffer (a mapped file, shared by all workers of a site) and decodes
single records when they are asked for. Opening it checks every bound and every reference, so that
**no method raises afterwards**, given an index that came from the same snapshot. Standard library
only, and no clock: `now` is an argument.

Source: docs/formats/snapshot.md.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import NamedTuple

from route112.model import Area, Commune, Hours, Operator, Order, Psap, ShortNumber, UtcTime
from route112.snapshot.callers import CallerPlaces
from route112.snapshot.checks import check_frame
from route112.snapshot.content import (
    NONE,
    DepartementRow,
    FallbackRow,
    LineRow,
    TrunkRow,
    VariantRow,
)
from route112.snapshot.errors import Reason, SnapshotError
from route112.snapshot.frame import Buffer, Signature, open_frame
from route112.snapshot.records import Records, encode_key, optional

__all__ = ["NONE", "Buffer", "Generation", "Provenance", "Reason", "Signature", "Snapshot"]
__all__ += ["SnapshotError"]

DIALLED_SIZE_MAX = 256
"""Characters of a dialled number or service URN; longer ones are unknown numbers."""
SERVICE_PREFIX = "urn:service:"
"""Of a service URN; only its labels are services above each other."""
ROUTES_CACHED_MAX = 4_096
"""Decoded routes kept by one snapshot; the cache is emptied when it is full."""
_US_PER_S = 1_000_000


class Generation(NamedTuple):
    """What tells one snapshot from all others of its country."""

    number: int
    content_hash: str
    """64 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the mapping of one key was written."""

    file: str
    sheet: str
    row: int
    """Row as an editor shows it, from 1."""


class Snapshot:
    """
    An opened snapshot.

    Args:
        buffer: the whole file, signed or not; it must not change while the snapshot is in use
            (replace a mapped file by renaming, never write into it).
        checked: leave out hashes and references: whoever staged this very file checked them.
    Raises: SnapshotError with not-a-snapshot, future-format, truncated, altered or malformed.
        A signature is read, not verified: see `route112.snapshot.keys`.

    """

    def __init__(self, buffer: Buffer, *, checked: bool = False) -> None:
        frame = open_frame(buffer, checked=checked)
        if not checked:
            check_frame(frame)
        records = Records(frame)
        header = frame.header
        self.records = records
        """Access by table and index, for programs that walk a whole snapshot."""
        self.format: tuple[int, int] = (header.format_major, header.format_minor)
        self.callers = CallerPlaces(records)
        """Cells and calling lines."""
        self.size: int = header.total_size
        """Bytes, the signature block included."""
        self.generation: int = header.generation
        self.parent: str = header.parent.hex() if any(header.parent) else ""
        """Content hash of the parent; empty for a first snapshot."""
        self.content_hash: str = header.content_hash.hex()
        self.plan_hash: str = header.plan_hash.hex()
        """Equal for two snapshots that differ in orders only."""
        self.valid_from: UtcTime = UtcTime(header.valid_from)
        self.valid_until: UtcTime = UtcTime(header.valid_until)
        self.signature: Signature | None = frame.signature
        self.country: str = records.text("meta", "country", 0)
        self.edition: str = records.text("meta", "edition", 0)
        self.default_number: int = records.columns["meta"]["default_number"][0]
        """Index of the short number that answers calls to an unknown number."""
        self.communes_count: int = frame.count("communes")
        self.psaps_count: int = frame.count("psaps")
        self.lines_count: int = frame.count("lines") + frame.count("order_lines")
        self.trunks_count: int = frame.count("trunks")
        self.routes_count: int = frame.count("routes")
        self.short_numbers: tuple[ShortNumber, ...] = tuple(
            records.short_number(index) for index in range(frame.count("short_numbers"))
        )
        self.orders: tuple[Order, ...] = tuple(
            records.order(index) for index in range(frame.count("orders"))
        )
        self._numbers_count = len(self.short_numbers)
        self._numbers = _index_numbers(self.short_numbers)
        self._commune_keys = records.columns["commune_keys"]["key"]
        self._merged_keys = records.columns["merged_keys"]["key"]
        self._commune_departements = records.columns["communes"]["departement"]
        self._mapping_routes = records.columns["mapping_routes"]["route"]
        self._begin_caches()

    def _begin_caches(self) -> None:
        """Start with nothing decoded; each cache is bounded by its table or by a limit."""
        self._departements: tuple[DepartementRow, ...] | None = None
        self._departement_codes: dict[str, int] | None = None
        self._psap_ids: dict[str, int] | None = None
        self._line_numbers: dict[str, int] | None = None
        self._operators: tuple[Operator, ...] | None = None
        self._operator_ids: dict[str, Operator] | None = None
        self._psaps: dict[int, Psap] = {}
        self._lines: dict[int, LineRow] = {}
        self._trunks: dict[int, TrunkRow] = {}
        self._hours: dict[int, Hours] = {}
        self._areas: dict[int, Area] = {}
        self._routes: dict[int, tuple[VariantRow, ...]] = {}
        self._fallbacks: dict[int, FallbackRow] = {}

    @property
    def floor(self) -> Generation:
        """Generation and content, below which a site that accepted this one never goes again."""
        return Generation(self.generation, self.content_hash)

    @property
    def departements(self) -> tuple[DepartementRow, ...]:
        """All departements, ascending by code; decoded when first asked for."""
        if self._departements is None:
            count = self.records.frame.count("departements")
            self._departements = tuple(map(self.records.departement, range(count)))
        return self._departements

    def find_commune(self, code: str) -> int | None:
        """Return the index of the commune with this code, or of the one it was merged into."""
        key = encode_key(code)
        if key is None:
            return None
        keys = self._commune_keys
        index = bisect_left(keys, key)
        if index < len(keys) and keys[index] == key:
            return index
        keys = self._merged_keys
        index = bisect_left(keys, key)
        if index < len(keys) and keys[index] == key:
            return self.records.columns["merged"]["commune"][index]
        return None

    def find_number(self, dialled: str) -> int | None:
        """
        Return the index of the short number with these digits or this service URN.

        A URN is compared without regard to case; the first of two equal ones answers. An unknown
        sub-service stands for the one above: `sos.ambulance.x` is `sos.ambulance`, then `sos`.
        """
        index = self._numbers.get(dialled)
        service = dialled[: DIALLED_SIZE_MAX + 1].lower()
        if len(service) > DIALLED_SIZE_MAX or not service.startswith(SERVICE_PREFIX):
            return index
        while service not in self._numbers and "." in service:
            service = service[: service.rindex(".")]
        return self._numbers.get(service)

    def find_departement(self, code: str) -> int | None:
        """Return the index of the departement with this code, or None."""
        if self._departement_codes is None:
            self._departement_codes = {row.code: i for i, row in enumerate(self.departements)}
        return self._departement_codes.get(code)

    def commune(self, index: int) -> Commune:
        """Return a commune. Not kept: there are 35,014."""
        return self.records.commune(index)

    def commune_departement(self, index: int) -> int:
        """Return the index of a commune's departement."""
        return self._commune_departements[index]

    def psap(self, index: int) -> Psap:
        """Return an answering point."""
        found = self._psaps.get(index)
        if found is None:
            found = self._psaps[index] = self.records.psap(index)
        return found

    def find_psap(self, psap_id: str) -> int | None:
        """Return the index of the answering point with this id, or None."""
        if self._psap_ids is None:
            texts = (self.records.text("psaps", "id", index) for index in range(self.psaps_count))
            self._psap_ids = {text: index for index, text in enumerate(texts)}
        return self._psap_ids.get(psap_id)

    def line(self, index: int) -> LineRow:
        """Return a line; lines that only an order names come last."""
        found = self._lines.get(index)
        if found is None:
            found = self._lines[index] = self.records.line(index)
        return found

    def find_line(self, number: str) -> int | None:
        """Return the index of the line with this E.164 number, or None."""
        if self._line_numbers is None:
            records, columns = self.records, self.records.columns
            texts = [records.strings[place] for place in columns["lines"]["number"]]
            texts += [records.order_strings[at] for at in columns["order_lines"]["number"]]
            self._line_numbers = {text: index for index, text in enumerate(texts)}
        return self._line_numbers.get(number)

    def trunk(self, index: int) -> TrunkRow:
        """Return a trunk with its next hops."""
        found = self._trunks.get(index)
        if found is None:
            found = self._trunks[index] = self.records.trunk(index)
        return found

    def route(self, index: int) -> tuple[VariantRow, ...]:
        """Return the variants of a route, in the order in which they are tried; 1 or more."""
        found = self._routes.get(index)
        if found is None:
            if len(self._routes) >= ROUTES_CACHED_MAX:
                self._routes.clear()
            found = self._routes[index] = self.records.route(index)
        return found

    def hours(self, index: int) -> Hours:
        """Return opening hours."""
        found = self._hours.get(index)
        if found is None:
            found = self._hours[index] = self.records.hours(index)
        return found

    def area(self, index: int) -> Area:
        """Return a part of a commune; coordinates are multiples of 1e-7 degrees."""
        found = self._areas.get(index)
        if found is None:
            found = self._areas[index] = self.records.area(index)
        return found

    def route_index(self, commune: int, number: int) -> int:
        """Return the index of a key's route; NONE where the plan has none."""
        return (self._mapping_routes[commune * self._numbers_count + number] - 1) & NONE

    def provenance(self, commune: int, number: int) -> Provenance | None:
        """Return where a key's mapping was written; None where it was inherited by rule."""
        key = commune * self._numbers_count + number
        source = optional(self.records.columns["mapping_sources"]["source"][key])
        if source == NONE:
            return None
        row = self.records.source(source)
        return Provenance(row.file, row.sheet, self.records.columns["mapping_rows"]["row"][key])

    def fallback(self, departement: int, number: int) -> FallbackRow:
        """Return what stands behind the plan's lines in a departement."""
        index = departement * self._numbers_count + number
        found = self._fallbacks.get(index)
        if found is None:
            found = self._fallbacks[index] = self.records.fallback(index)
        return found

    def national(self, number: int) -> int:
        """Return the index of the line that answers a short number when all else fails."""
        return self.records.columns["national"]["line"][number]

    def offset_s(self, departement: int, now: UtcTime) -> int:
        """Return the offset of local time from UTC, in seconds, at `now`."""
        changes = self.records.columns["utc_offsets"]
        run = self.records.run("departements", "offsets", departement)
        place = bisect_right(changes["from_s"], now // _US_PER_S, run.start, run.stop) - 1
        return changes["offset_s"][max(place, run.start)]

    @property
    def operators(self) -> tuple[Operator, ...]:
        """All originating networks, ascending by id; decoded when first asked for."""
        if self._operators is None:
            count = self.records.frame.count("operators")
            self._operators = tuple(map(self.records.operator, range(count)))
        return self._operators

    def operator(self, operator_id: str) -> Operator | None:
        """Return the originating network with this id, or None."""
        if self._operator_ids is None:
            self._operator_ids = {row.id: row for row in self.operators}
        return self._operator_ids.get(operator_id)


def _index_numbers(short_numbers: tuple[ShortNumber, ...]) -> dict[str, int]:
    """Map digits and URNs to the short number; digits win over URNs, first over second."""
    numbers: dict[str, int] = {}
    for index, short in enumerate(short_numbers):
        numbers.setdefault(short.urn.lower(), index)
    numbers.pop("", None)
    numbers.update({short.number: index for index, short in enumerate(short_numbers)})
    return numbers
