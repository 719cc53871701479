import hashlib
import io
import os
import tarfile
from pathlib import Path

import msgspec
import pytest

from route112.adapters.backup_file import (
    MANIFEST_VERSION,
    BackupError,
    Manifest,
    archive,
    hash_file,
    read_backup,
    sealing,
    write_backup,
)

SECRET = b"correct horse"
CONTENTS = {"planner/journal.log": b"C1 one\n", "watch/watch-keys/2026-11.key": b"k" * 32}


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(sealing, "SCRYPT_COST", 2**4)


@pytest.fixture
def files(tmp_path):
    found = {}
    for number, (name, content) in enumerate(CONTENTS.items()):
        found[name] = tmp_path / f"{number}"
        found[name].write_bytes(content)
    return found


def describe(files, **changed):
    values = {
        "version": MANIFEST_VERSION,
        "made_us": 1_795_000_000_000_000,
        "software": "1.0",
        "host": "planner-1",
        "generation": 43,
        "journal_lines": 1,
        "journal_seal": "5" * 64,
        "pieces": tuple(hash_file(name, path) for name, path in files.items()),
    }
    return Manifest(**values | changed)


def write(target, files, passphrase=None, **changed):
    write_backup(target, describe(files, **changed), files, passphrase)
    return target


def extract(path, folder, passphrase=None):
    with read_backup(path, passphrase) as backup:
        backup.extract(folder)
        return backup.manifest


@pytest.mark.parametrize("passphrase", [None, SECRET])
def test_what_was_written_comes_back_for_its_owner_alone(tmp_path, files, passphrase):
    path = write(tmp_path / "b.backup", files, passphrase)
    assert path.stat().st_mode & 0o777 == 0o600
    manifest = extract(path, tmp_path / "back", passphrase)
    assert manifest == describe(files)
    for name, content in CONTENTS.items():
        assert (tmp_path / "back" / name).read_bytes() == content
        assert (tmp_path / "back" / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "back" / "planner").stat().st_mode & 0o777 == 0o700
    assert (CONTENTS["planner/journal.log"] in path.read_bytes()) == (passphrase is None)
    assert [each.name for each in tmp_path.glob(".*")] == []


def test_a_backup_is_never_overwritten(tmp_path, files):
    path = tmp_path / "b.backup"
    path.write_bytes(b"old")
    with pytest.raises(BackupError, match="exists already"):
        write(path, files)
    assert path.read_bytes() == b"old"


def test_a_file_system_that_shows_files_to_others_is_refused(tmp_path, files, monkeypatch):
    real = os.fstat
    monkeypatch.setattr(
        archive.os, "fstat", lambda handle: os.stat_result((0o100755, *real(handle)[1:]))
    )
    with pytest.raises(BackupError, match="shows files to others"):
        write(tmp_path / "b.backup", files)
    assert not (tmp_path / "b.backup").exists()


def test_what_changed_while_it_was_written_is_found_before_it_has_its_name(tmp_path, files):
    manifest = describe(files)
    files["planner/journal.log"].write_bytes(b"C1 two\n")
    with pytest.raises(BackupError, match=r"journal\.log is not as it was written"):
        write_backup(tmp_path / "b.backup", manifest, files, None)
    assert not (tmp_path / "b.backup").exists()


@pytest.mark.parametrize(
    ("passphrase", "given", "text"),
    [
        (SECRET, None, "is sealed"),
        (None, SECRET, "is not sealed"),
        (SECRET, b"wrong", "the passphrase is another one"),
    ],
)
def test_a_passphrase_is_given_where_there_is_one(tmp_path, files, passphrase, given, text):
    path = write(tmp_path / "b.backup", files, passphrase)
    with pytest.raises(BackupError, match=text):
        extract(path, None, given)


def test_a_backup_that_others_can_read_is_told(tmp_path, files):
    path = write(tmp_path / "b.backup", files)
    path.chmod(0o644)
    with pytest.raises(BackupError, match="can be read by others") as told:
        extract(path, None)
    assert "chmod 600" in told.value.remedy


def alter(path, old, new):
    content = path.read_bytes()
    assert content.count(old) >= 1
    path.write_bytes(content.replace(old, new))


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (lambda path: alter(path, b"C1 one", b"C1 two"), "journal.log is not as it was written"),
        (lambda path: alter(path, b'"generation": 43', b'"generation": 42'), "manifest is not as"),
        (lambda path: path.write_bytes(path.read_bytes()[:700]), "cut off, or no backup"),
        (lambda path: path.write_bytes(path.read_bytes()[:3_000]), "it ends before"),
        (lambda path: path.write_bytes(b""), "cut off, or no backup"),
        (lambda path: path.write_bytes(b"nonsense" * 1_000), "cut off, or no backup"),
    ],
)
def test_every_damage_has_its_words(tmp_path, files, damage, text):
    path = write(tmp_path / "b.backup", files)
    damage(path)
    with pytest.raises(BackupError, match=text):
        extract(path, None)


def forge(path, manifest, members):
    """Write an archive whose manifest is as it should be, and these members."""
    content = manifest if isinstance(manifest, bytes) else msgspec.json.encode(manifest)
    digest = hashlib.sha256(content).hexdigest().encode()
    with path.open("wb") as file, tarfile.open(fileobj=file, mode="w|") as tar:
        for name, text in (("manifest.json", content), ("manifest.sha256", digest), *members):
            member = name
            if isinstance(name, str):
                member = tarfile.TarInfo(name)
                member.size = len(text)
            tar.addfile(member, io.BytesIO(text))
    path.chmod(0o600)
    return path


def make_link(name):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return member


def list_members(files):
    return [(name, path.read_bytes()) for name, path in files.items()]


@pytest.mark.parametrize(
    ("tamper", "text"),
    [
        (lambda members: [*members, ("planner/more", b"x")], "is in it, and not in its manifest"),
        (lambda members: members[:1], "it ends before watch"),
        (lambda members: members[::-1], "stands where planner/journal.log should"),
        (lambda members: [(make_link(members[0][0]), b""), members[1]], "stands where"),
    ],
)
def test_members_are_those_of_the_manifest(tmp_path, files, tamper, text):
    path = forge(tmp_path / "b", describe(files), tamper(list_members(files)))
    with pytest.raises(BackupError, match=text):
        extract(path, tmp_path / "back")


@pytest.mark.parametrize(
    "name", ["../planner/journal.log", "/etc/passwd", "planner", "planner/.hidden", "planner//x"]
)
def test_no_name_leads_elsewhere(tmp_path, files, name):
    odd = msgspec.structs.replace(describe(files).pieces[0], name=name)
    path = forge(tmp_path / "b", describe(files, pieces=(odd,)), [(name, b"C1 one\n")])
    with pytest.raises(BackupError, match="names what no backup has"):
        extract(path, tmp_path / "back")
    assert not Path("/etc/passwd").is_symlink()


@pytest.mark.parametrize(
    ("manifest", "text"),
    [
        (b'{"version": 2}', "has version 2, not 1"),
        (b'{"version": 1}', "its manifest cannot be read"),
        (b"nonsense", "its manifest cannot be read"),
    ],
)
def test_a_manifest_that_is_none_is_told(tmp_path, manifest, text):
    with pytest.raises(BackupError, match=text):
        extract(forge(tmp_path / "b", manifest, []), None)
