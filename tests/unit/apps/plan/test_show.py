import json

import pytest
from tests.support.plans import DAY, NIGHT, at
from tests.support.snapshots import small_content

from route112.apps.plan.show import render_hours, render_time
from route112.model import WEEK_MINUTES, Hours
from route112.snapshot.writer import write_snapshot


def test_a_number_shows_where_it_rings_when_and_which_row_says_so(run, built):
    result = run("show", built, "--commune", "29019", "--number", "15")
    assert result.exit_code == 0
    assert "Brest (29019), departement 29" in result.output
    assert "Mo-Su 08:00-20:00" in result.output
    assert "CRRA15-56" in result.output
    assert "pdaau/PDAAU_29.csv:2" in result.output
    assert "pdaau/PDAAU_29.csv:3" in result.output
    assert "CTA18" not in result.output


def test_json_tells_the_same(run, built):
    shown = json.loads(run("show", built, "--commune", "29019", "--json").stdout)
    assert shown["commune"]["name"] == "Brest"
    fifteen, eighteen = shown["numbers"]
    assert fifteen["source"] == {"file": "pdaau/PDAAU_29.csv", "row": 2, "sheet": ""}
    day, night = fifteen["variants"]
    assert day["lines"][0] == {
        "name": "SAMU 29",
        "number": "+33261910015",
        "psap": "CRRA15-29",
        "rule": "primary",
        "trunk": "armor/ip/ouest",
    }
    assert (night["row"], day["row"]) == (3, None)
    assert eighteen["variants"][0]["hours"] == ""


def test_an_unknown_commune_or_number_cannot_be_shown(run, built):
    result = run("show", built, "--commune", "99999")
    assert result.exit_code == 2
    assert "has no commune '99999'" in result.output
    result = run("show", built, "--commune", "29019", "--number", "911")
    assert result.exit_code == 2
    assert "Give one of 15, 18" in result.output


def test_a_commune_is_read_as_the_importer_reads_it(run, built):
    result = run("show", built, "--commune", "29019.0")
    assert "Brest (29019)" in result.output
    assert result.stderr == "commune '29019.0' is read as 29019\n"


def test_a_former_commune_leads_to_todays_and_areas_are_shown(run, tmp_path):
    path = tmp_path / "small.r112"
    content = small_content()
    path.write_bytes(write_snapshot(content))
    old, index = content.merged[0]
    result = run("show", path, "--commune", old)
    assert f"{old} is part of {content.communes[index].code} today" in result.output
    for commune in content.communes:
        assert run("show", path, "--commune", commune.code).exit_code == 0


def test_stats_count_what_there_is(run, built):
    counted = json.loads(run("stats", built, "--json").stdout)
    assert (counted["keys"], counted["psaps"], counted["inhabitants"]) == (6, 4, 209_000)
    assert counted["valid_from"] == "2026-11-01T00:00:00Z"
    fifteen = counted["numbers"][0]
    assert (fifteen["keys"], fifteen["conditional_keys"], fifteen["ip_keys"]) == (3, 1, 3)
    assert "209,000" in run("stats", built).output


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (DAY, "Mo-Su 08:00-20:00"),
        (NIGHT, "Mo-Su 00:00-08:00,20:00-24:00"),
        (Hours(((480, 1200),)), "Mo 08:00-20:00"),
        (Hours(((480, 1200), (1440 + 480, 1440 + 1200))), "Mo-Tu 08:00-20:00"),
        (Hours(((0, 60), (6 * 1440, WEEK_MINUTES))), "Mo 00:00-01:00; Su 00:00-24:00"),
    ],
)
def test_hours_are_written_as_people_do(hours, text):
    assert render_hours(hours) == text


def test_times_are_written_to_the_second():
    assert render_time(at("2026-11-05T01:02:03Z")) == "2026-11-05T01:02:03Z"


def test_a_row_of_another_file_is_named_with_its_file(run, tmp_path):
    path = tmp_path / "small.r112"
    path.write_bytes(write_snapshot(small_content()))
    output = run("show", path, "--commune", "29019", "--number", "112").output
    assert "pdaau/pdaau-75.csv:12" in output
    assert "pdaau/PDAAU_29.ods:PDAAU:13" in output
