import json
import os

from route112.apps.station.events import Reporter, show_time
from route112.model import UtcTime
from route112.wire.record_lines import parse_line


def make(tmp_path, **options):
    raw = os.open(tmp_path / "raw.log", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    return Reporter("site-3", raw=raw, key="k1", now=lambda: UtcTime(5), **options)


def test_an_event_is_a_record_and_a_line_for_people(tmp_path, capsys):
    report = make(tmp_path)
    report.generation = 42
    report.tell("snapshot-refused", "g41 is refused", reason="older generation")
    line = (tmp_path / "raw.log").read_bytes()
    assert line == (
        b"R1 site k=k1 t=5 site=site-3 event=snapshot-refused g=42 reason=older%20generation\n"
    )
    assert parse_line(line).get("reason") == "older generation"
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "site-3: g41 is refused\n")


def test_machines_get_json(tmp_path, capsys):
    report = make(tmp_path, as_json=True)
    report.tell("start", "ready", generation=7)
    report.say("by the way")
    out = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in out] == [
        {"t": 5, "site": "site-3", "event": "start", "g": 7, "reason": "", "text": "ready"}
    ]


def test_an_event_that_took_time_says_how_long(tmp_path):
    make(tmp_path).tell("native-flip", "late", generation=7, ms=1_500)
    assert parse_line((tmp_path / "raw.log").read_bytes()).get("ms") == "1500"


def test_an_event_of_no_snapshot_has_no_generation(tmp_path):
    make(tmp_path).tell("start", "ready")
    assert b" g= " in (tmp_path / "raw.log").read_bytes()


def test_a_closed_terminal_and_a_full_disk_stop_nothing(tmp_path, monkeypatch):
    report = make(tmp_path, as_json=True)
    os.close(report._raw)

    def closed(*_arguments, **_options):
        raise BrokenPipeError

    monkeypatch.setattr("route112.apps.station.events.click.echo", closed)
    report.tell("start", "ready")


def test_times_are_shown_in_utc():
    assert show_time(UtcTime(1_795_366_800_000_000)) == "2026-11-22T17:00:00Z"
