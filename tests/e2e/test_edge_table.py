"""
The edge's translation of the whole demo country, without any process around it.

Each commune and number at a day and a night instant against the table that was derived a second
time, and against `decide`. What the running edge rings is asked in `test_agreement.py`.
"""

import csv
import gzip
import io
import random
import time

import pytest
from tests.property.test_native import ask_decide
from tests.support.country import build_plan, write_country
from tests.support.edgetable import ask_edge

from route112.countries.fr import build_demo
from route112.countries.fr.expected import REFERENCE_DAY, REFERENCE_NIGHT
from route112.edgetable import translate
from route112.model import Call, UtcTime
from route112.snapshot.reader import Snapshot

pytestmark = pytest.mark.e2e

KEYS_ALL = 35_014 * 13
KEYS_DRAWN = 40_000
SECONDS_MAX = 1.0
OPERATOR = "bruyere"
HOURS = {"day": REFERENCE_DAY, "night": REFERENCE_NIGHT}


def at(moment):
    return UtcTime(int(moment.timestamp()) * 1_000_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("edge-table") / "fr"
    write_country(build_demo(), path, move_hop=lambda hop: hop[0])
    return path


@pytest.fixture(scope="module")
def snapshot(folder):
    output = folder.parent / "fr.r112"
    build_plan(folder, output)
    return Snapshot(output.read_bytes())


@pytest.fixture(scope="module")
def expected(folder):
    """List commune, number and the lines at day and at night, of every key."""
    text = gzip.decompress((folder / "expected.csv.gz").read_bytes()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == KEYS_ALL
    return rows


@pytest.fixture(scope="module")
def tables(snapshot):
    return {
        name: translate(snapshot, operator=OPERATOR, now=at(moment)).rows
        for name, moment in HOURS.items()
    }


def list_unexpected(rows, expected, name):
    """List the keys whose planned lines are not what rings first."""
    wrong = []
    for row in expected:
        attempts = ask_edge(rows, Call(dialled=row["number"], commune=row["insee"]))
        rung = list(dict.fromkeys(one.partition("|")[0] for one in attempts.split(";")))
        lines = row[f"targets_{name}"].split("|")
        if rung[: len(lines)] != lines:
            wrong.append((row["insee"], row["number"]))
    return wrong


def list_different(rows, snapshot, keys, now):
    """List the keys that `decide` sends elsewhere."""
    calls = (Call(dialled=number, commune=code, operator=OPERATOR) for code, number in keys)
    return [call for call in calls if ask_edge(rows, call) != ask_decide(snapshot, call, now)]


@pytest.mark.parametrize("name", HOURS)
def test_every_key_rings_what_the_second_derivation_expects(tables, expected, name):
    assert list_unexpected(tables[name], expected, name) == []


def test_a_planted_wrong_row_is_found(tables, expected, snapshot):
    code, place = "29019", 0
    number = snapshot.short_numbers[place].number
    rows = dict(tables["day"])
    ladders = rows[f"c:{code}"].split(".")
    ladders[place] = rows["c:75056"].split(".")[place]
    rows[f"c:{code}"] = ".".join(ladders)
    assert list_unexpected(rows, expected, "day") == [(code, number)]
    drawn = [(row["insee"], row["number"]) for row in expected if row["insee"][:3] == "290"]
    found = list_different(rows, snapshot, drawn, at(REFERENCE_DAY))
    assert [(call.commune, call.dialled) for call in found] == [(code, number)]


@pytest.mark.parametrize("name", HOURS)
@pytest.mark.parametrize("count", [KEYS_DRAWN, pytest.param(KEYS_ALL, marks=pytest.mark.slow)])
def test_keys_ring_all_targets_and_hops_that_decide_names(tables, snapshot, expected, name, count):
    keys = [(row["insee"], row["number"]) for row in expected]
    drawn = random.Random(112).sample(keys, count)
    assert list_different(tables[name], snapshot, drawn, at(HOURS[name])) == []


def test_a_whole_country_is_translated_within_a_second_of_a_processor(snapshot):
    spent = []
    for _ in range(3):
        began = time.process_time()
        translate(snapshot, operator=OPERATOR, now=at(REFERENCE_DAY))
        spent.append(time.process_time() - began)
    assert min(spent) < SECONDS_MAX
