import os

import pytest

from route112.adapters.atomic_file import MODE_PRIVATE, write_atomically


def test_content_replaces_content(tmp_path):
    path = tmp_path / "fr.r112"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [entry.name for entry in tmp_path.iterdir()] == ["fr.r112"]


def test_who_has_the_old_file_open_keeps_reading_it(tmp_path):
    path = tmp_path / "fr.r112"
    write_atomically(path, b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"new")
        assert reader.read() == b"old"


def test_a_private_file_is_private(tmp_path):
    path = tmp_path / "key"
    write_atomically(path, b"secret", mode=MODE_PRIVATE)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_failure_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    path = tmp_path / "fr.r112"
    write_atomically(path, b"old")

    def fail(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["fr.r112"]


def test_a_link_stays_a_link(tmp_path):
    path, link = tmp_path / "fr-1.r112", tmp_path / "fr.r112"
    path.write_bytes(b"old")
    link.symlink_to(path.name)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "nowhere" / "fr.r112", b"new")


def test_what_need_not_be_durable_is_not_synced(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", None)
    write_atomically(tmp_path / "states.json", b"new", durable=False)
    assert (tmp_path / "states.json").read_bytes() == b"new"
