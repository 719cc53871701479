"""`route112 plan show` and `plan stats`: what a snapshot says."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from route112.apps._console import echo_json, fail, print_table
from route112.apps.plan.communes import read_commune
from route112.apps.plan.options import FILE, json_option, open_snapshot
from route112.model import WEEK_MINUTES, Hours, UtcTime
from route112.routing.sources import find_source
from route112.snapshot.content import NONE, VariantRow
from route112.snapshot.reader import Provenance, Snapshot

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY_MINUTES = WEEK_MINUTES // len(DAYS)
AREA_CHARS_MAX = 60
"""Longest description of an area in a table; `--json` has it whole."""

SHOW_EPILOG = """\b
Examples:
  route112 plan show fr.r112 --commune 29019
  route112 plan show fr.r112 --commune 29019 --number 15
  route112 plan show fr.r112 --commune 75101 --json

\b
This is the plan alone. Where a call would ring now, with orders and states: route112 route."""

STATS_EPILOG = """\b
Examples:
  route112 plan stats fr.r112
  route112 plan stats fr.r112 --json"""


@click.command(epilog=SHOW_EPILOG)
@click.argument("file", type=FILE)
@click.option("--commune", "code", required=True, help="Code of the commune; an old one is fine.")
@click.option("--number", help="Short number or service URN  [default: all]")
@json_option
def show(file: Path, code: str, number: str | None, *, as_json: bool) -> None:
    """Show where each short number rings in a commune, and which row says so."""
    snapshot = open_snapshot(file)
    code = read_commune(snapshot, code)
    index = snapshot.find_commune(code)
    if index is None:
        fail(f"{file} has no commune {code!r}", "Give its INSEE code, for example 29019")
    chosen = None if number is None else snapshot.find_number(number)
    if number is not None and chosen is None:
        known = ", ".join(short.number for short in snapshot.short_numbers)
        fail(f"{file} has no short number {number!r}", f"Give one of {known}")
    numbers = range(len(snapshot.short_numbers)) if chosen is None else [chosen]
    commune = snapshot.commune(index)
    described = [describe_key(snapshot, index, each) for each in numbers]
    if as_json:
        echo_json({"commune": commune, "generation": snapshot.generation, "numbers": described})
        return
    if commune.code != code:
        click.echo(f"{code} is part of {commune.code} today")
    rows = [row for key in described for row in _list_rows(key)]
    title = f"{commune.name} ({commune.code}), departement {commune.departement}"
    print_table(title, ("number", "when and where", "rule", "PSAP", "name", "rings", "from"), rows)


def describe_key(snapshot: Snapshot, commune: int, number: int) -> dict[str, object]:
    """Return everything that a snapshot says of a commune and short number."""
    short = snapshot.short_numbers[number]
    route = snapshot.route_index(commune, number)
    variants = () if route == NONE else snapshot.route(route)
    source = snapshot.provenance(commune, number)
    return {
        "number": short.number,
        "name": short.name,
        "variants": [_describe_variant(snapshot, variant, source) for variant in variants],
        "source": source,
    }


def _describe_variant(
    snapshot: Snapshot, variant: VariantRow, mapping: Provenance | None
) -> dict[str, object]:
    lines = []
    for index, rule in zip(variant.lines, variant.rules, strict=True):
        line = snapshot.line(index)
        owner = None if line.psap == NONE else snapshot.psap(line.psap)
        lines.append(
            {
                "number": line.number,
                "psap": owner.id if owner else "",
                "name": owner.name if owner else "",
                "rule": rule,
                "trunk": snapshot.trunk(line.trunk).name,
            }
        )
    return {
        "hours": "" if variant.hours == NONE else render_hours(snapshot.hours(variant.hours)),
        "area": "" if variant.area == NONE else snapshot.area(variant.area).text,
        "row": variant.row or None,
        "source": find_source(snapshot, mapping, variant) if mapping else None,
        "lines": lines,
    }


def _list_rows(key: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield a row of the table for each line of a described key."""
    if not key["variants"]:
        yield (key["number"], "", "", "", "no route", "", "")
    for variant in key["variants"]:
        area = variant["area"]
        shown = area if len(area) <= AREA_CHARS_MAX else area[: AREA_CHARS_MAX - 1] + "…"
        when = ", ".join(part for part in (variant["hours"], shown) if part) or "always"
        source = variant["source"]
        place = f"{source.file}:{source.sheet}:{source.row}" if source else "inherited"
        for rank, line in enumerate(variant["lines"]):
            said = (key["number"], when) if rank == 0 else ("", "")
            told = place.replace("::", ":") if rank == 0 else ""
            yield (*said, line["rule"], line["psap"], line["name"], line["number"], told)


def render_hours(hours: Hours) -> str:
    """Write hours as people do, days with equal hours together: `Mo-Fr 08:00-20:00`."""
    by_day: list[str] = []
    for day in range(len(DAYS)):
        midnight = day * DAY_MINUTES
        spans = [
            (max(start - midnight, 0), min(end - midnight, DAY_MINUTES))
            for start, end in hours.spans
            if start < midnight + DAY_MINUTES and end > midnight
        ]
        by_day.append(",".join(f"{_clock(start)}-{_clock(end)}" for start, end in spans))
    parts = []
    first = 0
    for day, text in enumerate(by_day):
        if day + 1 == len(DAYS) or by_day[day + 1] != text:
            days = DAYS[first] if first == day else f"{DAYS[first]}-{DAYS[day]}"
            parts += [f"{days} {text}"] if text else []
            first = day + 1
    return "; ".join(parts)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@click.command(epilog=STATS_EPILOG)
@click.argument("file", type=FILE)
@json_option
def stats(file: Path, *, as_json: bool) -> None:
    """Count what the snapshot FILE holds."""
    snapshot = open_snapshot(file)
    counted = count_snapshot(snapshot)
    if as_json:
        echo_json(counted)
        return
    numbers = counted.pop("numbers")
    print_table("", ("what", "value"), [(name, _text(value)) for name, value in counted.items()])
    columns = (
        *("number", "keys", "routes", "PSAPs"),
        *("ip_keys", "rtc_keys", "migration_keys", "conditional_keys"),
    )
    assert isinstance(numbers, list)
    rows = [[row[column] for column in columns] for row in numbers]
    print_table("By short number", tuple(name.replace("_", " ") for name in columns), rows)


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def count_snapshot(snapshot: Snapshot) -> dict[str, object]:
    """Return the figures of a snapshot, by name."""
    communes = [snapshot.commune(index) for index in range(snapshot.communes_count)]
    return {
        "country": snapshot.country,
        "edition": snapshot.edition,
        "generation": snapshot.generation,
        "parent": snapshot.parent,
        "content_hash": snapshot.content_hash,
        "valid_from": render_time(snapshot.valid_from),
        "valid_until": render_time(snapshot.valid_until),
        "signed_by": snapshot.signature.key_id if snapshot.signature else "",
        "bytes": snapshot.size,
        "communes": len(communes),
        "inhabitants": sum(commune.population for commune in communes),
        "departements": len(snapshot.departements),
        "psaps": snapshot.psaps_count,
        "lines": snapshot.lines_count,
        "routes": snapshot.routes_count,
        "orders": len(snapshot.orders),
        "keys": len(communes) * len(snapshot.short_numbers),
        "numbers": [
            _count_number(snapshot, number) for number in range(len(snapshot.short_numbers))
        ],
    }


def _count_number(snapshot: Snapshot, number: int) -> dict[str, object]:
    routes = Counter(
        snapshot.route_index(commune, number) for commune in range(snapshot.communes_count)
    )
    technologies: Counter[str] = Counter()
    psaps: set[int] = set()
    conditional = 0
    for route, count in routes.items():
        variants = () if route == NONE else snapshot.route(route)
        conditional += count if len(variants) > 1 else 0
        first = {snapshot.line(variant.lines[0]).psap for variant in variants}
        psaps |= first
        if variants:
            main = snapshot.line(variants[-1].lines[0])
            technologies[str(snapshot.psap(main.psap).technology)] += count
    return {
        "number": snapshot.short_numbers[number].number,
        "keys": sum(count for route, count in routes.items() if route != NONE),
        "routes": len(routes),
        "PSAPs": len(psaps),
        "ip_keys": technologies["ip"],
        "rtc_keys": technologies["rtc"],
        "migration_keys": technologies["migration"],
        "conditional_keys": conditional,
    }


def render_time(time: UtcTime) -> str:
    """Write a time to the second: `2026-11-01T00:00:00Z`."""
    moment = dt.datetime.fromtimestamp(time // 1_000_000, tz=dt.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
