import json
import os

import pytest
from tests.support.plans import at
from tests.support.snapshots import small_content

from route112.apps.plan.check import check_snapshot
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


@pytest.fixture
def snapshot():
    return Snapshot(write_snapshot(small_content()))


def codes(snapshot, now):
    return [problem.code for problem in check_snapshot(snapshot, file="f", now=at(now))]


def test_a_folder_that_can_be_built_says_how(run, sources, tmp_path):
    result = run("check", sources)
    assert result.exit_code == 0
    assert f"{sources} can be built: route112 plan build {sources} -o FILE" in result.output
    assert list(tmp_path.glob("*.r112")) == []


def test_a_folder_with_errors_is_refused(run, sources):
    (sources / "pdaau" / "PDAAU_56.csv").unlink()
    result = run("check", sources)
    assert result.exit_code == 1
    assert "Deliver a file for departement 56 in pdaau/" in result.output
    report = json.loads(run("check", sources, "--json").stdout)
    assert "unresolved-key" in [problem["code"] for problem in report["problems"]]


def test_a_snapshot_that_opens_is_looked_at(run, built):
    result = run("check", built)
    assert result.exit_code == 0
    assert "generation 1, 6 keys looked at" in result.output
    assert "Sign it with `route112 plan sign`" in result.output
    assert json.loads(run("check", built, "--json").stdout)["generation"] == 1


def test_what_is_not_there_cannot_be_checked(run, tmp_path):
    result = run("check", tmp_path / "nothing")
    assert result.exit_code == 2
    assert "Name a snapshot or a source folder" in result.output


def test_a_snapshot_outside_its_validity_is_a_warning(snapshot):
    assert "validity-ahead" in codes(snapshot, "2026-01-01T00:00:00Z")
    assert "validity-over" in codes(snapshot, "2036-01-01T00:00:00Z")
    assert "override-expired" in codes(snapshot, "2036-01-01T00:00:00Z")


def test_a_key_without_a_route_is_an_error(snapshot, monkeypatch):
    monkeypatch.setattr(Snapshot, "route_index", lambda _self, _commune, _number: 0xFFFFFFFF)
    (first, *_) = check_snapshot(snapshot, file="f", now=at("2026-11-15T00:00:00Z"))
    assert (first.severity, first.code) == ("error", "unresolved-key")
    assert first.message.endswith("keys have no route and would go to a default")


def test_a_pipe_is_no_snapshot_and_nobody_waits_for_it(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    result = run("check", tmp_path / "pipe")
    assert result.exit_code == 2
    assert "cannot be read: it is no plain file" in result.stderr
