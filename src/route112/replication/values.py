"""What a station shall have, and what it says of itself."""

from dataclasses import dataclass, field

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
    at_gate: bool = field(default=False, compare=False)
    """A change is at its gate there: the next reports shall say how the station is as well. It is
    no part of what is wanted."""


NOTHING = Wanted(0, "")


@dataclass(frozen=True, slots=True)
class Refused:
    """The newest snapshot that a supervisor was offered and did not take."""

    number: int
    content_hash: str
    reason: str
    """In kebab-case, of `snapshot.errors`, or `not-staged`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtGate:
    """How a station is that is at the gate of a change; said while its planner asks for it."""

    status: int | None = None
    """Of its answer to OPTIONS; 0: it does not answer; None: it cannot be asked."""
    differences: int | None = None
    """Keys on which the translations of what is in force disagree; None: not compared yet."""
    flaw: str = ""
    """Why they can never be compared; ASCII."""


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
    at_gate: AtGate | None = None
    """None: nobody asked for it."""
