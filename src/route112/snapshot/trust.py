"""
The trust list: which keys may sign a snapshot, from when to when, and which no longer may.

Values and text only; the cryptography is in `route112.snapshot.keys`.

Source: docs/formats/snapshot.md, Signature.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import msgspec

from route112.model import UtcTime

KEYS_COUNT_MIN = 2
"""One in use and one in reserve: a lost key must not need a new list at every site."""
KEYS_COUNT_MAX = 32
"""Keys in a list, revoked ones included."""
TRUST_SIZE_MAX = 64 * 1024
"""Bytes of a trust list."""
PUBLIC_KEY_SIZE = 32
"""Bytes of an Ed25519 public key."""
TRUST_VERSION = 1
_Document = TypeVar("_Document")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Time = Annotated[datetime, msgspec.Meta(tz=True)]


class TrustError(ValueError):
    """A trust list, or a change to one, is refused; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A public key and what is known of it."""

    id: str
    """16 hexadecimal digits, made from the public key."""
    name: str
    """Who holds it, for people: `planner A`."""
    public_key: bytes
    """32 bytes."""
    not_before: UtcTime
    not_after: UtcTime
    """First instant at which it no longer counts."""
    revoked_at: UtcTime | None = None
    """Since when it is known to be unsafe; it refuses whatever it signed, at any date."""
    reason: str = ""
    """Why it was revoked."""

    def __post_init__(self) -> None:
        """Keep the promise that the id belongs to the key."""
        if len(self.public_key) != PUBLIC_KEY_SIZE:
            raise TrustError(f"key {self.id} does not have {PUBLIC_KEY_SIZE} bytes")
        if make_key_id(self.public_key) != self.id:
            raise TrustError(f"key {self.id} has the id of another key")
        if self.not_before >= self.not_after:
            raise TrustError(f"key {self.id} ends before it begins")


@dataclass(frozen=True, slots=True)
class TrustList:
    """The keys that a site accepts."""

    keys: tuple[TrustedKey, ...]

    def __post_init__(self) -> None:
        """Keep the promise of a key in reserve."""
        ids = {key.id for key in self.keys}
        if len(ids) < len(self.keys):
            raise TrustError("a key occurs twice in the trust list")
        if not KEYS_COUNT_MIN <= len(self.keys) <= KEYS_COUNT_MAX:
            raise TrustError(
                f"a trust list has {KEYS_COUNT_MIN} to {KEYS_COUNT_MAX} keys, not {len(self.keys)}"
            )

    def find_key(self, key_id: str) -> TrustedKey | None:
        """Return the key with this id, or None."""
        return next((key for key in self.keys if key.id == key_id), None)

    def list_usable(self, now: UtcTime) -> tuple[TrustedKey, ...]:
        """List the keys whose signature counts at `now`."""
        return tuple(
            key
            for key in self.keys
            if key.revoked_at is None and key.not_before <= now < key.not_after
        )


def make_key_id(public_key: bytes) -> str:
    """Return the id of a raw public key: 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def revoke_key(
    trust: TrustList, key_id: str, *, at: UtcTime, reason: str, last: bool = False
) -> TrustList:
    """
    Return the list with one key revoked.

    Raises: TrustError where it is unknown or already revoked, and, unless `last` says that this is
        meant, where no key would count at `at` any more.
    """
    key = get_key(trust, key_id)
    if key.revoked_at is not None:
        raise TrustError(f"key {key_id} is revoked already: {key.reason}")
    revoked = _replace_key(trust, replace(key, revoked_at=at, reason=reason))
    if not last and not revoked.list_usable(at):
        raise TrustError(
            f"without key {key_id} no key would count, and sites would refuse every snapshot; add "
            "a key first, or say --force"
        )
    return revoked


def rotate_key(
    trust: TrustList, key_id: str, *, successor: TrustedKey, old_until: UtcTime
) -> TrustList:
    """
    Return the list with a successor added, and one key ending at `old_until` at the latest.

    Raises: TrustError where the old key is unknown, or ends before its successor begins: between
        the two, nobody could sign.
    """
    key = get_key(trust, key_id)
    ends = min(key.not_after, old_until)
    if ends < successor.not_before:
        raise TrustError(f"key {key_id} ends before key {successor.id} begins")
    rotated = _replace_key(trust, replace(key, not_after=ends))
    return TrustList((*rotated.keys, successor))


def get_key(trust: TrustList, key_id: str) -> TrustedKey:
    """Return the key with this id; TrustError where the list has none."""
    key = trust.find_key(key_id)
    if key is None:
        raise TrustError(f"the trust list has no key {key_id}")
    return key


def _replace_key(trust: TrustList, changed: TrustedKey) -> TrustList:
    return TrustList(tuple(changed if key.id == changed.id else key for key in trust.keys))


class _KeyDocument(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    id: str
    name: str
    public_key: str
    not_before: _Time
    not_after: _Time
    revoked_at: _Time | None
    reason: str


class _TrustDocument(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    version: int
    keys: list[_KeyDocument]


def parse_trust(content: bytes) -> TrustList:
    """Read a trust list; TrustError says what is wrong with it."""
    document = _decode(content, _TrustDocument)
    if document.version != TRUST_VERSION:
        raise TrustError(f"the trust list has version {document.version}, not {TRUST_VERSION}")
    return TrustList(tuple(map(_read_key, document.keys)))


def parse_public_key(content: bytes) -> TrustedKey:
    """Read the public half of one key, as `plan keys new` writes it."""
    return _read_key(_decode(content, _KeyDocument))


def render_trust(trust: TrustList) -> bytes:
    """Render a trust list as JSON, two spaces a level."""
    document = _TrustDocument(version=TRUST_VERSION, keys=[_write_key(key) for key in trust.keys])
    return _encode(document)


def render_public_key(key: TrustedKey) -> bytes:
    """Render the public half of one key as JSON."""
    return _encode(_write_key(key))


def _encode(document: msgspec.Struct) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _decode(content: bytes, shape: type[_Document]) -> _Document:
    if len(content) > TRUST_SIZE_MAX:
        raise TrustError(f"the file has more than {TRUST_SIZE_MAX} bytes")
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TrustError(f"the file cannot be read: {error}") from error


def _read_key(document: _KeyDocument) -> TrustedKey:
    try:
        public_key = base64.b64decode(document.public_key, validate=True)
    except (binascii.Error, ValueError) as error:
        raise TrustError(f"key {document.id} is not base64") from error
    return TrustedKey(
        id=document.id,
        name=document.name,
        public_key=public_key,
        not_before=_read_time(document.not_before),
        not_after=_read_time(document.not_after),
        revoked_at=None if document.revoked_at is None else _read_time(document.revoked_at),
        reason=document.reason,
    )


def _write_key(key: TrustedKey) -> _KeyDocument:
    return _KeyDocument(
        id=key.id,
        name=key.name,
        public_key=base64.b64encode(key.public_key).decode("ascii"),
        not_before=_write_time(key.not_before),
        not_after=_write_time(key.not_after),
        revoked_at=None if key.revoked_at is None else _write_time(key.revoked_at),
        reason=key.reason,
    )


def _read_time(time: datetime) -> UtcTime:
    return UtcTime((time - _EPOCH) // timedelta(microseconds=1))


def _write_time(time: UtcTime) -> datetime:
    return _EPOCH + timedelta(microseconds=time)
