import csv
import datetime as dt
import io

import pytest

from route112.countries.fr.expected import (
    COLUMNS,
    LINES_MAX,
    REFERENCE_DAY,
    REFERENCE_NIGHT,
    holds,
    list_lines,
    write_expected,
    write_expected_parts,
)
from route112.countries.fr.intent import DAY, NIGHT, WEEKDAY, Variant


@pytest.fixture(scope="module")
def table(intent):
    rows = csv.DictReader(io.StringIO(write_expected(intent).decode()))
    return {(row["insee"], row["number"]): row for row in rows}


@pytest.fixture(scope="module")
def parts(intent):
    return list(csv.DictReader(io.StringIO(write_expected_parts(intent).decode())))


def test_every_commune_and_number_has_an_expectation(table):
    assert len(table) == 35_014 * 13
    for row in table.values():
        assert tuple(row) == COLUMNS
        assert row["psap_day"]
        assert row["psap_night"]
        for column in ("targets_day", "targets_night"):
            targets = row[column].split("|")
            assert 1 <= len(set(targets)) == len(targets) <= LINES_MAX


def test_brest_rings_its_samu_then_the_second_line_then_the_alternative(table, intent):
    psap = intent.psaps["CRRA15-29"]
    row = table["29019", "15"]

    assert row["psap_day"] == row["psap_night"] == "CRRA15-29"
    assert row["targets_day"] == f"{psap.primary}|{psap.secondary}|{psap.alternative}"


def test_targets_that_the_plan_names_come_first(table, intent):
    first, second = intent.psaps["CTA18-80"], intent.psaps["CODIS18-80"]
    targets = table["80021", "18"]["targets_day"].split("|")

    assert targets[:3] == [first.primary, second.primary, first.secondary]


def test_nights_are_local(table):
    assert table["48095", "15"]["psap_day"] == "CRRA15-48"
    assert table["48095", "15"]["psap_night"] != "CRRA15-48"
    # At 10:30 UTC it is 06:30 in Saint-Barthélemy and 22:30 in Wallis.
    assert table["97701", "15"]["psap_day"] == "CRRA15-978"
    assert table["97701", "15"]["psap_night"] == "CRRA15-977"
    assert table["98613", "15"]["psap_day"] != "CRRA15-986"


def test_the_instants_are_a_day_and_a_night_in_france():
    paris = dt.timezone(dt.timedelta(hours=1))

    assert holds(DAY, REFERENCE_DAY.astimezone(paris))
    assert holds(NIGHT, REFERENCE_NIGHT.astimezone(paris))
    assert REFERENCE_DAY.isoweekday() == REFERENCE_NIGHT.isoweekday() == 2


@pytest.mark.parametrize(
    ("opening", "weekday", "hour", "answer"),
    [
        (None, 1, 3, True),
        (DAY, 1, 7, False),
        (DAY, 1, 8, True),
        (DAY, 7, 19, True),
        (DAY, 7, 20, False),
        (NIGHT, 1, 0, True),
        (NIGHT, 1, 8, False),
        (NIGHT, 1, 20, True),
        (WEEKDAY, 5, 19, True),
        (WEEKDAY, 6, 12, False),
    ],
)
def test_hours_hold_in_local_time(opening, weekday, hour, answer):
    monday = dt.datetime(2026, 11, 9, tzinfo=dt.UTC)
    local = monday + dt.timedelta(days=weekday - 1, hours=hour)

    assert holds(opening, local) is answer


def test_lines_stop_at_three_and_never_repeat(intent):
    psaps = intent.psaps
    five = Variant(("CTA18-29", "CTA18-22", "CTA18-56", "CTA18-35"))
    twice = Variant(("CTA18-29", "CTA18-29"))

    assert len(list_lines(five, psaps)) == LINES_MAX
    lines = list_lines(twice, psaps)
    assert lines[0] == psaps["CTA18-29"].primary
    assert len(set(lines)) == len(lines)


def test_calls_from_a_part_of_a_commune_have_an_expectation(parts, table):
    polygons = [row for row in parts if row["lon"]]
    streets = [row for row in parts if row["street"]]

    assert {row["number"] for row in polygons} == {"18", "112"}
    assert len({row["insee"] for row in polygons}) >= 3
    assert len({row["insee"] for row in streets}) == 3
    for row in parts:
        assert row["targets"] != table[row["insee"], row["number"]]["targets_day"]
