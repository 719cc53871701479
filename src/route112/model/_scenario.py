"""An evening to be played: who calls when, what breaks when, and how things are wired."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from route112.model._call import UtcTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """What a caller does who did not get through."""

    share: float = 0.0
    """Of those callers, how many dial again; 0 to 1."""
    after_s: tuple[float, float] = (10.0, 60.0)
    """Least and longest wait, scenario seconds; drawn evenly in between."""
    most: int = 3
    """Times that one caller dials again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultStep:
    """One fault, from one instant to another."""

    at_s: float
    """Scenario seconds since the beginning."""
    until_s: float
    kind: str
    """A name of `route112 fault list`."""
    targets: tuple[str, ...]
    """Ids of what is hit."""
    settings: tuple[tuple[str, str], ...] = ()
    """Of the fault, such as a share of calls."""
    spreads_after_s: float | None = None
    """Where state is shared, every other site has the fault so much later; None: it stays."""
    rows: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    """Lines of `fault`, `targets` and `settings` in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """How edges and sites depend on each other."""

    name: str
    note: str = ""
    tries_max: int = 3
    """Sites that an edge asks for one call."""
    breakers: bool = True
    direct: bool = True
    """Whether an edge rings the answering point itself when no site is left."""
    shared_state: bool = False
    """Whether a fault spreads from site to site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What the world was told afterwards."""

    attempts: int
    lost: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario file; `docs/scenarios.md` says what each field means to its writer."""

    name: str
    title: str
    starts: UtcTime
    ends: UtcTime
    seed: int
    calls: int
    """First calls; those who dial again come on top."""
    profile: tuple[tuple[float, float], ...]
    """(scenario second, relative rate), ascending; straight lines in between."""
    numbers: tuple[tuple[str, float], ...]
    """Short numbers and their shares."""
    operators: tuple[tuple[str, float], ...]
    """Ids and shares of the calls."""
    retries: Retries = Retries()
    faults: tuple[FaultStep, ...] = ()
    wirings: tuple[Wiring, ...] = ()
    published: Published | None = None
    rtc_share: float | None = None
    """Of the answering points, how many hang on the switched network; None: as usual."""
    offset_s: int = 0
    """What the clocks of the evening were ahead of UTC."""
    file: str = field(default="", compare=False)
    """Where it was read from."""
    rows: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)
    """Lines of `numbers` and `operators` in the file."""

    @property
    def length_s(self) -> float:
        """Scenario seconds from beginning to end."""
        return (self.ends - self.starts) / 1e6
