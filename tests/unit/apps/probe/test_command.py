"""The command as people type it, against an end that plays edge, site and gateway in one."""

import json
import signal
from contextlib import contextmanager
from typing import ClassVar

import pytest
from click.testing import CliRunner
from tests.support.snapshots import small_content
from tests.unit.apps.probe.test_keeping import make_outcome, open_book

from route112.apps.probe import command as module
from route112.apps.probe.command import Teller, probe
from route112.apps.probe.keeping import Latest
from route112.snapshot.writer import write_snapshot
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import Series

TOPOLOGY = """name: one
sites:
  - {id: s, address: "127.0.47.15:5060", place: Brest, network: n, hosting: h, vendor: v, software: "1", power: p}
operators:
  - id: bruyere
    clients: ["127.0.3.0/28"]
    edges: [{id: e, address: "127.0.47.15:5061", place: Rennes, network: n}]
    sites: [s]
    spread: first
"""
PROBES = 'probes: {sources: ["127.0.47.14"], loops: {"127.0.5.1:5060": "+33199000112"}}\n'


@pytest.fixture
def run(tmp_path):
    """Type it; the edge is nobody unless somebody listens there."""
    (tmp_path / "p.r112").write_bytes(write_snapshot(small_content(orders=())))
    kept = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]

    def run(*arguments, topology=TOPOLOGY + PROBES):
        (tmp_path / "t.yaml").write_text(topology)
        fixed = ["--topology", tmp_path / "t.yaml", "--plan", tmp_path / "p.r112"]
        fixed += ["--run-dir", tmp_path / "run"]
        return CliRunner().invoke(probe, [*map(str, fixed), *arguments])

    yield run
    for number, handler in kept:
        signal.signal(number, handler)


class WellProber:
    """Every test call is well."""

    values: ClassVar[dict[str, object]] = {}

    def __init__(self, local, edges):
        self.local, self.edges = local, edges
        WellProber.last = self

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_error):
        return None

    async def place(self, path):
        return make_outcome(path, **self.values)


@contextmanager
def replaced(monkeypatch, **values):
    with monkeypatch.context() as patch:
        patch.setattr(module, "Prober", WellProber)
        patch.setattr(WellProber, "values", values)
        yield


def test_once_shows_every_path_and_ends_well(run, monkeypatch):
    with replaced(monkeypatch):
        result = run("--once")
    assert result.exit_code == 0, result.output
    assert "127.0.5.1:5060" in result.output
    assert "test calls a second" in result.output
    assert WellProber.last.local == {4: "127.0.47.14"}
    assert WellProber.last.edges == {"e": {4: "127.0.47.15:5061"}}
    shown = run("--show", "--json")
    assert shown.exit_code == 0
    assert {path["said"] for path in json.loads(shown.output)["paths"]} == {"well"}


def test_a_path_that_failed_is_1(run, monkeypatch):
    with replaced(monkeypatch, heard=0):
        result = run("--once", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["paths"][0]["audio"] == "none"


def test_it_goes_on_and_tells_each_result_as_a_line(run, monkeypatch):
    with replaced(monkeypatch, status=0, failed="trunk"):
        result = run("--json", "--every", "1", "--for", "2.5")
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.output.splitlines()]
    assert any(line.get("said") == "trunk" for line in lines)
    (found,) = [line["begun"] for line in lines if "begun" in line]
    assert found["series"] == {"site": "s", "trunk": "127.0.5.1:5060"}


@pytest.mark.parametrize(
    ("topology", "code", "message"),
    [(TOPOLOGY, 2, "lets nobody place test calls"), ("name: one\n", 1, "")],
)
def test_who_may_not_place_test_calls_is_told(run, topology, code, message):
    result = run("--once", topology=topology)
    assert result.exit_code == code, result.output
    assert message in result.output


def test_no_path_at_all_is_told(run, monkeypatch):
    monkeypatch.setattr(module, "list_hops", lambda _snapshot: ())
    result = run("--once")
    assert (result.exit_code, "no path can be tested" in result.output) == (2, True)


def test_an_address_that_is_not_ours_is_told(run):
    result = run("--once", topology=TOPOLOGY + PROBES.replace("127.0.47.14", "192.0.2.1"))
    assert result.exit_code == 2
    assert "192.0.2.1 have to be this machine's" in result.output


def test_results_of_nobody_cannot_be_shown(run):
    result = run("--show")
    assert (result.exit_code, "has no results of test calls" in result.output) == (2, True)


def test_a_second_prober_is_refused(run, tmp_path):
    (tmp_path / "run").mkdir()
    book = open_book(tmp_path / "run")
    result = run("--once")
    assert result.exit_code == 2
    assert "has a prober already" in result.output
    assert book.rung_us == {}


def make_latest(said):
    return Latest(edge="e", site="s", hop="g:1", every_s=1.0, said=said, failed="trunk;x")


def test_people_hear_of_a_path_when_it_changes(capsys):
    teller = Teller(as_json=False, quiet=False)
    for said in ("well", "trunk", "trunk", "well"):
        teller.tell(make_latest(said))
    out = capsys.readouterr().out.splitlines()
    assert out == ["trunk  e -> s -> g:1 (trunk;x)", "well   e -> s -> g:1 (trunk;x)"]


def test_people_hear_of_links(capsys):
    series = Series((("site", "s"), ("trunk", "g:1")))
    found = Finding(
        kind=FindingKind.GREY, series=series, since_us=1, at_us=2, expected=3.0, seen=1.0,
        strength=9.0, floor_s=20.0, party="carrier", evidence=("a", "b"),
    )  # fmt: skip
    change = Change(begun=(found,), over=((FindingKind.GREY, series),))
    Teller(as_json=False, quiet=False).tell_change(change)
    assert capsys.readouterr().out.splitlines() == [
        "FOUND  s · trunk g:1: b",
        "over   s · trunk g:1",
    ]
    Teller(as_json=True, quiet=False).tell_change(change)
    assert json.loads(capsys.readouterr().out.splitlines()[1]) == {
        "over": {"site": "s", "trunk": "g:1"}
    }
    quiet = Teller(as_json=False, quiet=True)
    quiet.tell_change(change)
    quiet.tell(make_latest("trunk"))
    assert capsys.readouterr().out == ""
