import json

import pytest
from click.testing import CliRunner

from route112.apps import topology as subject
from route112.apps._console import Refusal
from route112.apps.cli import cli
from route112.countries.fr.sites import TOPOLOGY, render_topology


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "topology.yaml"
    path.write_bytes(render_topology(TOPOLOGY))
    return path


def run(*arguments):
    return CliRunner().invoke(cli, ["topology", "check", *map(str, arguments)])


def test_what_fails_together_stands_in_a_table(file):
    result = run(file)

    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["hosting", "brique", "2", "of", "6", "site-2", "site-5", "-", "-"] in rows
    assert rows[-1] == ["No", "two", "share:", "place"]
    (software,) = [row for row in rows if row[:2] == ["software", "1.0"]]
    assert software[-1] == "bruyere"
    assert "demo: 6 sites, 4 operators, 4 edges" in result.stdout
    assert "first 3 sites of bruyere share the software 1.0" in result.stdout


def test_columns_line_up(file):
    lines = run(file).stdout.splitlines()
    head = next(line for line in lines if line.startswith("fails together"))
    body = lines[lines.index(head) + 1 : -1]
    assert {line.rstrip()[head.index("which") - 2 : head.index("which")] for line in body} == {
        "  "
    }


def test_nothing_in_common_is_said_too(file):
    text = file.read_text()
    text = "\n".join(
        line for line in text.splitlines() if "id: site-" not in line or "site-6" in line
    )
    for gone in ("site-1, ", "site-2, ", "site-3, ", "site-4, ", "site-5, ", ", site-1", ", site-2",
                 ", site-3", ", site-4", ", site-5"):  # fmt: skip
        text = text.replace(gone, "")
    file.write_text(text.replace('place: "Paris", network: seine-ip', "place: Paris, network: x"))

    result = run(file)

    assert result.exit_code == 0, result.output
    assert "No two share: place, network, hosting, power, vendor, software" in result.stdout


def test_json_has_rows_and_problems(file):
    told = json.loads(run(file, "--json").stdout)

    assert told["file"] == str(file)
    row = next(row for row in told["shared"] if row["thing"] == "brique")
    assert row["sites"] == ["site-2", "site-5"]
    assert {problem["code"] for problem in told["problems"]} == {
        "first-sites-share-fate",
        "single-edge",
    }


def test_strict_takes_no_warning(file):
    assert run(file, "--strict").exit_code == 1


def test_a_bad_file_is_refused_with_all_that_is_wrong(file):
    file.write_text(file.read_text().replace("power:", "might:"))

    result = run(file)

    assert result.exit_code == 1
    assert f"error: {file}:4 sites[0].might 'bretagne-1': no such field is known" in result.stdout
    assert "fails together" not in result.stdout
    assert json.loads(run(file, "--json").stdout)["shared"] == []


def test_a_file_that_is_not_there(tmp_path):
    result = run(tmp_path / "none.yaml")
    assert result.exit_code == 2
    assert "cannot be read: No such file or directory" in result.stderr


def test_commands_that_need_a_topology_get_one_or_end(file, capsys):
    assert subject.load_topology(file) == TOPOLOGY
    file.write_text("name: demo\n")
    with pytest.raises(Refusal, match="is refused"):
        subject.load_topology(file)
    assert "the field sites is missing" in capsys.readouterr().out
