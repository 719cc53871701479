import json
import os
import signal

import pytest
from tests.support.backed_up import NUMBER

from route112.adapters.backup_file import BackupError
from route112.apps.backup import command


def test_a_backup_is_sealed_says_what_is_in_it_and_shows_nobody(country):
    country.watch()
    country.order()
    words = ("--keep", country.trust, "--secret", country.key, *country.sealed, "--json")
    told = country.backup(*words)
    assert told.exit_code == 0, told.output
    document = json.loads(told.output)
    names = {piece["name"] for piece in document["manifest"]["pieces"]}
    assert (document["sealed"], document["watch"]) == (True, True)
    assert document["manifest"]["generation"] == 43
    assert {
        "planner/journal.log", "planner/audit.log", "planner/people.yaml", "watch/watch.sqlite",
        "watch/alarms.jsonl", "files/trust.json", "secrets/planner.key",
    } < names  # fmt: skip
    assert sum(name.startswith("planner/snapshots/") for name in names) == 1
    assert sum(name.startswith("planner/candidates/") for name in names) == 1
    assert sum(name.startswith("watch/watch-keys/") for name in names) == 1
    path = country.folder / "b.backup"
    assert path.stat().st_mode & 0o777 == 0o600
    assert NUMBER.encode() not in path.read_bytes()
    assert list(country.planner.glob(".backup-*")) == []


def test_a_folder_gets_a_file_named_by_the_time(country):
    target = country.folder / "backups"
    target.mkdir()
    told = country.backup("--unsealed", target=target)
    assert told.exit_code == 0, told.output
    (path,) = target.iterdir()
    assert path.name.startswith("route112-")
    assert "g42" in told.output
    assert "the call-back list is not in it" in told.output


@pytest.mark.parametrize("with_key", [False, True])
def test_what_is_secret_is_sealed_unless_told_otherwise(country, with_key):
    if with_key:
        words = ("--secret", country.key)
    else:
        words = ()
        country.watch()
    refused = country.backup(*words)
    assert refused.exit_code == 2
    assert "for whoever has the file" in refused.output
    assert country.backup(*words, "--unsealed").exit_code == 0
    assert country.backup(*words, "--unsealed", *country.sealed).exit_code == 2


def test_the_call_back_list_may_be_left_out(country):
    country.watch()
    assert country.backup("--without-watch", *country.sealed).exit_code == 0


def test_a_backup_lies_where_nobody_else_writes(country):
    target = country.folder / "open"
    target.mkdir()
    target.chmod(0o777)
    told = country.backup("--unsealed", target=target)
    assert (told.exit_code, "others may write into" in told.output) == (2, True)
    target.chmod(0o1777)
    assert country.backup("--unsealed", target=target).exit_code == 0
    assert country.backup("--unsealed", target=country.folder / "none" / "b").exit_code == 2


def test_nothing_is_overwritten(country):
    path = country.folder / "b.backup"
    path.write_text("before")
    told = country.backup("--unsealed")
    assert (told.exit_code, "exists already" in told.output) == (2, True)
    assert path.read_text() == "before"


def test_a_secret_that_others_can_read_is_told(country):
    country.key.chmod(0o640)
    told = country.backup("--secret", country.key, *country.sealed)
    assert (told.exit_code, "can be read by others" in told.output) == (1, True)


def test_a_passphrase_that_others_can_read_is_told(country):
    country.secret.chmod(0o644)
    assert country.backup(*country.sealed).exit_code == 2


def test_what_is_damaged_is_no_backup(country):
    journal = country.planner / "journal.log"
    journal.write_bytes(journal.read_bytes().replace(b"founded", b"f0unded"))
    told = country.backup("--unsealed")
    assert (told.exit_code, "journal.log" in told.output) == (1, True)
    assert not (country.folder / "b.backup").exists()


def test_a_store_that_is_damaged_is_no_backup(country):
    country.watch().store.write_bytes(b"nonsense" * 1_000)
    told = country.backup(*country.sealed)
    assert (told.exit_code, "is damaged" in told.output) == (1, True)


def test_a_planner_that_is_not_there_is_told(country):
    told = country.backup("--unsealed", "--folder", country.folder / "none")
    assert (told.exit_code, "none" in told.output) == (2, True)


def test_what_cannot_be_written_is_told(country, monkeypatch):
    def refuse(*_):
        raise BackupError("the disk is odd", "Take another")

    monkeypatch.setattr(command, "write_backup", refuse)
    told = country.backup("--unsealed")
    assert (told.exit_code, "the disk is odd" in told.output) == (2, True)


def test_a_backup_that_is_told_to_end_leaves_nothing(country, monkeypatch):
    def end(*_):
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(command, "write_backup", end)
    before = sorted(country.planner.rglob("*"))
    told = country.backup("--secret", country.key, *country.sealed)
    assert told.exit_code == 128 + signal.SIGTERM
    assert sorted(country.planner.rglob("*")) == before


def test_what_a_backup_left_that_was_killed_goes_with_the_next(country):
    left = country.planner / ".backup-killed" / "secrets"
    left.mkdir(parents=True)
    (left / "planner.key").write_text("private")
    assert country.backup("--unsealed").exit_code == 0
    assert list(country.planner.glob(".backup-*")) == []


def test_a_backup_on_the_disk_of_the_journal_leaves_it_room(country, monkeypatch):
    def refuse(folder, _):
        raise OSError(28, "no room", str(folder))

    monkeypatch.setattr(command, "check_room", refuse)
    told = country.backup("--unsealed")
    assert (told.exit_code, "no room" in told.output) == (2, True)
    assert not (country.folder / "b.backup").exists()
