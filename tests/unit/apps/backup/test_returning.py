import contextlib
import dataclasses

import msgspec
import pytest

from route112.adapters.backup_file import BackupError
from route112.adapters.clock import utc_now
from route112.apps.backup import returning
from route112.apps.backup.examining import DamageError
from route112.apps.backup.options import make_places
from route112.apps.backup.returning import bring_back, look_at
from route112.change import State
from route112.change.events import Restored

RESTORED = Restored(at_us=utc_now(), author="root", reason="burnt")


@pytest.fixture
def backup(country):
    assert country.backup("--unsealed").exit_code == 0
    country.lose()
    return country.folder / "b.backup"


def test_a_journal_that_ends_elsewhere_is_refused(country, backup, monkeypatch):
    real = returning.examine

    def forget(files):
        journal = real(files)
        end = type(journal.end)(journal.end.number, "0" * 64)
        return type(journal)(journal.events, end, journal.size, 0, "")

    monkeypatch.setattr(returning, "examine", forget)
    with pytest.raises(DamageError, match="does not end where the manifest says"):
        look_at(backup, None, country.folder)
    with pytest.raises(DamageError):
        bring_back(backup, None, make_places(country.run_dir, None), RESTORED, None)
    assert list(country.run_dir.iterdir()) == []


def test_a_planner_elsewhere_gets_its_folder(country, backup):
    elsewhere = country.folder / "deep" / "planner"
    returned = bring_back(backup, None, make_places(country.run_dir, elsewhere), RESTORED, None)
    assert (elsewhere / "journal.log").exists()
    assert elsewhere.stat().st_mode & 0o777 == 0o700
    assert isinstance(returned.state, State)
    assert (returned.adopted, returned.state.is_learning) == (0, True)
    assert list(country.run_dir.iterdir()) == [], "no watch, no keys: nothing else"


@pytest.fixture
def sealed(country):
    """A backup with all kinds of secrets, on a medium of its own."""
    country.order()
    country.watch()
    words = ("--keep", country.trust, "--secret", country.key, *country.sealed)
    medium = country.folder / "medium"
    medium.mkdir()
    assert country.backup(*words, target=medium / "b.backup").exit_code == 0
    return medium / "b.backup"


def test_a_look_writes_no_key_and_nothing_beside_the_backup(country, sealed, monkeypatch):
    real, seen, beside = returning.examine, [], country.folder / "deep" / "run"

    def look(files):
        unpacked = (path for path in country.folder.rglob("*") if ".restore-" in str(path))
        seen.extend(path for path in unpacked if path.is_file())
        return real(files)

    monkeypatch.setattr(returning, "examine", look)
    look_at(sealed, b"correct horse", beside)
    names = {path.name for path in seen}
    assert {"journal.log", "audit.log", "watch.sqlite"} < names
    assert {"planner.key", "trust.json"}.isdisjoint(names)
    assert not [path for path in seen if "watch-keys" in str(path)]
    assert not [path for path in seen if not path.is_relative_to(beside)]
    assert not beside.parent.exists(), "a folder that was not there goes again"


def test_a_look_compares_the_keys_too(country, sealed, monkeypatch):
    content = returning.read_backup

    @contextlib.contextmanager
    def alter(path, passphrase):
        with content(path, passphrase) as backup:
            *others, key = backup.manifest.pieces
            assert key.name == "secrets/planner.key"
            pieces = (*others, msgspec.structs.replace(key, sha256="0" * 64))
            manifest = msgspec.structs.replace(backup.manifest, pieces=pieces)
            yield dataclasses.replace(backup, manifest=manifest)

    monkeypatch.setattr(returning, "read_backup", alter)
    with pytest.raises(BackupError, match=r"planner\.key is not as it was written"):
        look_at(sealed, b"correct horse", country.run_dir)


def test_what_a_restore_left_that_was_killed_goes_with_the_next(country, backup):
    left = country.run_dir / ".restore-killed" / "secrets" / "planner.key"
    left.parent.mkdir(parents=True)
    left.write_text("private")
    bring_back(backup, None, make_places(country.run_dir, None), RESTORED, None)
    assert list(country.run_dir.glob(".restore-*")) == []
