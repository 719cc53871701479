"""The end: what is good, what is said when it is not, and what to paste next."""

import json

import pytest

from route112.apps.demo import report as module
from route112.apps.demo.country import DemoFolder
from route112.apps.demo.draw import DemoCall
from route112.apps.demo.report import Outcome, echo_report, print_next
from route112.simulation.checker import CallVerdict, Judgement, Verdict

CALL = DemoCall(
    dialled="15",
    commune="29019",
    name="Brest",
    operator="bruyere",
    technology="mobile",
    targets=("+33261910010",),
)


def make_outcome(*broken, **counts):
    usual = {"placed": 2, "right": 2, "delayed": 1, "misrouted": 0, "lost": 0, "ghosts": 0}
    verdict = CallVerdict(
        call_id="1@demo",
        verdict=Verdict.DELAYED,
        reason="late",
        number="+33261910010",
        first_ring_ms=700.0,
    )
    judgement = Judgement(
        **(usual | counts),
        unique_callers=2,
        unique_callers_lost=0,
        strangers=(),
        verdicts=(verdict,),
    )
    return Outcome(judgement, broken, 21.04)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "own_name", lambda: ".venv/bin/route112")
    return DemoFolder(tmp_path / "var" / "demo")


def test_a_good_end_gives_commands_to_paste(folder, capsys):
    print_next(make_outcome(), folder, CALL, "127.0.1.1:5062")
    out = capsys.readouterr().out
    assert out.startswith("\n21.0 s. No call was lost, none misrouted.\n\nLook next:\n")
    assert "  .venv/bin/route112 records tail var/demo/run/site\n" in out
    assert "  .venv/bin/route112 records query var/demo/run/site --number 15\n" in out
    assert "route112 route 15 --commune 29019 --plan var/demo/fr.r112\n" in out
    assert "route112 call 15 --commune 29019 --to 127.0.1.1:5062\n" in out
    assert "What to look at" not in out


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (make_outcome("one thing", "another"), "Not as told: one thing; another"),
        (make_outcome(lost=1), "Calls were lost or misrouted."),
        (make_outcome(misrouted=1), "Calls were lost or misrouted."),
    ],
)
def test_a_bad_end_says_so_and_where_to_look(folder, capsys, outcome, said):
    print_next(outcome, folder, CALL, "127.0.1.1:5062")
    assert not outcome.is_good
    out = capsys.readouterr().out
    assert said in out
    assert "What to look at: var/demo/run/psaps.jsonl and callers-*.jsonl" in out


def test_machines_get_every_verdict(folder, capsys):
    echo_report(make_outcome("one thing"), folder)
    found = json.loads(capsys.readouterr().out)
    counts = {"placed": 2, "right": 2, "delayed": 1, "misrouted": 0, "lost": 0, "ghosts": 0}
    assert {name: found[name] for name in counts} == counts
    assert found["not_as_told"] == ["one thing"]
    assert found["calls"][0]["verdict"] == "delayed"
    assert found["records"] == str(folder.site / "records")
