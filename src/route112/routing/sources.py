"""Where the plan's lines for a call were written: file, sheet and row."""

from dataclasses import replace

from route112.model import Call, UtcTime
from route112.routing.places import find_commune, find_default_commune, find_place
from route112.routing.variants import choose_variants, compute_minute_of_week, read_variants
from route112.snapshot.content import NONE, VariantRow
from route112.snapshot.reader import Provenance, Snapshot


def list_sources(call: Call, snapshot: Snapshot, *, now: UtcTime) -> tuple[Provenance, ...]:
    """
    List the rows that the plan's lines for a call come from, in try order.

    Returns: one row; more when several variants serve (see `variants`); none when no row of a
        file says where the call goes: an arrondissement that inherits, or a fallback.
    """
    place = find_place(call, snapshot)
    commune = find_commune(call.commune, snapshot)
    if commune is None:
        commune = find_default_commune(call.operator, snapshot)
    if commune is None or place.route is None or place.departement is None:
        return ()
    source = snapshot.provenance(commune, place.number)
    if source is None:
        return ()
    minute_of_week = compute_minute_of_week(now, snapshot.offset_s(place.departement, now))
    variants = read_variants(snapshot, place.route)
    chosen = choose_variants(variants, call, minute_of_week=minute_of_week).variants
    route = snapshot.route(place.route)
    rows = [find_source(snapshot, source, route[index]) for index in chosen]
    return tuple(dict.fromkeys(rows))


def find_source(snapshot: Snapshot, mapping: Provenance, variant: VariantRow) -> Provenance:
    """Return the row that says a variant; `mapping`: that of the key, which it may leave out."""
    if variant.source == NONE:
        return replace(mapping, row=variant.row or mapping.row)
    source = snapshot.records.source(variant.source)
    return Provenance(source.file, source.sheet, variant.row)
