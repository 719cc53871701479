"""What is known of the world when the next step is decided. Nothing here is remembered."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from route112.change.values import Kind
from route112.replication import Oddity, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFact:
    """What a station said last."""

    report: Report
    age_s: float
    """Of the report, by the planner's own monotonic clock."""
    oddities: tuple[Oddity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What became of making one generation."""

    content_hash: str = ""
    size: int = 0
    flaw: str = ""
    """Why it can never be built: an order names what the candidate has not, or touches a PSAP that
    it does not name. What may go well the next time is no flaw: there is no `Built` then."""
    culprits: tuple[str, ...] = ()
    """Ids of the orders that are to blame for the flaw; none: the candidate is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Callers of one series since the step began: at the station, and at the others."""

    series: str
    """`all`, `15`, `departement 29`."""
    served: int
    failed: int
    others_served: int
    others_failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probing:
    """Test calls through one station since the step began."""

    wanted: int
    """Routes that have to be tested: all that change, or all of the station."""
    passed: int
    """Of these, each at least once."""
    failed: tuple[str, ...] = ()
    """Routes of which a test call failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateMeasures:
    """What is measured of one station since its gate began."""

    station: str
    since_us: int
    """Of the step that it was measured for."""
    trials: tuple[Trial, ...] = ()
    """`all` first."""
    hidden: tuple[str, ...] = ()
    """Series that change, and in which too many call again anywhere: that would not show there who
    is served wrongly."""
    tests: Probing | None = None
    differences: int | None = None
    """Keys on which the translations of its snapshot disagree; None: not yet compared."""
    troubles: tuple[str, ...] = ()
    """What else speaks against the station by itself, each in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadProof:
    """Whether the other stations carry the load without one."""

    carries: bool
    text: str
    """In words, with figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All of it."""

    listening_s: float
    """How long this planner has been there to be reported to."""
    stations: Mapping[str, StationFact] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()
    """Alarms that are open, and not exempt from freezing a change."""
    built: Mapping[int, Built] = field(default_factory=dict)
    """Of generations that were begun."""
    by_another_key: Collection[int] = ()
    """Generations that stations refuse, and that another key signed than the one of now."""
    gate: GateMeasures | None = None
    proofs: Mapping[str, LoadProof] = field(default_factory=dict)
    """By the station that would be missing; made after the step began."""
    tests: Mapping[str, Probing] = field(default_factory=dict)
    """By station; placed after the step began."""
    pointing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What still points to a station; one that is not there was not looked at."""
    fallen: Mapping[str, str] = field(default_factory=dict)
    """By station, why the software that it was given cannot run there."""
    kinds: Collection[Kind] = frozenset(Kind)
    """Changes that whoever acts can do."""
