import re
from dataclasses import replace
from pathlib import Path

import msgspec
from tests.support.alarms import begin, find, make_alarms, play
from tests.support.seen import T0

from route112.adapters.watch_store import Told
from route112.apps.alarms import show
from route112.apps.alarms.show import (
    dump_told,
    list_cells,
    name_departements,
    render_alarm,
    render_time,
    render_told,
)
from route112.watch.alarms import AlarmEvent, Hit, State, What


def raise_event():
    alarms = make_alarms()
    play(alarms, lost=lambda call: "site" if call.site == "site-2" else "", rounds=4)
    finding = replace(find(site="site-2"), evidence=("30 of 90 callers failed",))
    (event,) = alarms.take(begin(finding), T0)
    return event


DOCUMENT = Path(__file__).parents[4] / "docs" / "alarms.md"
EVENT = raise_event()
ALARM = EVENT.alarm


def test_times_are_utc_and_none_is_empty():
    assert render_time(T0) == "2026-11-18T11:06:40Z"
    assert render_time(0) == ""


def test_a_row_says_the_most_important():
    assert list_cells(ALARM)[3] == "site-2: more callers fail than usual"
    assert list_cells(ALARM)[-1].startswith("site site-2: ")
    assert list_cells(replace(ALARM, factors=(), party=""))[4:] == (
        "?",
        "22 29 35 56 75",
        5_000,
        "-",
    )


def test_many_departements_are_counted():
    many = replace(ALARM, hit=Hit(departements=tuple("abcdefgh")))
    assert name_departements(many) == "a b c d e f and 2 more"


def test_an_alarm_is_told_whole():
    text = "\n".join(render_alarm(ALARM))
    assert text.startswith("alarm 1 open: site-2: more callers fail than usual")
    for part in ("floor   30 s", "shared  site site-2", "30 of 90 callers failed", "100% of"):
        assert part in text
    assert text.endswith("do      docs/runbooks/success.md")


def test_a_floor_that_nobody_knows_is_no_number():
    text = "\n".join(render_alarm(replace(ALARM, floor_s=float("inf"))))
    assert "floor   not known" in text
    assert "inf" not in text


def test_its_end_and_what_is_left_out_are_said(monkeypatch):
    monkeypatch.setattr(show, "FINDINGS_SHOWN_MAX", 0)
    merged = replace(ALARM, state=State.MERGED, over_us=T0, into=7)
    text = "\n".join(render_alarm(merged))
    assert "goes on as alarm 7" in text
    assert "and 1 more" in text


def test_an_event_is_one_line():
    line = render_told(Told(1, 0, EVENT))
    assert line.startswith("2026-11-18T11:06:40Z opened alarm 1: site-2: more callers fail")
    assert "; shared: site site-2" in line
    merged = AlarmEvent(What.MERGED, replace(ALARM, state=State.MERGED, into=7, factors=()))
    assert "merged alarm 1 into alarm 7: " in render_told(Told(2, 0, merged))


def test_machines_are_told_the_same():
    said = msgspec.json.decode(msgspec.json.encode(dump_told(Told(3, T0, EVENT))))
    assert (said["event"], said["what"], said["alarm"]["id"]) == (3, "opened", 1)
    assert said["alarm"]["series"] == {"site": "site-2"}
    assert said["alarm"]["factors"][0]["value"] == "site-2"
    assert said["alarm"]["findings"][0]["evidence"] == ["30 of 90 callers failed"]
    assert said["alarm"]["runbook"] == "docs/runbooks/success.md"


def test_the_document_has_all_fields():
    told = dump_told(Told(3, T0, EVENT))
    text = DOCUMENT.read_text().partition("## For machines")[2].partition("\n## ")[0]
    rows = [row.split(" | ")[0] for row in text.splitlines() if row.startswith("| `")]
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(names) == sorted(told["alarm"])
    own = {*told, *told["alarm"]["factors"][0], *told["alarm"]["findings"][0]}
    for name in own | {"served", "failed", "share"}:
        assert f"`{name}`" in text, name
    for word in (*State, *What):
        assert f"`{word}`" in text, word
