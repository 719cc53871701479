"""The ground is made once by each version, is signed and verified, and never hides an error."""

from types import SimpleNamespace

import click
import pytest
from tests.support.snapshots import small_content

from route112.apps._console import Failure, Refusal
from route112.apps.demo import country
from route112.apps.demo.country import (
    DemoFolder,
    build_aside,
    build_snapshot,
    make_keys,
    write_country,
)
from route112.model import Problem, Severity
from route112.snapshot.trust import parse_trust


class FakeDemo:
    """Stands in for the demo country: two files."""

    def count_files(self):
        return 2

    def render_files(self):
        yield "profile.yaml", b"country: fr\n"
        yield "pdaau/29.csv", b"insee;15\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(country, "build_demo", FakeDemo)
    monkeypatch.setattr(country, "compute_stamp", lambda: "this version")
    return DemoFolder(tmp_path)


def test_the_country_is_written_once(folder):
    assert write_country(folder)
    assert (folder.source / "pdaau/29.csv").read_bytes() == b"insee;15\n"
    (folder.source / "pdaau/29.csv").write_bytes(b"edited by hand")
    assert not write_country(folder)
    assert (folder.source / "pdaau/29.csv").read_bytes() == b"edited by hand"


def test_another_version_writes_it_anew(folder, monkeypatch):
    write_country(folder)
    (folder.source / "left over.csv").write_bytes(b"")
    monkeypatch.setattr(country, "compute_stamp", lambda: "next version")
    assert write_country(folder)
    assert not (folder.source / "left over.csv").exists()


def test_another_variant_writes_it_anew(folder, monkeypatch):
    asked = []

    def build(**chosen):
        asked.append(chosen)
        return FakeDemo()

    monkeypatch.setattr(country, "build_demo", build)
    assert write_country(folder)
    assert write_country(folder, rtc_share=0.9)
    assert not write_country(folder, rtc_share=0.9)
    assert write_country(folder)
    assert asked == [{}, {"rtc_percent": 90}, {}]


def test_an_interrupted_writing_is_done_again(folder, monkeypatch):
    def interrupted(self):
        yield "profile.yaml", b""
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeDemo, "render_files", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_country(folder)
    monkeypatch.undo()
    monkeypatch.setattr(country, "build_demo", FakeDemo)
    monkeypatch.setattr(country, "compute_stamp", lambda: "this version")
    assert write_country(folder)
    assert (folder.source / "profile.yaml").read_bytes() == b"country: fr\n"


def test_somebody_elses_folder_is_left_alone(folder):
    folder.source.mkdir()
    (folder.source / "mine.csv").write_bytes(b"mine")
    with pytest.raises(Failure, match="exists and is not a demo of ours"):
        write_country(folder)
    assert (folder.source / "mine.csv").read_bytes() == b"mine"


def test_the_stamp_is_that_of_the_installed_package():
    assert country.compute_stamp() == country.compute_stamp()
    assert len(country.compute_stamp()) == 64


def install_sources(monkeypatch, *problems):
    errors = [problem for problem in problems if problem.severity == Severity.ERROR]
    checked = SimpleNamespace(
        refused=bool(errors),
        subject=SimpleNamespace(plan=None, resolution=None, timezones={}),
        files=("one", "two"),
        parsed=1,
        problems=problems,
    )
    monkeypatch.setattr(country, "check_sources", lambda _path, **_options: checked)
    monkeypatch.setattr(country, "make_candidate", lambda *_args, **_options: small_content())


def make_problem(severity):
    return Problem(severity=severity, code="test", message="it is odd", remedy="Mend it")


def test_the_snapshot_is_signed_and_the_written_file_verified(folder, monkeypatch):
    install_sources(monkeypatch, make_problem(Severity.REPAIR), make_problem(Severity.WARNING))
    built = build_snapshot(folder)
    assert (built.files, built.parsed) == (2, 1)
    assert [problem.severity for problem in built.warnings] == [Severity.WARNING]
    assert built.snapshot.signature.key_id == built.key_id
    trust = parse_trust(folder.trust.read_bytes())
    assert [key.name for key in trust.keys] == ["demo", "demo, in reserve"]
    assert trust.keys[0].id == built.key_id
    assert folder.snapshot.stat().st_size == built.snapshot.size


def test_an_error_in_the_sources_is_shown_and_refused(folder, monkeypatch, capsys):
    install_sources(monkeypatch, make_problem(Severity.ERROR))
    with pytest.raises(Refusal, match="is refused with 1 errors"):
        build_snapshot(folder)
    assert "it is odd. Mend it." in capsys.readouterr().out
    assert not folder.snapshot.exists()


def test_keys_are_new_each_time():
    assert make_keys()[1] != make_keys()[1]


def test_a_process_of_its_own_builds_and_says_what_came_of_it(folder, monkeypatch):
    install_sources(monkeypatch, make_problem(Severity.WARNING))
    monkeypatch.setattr(country, "write_country", lambda _folder: True)
    facts = build_aside(folder)
    assert (facts.files, facts.parsed) == (2, 1)
    assert facts.warnings == (make_problem(Severity.WARNING),)
    assert folder.snapshot.exists()


def test_what_that_process_is_refused_ends_the_command(folder, monkeypatch, capfd):
    install_sources(monkeypatch, make_problem(Severity.ERROR))
    monkeypatch.setattr(country, "write_country", lambda _folder: True)
    with pytest.raises(click.exceptions.Exit) as ended:
        build_aside(folder)
    assert ended.value.exit_code == 1
    assert "is refused with 1 errors" in capfd.readouterr().err


def test_a_process_that_is_interrupted_says_nothing(folder, monkeypatch, capfd):
    def interrupt(_folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(country, "write_country", interrupt)
    with pytest.raises(click.exceptions.Exit):
        build_aside(folder)
    assert capfd.readouterr().err == ""
