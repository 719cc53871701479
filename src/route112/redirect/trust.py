"""
Who may sign a snapshot: the trust list, and the signature of one file.

Source: docs/formats/snapshot.md, *Signature*.
"""

import base64
import binascii
import datetime as dt
import hashlib
import json
import struct
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from route112.redirect.octets import Octets, RefusedError

KEYS_LEAST = 2
"""Keys of a trust list: one is in reserve."""
TRUST_BYTES_MAX = 1024 * 1024
"""Largest trust list."""
_FIELDS = {"id", "name", "public_key", "not_before", "not_after", "revoked_at", "reason"}


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the list; times are UTC in microseconds."""

    public: bytes
    not_before: int
    not_after: int
    revoked: bool


Trust = dict[str, Key]
"""By id, 16 hexadecimal digits."""


def read_trust(content: bytes) -> Trust:
    """
    Read a trust list.

    Raises: RefusedError; a list is taken whole or not at all.
    """
    try:
        document = json.loads(content) if len(content) <= TRUST_BYTES_MAX else {}
        sound = set(document) == {"version", "keys"} and document["version"] == 1
        keys = [_read_key(entry) for entry in document["keys"]] if sound else []
    except (ValueError, TypeError, KeyError, RecursionError, binascii.Error) as error:
        raise RefusedError(f"the trust list cannot be read: {error}") from error
    trust = dict(keys)
    if len(trust) != len(keys) or len(trust) < KEYS_LEAST:
        raise RefusedError(f"the trust list has a key twice, or fewer than {KEYS_LEAST}")
    return trust


def _read_key(entry: Any) -> tuple[str, Key]:  # noqa: ANN401  whatever JSON holds
    if set(entry) != _FIELDS:
        raise ValueError("a key has other fields than the format has")
    public = base64.b64decode(entry["public_key"], validate=True)
    if hashlib.sha256(public).hexdigest()[:16] != entry["id"]:
        raise ValueError("a key's id is not that of its public key")
    revoked_at = entry["revoked_at"]
    if revoked_at is not None:
        _read_time(revoked_at)
    times = _read_time(entry["not_before"]), _read_time(entry["not_after"])
    return entry["id"], Key(public, *times, revoked=revoked_at is not None)


def _read_time(text: str) -> int:
    instant = dt.datetime.fromisoformat(text)
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return (instant - epoch) // dt.timedelta(microseconds=1)


def verify(octets: Octets, trust: Trust, *, now: int, accepted: bytes | None) -> None:
    """
    Refuse a file that no trusted key has signed.

    Args:
        now: UTC, microseconds.
        accepted: content hash of the file in force; that one is not judged by dates again.
    Raises: RefusedError.
    """
    if octets.algorithm == 0:
        raise RefusedError("it is not signed")
    key_id = octets.key_id.hex()
    key = trust.get(key_id)
    if key is None:
        raise RefusedError(f"it is signed by the unknown key {key_id}")
    if key.revoked:
        raise RefusedError(f"it is signed by key {key_id}, which was revoked")
    if octets.content_hash != accepted and not key.not_before <= now < key.not_after:
        raise RefusedError(f"it is signed by key {key_id}, which does not hold now")
    message = b"route112 snapshot signature 1\0" + struct.pack("<I", 1) + octets.key_id
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(
            octets.signature, message + octets.content_hash
        )
    except (InvalidSignature, ValueError):
        raise RefusedError("its signature is not good") from None
