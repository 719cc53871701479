import os

import pytest
from tests.support.commanding import NOW, PEOPLE, ask

from route112.access import AUDIT, Approval, Desk, judge, note, parse_audit
from route112.adapters.chained_file import ChainedFile
from route112.apps.planner import auditing
from route112.apps.planner.auditing import AuditError, AuditLog


def append(log, asked, now=NOW):
    verdict = judge(asked, log.desk, PEOPLE, now=now)
    log.append(verdict, note(log.desk, verdict))
    return verdict


def nonce(number):
    return f"{number:016d}"


def test_what_waits_and_what_was_used_outlives_the_planner(tmp_path):
    log = AuditLog(tmp_path)
    waiting = append(log, ask())
    used = append(log, ask("order pause", by="desk-29", nonce=nonce(2)))
    log.close()
    again = AuditLog(tmp_path)
    assert set(again.desk.waiting) == {waiting.hash}
    assert set(again.desk.used) == {used.hash}
    assert again.verdicts == (waiting, used)
    done = append(again, Approval(request=waiting.hash, by=ask(by="operator").by))
    assert again.verdicts[0] == done
    again.close()


def test_a_torn_line_is_cut_off(tmp_path):
    log = AuditLog(tmp_path)
    append(log, ask())
    log.close()
    path = tmp_path / "audit.log"
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:50])
    AuditLog(tmp_path).close()
    assert path.read_bytes() == whole


def test_a_full_file_is_kept_and_a_new_one_begun(tmp_path):
    log = AuditLog(tmp_path, rotate_bytes=2_000)
    first = append(log, ask(nonce=nonce(1)))
    for number in range(2, 12):
        append(log, ask(nonce=nonce(number)), NOW + number)
    log.close()
    kept = sorted(tmp_path.glob("audit-*.log"))
    assert kept
    assert all(parse_audit(each.read_bytes()).flaw == "" for each in kept)
    again = AuditLog(tmp_path, rotate_bytes=2_000)
    assert len(again.desk.waiting) == 11, "what waits is in the new file too"
    assert first.hash in again.desk.waiting
    again.close()


def test_a_file_that_cannot_be_kept_stops_everything(tmp_path, monkeypatch):
    log = AuditLog(tmp_path, rotate_bytes=1)
    append(log, ask(nonce=nonce(1)))

    def refuse(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", refuse)
    before = log.desk
    with pytest.raises(AuditError, match="nothing is done without a line"):
        append(log, ask(nonce=nonce(2)))
    assert log.desk == before
    monkeypatch.undo()
    append(log, ask(nonce=nonce(3)))
    log.close()
    assert len(AuditLog(tmp_path).desk.waiting) == 2


def test_a_log_that_a_failed_write_shut_is_read_anew(tmp_path, monkeypatch):
    log = AuditLog(tmp_path)
    append(log, ask(nonce=nonce(1)))

    def fail(*_args):
        raise OSError(5, "Input/output error")

    for name in ("fdatasync", "ftruncate"):
        monkeypatch.setattr(os, name, fail)
    with pytest.raises(AuditError, match="Input/output error"):
        append(log, ask(nonce=nonce(2)))
    assert log.is_shut
    monkeypatch.setattr(ChainedFile, "read", fail)
    with pytest.raises(AuditError, match="Input/output error"):
        log.reopen()
    assert log.is_shut
    monkeypatch.undo()
    assert log.reopen() == (), "what waits is not done without somebody else"
    assert not log.is_shut
    assert len(log.desk.waiting) == 2, "the line was on the disk"
    append(log, ask(nonce=nonce(3)))
    log.close()


def test_a_new_file_that_was_not_taken_is_no_log(tmp_path):
    log = AuditLog(tmp_path)
    append(log, ask())
    log.close()
    ChainedFile(tmp_path / "audit.next", AUDIT).close()
    again = AuditLog(tmp_path)
    assert len(again.desk.waiting) == 1
    assert not (tmp_path / "audit.next").exists()
    again.close()


def test_an_altered_log_is_not_gone_on_with(tmp_path):
    log = AuditLog(tmp_path)
    append(log, ask())
    with pytest.raises(AuditError, match="another program has it open"):
        AuditLog(tmp_path)
    log.close()
    path = tmp_path / "audit.log"
    path.write_bytes(path.read_bytes().replace(b"flooded", b"flOOded"))
    with pytest.raises(AuditError, match="it was altered"):
        AuditLog(tmp_path)


def test_a_line_that_is_no_verdict_is_told(tmp_path, monkeypatch):
    from route112.wire.chained import render_chained

    line, end = render_chained("allowed", {"what": "else"}, time_us=NOW, after=AUDIT)
    with ChainedFile(tmp_path / "audit.log", AUDIT) as file:
        file.append(line, end)
    with pytest.raises(AuditError, match="says what no verdict says"):
        AuditLog(tmp_path)
    assert auditing.ROTATE_BYTES > 0


def test_an_empty_desk_is_begun(tmp_path):
    log = AuditLog(tmp_path)
    assert log.desk == Desk()
    log.close()
