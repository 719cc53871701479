"""What a detector says: which series, what is wrong with it, since when, and how sure that is."""

import enum
from dataclasses import dataclass
from typing import Protocol

from route112.watch.series import Series
from route112.watch.values import SeenCall


class FindingKind(enum.StrEnum):
    """What is wrong with a series."""

    DROUGHT = "drought"
    """Calls stopped coming where they use to come."""
    SUCCESS = "success"
    """Calls come, and more of them fail than usual."""
    FLOOD = "flood"
    """Far more calls come than usual."""
    GREY = "grey"
    """An element looks well and does not do its work."""
    DIVERGENCE = "divergence"
    """Two that should agree do not: sites, translations."""
    SLOW = "slow"
    """Calls ring, or are answered, later than usual."""
    STALE = "stale"
    """Something that has to be renewed was not: snapshot, certificate, clock, contact, records."""
    REPORT = "report"
    """Somebody says so: a PSAP, a prefecture, a desk."""
    THRESHOLD = "threshold"
    """A threshold that the law of the country asks for was crossed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One series at one instant, and what a detector has against it."""

    kind: FindingKind
    series: Series
    since_us: int
    """From when on the evidence counts: watch time, microseconds since 1970."""
    at_us: int
    expected: float
    """Of what the detector counts, from `since_us` on, if all were well."""
    seen: float
    strength: float
    """Logarithm of how many times likelier the fault makes what was seen; 0: no evidence."""
    floor_s: float
    """How long a complete failure of this series takes to show at all, at its usual rate."""
    party: str = ""
    """Who failed, of the parties in docs/formats/records.md; empty: not known from this."""
    evidence: tuple[str, ...] = ()
    """Facts in words, for whoever is on call."""

    @property
    def is_due(self) -> bool:
        """Tell whether something has to be renewed, and no call shows it: nobody is hit yet."""
        return self.kind is FindingKind.STALE and not self.party


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one look changed."""

    begun: tuple[Finding, ...] = ()
    over: tuple[tuple[FindingKind, Series], ...] = ()


class Detector(Protocol):
    """
    Something that looks at calls and says what is wrong, and when it is over.

    A finding that has begun is not said again until it was over.
    """

    def add_arrival(self, call: SeenCall) -> None:
        """Take an attempt that has begun; test calls too."""

    def add_end(self, call: SeenCall) -> None:
        """Take what became of an attempt; test calls and corrections too."""

    def tick(self, now_us: int) -> Change:
        """Judge, about once a second of watch time; time never goes backwards."""
