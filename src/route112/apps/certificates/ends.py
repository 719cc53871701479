"""When certificates end, as their files say, and as a planner leaves word of it in its folder."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography import x509

from route112.adapters.source_folder import read_plain

CERTIFICATE_WARN_US = 30 * 86_400_000_000
"""How long before its end a certificate is told."""
CERTIFICATE_BYTES_MAX = 1 << 20
ENDS_FILE = "certificates.json"
"""In the folder of a planner."""
ENDS_BYTES_MAX = 1 << 20
PLANNER = "planner"
"""Owner of what is the planner's own; all others are stations."""
DAY_US = 86_400_000_000
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class End(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When one certificate ends."""

    owner: str
    """`planner`, or the station that showed it."""
    what: str
    """In words, with what names it."""
    ends_us: int
    """First instant at which it no longer holds, microseconds since 1970."""

    def say(self, now_us: int) -> str:
        """Say the day, and how far it is where somebody has to act."""
        day = (_EPOCH + self.ends_us * _MICROSECOND).date()
        left_us = self.ends_us - now_us
        if left_us <= 0:
            return f"ended {day}: renew it"
        if is_due(self.ends_us, now_us):
            return f"ends {day}, in {left_us // DAY_US} days: renew it"
        return f"ends {day}"


@dataclass(frozen=True, slots=True)
class Spans:
    """When what TLS is made of is valid, each from and until, microseconds since 1970."""

    chain: tuple[tuple[int, int], ...]
    authorities: tuple[tuple[int, int], ...]

    def hold(self, now_us: int) -> bool:
        """Tell whether a whole chain is valid, and one of the authorities."""
        chain, authorities = (
            [begins_us <= now_us < ends_us for begins_us, ends_us in spans]
            for spans in (self.chain, self.authorities)
        )
        return all(chain) and any(authorities)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files of one end of mutual TLS."""

    certificate: Path
    key: Path
    authority: Path

    def list_ends(self, owner: str) -> tuple[End, ...]:
        """
        List when they end: a chain with its first, authorities with their last one.

        Raises: OSError, ValueError.
        """
        found: tuple[tuple[str, Path, Callable[[Iterable[int]], int]], ...] = (
            ("certificate", self.certificate, min),
            ("authority", self.authority, max),
        )
        return tuple(
            End(owner=owner, what=f"{what} {path.name}", ends_us=read_end(path, first))
            for what, path, first in found
        )

    def read_spans(self) -> Spans:
        """Return when they are valid. Raises: OSError, ValueError."""
        return Spans(_read_spans(self.certificate), _read_spans(self.authority))


def is_due(ends_us: int, now_us: int) -> bool:
    """Tell whether somebody has to know."""
    return now_us >= ends_us - CERTIFICATE_WARN_US


def read_end(path: Path, first: Callable[[Iterable[int]], int] = min) -> int:
    """Return when the certificates in a file end, by default the first. OSError, ValueError."""
    return first(map(find_end, _load(path)))


def find_end(certificate: x509.Certificate) -> int:
    """Return when one certificate ends, microseconds since 1970."""
    return (certificate.not_valid_after_utc - _EPOCH) // _MICROSECOND


def _read_spans(path: Path) -> tuple[tuple[int, int], ...]:
    return tuple(
        ((each.not_valid_before_utc - _EPOCH) // _MICROSECOND, find_end(each))
        for each in _load(path)
    )


def _load(path: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(read_plain(path, CERTIFICATE_BYTES_MAX))


def render_ends(ends: Iterable[End]) -> bytes:
    """Return the file of a planner."""
    return msgspec.json.encode(list(ends))


def read_ends(path: Path) -> tuple[End, ...]:
    """Return what a planner left; raises OSError, ValueError."""
    try:
        return tuple(msgspec.json.decode(read_plain(path, ENDS_BYTES_MAX), type=list[End]))
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
