"""Beginning and end: what the country is, a table, and what to paste next."""

import json
from dataclasses import replace

import pytest
from tests.support.snapshots import small_content

from route112.apps.demo import report as module
from route112.apps.demo.country import DemoFolder, Facts
from route112.apps.demo.draw import DemoCall
from route112.apps.demo.play import Act
from route112.apps.demo.report import (
    Outcome,
    echo_report,
    list_country,
    list_table,
    print_end,
    say_dialect,
    show_plan,
)
from route112.apps.demo.screen import INDENT, WIDTH, Screen
from route112.apps.demo.tally import Count
from route112.countries.fr.sites import TOPOLOGY
from route112.simulation.checker import CallVerdict, Judgement, Verdict
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

CALL = DemoCall(
    dialled="15",
    commune="29019",
    name="Brest",
    operator="bruyere",
    technology="mobile",
    targets=("+33261910010",),
)
USUAL = {"placed": 2, "right": 2, "delayed": 0, "misrouted": 0, "lost": 0, "delay_s": 0.1}


def make_act(name, *, named=frozenset(), **changes):
    """Make an act of two calls, `a` and `b`, and what became of them."""
    count = Count(**({"wrong": frozenset()} | USUAL | changes))
    act = Act(name=name, call_ids=frozenset("ab"), delay_s_max=0.5, named=named)
    return act, count


GOOD = make_act("nothing broken")
NAMED = make_act("gateways", named=frozenset("b"), right=1, lost=1, wrong=frozenset("b"))
BAD = make_act("one site dead", right=1, misrouted=1, wrong=frozenset("a"))


def make_outcome(*acts):
    verdict = CallVerdict(
        call_id="a", verdict=Verdict.DELAYED, reason="late", number="+33261910010",
        first_ring_ms=700.0,
    )  # fmt: skip
    judgement = Judgement(
        placed=2, right=2, delayed=1, misrouted=0, lost=0, ghosts=0, unique_callers=2,
        unique_callers_lost=0, strangers=(), verdicts=(verdict,),
    )  # fmt: skip
    return Outcome(acts=acts, judgement=judgement, seconds=41.04)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "own_name", lambda: ".venv/bin/route112")
    return DemoFolder(tmp_path / "var" / "demo")


def test_the_plan_is_told_in_one_breath(folder, capsys):
    snapshot = Snapshot(write_snapshot(small_content()))
    show_plan(Screen(as_json=False), snapshot, Facts(files=2, parsed=1, warnings=()), folder)
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("2 plans of prefectures (1 parsed now) say which of ")
    assert said.endswith("Checked, signed and verified: var/demo/fr.r112")


def test_the_country_stands_in_columns():
    told = small_content().operators[0]
    operators = [replace(told, id=node.id) for node in TOPOLOGY.operators]
    lines = list_country(TOPOLOGY, operators, 128)
    heading, *rows = lines[:5]
    assert [row.split()[0] for row in rows] == ["bruyere", "cormoran", "dolmen", "ecume"]
    assert {row.index("127.0.2.") > heading.index("edge") for row in rows} == {True}
    assert rows[2].endswith("5 2 6 1 4 3, first one")
    assert "1 Brest   2 Lille   3 Strasbourg   4 Lyon   5 Toulouse   6 Rouen" in lines[6]
    assert "128 trunks" in lines[7]
    assert max(map(len, lines)) <= WIDTH - len(INDENT)


@pytest.mark.parametrize(
    ("field", "place", "said"),
    [
        ("commune", "request-uri-user", "its commune, in the request URI"),
        ("cell", "header", "its cell, in a header"),
        ("line", "header", "the calling line, in a header"),
        ("number", "header", "nothing: its default commune"),
    ],
)
def test_a_dialect_is_said_in_words(field, place, said):
    told = small_content().operators[0]
    rule = replace(told.dialect[0], field=field, place=place)
    assert say_dialect(replace(told, dialect=(rule,))) == said


def test_the_table_has_a_row_for_each_act_and_says_what_is_not_as_told():
    heading, first, second, third = list_table(make_outcome(GOOD, BAD, NAMED))
    assert heading.split() == [
        "placed", "right", "delayed", "latest", "misrouted", "lost",
    ]  # fmt: skip
    assert first.split()[-7:] == ["2", "2", "0", "0.10", "s", "0", "0"]
    assert second.endswith("NOT AS TOLD")
    assert third.endswith("1  each named beforehand")
    assert first.index("0.10") == second.index("0.10") == third.index("0.10")


def test_a_good_end_gives_commands_to_paste(folder, capsys):
    outcome = make_outcome(GOOD, NAMED)
    assert outcome.is_good
    print_end(Screen(as_json=False), outcome, folder, CALL)
    out = capsys.readouterr().out
    assert "\n41 s. Nothing of it runs any more. Look next:\n" in out
    assert "  .venv/bin/route112 records query var/demo/run/site-1 --number 15\n" in out
    assert "route112 route 15 --commune 29019 --plan var/demo/fr.r112\n" in out
    assert "route112 up --plan var/demo/fr.r112 --psaps --exercise --detach\n" in out
    assert "What to look at" not in out
    assert max(map(len, out.splitlines())) <= WIDTH


def test_a_bad_end_names_the_acts_and_the_logs(folder, capsys):
    outcome = make_outcome(GOOD, BAD)
    assert (outcome.is_good, outcome.broken) == (False, ("one site dead",))
    print_end(Screen(as_json=False), outcome, folder, CALL)
    out = capsys.readouterr().out
    assert "41 s. Not as told: one site dead\n" in out
    assert (
        "What to look at: var/demo/run/callers-*.jsonl and var/demo/run/psaps/psaps.jsonl" in out
    )


def test_a_demo_without_acts_is_not_good():
    assert not make_outcome().is_good


def test_machines_get_every_act_and_every_verdict(folder, capsys):
    echo_report(make_outcome(GOOD, NAMED), folder)
    found = json.loads(capsys.readouterr().out)
    assert [act["name"] for act in found["acts"]] == ["nothing broken", "gateways"]
    assert found["acts"][1]["lost"] == found["acts"][1]["named_beforehand"] == 1
    assert all(act["kept"] for act in found["acts"])
    assert found["calls"] == [
        {
            "call_id": "a",
            "verdict": "delayed",
            "reason": "late",
            "rang": "+33261910010",
            "first_ring_ms": 700.0,
        }
    ]
    assert found["not_as_told"] == []
