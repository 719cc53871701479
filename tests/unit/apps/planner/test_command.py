import os
from contextlib import closing
from dataclasses import replace

import pytest
from click.testing import CliRunner
from tests.support.asked_planner import write_people
from tests.support.certificates import write_certificates
from tests.support.planned import (
    found_engine,
    open_engine,
    render_demo_profile,
    write_plan,
    write_trust,
)
from tests.support.snapshots import make_test_key

from route112.adapters.clock import utc_now
from route112.adapters.key_files import write_private_key
from route112.apps.cli import cli
from route112.apps.planner import command, outlook
from route112.apps.planner.engine import CandidateError, JournalError, Shelf
from route112.apps.planner.engine.engine import JOURNAL_FILE
from route112.apps.planner.seams import Unwatched
from route112.countries.fr.sites import TOPOLOGY, render_topology
from route112.snapshot.keys import find_key_id
from route112.snapshot.trust import parse_trust, render_trust, revoke_key


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

    monkeypatch.setattr(outlook, "open_eyes", note)
    (folder / "run").mkdir()
    result = run(folder, "--run-dir", folder / "run")
    assert (result.exit_code, opened) == (0, [(folder / "run", None, None)]), result.output
    assert "nobody watches" not in result.output
    assert "nobody watches, so orders pass and changes do not" in run(folder).output


def test_whose_stations_are_elsewhere_needs_a_watch_of_its_own_host(folder):
    result = run(folder, "--watch", folder / "watch")
    assert result.exit_code == 0, result.output
    assert "plans and orders pass, and nobody acts at stations" in result.output


def test_a_site_that_no_operator_sends_calls_to_is_idle():
    left = replace(TOPOLOGY.operators[0], sites=TOPOLOGY.operators[0].sites[:1])
    only = replace(TOPOLOGY, operators=(left,))
    assert set(command.list_idle(only)) == {site.id for site in TOPOLOGY.sites} - {left.sites[0]}


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


def test_who_waits_reads_the_plan_and_begins_when_the_other_has_ended(folder):
    with closing(open_engine(folder / "planner")) as other:
        other.found(folder / "fr.r112", ("site-1",))
        waited = run(folder, "--standby", "0", seconds="0.3")
        assert (waited.exit_code, "another planner has" in waited.output) == (0, True)
        assert "answers at" not in waited.output
    result = run(folder, "--standby", "30", seconds="0.3")
    assert (result.exit_code, result.output) == (0, ""), "it was left to another one"
    result = run(folder, *signed(folder), "--standby", "0", seconds="0.3")
    assert "answers at" in result.output


def test_a_folder_that_cannot_be_used_ends_it(folder):
    result = run(folder, "--folder", folder / "fr.r112" / "below")
    assert (result.exit_code, "cannot be used" in result.output) == (2, True)


def test_who_has_waited_goes_on_with_the_files_of_today(folder, monkeypatch):
    opened = []

    def replace_files(_queue, **_named):
        (folder / "a.key").unlink()
        write_private_key(folder / "a.key", make_test_key("b"))
        (folder / "profile.yaml").write_bytes(render_demo_profile() + b"# of today\n")
        return True

    def note(_folder, means, **_named):
        opened.append(means)
        raise JournalError("this is far enough")

    monkeypatch.setattr(command, "await_turn", replace_files)
    monkeypatch.setattr(command, "Engine", note)
    result = run(folder, *signed(folder), "--standby", "15")
    assert "this is far enough" in result.output
    assert [find_key_id(means.key) for means in opened] == [find_key_id(make_test_key("b"))]


def test_who_has_waited_has_read_the_journal(folder, monkeypatch):
    opened = []

    def read(queue, **_named):
        queue.read()
        return True

    def note(_folder, means, **_named):
        opened.append(means)
        raise JournalError("this is far enough")

    (folder / "country").mkdir()
    engine = found_engine(folder / "country")
    (folder / "planner").mkdir()
    (folder / "planner" / JOURNAL_FILE).write_bytes(
        (folder / "country" / "planner" / JOURNAL_FILE).read_bytes()
    )
    monkeypatch.setattr(command, "await_turn", read)
    monkeypatch.setattr(command, "Engine", note)
    run(folder, "--standby", "15")
    assert [means.journal.state for means in opened] == [engine.state]
    assert engine.state.stations
    engine.close()


def test_a_candidate_that_cannot_be_read_keeps_no_other_from_being_read(folder, monkeypatch):
    shelves, queues = [], []

    def open_shelf(options):
        shelves.append(Shelf(options.folder, options.trust))
        return shelves[0]

    def read(queue, **_named):
        queues.append(queue)
        with pytest.raises(CandidateError, match="another content"):
            queue.read()
        return False

    shelf = Shelf(folder / "planner", None)
    good, bad = (
        shelf.keep_candidate(write_plan(folder / "x", generation=number), now=utc_now())
        for number in (41, 42)
    )
    odd = shelf.find_candidate(bad.content_hash)
    odd.write_bytes(shelf.find_candidate(good.content_hash).read_bytes())
    os.utime(odd, (4e9, 4e9))
    monkeypatch.setattr(command, "open_shelf", open_shelf)
    monkeypatch.setattr(command, "await_turn", read)
    assert run(folder, "--standby", "15").exit_code == 0
    assert shelves[0].is_open(good.content_hash)
    shelves[0]._opened.clear()
    queues[0].read()
    assert not shelves[0].is_open(good.content_hash), "whoever goes on reads what it needs"


def test_a_key_that_stations_refuse_signs_nothing(folder):
    write_private_key(folder / "c.key", make_test_key("c"))
    trust = folder / "trust.json"
    result = run(folder, "--trust", trust, "--sign-key", folder / "c.key")
    assert (result.exit_code, "does not count in" in result.output) == (2, True), result.output
    assert not (folder / "planner/journal.log").exists()
    own = find_key_id(make_test_key("a"))
    revoked = revoke_key(parse_trust(trust.read_bytes()), own, at=utc_now(), reason="lost")
    trust.write_bytes(render_trust(revoked))
    result = run(folder, *signed(folder))
    assert (result.exit_code, "revoked" in result.output) == (2, True), result.output


def test_a_key_that_is_revoked_while_it_waits_signs_nothing(folder, monkeypatch):
    own, trust = find_key_id(make_test_key("a")), folder / "trust.json"

    def revoke(_queue, **_named):
        revoked = revoke_key(parse_trust(trust.read_bytes()), own, at=utc_now(), reason="lost")
        trust.write_bytes(render_trust(revoked))
        return True

    monkeypatch.setattr(command, "await_turn", revoke)
    result = run(folder, *signed(folder), "--standby", "15")
    assert (result.exit_code, f"key {own} does not count" in result.output) == (2, True)


def test_a_trust_list_that_cannot_be_used_is_named(folder):
    key = ("--sign-key", folder / "a.key")
    (folder / "odd").write_bytes(b"odd")
    for name, text in {"none": "cannot be read", "odd": "trust list of the stations"}.items():
        result = run(folder, "--trust", folder / name, *key)
        assert (result.exit_code, text in result.output) == (2, True), result.output
