"""
Private keys on disk: made, written once, readable by their owner only.

A private key is PEM (PKCS 8), optionally under a passphrase. Nothing here prints one, and no error
repeats a part of one.
"""

import os
import stat
import tempfile
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

KEY_FILE_SIZE_MAX = 16 * 1024
"""Bytes of a private key file; one takes about 300."""
PASSPHRASE_SIZE_MAX = 1_024
"""Bytes of a passphrase."""
MODE_OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""Permissions that nobody but the owner may have on a private key."""


class KeyFileError(Exception):
    """A private key cannot be used or written; the text says why and what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def generate_key() -> Ed25519PrivateKey:
    """Make a key from the randomness of the machine."""
    return Ed25519PrivateKey.generate()


def write_private_key(path: Path, key: Ed25519PrivateKey, passphrase: bytes | None = None) -> None:
    """
    Write a private key into a new file of mode 0600: whole or not at all.

    Raises: KeyFileError where the file exists, since a key that is overwritten is lost for good,
        and where the folder cannot be written.
    """
    encryption: KeySerializationEncryption = NoEncryption()
    if passphrase is not None:
        encryption = BestAvailableEncryption(passphrase)
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    try:
        _write_new(path, content)
    except FileExistsError as error:
        raise KeyFileError(
            f"{path} exists already", "Choose another name; a private key is never overwritten"
        ) from error
    except OSError as error:
        raise KeyFileError(
            f"{path} cannot be written: {error.strerror}", "Name a folder that is yours"
        ) from error


def read_private_key(path: Path, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """
    Read a private key that only its owner can read.

    Raises: KeyFileError where it cannot be read, where others can read it, where it is no
        Ed25519 key, or where the passphrase is missing or wrong.
    """
    content = _read_private(path, KEY_FILE_SIZE_MAX + 1)
    if len(content) > KEY_FILE_SIZE_MAX:
        raise KeyFileError(f"{path} is too large for a key", "Name a file of `plan keys new`")
    return _load(path, content, passphrase)


def read_passphrase(path: Path) -> bytes:
    """
    Read a passphrase from the first line of a file that only its owner can read.

    Raises: KeyFileError where it cannot be read, where others can read it, or where the line is
        empty or too long.
    """
    line, *_ = _read_private(path, PASSPHRASE_SIZE_MAX + 2).split(b"\n")
    passphrase = line.rstrip(b"\r")
    if not 1 <= len(passphrase) <= PASSPHRASE_SIZE_MAX:
        raise KeyFileError(
            f"the first line of {path} is empty or longer than {PASSPHRASE_SIZE_MAX} bytes",
            "Write the passphrase into the first line",
        )
    return passphrase


def _read_private(path: Path, size: int) -> bytes:
    """Read at most `size` bytes of a file that only its owner can read."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = b"" if mode & MODE_OTHERS else file.read(size)
    except OSError as error:
        raise KeyFileError(
            f"{path} cannot be read: {error.strerror}", "Check the name and the permissions"
        ) from error
    if mode & MODE_OTHERS:
        raise KeyFileError(
            f"{path} can be read by others (mode {stat.S_IMODE(mode):04o})",
            f"Run chmod 600 {path}, and replace the secret if somebody may have read it",
        )
    return content


def _write_new(path: Path, content: bytes) -> None:
    """Write a file that does not exist, in one step; mode 0600 from its first byte."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A link, unlike a renaming, never replaces what is there.
        os.link(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _load(path: Path, content: bytes, passphrase: bytes | None) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(content, passphrase)
    except TypeError as error:
        # cryptography's word for: a passphrase is needed, or one was given and none is needed.
        wanted = "needs a passphrase" if passphrase is None else "has no passphrase"
        raise KeyFileError(
            f"{path} {wanted}", "See --passphrase-file and --ask-passphrase"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        wrong = "is not a private key" if passphrase is None else "does not open"
        raise KeyFileError(
            f"{path} {wrong}", "Name a file of `plan keys new`, and check the passphrase"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is not an Ed25519 key", "Make one with `plan keys new`")
    return key
