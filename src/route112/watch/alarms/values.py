"""An alarm, and what is said of it."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from route112.watch.alarms.factors import Factor
from route112.watch.findings import Finding, FindingKind
from route112.watch.series import Series

TITLES: Mapping[FindingKind, str] = {
    FindingKind.DROUGHT: "calls stopped coming",
    FindingKind.SUCCESS: "more callers fail than usual",
    FindingKind.FLOOD: "far more calls than usual",
    FindingKind.GREY: "looks well and does not do its work",
    FindingKind.DIVERGENCE: "two that should agree do not",
    FindingKind.SLOW: "calls ring later than usual",
    FindingKind.STALE: "was not renewed",
    FindingKind.REPORT: "somebody reports trouble",
    FindingKind.THRESHOLD: "an alert threshold of the law was crossed",
}


class State(enum.StrEnum):
    """Where an alarm is in its life."""

    OPEN = "open"
    QUIET = "quiet"
    """Nothing is wrong any more; it is over unless that changes within some minutes."""
    OVER = "over"
    MERGED = "merged"
    """It has the same cause as another one, and goes on there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """How callers fare somewhere, since trouble began."""

    what: str
    """`bruyere/mobile`, `15`, `site-3`, `line rtc`."""
    served: int
    failed: int

    @property
    def share(self) -> float:
        """Share of callers who were served."""
        return self.served / (self.served + self.failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Who is touched."""

    numbers: tuple[str, ...] = ()
    departements: tuple[str, ...] = ()
    inhabitants: int = 0
    """Of these departements; 0 where the plan does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Trouble of one cause, as far as it can be told."""

    id: int
    state: State
    kind: FindingKind
    """Of the finding that leads: the widest one; see `alarms` for those that are equally wide."""
    series: Series
    since_us: int
    """From when on the oldest evidence counts; watch time, microseconds since 1970."""
    opened_us: int
    changed_us: int
    quiet_us: int = 0
    """Since when nothing is wrong any more; 0: something is."""
    over_us: int = 0
    """When it was over, or merged; 0: it is neither."""
    into: int = 0
    """Alarm that it goes on in; 0: none."""
    floor_s: float
    """Of the series that leads: how long a complete failure of it takes to show at all."""
    party: str
    """Who failed, of the parties in docs/formats/records.md; empty: not known."""
    active: tuple[Finding, ...]
    """What is wrong now, widest first."""
    past: tuple[Finding, ...] = ()
    """What was wrong and is well again, newest last."""
    hit: Hit = Hit()
    factors: tuple[Factor, ...] = ()
    works: tuple[Works, ...] = ()
    """Best first."""

    @property
    def title(self) -> str:
        """`15 · departement 29: calls stopped coming`."""
        return f"{self.series}: {TITLES[self.kind]}"

    @property
    def runbook(self) -> str:
        """Page that says what to do, from the folder of docs/."""
        return f"runbooks/{self.kind}.md"


class What(enum.StrEnum):
    """What happened to an alarm."""

    OPENED = "opened"
    CHANGED = "changed"
    """More is wrong, or another cause is likelier than before."""
    MERGED = "merged"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """Something to tell people."""

    what: What
    alarm: Alarm
