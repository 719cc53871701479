import pytest
from click.testing import CliRunner
from tests.support.certificates import write_certificates
from tests.support.lying import Lying, answer
from tests.support.planned import write_plan

from route112.apps.cli import cli
from route112.replication import Wanted, parse_report, render_wanted
from route112.snapshot.reader import Snapshot


@pytest.fixture
def places(tmp_path):
    return ["--run-dir", str(tmp_path), "--into", str(tmp_path / "into.r112")]


def run(*arguments):
    return CliRunner().invoke(cli, ["receiver", "run", "--station", "site-1", *arguments])


def test_it_asks_and_offers_until_it_is_told_to_end(tmp_path, places):
    content = write_plan(tmp_path / "g7", generation=7).read_bytes()
    wanted = Wanted(7, Snapshot(content).content_hash, len(content))
    with Lying(tmp_path / "socket") as planner:
        planner.answers = {"POST": answer(render_wanted(wanted)), "GET": answer(content)}
        result = run("--planner", f"unix:{planner.path}", *places, "--for", "0.2")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "into.r112").read_bytes() == content
    assert parse_report(planner.asked[0][2]).station == "site-1"


def test_a_planner_that_is_not_there_costs_nothing(tmp_path, places):
    result = run("--planner", f"unix:{tmp_path / 'none'}", *places, "--for", "0.1")
    assert result.exit_code == 0
    assert "nothing new: unreachable" in result.output


def test_what_cannot_be_is_said(tmp_path, places):
    result = run("--planner", "http://127.0.0.1:1", *places)
    assert (result.exit_code, "neither unix:PATH nor" in result.output) == (2, True)
    files = write_certificates(tmp_path, "127.0.0.1")
    part = ["--planner", "https://127.0.0.1:1", *places, "--cert", str(files.certificate)]
    assert "TLS needs a certificate" in run(*part).output
    swapped = ["--key", str(files.certificate), "--ca", str(files.authority)]
    assert "do not fit" in run(*part, *swapped).output
    whole = ["--key", str(files.key), "--ca", str(files.authority), "--for", "0.1"]
    assert run(*part, *whole).exit_code == 0
