"""From a snapshot back to the content that it was written from."""

from array import array
from collections.abc import Callable, Iterable
from typing import TypeVar

from route112.snapshot.content import NONE, SnapshotContent
from route112.snapshot.reader import Snapshot
from route112.snapshot.records import decode_key

_Row = TypeVar("_Row")


def unpack_snapshot(snapshot: Snapshot) -> SnapshotContent:
    """
    Return a content that `write_snapshot` turns into the same bytes, but for the signature.

    For orders put on a plan whose sources are elsewhere, and for comparing. Walks everything:
    about a second for a country.
    """
    records = snapshot.records

    def read_all(table: str, read: Callable[[int], _Row]) -> tuple[_Row, ...]:
        return tuple(read(index) for index in range(records.frame.count(table)))

    merged = records.columns["merged"]["commune"]
    keys = records.columns["merged_keys"]["key"]
    return SnapshotContent(
        country=snapshot.country,
        edition=snapshot.edition,
        generation=snapshot.generation,
        parent=snapshot.parent,
        valid_from=snapshot.valid_from,
        valid_until=snapshot.valid_until,
        short_numbers=snapshot.short_numbers,
        default_number=snapshot.default_number,
        departements=snapshot.departements,
        communes=read_all("communes", records.commune),
        merged=tuple((decode_key(key), index) for key, index in zip(keys, merged, strict=True)),
        psaps=read_all("psaps", records.psap),
        lines=tuple(records.line(index) for index in range(snapshot.lines_count)),
        trunks=read_all("trunks", records.trunk),
        hours=read_all("hours", records.hours),
        areas=read_all("areas", records.area),
        routes=read_all("routes", records.route),
        mapping_route=_read_optional(records.columns["mapping_routes"]["route"]),
        mapping_source=_read_optional(records.columns["mapping_sources"]["source"]),
        mapping_row=array("I", records.columns["mapping_rows"]["row"]),
        sources=read_all("sources", records.source),
        fallbacks=read_all("fallbacks", records.fallback),
        national=tuple(records.columns["national"]["line"]),
        operators=read_all("operators", records.operator),
        cells=_list_places(snapshot, snapshot.callers.list_cells),
        calling_lines=_list_places(snapshot, snapshot.callers.list_lines),
        orders=snapshot.orders,
    )


def _read_optional(column: "memoryview[int]") -> "array[int]":
    return array("I", [(stored - 1) & NONE for stored in column])


def _list_places(
    snapshot: Snapshot, list_own: Callable[[str], Iterable[tuple[str, int]]]
) -> dict[str, tuple[tuple[str, int], ...]]:
    """List the cells or calling lines of each operator that has some."""
    places = {operator.id: tuple(list_own(operator.id)) for operator in snapshot.operators}
    return {operator: own for operator, own in places.items() if own}
