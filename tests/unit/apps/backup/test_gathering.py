import os
import shutil
from dataclasses import replace

import pytest

from route112.apps.backup import gathering
from route112.apps.backup.gathering import ROOM_LEFT_BYTES, GatherError, Wanted, gather
from route112.apps.backup.options import make_places
from route112.change import parse_journal


def take(country, name="staging", **wanted):
    places = make_places(country.run_dir, None)
    staging = country.folder / name
    staging.mkdir(mode=0o700)
    return gather(replace(Wanted(places=places, with_watch=False), **wanted), staging)


def test_a_line_that_is_being_written_is_left_out(country):
    country.order()
    journal = country.planner / "journal.log"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b"C1 order-given n=9 t=1 id=o-2")
    taken = take(country).files["planner/journal.log"]
    assert taken.read_bytes() == whole
    assert parse_journal(whole).torn == 0


def test_lines_of_watch_are_whole(country):
    country.watch()
    taken = take(country, with_watch=True).files["watch/alarms.jsonl"]
    assert taken.read_bytes() == b'{"event":1}\n'


def test_logs_that_are_full_come_along(country):
    full = country.planner / "audit-1795000000000000.log"
    full.write_bytes((country.planner / "audit.log").read_bytes())
    assert f"planner/{full.name}" in take(country).files


def test_logs_that_are_full_take_no_room_beside_themselves(country):
    log = country.planner / "audit.log"
    full, same = (country.planner / f"audit-179500000000000{each}.log" for each in (0, 1))
    full.write_bytes(log.read_bytes())
    same.hardlink_to(log)  # as a planner leaves it that is killed while it begins another
    taken = take(country).files
    assert taken[f"planner/{full.name}"].samefile(full)
    assert not taken[f"planner/{same.name}"].samefile(same), "it goes on growing"
    assert not taken["planner/audit.log"].samefile(log)


def test_a_full_log_without_its_last_line_is_cut_there(country):
    whole = (country.planner / "audit.log").read_bytes()
    full = country.planner / "audit-1795000000000000.log"
    full.write_bytes(whole + b"A1 refused")
    assert take(country).files[f"planner/{full.name}"].read_bytes() == whole


def leave(monkeypatch, free):
    usage = shutil.disk_usage("/")._replace(free=free)
    monkeypatch.setattr(gathering.shutil, "disk_usage", lambda _: usage)


def test_nothing_is_taken_that_would_fill_the_disk_of_the_journal(country, monkeypatch):
    country.order()
    size = (country.planner / "journal.log").stat().st_size
    leave(monkeypatch, ROOM_LEFT_BYTES + size - 1)
    with pytest.raises(OSError, match="on the disk of the journal"):
        take(country)
    assert not [path for path in (country.folder / "staging").rglob("*") if path.is_file()]


def test_the_call_back_list_is_taken_where_there_is_room_for_its_log_too(country, monkeypatch):
    files = country.watch()
    log = files.store.with_name("watch.sqlite-wal")
    log.write_bytes(b"")
    assert not log.stat().st_size
    os.truncate(log, 1 << 20)
    leave(monkeypatch, ROOM_LEFT_BYTES + files.store.stat().st_size + (1 << 20) - 1)
    with pytest.raises(OSError, match="on the disk of the journal"):
        take(country, with_watch=True)


def test_a_log_that_becomes_full_meanwhile_is_taken_anew(country, monkeypatch):
    real, full = gathering.read_plain, country.planner / "audit-1795000000000000.log"

    def rotate(path, most):
        if path.name == "audit.log" and not full.exists():
            full.write_bytes(path.read_bytes())
        return real(path, most)

    monkeypatch.setattr(gathering, "read_plain", rotate)
    assert f"planner/{full.name}" in take(country).files


def test_an_audit_log_that_was_altered_is_told(country):
    log = country.planner / "audit.log"
    log.write_bytes(log.read_bytes().replace(b"refused", b"allowed"))
    with pytest.raises(GatherError, match=r"audit\.log"):
        take(country)


def test_a_journal_that_has_not_begun_is_told(country):
    (country.planner / "journal.log").write_bytes(b"")
    with pytest.raises(GatherError, match="it has not begun"):
        take(country)


def test_a_snapshot_that_goes_meanwhile_begins_it_anew(country, monkeypatch):
    country.order()
    real, gone = gathering.os.link, []

    def lose_once(source, target):
        if not gone:
            gone.append(source)
            raise FileNotFoundError(2, "gone", str(source))
        real(source, target)

    monkeypatch.setattr(gathering.os, "link", lose_once)
    assert len(take(country).files) == 5
    assert gone
    assert [path.name for path in (country.folder / "staging").iterdir()] == ["1"]


def test_a_snapshot_that_is_missing_is_told(country):
    country.order()
    for path in (country.planner / "snapshots").iterdir():
        path.unlink()
    with pytest.raises(GatherError, match="is not there, and the planner needs it"):
        take(country)


def test_where_there_are_no_links_files_are_copied(country, monkeypatch):
    def refuse(*_):
        raise OSError(18, "other file system")

    monkeypatch.setattr(gathering.os, "link", refuse)
    assert all(path.is_file() for path in take(country).files.values())
    leave(monkeypatch, ROOM_LEFT_BYTES)
    with pytest.raises(OSError, match="on the disk of the journal"):
        gathering._link(country.key, country.folder / "copy")
    assert not (country.folder / "copy").exists()


def test_two_files_of_one_name_are_told(country):
    other = country.folder / "other" / country.key.name
    other.parent.mkdir()
    other.write_text("x")
    with pytest.raises(GatherError, match=r"two files are called planner\.key"):
        take(country, kept=(other,), secrets=(country.key,))
