"""The demo country, through the command that people type: every key, twice, and one file changed."""

import csv
import datetime as dt
import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import route112
from route112.countries.fr import build_demo
from route112.countries.fr.callers import draw_callers
from route112.model import Call, States, UtcTime
from route112.routing.decide import decide
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

KEYS = 35_014 * 13
DAY = dt.datetime(2026, 11, 10, 10, 30, tzinfo=dt.UTC)
NIGHT = dt.datetime(2026, 11, 10, 22, 30, tzinfo=dt.UTC)
US_PER_S = 1_000_000

pytestmark = pytest.mark.e2e


def run_plan(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
    command = [sys.executable, "-m", "route112.apps", "plan", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "fr"
    for name, content in build_demo().render_files():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


@pytest.fixture(scope="module")
def built(folder):
    output = folder.parent / "fr.r112"
    cache = folder.parent / "cache"
    done = run_plan("build", folder, "-o", output, "--cache", cache, "--json")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return output, json.loads(done.stdout)


@pytest.fixture(scope="module")
def snapshot(built):
    return Snapshot(built[0].read_bytes())


def microseconds(moment):
    return UtcTime(int(moment.timestamp()) * US_PER_S)


def find_variant(snapshot, route, minute):
    """The plain rule: the first variant that holds at this minute for a caller without a place."""
    for variant in snapshot.route(route):
        open_now = variant.hours == NONE or snapshot.hours(variant.hours).covers(minute)
        if open_now and variant.area == NONE:
            return variant
    raise AssertionError(route)


def local_minute(snapshot, departement, moment):
    shift = snapshot.offset_s(departement, microseconds(moment))
    local = moment + dt.timedelta(seconds=shift)
    return local.weekday() * 1440 + local.hour * 60 + local.minute


def list_answers(snapshot, moment):
    """Yield (commune, number, first PSAP, lines) of every key at an instant."""
    minutes = [local_minute(snapshot, d, moment) for d in range(len(snapshot.departements))]
    known = {}
    for commune in range(snapshot.communes_count):
        minute = minutes[snapshot.commune_departement(commune)]
        code = snapshot.commune(commune).code
        for number, short in enumerate(snapshot.short_numbers):
            key = (snapshot.route_index(commune, number), minute)
            if key not in known:
                variant = find_variant(snapshot, *key)
                lines = [snapshot.line(line) for line in variant.lines]
                numbers = "|".join(line.number for line in lines)
                known[key] = (snapshot.psap(lines[0].psap).id, numbers)
            yield (code, short.number, *known[key])


def test_the_demo_country_builds_without_an_error(built):
    report = built[1]
    assert [p for p in report["problems"] if p["severity"] == "error"] == []
    assert report["parsed"] == len(report["files"]) >= 100
    assert report["generation"] == 1
    assert report["content_hash"] == Snapshot(built[0].read_bytes()).content_hash


def test_every_key_is_what_the_second_derivation_expects(folder, snapshot):
    text = gzip.decompress((folder / "expected.csv.gz").read_bytes()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == KEYS
    for moment, suffix in ((DAY, "day"), (NIGHT, "night")):
        columns = ("insee", "number", f"psap_{suffix}", f"targets_{suffix}")
        expected = {tuple(row[column] for column in columns) for row in rows}
        actual = set(list_answers(snapshot, moment))
        assert sorted(expected - actual)[:5] == sorted(actual - expected)[:5] == []
        assert len(actual) == KEYS


def test_callers_inside_a_part_of_a_commune_ring_its_own_centre(folder, snapshot):
    text = (folder / "expected-parts.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) >= 10
    for row in rows:
        call = Call(
            dialled=row["number"],
            commune=row["insee"],
            lon_deg=float(row["lon"]) if row["lon"] else None,
            lat_deg=float(row["lat"]) if row["lat"] else None,
            street=row["street"],
        )
        decision = decide(call, snapshot, States(), now=microseconds(DAY))
        lines = [target.number for target in decision.targets]
        assert lines[: row["targets"].count("|") + 1] == row["targets"].split("|"), row


def test_a_second_build_gives_the_same_bytes_whether_files_come_from_the_cache_or_not(
    folder, built, tmp_path
):
    again, cold = tmp_path / "again.r112", tmp_path / "cold.r112"
    cache = folder.parent / "cache"
    done = run_plan("build", folder, "-o", again, "--cache", cache, "--json")
    assert json.loads(done.stdout)["parsed"] == 0
    run_plan("build", folder, "-o", cold, "--no-cache")
    assert again.read_bytes() == cold.read_bytes() == built[0].read_bytes()


def test_one_changed_file_is_the_only_one_parsed_again(folder, built, tmp_path):
    changed = next(
        path
        for path in sorted((folder / "pdaau").glob("*.csv"))
        if path.read_bytes().count(b"\n") > 1000
    )
    before = changed.read_bytes()
    output = tmp_path / "changed.r112"
    changed.write_bytes(before + b"\n")
    try:
        done = run_plan(
            "build", folder, "-o", output, "--cache", folder.parent / "cache", "--json"
        )
    finally:
        changed.write_bytes(before)
    assert done.returncode == 0, done.stdout[-2000:]
    assert json.loads(done.stdout)["parsed"] == 1
    assert run_plan("diff", built[0], output, "--impact-max", "0%").returncode == 0


def test_what_is_left_of_the_move_to_ip_counts_every_calling_line_that_was_delivered(
    folder, built
):
    done = run_plan("migration", folder, "--cache", folder.parent / "cache", "--json")
    assert done.returncode == 0, done.stderr
    calling = json.loads(done.stdout)["calling"]
    delivered = draw_callers().lines
    for kind, word in (("enterprise", "entreprise"), ("residential", "particulier")):
        lines = [row for row in delivered if row.kind == word]
        (row,) = (row for row in calling["operators"] if row["kind"] == kind)
        assert row["operator"] == "ecume"
        assert row["rtc"] == sum(line.technology == "rtc" for line in lines) > 0
        assert row["ip"] == sum(line.technology == "ip" for line in lines) > 0
        assert row["dated"] == sum(bool(line.moves) for line in lines)
        for part in ("departements", "communes"):
            assert sum(r["rtc"] for r in calling[part] if r["kind"] == kind) == row["rtc"]
    assert sum(move["lines"] for move in calling["moves"]) == sum(
        bool(line.moves) for line in delivered
    )
    assert calling["joints"], "the demo has a zone with gateways of one vendor only"
