"""What a station shall have, and what it says of itself."""

from dataclasses import dataclass

SNAPSHOT_BYTES_MAX = 256 << 20
"""Bytes of a snapshot, as its format has it; a larger one is not fetched."""
GENERATION_MAX = 10**15
"""No country gets that far; a report that says more is malformed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The snapshot that one station shall have."""

    number: int
    """Its generation; 0: there is none."""
    content_hash: str
    """64 hexadecimal digits; empty where there is none."""
    size: int = 0
    """Bytes of the file."""


NOTHING = Wanted(0, "")


@dataclass(frozen=True, slots=True)
class Refused:
    """The newest snapshot that a supervisor was offered and did not take."""

    number: int
    content_hash: str
    reason: str
    """In kebab-case, of `snapshot.errors`, or `not-staged`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a station says of itself when it asks."""

    station: str
    number: int
    """Generation in force; 0: none is."""
    content_hash: str
    refused: Refused | None = None
    version: str = ""
    """Of its software."""
    serving: bool = True
    """New calls are taken: it is not drained."""
    calls: int = 0
    """That ring there now."""
