from dataclasses import replace

import pytest
from lxml import html
from tests.unit.apps.replay.test_played import SCENARIO

from route112.apps.replay.joint import JointReport
from route112.apps.replay.page import ROWS_SHOWN_MAX, render_page
from route112.apps.replay.played import Played
from route112.model import Published, Wiring
from route112.simulation.checker import Verdict
from route112.simulation.tally import Attempt, count_attempts


def play(name, lost, departements=2):
    attempts = [
        Attempt(
            at_s=index, verdict=Verdict.LOST if index < lost else Verdict.RIGHT,
            caller=str(index), number="15", operator="bruyere",
            departement=f"{index % departements:02d}",
        )
        for index in range(1_000)
    ]  # fmt: skip
    scenario = replace(
        SCENARIO,
        title="An <evening>",
        published=Published(attempts=107_000, lost=11_800, source="Orange & the State"),
    )
    tally = count_attempts(attempts, length_s=3600, bin_s=60)
    wiring = Wiring(name=name, note=f"note of {name}")
    return Played(scenario=scenario, wiring=wiring, tally=tally, seconds=110, compression=36)


@pytest.fixture(scope="module")
def page():
    """The page of two wirings."""
    return render_page([play("as-2021", 110), play("route112", 0)])


def read_tables(page):
    tables = html.fromstring(page).findall(".//table")
    return {
        table.find("caption").text: [[cell.text or "" for cell in row] for row in table.iter("tr")]
        for table in tables
    }


def test_figures_stand_beside_the_published_ones(page):
    rows = read_tables(page)["All attempts"]
    assert rows[0] == ["", "as-2021", "route112", "published"]
    assert rows[1] == ["attempts", "1,000", "1,000", "107,000"]
    assert ["lost", "110", "0", "11,800"] in rows
    assert ["lost, share", "11.00%", "0.00%", "11.03%"] in rows
    assert ["of them not through", "110", "0", "–"] in rows
    assert "36.0, 36.0 times as fast" in page
    assert "note of as-2021" in page


def test_each_kind_has_a_table_for_each_wiring(page):
    tables = read_tables(page)
    assert tables["as-2021, by number"][1] == [
        "15",
        "1,000",
        "890",
        "0",
        "0",
        "110",
        "0",
        "11.00%",
    ]
    assert len(tables["route112, by departement"]) == 3
    many = read_tables(render_page([play("route112", 0, departements=30)]))
    rows = many["route112, by departement"]
    assert len(rows) == 1 + ROWS_SHOWN_MAX + 1
    assert rows[-1][0] == "5 more"


def test_who_was_behind_gateways_has_a_table():
    joint = JointReport(
        vendors=("cedar",), named={"antilles": ("A",)}, called_named={"antilles": {"A": 9}},
        lost_named={"antilles": {"A": 7}}, lost_unnamed={},
    )  # fmt: skip
    page = render_page([replace(play("route112", 7), joint=joint)])
    rows = read_tables(page)["route112, behind gateways of one vendor"]
    assert rows[1] == ["antilles", "A", "yes", "9", "7"]
    assert "had named: antilles. Lost there: 7 attempts; lost elsewhere: 0." in page


def test_the_page_is_one_file_and_escapes_what_people_wrote():
    page = render_page([play("route112", 0)])
    assert "An &lt;evening&gt;" in page
    assert "Orange &amp; the State" in page
    assert "<evening>" not in page
    assert "<script" not in page
    assert 'src="http' not in page
    # In total, by number, operator and departement; each for light and for dark screens.
    assert page.count("data:image/png;base64,") == 8
    assert page.count("prefers-color-scheme: dark)") == 5
