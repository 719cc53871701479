"""
Who says so: Ed25519 signatures of snapshots, and what makes one good.

The hash of the content is signed, and it was computed when the snapshot was opened. So a
signature cannot be good for bytes that nobody checked.

Source: RFC 8032 through `cryptography`; docs/formats/snapshot.md, Signature.
"""

import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from route112.model import UtcTime
from route112.snapshot import layout
from route112.snapshot.errors import Reason, SnapshotError
from route112.snapshot.layout import SIGNATURE
from route112.snapshot.reader import Buffer, Generation, Snapshot
from route112.snapshot.trust import TrustList, make_key_id

__all__ = [
    "Accepted",
    "Refused",
    "TrustList",
    "choose",
    "find_key_id",
    "sign_snapshot",
    "verify_opened",
    "verify_snapshot",
]


def find_key_id(key: Ed25519PrivateKey) -> str:
    """Return the id under which a trust list knows a private key."""
    return make_key_id(key.public_key().public_bytes_raw())


def sign_snapshot(unsigned: bytes, key: Ed25519PrivateKey) -> bytes:
    """
    Return the snapshot with its signature block filled; nothing else changes.

    A signature that was there is replaced.

    Raises: SnapshotError where the bytes are not a snapshot that opens.
    """
    snapshot = Snapshot(unsigned)
    key_id = find_key_id(key)
    block = struct.pack(
        SIGNATURE.format,
        layout.SIGNATURE_MAGIC,
        layout.ALGORITHM_ED25519,
        0,
        bytes.fromhex(key_id),
        0,
        b"",
        key.sign(_make_message(snapshot.content_hash, key_id)),
    )
    return unsigned[: -SIGNATURE.size] + block


def verify_snapshot(
    buffer: Buffer, trust: TrustList, *, now: UtcTime, floor: Generation | None
) -> None:
    """
    Refuse a file that a site must not take.

    Args:
        buffer: the whole file.
        trust: the keys that may have signed it.
        now: UTC; a key's dates are judged now, not at the time of signing.
        floor: generation and content of the last file that was accepted, or None.
    Raises: SnapshotError with the reason.

    """
    verify_opened(Snapshot(buffer), trust, now=now, floor=floor)


def verify_opened(
    snapshot: Snapshot, trust: TrustList, *, now: UtcTime, floor: Generation | None
) -> None:
    """Refuse a snapshot that opened but is not signed well, or is not newer than the floor."""
    _check_signature(snapshot, trust, now, floor)
    if floor is None or snapshot.floor == floor:
        return
    if snapshot.generation < floor.number:
        raise SnapshotError(
            Reason.OLDER_GENERATION,
            f"generation {snapshot.generation} is older than {floor.number}, already accepted",
        )
    if snapshot.generation == floor.number:
        raise SnapshotError(
            Reason.SAME_GENERATION_OTHER_CONTENT,
            f"generation {floor.number} was accepted with other content: "
            "two contents were signed under one number",
        )


def _check_signature(
    snapshot: Snapshot, trust: TrustList, now: UtcTime, floor: Generation | None
) -> None:
    signature = snapshot.signature
    if signature is None:
        raise SnapshotError(Reason.UNSIGNED, "nobody has signed the snapshot")
    key = trust.find_key(signature.key_id)
    if key is None:
        raise SnapshotError(Reason.UNKNOWN_KEY, f"key {signature.key_id} is not in the trust list")
    if key.revoked_at is not None:
        raise SnapshotError(Reason.REVOKED_KEY, f"key {key.id} is revoked: {key.reason}")
    # What a site accepted before is not taken away because a key ended since.
    accepted = floor is not None and floor.content_hash == snapshot.content_hash
    if not accepted and not key.not_before <= now < key.not_after:
        state = "has ended" if now >= key.not_after else "has not begun"
        raise SnapshotError(Reason.EXPIRED_KEY, f"the time of key {key.id} {state}")
    message = _make_message(snapshot.content_hash, key.id)
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature.value, message)
    except InvalidSignature as error:
        raise SnapshotError(
            Reason.BAD_SIGNATURE, f"key {key.id} did not sign this content"
        ) from error


def _make_message(content_hash: str, key_id: str) -> bytes:
    """Return what is signed: purpose, algorithm, key and content, each of a fixed size."""
    algorithm = struct.pack("<I", layout.ALGORITHM_ED25519)
    hashes = bytes.fromhex(key_id) + bytes.fromhex(content_hash)
    return layout.SIGNATURE_DOMAIN + algorithm + hashes


@dataclass(frozen=True, slots=True)
class Accepted:
    """The offered file is in force from now on."""

    snapshot: Snapshot
    floor: Generation
    """What the site must remember before it uses the snapshot."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The offered file changes nothing; the one in force stays."""

    reason: Reason
    message: str


def choose(
    current: Snapshot | None,
    offered: Buffer,
    trust: TrustList,
    *,
    now: UtcTime,
    floor: Generation | None = None,
) -> Accepted | Refused:
    """
    Judge an offered file against the one in force.

    Args:
        current: the snapshot in force, None at a first start.
        offered: the whole file.
        trust: the keys that may have signed it.
        now: UTC.
        floor: what the site remembered; needed where `current` is None after a restart.
    Returns: `Accepted`, also where the file in force is offered again; else `Refused`.

    """
    in_force = None if current is None else current.floor
    try:
        snapshot = Snapshot(offered)
        for known in {floor, in_force} - {None} or {None}:
            verify_opened(snapshot, trust, now=now, floor=known)
    except SnapshotError as error:
        return Refused(error.reason_code, error.message)
    return Accepted(snapshot, snapshot.floor)
