import json

import pytest
from tests.support.sources import PROFILE

HEADER = "insee;commune;numéro court;numéro long\n"


@pytest.fixture
def write(tmp_path):
    def write_file(rows, name="PDAAU_29.csv"):
        path = tmp_path / name
        path.write_text(HEADER + rows, encoding="utf-8")
        return path

    return write_file


def test_a_clean_file_can_be_taken(run, write):
    result = run("lint", write("29019;Brest;15;02 61 91 00 15\n"))
    assert result.exit_code == 0
    assert "can be taken" in result.output


def test_repairs_are_shown_and_allowed(run, write):
    result = run("lint", write("29019;Brest;15;261910015\n"))
    assert result.exit_code == 0
    assert "repair" in result.output


def test_a_refused_file_ends_with_1_and_spoils_no_other(run, write):
    good = write("29019;Brest;15;02 61 91 00 15\n")
    bad = write("29019;Brest;15;15\n", "plan-29-b.csv")
    result = run("lint", good, bad)
    assert result.exit_code == 1
    assert "refused" in result.output
    assert "can be taken" in result.output
    assert "Mend the errors; a file is taken whole or not at all." in result.output
    report = json.loads(run("lint", good, bad, "--json").stdout)
    assert [file["refused"] for file in report["files"]] == [False, True]


def test_a_missing_file_cannot_be_linted(run, tmp_path):
    result = run("lint", tmp_path / "PDAAU_29.csv")
    assert result.exit_code == 2
    assert "PDAAU_29.csv cannot be read: No such file" in result.output


def test_a_link_on_the_command_line_is_followed(run, write, tmp_path):
    file = write("29019;Brest;15;02 61 91 00 15\n")
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "PDAAU_29.csv"
    link.symlink_to(file)
    assert run("lint", link).exit_code == 0


def test_a_profile_of_ones_own_is_used(run, write, tmp_path):
    profile = tmp_path / "profile.yaml"
    profile.write_text(PROFILE, encoding="utf-8")
    file = write("29019;Brest;17;02 61 91 00 17\n")
    assert run("lint", file).exit_code == 0
    assert run("lint", file, "--profile", profile).exit_code == 1


def test_a_profile_that_cannot_be_read_ends_the_command(run, write, tmp_path):
    profile = tmp_path / "profile.yaml"
    profile.write_text("country: [", encoding="utf-8")
    result = run("lint", write("29019;Brest;15;02 61 91 00 15\n"), "--profile", profile)
    assert result.exit_code == 2
    assert "profile.yaml cannot be used" in result.output


HOURS = "insee;15;horaires\n"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            "29019;0261910015;8h-20h\n29019;0261910017;18h-9h\n",
            (
                "15: two rows with different targets both hold on Monday at 08:00; departement 29:"
                " 1 commune, 142,346 inhabitants, for example Brest"
            ),
        ),
        (
            "29019;0261910015;8h-20h\n",
            (
                "15: no row holds from Monday 00:00 to Monday 08:00 and 7 further times;"
                " departement 29: 1 commune, 142,346 inhabitants, for example Brest"
            ),
        ),
    ],
)
def test_rows_that_contradict_each_other_are_found(run, tmp_path, rows, message):
    path = tmp_path / "PDAAU_29.csv"
    path.write_text(HOURS + rows, encoding="utf-8")
    result = run("lint", path, "--json")
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)["problems"]
    assert (problem["message"], problem["row"]) == (message, 2)


def test_rows_that_share_the_week_can_be_taken(run, tmp_path):
    path = tmp_path / "PDAAU_29.csv"
    path.write_text(f"{HOURS}29019;0261910015;8h-20h\n29019;0261910017;20h-8h\n")
    assert run("lint", path).exit_code == 0
