"""What a newcomer reads: one line a call, what was wrong, where to look next."""

import json
from pathlib import Path

import pytest
from tests.support.sip import make_call
from tests.support.snapshots import small_content

from route112.apps.demo.calls import Outcome, Ring
from route112.apps.demo.choice import Expected
from route112.apps.demo.country import BuiltSnapshot, DemoFolder
from route112.apps.demo.report import (
    Stage,
    echo_report,
    find_psap,
    print_report,
    render_outcome,
    show,
)
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

CALL = make_call("17", "29019", "+33261910020")
RIGHT = Outcome(
    call=CALL, call_id="1@x", rings=(Ring("+33261910020", "127.0.4.1-5060-udp"),), answered=True
)
WRONG = Outcome(
    call=CALL, call_id="1@x", rings=(Ring("+33199000020", "127.0.4.1-5060-udp"),), answered=True
)
LOST = Outcome(call=CALL, call_id="1@x", rings=(), answered=False)


@pytest.fixture
def stage():
    built = BuiltSnapshot(
        snapshot=Snapshot(write_snapshot(small_content())),
        files=2,
        parsed=2,
        repairs=0,
        key_id="00",
    )
    row = Expected("29019", "17", "CIC17-29", ("+33261910020",))
    return Stage(folder=DemoFolder(Path("var/demo")), built=built, chosen=((CALL, row),))


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (RIGHT, "17 @29019 bruyere/mobile -> CIC17-29 +33261910020"),
        (WRONG, "17 @29019 bruyere/mobile -> CIC17-75 +33199000020"),
        (LOST, "17 @29019 bruyere/mobile -> rang nowhere"),
    ],
)
def test_where_a_call_rang_is_told_in_the_one_notation(stage, outcome, line):
    assert render_outcome(stage, outcome) == line


def test_a_number_that_is_nobodys_is_said_to_be(stage):
    assert find_psap(stage, "+33199009999") == "?"
    assert find_psap(stage, "+33465710001") == "?"


def test_success_says_where_to_look_next(stage, capsys):
    print_report(stage, [RIGHT], 7.25)
    out = capsys.readouterr().out
    assert "-> CIC17-29 +33261910020  as expected" in out
    assert "1 of 1 calls rang at the expected answering point, 7.2 s." in out
    assert "route112 route 17 --commune 29019 --plan var/demo/fr.r112" in out
    assert "What to look at" not in out


def test_failure_says_what_was_expected_and_what_to_look_at(stage, capsys):
    print_report(stage, [WRONG, LOST], 7.25)
    out = capsys.readouterr().out
    assert "WRONG: expected  +33261910020" in out
    assert "rang nowhere" in out
    assert "never answered" in out
    assert "0 of 2 calls" in out
    assert "What to look at: var/demo/run/kamailio.log" in out


def test_json_has_everything(stage, capsys):
    echo_report(stage, [RIGHT], 7.25)
    report = json.loads(capsys.readouterr().out)
    assert (report["right"], report["generation"], report["seconds"]) == (1, 42, 7.2)
    [call] = report["calls"]
    assert call["rang"] == [{"psap": "CIC17-29", "number": "+33261910020"}]
    assert call["expected"]["number"] == "+33261910020"
    assert call["right"] is True


def test_a_path_is_shown_as_typed_from_here():
    assert show(Path.cwd() / "var" / "demo") == "var/demo"
    assert show(Path("/elsewhere/demo")) == "/elsewhere/demo"
