import json

from tests.support.sources import PSAPS, TRUNKS

GATEWAYS = """\
      - {address: "127.0.4.2:5060", transport: udp, technology: rtc, vendor: elder, capacity_calls: 9}
"""


def switch(sources):
    """Put the two answering points of Finistère behind the only gateway."""
    (sources / "psaps.csv").write_text(
        PSAPS.replace("0261919915,ip", "0261919915,rtc").replace(
            "0261910018,,,ip", "0261910018,,,migration"
        )
    )
    (sources / "trunks.yaml").write_text(
        TRUNKS.replace("  - id: birch", GATEWAYS + "  - id: birch")
    )


def test_a_folder_is_reported_in_tables_with_who_hangs_on_what(run, sources):
    switch(sources)

    result = run("migration", sources)

    assert result.exit_code == 0, result.output
    for title in ("departement", "kind", "carrier", "country"):
        assert f"Lines, and inhabitants behind them, by {title}" in result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert ["29", "2", "1", "0", "155,000", "155,000", "0", "2", "155,000"] in lines
    assert ["ouest", "vendor", "elder", "155,000", "2", "1", "CRRA15-29"] in lines
    assert ["CRRA15-29", "29", "155,000", "2", "carrier", "armor,", "vendor", "elder"] in lines


def test_a_snapshot_and_its_sources_say_the_same(run, sources, tmp_path):
    switch(sources)
    path = tmp_path / "moving.r112"
    assert run("build", sources, "-o", path).exit_code == 0

    from_folder = json.loads(run("migration", sources, "--json").stdout)
    from_file = json.loads(run("migration", path, "--json").stdout)

    assert from_folder == from_file
    assert from_file["country"]["rtc"] == {"inhabitants": 155_000, "lines": 2}
    assert from_file["steps"][0]["psap"] == "CRRA15-29"


LINES = """\
prefix,commune,technology,kind,moves
999001,29019,rtc,enterprise,2027-03-15
999002,29103,rtc,enterprise,
999003,29019,ip,enterprise,
999004,56260,rtc,residential,
"""


def test_lines_that_call_are_reported_with_when_they_move_and_what_they_ring(run, sources):
    switch(sources)
    (sources / "operators" / "bruyere").mkdir()
    (sources / "operators" / "bruyere" / "lines.csv").write_text(LINES)

    result = run("migration", sources)

    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.output.splitlines()]
    assert ["bruyere", "enterprise", "2", "1", "1", "2027-03-15", "2027-03-15", "2"] in lines
    assert ["bruyere", "residential", "1", "0", "0", "-", "-", "0"] in lines
    assert ["bruyere", "29", "enterprise", "2", "1", "1", *["2027-03-15"] * 2, "2"] in lines
    assert ["ouest", "vendor", "elder", "2", "2", "2"] in lines
    assert ["2027-03-15", "bruyere", "enterprise", "1"] in lines

    calling = json.loads(run("migration", sources, "--json").stdout)["calling"]
    assert [(row["commune"], row["kind"], row["rtc"]) for row in calling["communes"]] == [
        ("29019", "enterprise", 1),
        ("29103", "enterprise", 1),
        ("56260", "residential", 1),
    ]


def test_a_snapshot_does_not_know_how_calling_lines_are_connected(run, sources, tmp_path):
    (sources / "operators" / "bruyere").mkdir()
    (sources / "operators" / "bruyere" / "lines.csv").write_text(LINES)
    path = tmp_path / "lines.r112"
    assert run("build", sources, "-o", path).exit_code == 0

    assert json.loads(run("migration", path, "--json").stdout)["calling"] is None
    assert "No source says how calling lines are connected." in run("migration", path).output


def test_where_everything_is_ip_nothing_is_left_to_move(run, built):
    result = run("migration", built)

    assert result.exit_code == 0
    assert "No line hangs on the gateways of one vendor or one carrier." in result.output
    assert "No line is left on RTC alone." in result.output


def test_sources_with_errors_are_refused_with_the_way_to_see_them(run, sources):
    (sources / "psaps.csv").write_text(PSAPS.replace("armor", "nobody"))

    result = run("migration", sources)

    assert result.exit_code == 1
    assert f"route112 plan check {sources}" in result.stderr


def test_what_does_not_exist_cannot_be_reported(run, tmp_path):
    result = run("migration", tmp_path / "nothing.r112")

    assert result.exit_code == 2
    assert "does not exist" in result.stderr
