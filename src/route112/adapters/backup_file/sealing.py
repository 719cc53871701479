"""
A stream of bytes under a passphrase: nobody reads it without, nobody alters or cuts it unseen.

    route112-backup 1 salt=<32 hexadecimal digits> LF
    frames: length of what follows (4 bytes, big endian), ChaCha20-Poly1305 of 64 KiB at most

The key is Scrypt of passphrase and salt, so that it seals one stream only and nonces may count:
11 bytes of the frame's number, one that is 1 in the last frame (the STREAM construction of Hoang,
Reyhanitabar, Rogaway and Vizár, as `age` has it). Each frame holds the first line as associated
data. Both algorithms are those of `cryptography`.
"""

import os
import re
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"route112-backup 1 salt="
SALT_BYTES = 16
FRAME_BYTES = 64 * 1024
"""Of clear text in a frame."""
TAG_BYTES = 16
SCRYPT_COST = 2**17
"""With blocks of 8 that is 128 MiB and about half a second for each guess."""
SCRYPT_BLOCKS = 8
KEY_BYTES = 32
_HEAD = re.compile(re.escape(MAGIC) + rb"([0-9a-f]{32})\n")
HEAD_BYTES = len(MAGIC) + 2 * SALT_BYTES + 1
_LENGTH_BYTES = 4
_NUMBER_BYTES = 11


class SealError(Exception):
    """What is sealed cannot be read; the text says why."""


def _make_cipher(passphrase: bytes, salt: bytes) -> ChaCha20Poly1305:
    kdf = Scrypt(salt=salt, length=KEY_BYTES, n=SCRYPT_COST, r=SCRYPT_BLOCKS, p=1)
    return ChaCha20Poly1305(kdf.derive(passphrase))


def _make_nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(_NUMBER_BYTES, "big") + bytes([is_last])


class Sealer:
    """Seals what is written to it; `finish` says that this was all."""

    def __init__(self, file: BinaryIO, passphrase: bytes) -> None:
        salt = os.urandom(SALT_BYTES)
        self._file = file
        self._head = MAGIC + salt.hex().encode("ascii") + b"\n"
        self._cipher = _make_cipher(passphrase, salt)
        self._number = 0
        self._pending = bytearray()
        file.write(self._head)

    def write(self, content: bytes) -> int:
        """Take some more."""
        self._pending += content
        while len(self._pending) > FRAME_BYTES:
            self._put(bytes(self._pending[:FRAME_BYTES]), is_last=False)
            del self._pending[:FRAME_BYTES]
        return len(content)

    def finish(self) -> None:
        """Seal the rest, as the last frame."""
        self._put(bytes(self._pending), is_last=True)
        self._pending.clear()

    def _put(self, clear: bytes, *, is_last: bool) -> None:
        sealed = self._cipher.encrypt(
            _make_nonce(self._number, is_last=is_last), clear, self._head
        )
        self._file.write(len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed)
        self._number += 1


class Unsealer:
    """
    Reads what a `Sealer` wrote.

    Raises: SealError where the passphrase is another one, or anything was altered or cut off.
    """

    def __init__(self, file: BinaryIO, passphrase: bytes) -> None:
        self._file = file
        self._head = file.read(HEAD_BYTES)
        match = _HEAD.fullmatch(self._head)
        if match is None:
            raise SealError("it does not begin like a sealed backup of this version")
        self._cipher = _make_cipher(passphrase, bytes.fromhex(match[1].decode("ascii")))
        self._number = 0
        self._clear = bytearray()
        self._is_over = False

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer at the end. Raises: SealError."""
        while len(self._clear) < size and not self._is_over:
            self._clear += self._take()
        content = bytes(self._clear[:size])
        del self._clear[:size]
        return content

    def _take(self) -> bytes:
        length = int.from_bytes(self._read_exactly(_LENGTH_BYTES), "big")
        if not TAG_BYTES <= length <= FRAME_BYTES + TAG_BYTES:
            raise SealError(f"it was altered at frame {self._number}")
        sealed = self._read_exactly(length)
        for is_last in (False, True):
            try:
                clear = self._cipher.decrypt(
                    _make_nonce(self._number, is_last=is_last), sealed, self._head
                )
            except InvalidTag:
                continue
            self._number += 1
            self._is_over = is_last
            if is_last and self._file.read(1):
                raise SealError("something was appended to it")
            return clear
        if not self._number:
            raise SealError("the passphrase is another one, or its beginning was altered")
        raise SealError(f"it was altered at frame {self._number}")

    def _read_exactly(self, size: int) -> bytes:
        content = self._file.read(size)
        if len(content) < size:
            raise SealError(f"it was cut off behind frame {self._number}")
        return content
