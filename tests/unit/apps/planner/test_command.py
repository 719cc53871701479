import pytest
from click.testing import CliRunner
from tests.support.asked_planner import write_people
from tests.support.certificates import write_certificates
from tests.support.planned import render_demo_profile, write_plan, write_trust
from tests.support.snapshots import make_test_key

from route112.adapters.key_files import write_private_key
from route112.apps.cli import cli
from route112.apps.planner import command
from route112.apps.planner.seams import Unwatched
from route112.countries.fr.sites import TOPOLOGY, render_topology


@pytest.fixture
def folder(tmp_path):
    write_plan(tmp_path / "fr.r112")
    (tmp_path / "profile.yaml").write_bytes(render_demo_profile())
    (tmp_path / "topology.yaml").write_bytes(render_topology(TOPOLOGY))
    write_trust(tmp_path / "trust.json")
    write_private_key(tmp_path / "a.key", make_test_key("a"))
    return tmp_path


def run(folder, *arguments, seconds="0.2", **changes):
    values = {
        "--folder": folder / "planner",
        "--topology": folder / "topology.yaml",
        "--plan": folder / "fr.r112",
        "--profile": folder / "profile.yaml",
    } | {f"--{name}": folder / value for name, value in changes.items()}
    words = [str(part) for pair in values.items() for part in pair]
    return CliRunner().invoke(
        cli, ["planner", "run", *words, *map(str, arguments), "--for", seconds]
    )


def signed(folder):
    return "--trust", folder / "trust.json", "--sign-key", folder / "a.key"


def test_the_first_start_takes_what_is_in_force_and_the_second_goes_on(folder):
    write_people(folder / "planner", "CRRA15-29")
    result = run(folder, *signed(folder))
    assert result.exit_code == 0, result.output
    assert "planner: the journal begins: 10 stations have" in result.output
    assert f"planner: answers at {folder}/planner/socket" in result.output
    assert "goes on with 10 stations" in run(folder, *signed(folder)).output


def test_without_people_stations_are_served_all_the_same(folder):
    result = run(folder)
    assert result.exit_code == 0, result.output
    assert "nobody may do anything" in result.output


def test_who_has_the_stations_beside_it_watches_and_acts(folder, monkeypatch):
    opened = []

    def note(*arguments, **named):
        opened.append((arguments[0], named["watch"], arguments[2]("a" * 64)))
        return Unwatched()

    monkeypatch.setattr(command, "open_eyes", note)
    (folder / "run").mkdir()
    result = run(folder, "--run-dir", folder / "run")
    assert (result.exit_code, opened) == (0, [(folder / "run", None, None)]), result.output
    assert "nobody watches and nobody acts" not in result.output
    assert "nobody watches and nobody acts" in run(folder).output


def test_real_eyes_are_closed_with_it(folder):
    (folder / "run").mkdir()
    assert run(folder, "--run-dir", folder / "run").exit_code == 0


def test_what_cannot_be_run_is_said(folder):
    (folder / "odd").write_bytes(b"odd: [")
    refused = {
        "is no profile": run(folder, profile="odd"),
        "cannot be read": run(folder, profile="none"),
        "the plan is refused": run(folder, plan="odd"),
        "take nothing unsigned": run(folder, "--trust", folder / "trust.json"),
        "has no passphrase": run(folder, *signed(folder), "--passphrase-file", folder / "a.key"),
        "go with --https": run(folder, "--cert", folder / "odd"),
        "--https needs a certificate": run(folder, "--https", "127.0.0.1:0"),
    }
    for text, result in refused.items():
        assert (result.exit_code in (1, 2), text in result.output) == (True, True), (
            text,
            result.output,
        )


def test_a_folder_that_cannot_be_used_is_named(folder):
    (folder / "planner/journal.log").mkdir(parents=True)
    result = run(folder)
    assert (result.exit_code, "one planner at a time" in result.output) == (2, True)


def test_an_altered_journal_is_not_gone_on_with(folder):
    run(folder)
    journal = folder / "planner/journal.log"
    journal.write_bytes(journal.read_bytes().replace(b"site-1", b"site-9"))
    result = run(folder)
    assert (result.exit_code, "compare it with a copy" in result.output) == (2, True)


def test_an_altered_audit_log_is_not_gone_on_with(folder):
    (folder / "planner").mkdir()
    (folder / "planner/audit.log").write_text("C1 nonsense\n")
    result = run(folder)
    assert (result.exit_code, "audit.log" in result.output) == (2, True), result.output


def test_other_machines_reach_it_over_tls_alone(folder):
    files = write_certificates(folder, "127.0.0.1")
    tls = ["--cert", files.certificate, "--key", files.key, "--client-ca", files.authority]
    result = run(folder, "--https", "127.0.0.1:0", *tls)
    assert result.exit_code == 0, result.output
    assert "and 127.0.0.1:0" in result.output
    for place, text in {
        "localhost:1": "is no address",
        "127.0.0.1": "is no address",
        "192.0.2.9:8112": "not loopback",
    }.items():
        result = run(folder, "--https", place, *tls)
        assert (result.exit_code, text in result.output) == (2, True), result.output
