import os
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.support.snapshots import make_test_key

from route112.adapters import key_files
from route112.adapters.key_files import (
    KEY_FILE_SIZE_MAX,
    PASSPHRASE_SIZE_MAX,
    KeyFileError,
    generate_key,
    read_passphrase,
    read_private_key,
    write_private_key,
)

KEY = make_test_key("a")


def raw(key):
    return key.private_bytes_raw()


def list_names(folder):
    return [path.name for path in folder.iterdir()]


def write(path, content, mode=0o600):
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_every_key_is_another_one():
    assert raw(generate_key()) != raw(generate_key())


@pytest.mark.parametrize("passphrase", [None, b"correct horse"])
def test_a_key_is_read_as_it_was_written(tmp_path, passphrase):
    path = tmp_path / "a.key"
    write_private_key(path, KEY, passphrase)
    assert raw(read_private_key(path, passphrase)) == raw(KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN ")
    assert list_names(tmp_path) == ["a.key"]


def test_a_mask_of_the_shell_opens_nothing(tmp_path):
    before = os.umask(0)
    try:
        write_private_key(tmp_path / "a.key", KEY)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600


def test_a_private_key_is_never_overwritten(tmp_path):
    path = write(tmp_path / "a.key", b"precious")
    with pytest.raises(KeyFileError) as caught:
        write_private_key(path, KEY)
    assert caught.value.message == f"{path} exists already"
    assert caught.value.remedy == "Choose another name; a private key is never overwritten"
    assert path.read_bytes() == b"precious"
    assert list_names(tmp_path) == ["a.key"]


def test_a_disk_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(key_files.os, "fsync", fail)
    with pytest.raises(KeyFileError, match=r"a\.key cannot be written: No space left on device"):
        write_private_key(tmp_path / "a.key", KEY)
    assert list_names(tmp_path) == []


def test_a_folder_that_is_missing_is_named(tmp_path):
    path = tmp_path / "none" / "a.key"
    with pytest.raises(KeyFileError) as caught:
        write_private_key(path, KEY)
    assert caught.value.message == f"{path} cannot be written: No such file or directory"
    for read in (read_private_key, read_passphrase):
        with pytest.raises(KeyFileError) as caught:
            read(path)
        assert caught.value.message == f"{path} cannot be read: No such file or directory"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644])
def test_a_key_that_others_can_reach_is_refused(tmp_path, mode):
    path = tmp_path / "a.key"
    write_private_key(path, KEY)
    path.chmod(mode)
    with pytest.raises(KeyFileError) as caught:
        read_private_key(path)
    assert caught.value.message == f"{path} can be read by others (mode {mode:04o})"
    assert caught.value.remedy.startswith(f"Run chmod 600 {path}")


def test_what_is_not_a_key_is_refused_without_showing_it(tmp_path):
    rsa = generate_private_key(65537, 2048).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    path = tmp_path / "a.key"
    for content, message in (
        (b"", "is not a private key"),
        (b"secret of somebody", "is not a private key"),
        (rsa, "is not an Ed25519 key"),
        (b"x" * (KEY_FILE_SIZE_MAX + 1), "is too large for a key"),
    ):
        write(path, content)
        with pytest.raises(KeyFileError) as caught:
            read_private_key(path)
        assert caught.value.message == f"{path} {message}"
        assert "secret" not in f"{caught.value} {caught.value.remedy}"


def test_a_passphrase_is_asked_for_exactly_when_there_is_one(tmp_path):
    open_path, locked_path = tmp_path / "open.key", tmp_path / "locked.key"
    write_private_key(open_path, KEY)
    write_private_key(locked_path, KEY, b"correct horse")
    for path, passphrase, message in (
        (locked_path, None, "needs a passphrase"),
        (locked_path, b"wrong horse", "does not open"),
        (open_path, b"correct horse", "has no passphrase"),
    ):
        with pytest.raises(KeyFileError) as caught:
            read_private_key(path, passphrase)
        assert caught.value.message == f"{path} {message}"


def test_a_passphrase_is_the_first_line_of_a_private_file(tmp_path):
    path = write(tmp_path / "phrase", b"correct horse\r\nsecond line\n")
    assert read_passphrase(path) == b"correct horse"
    write(path, b"x" * PASSPHRASE_SIZE_MAX)
    assert read_passphrase(path) == b"x" * PASSPHRASE_SIZE_MAX
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match=r"can be read by others \(mode 0644\)"):
        read_passphrase(path)


@pytest.mark.parametrize("content", [b"", b"\nsecond", b"x" * (PASSPHRASE_SIZE_MAX + 1)])
def test_a_passphrase_has_a_length(tmp_path, content):
    path = write(tmp_path / "phrase", content)
    with pytest.raises(KeyFileError, match="is empty or longer than 1024 bytes"):
        read_passphrase(path)
