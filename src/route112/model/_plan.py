"""Plans: what prefectures deliver, and the validated union of all of it."""

import enum
from array import array
from dataclasses import dataclass, field
from typing import Mapping

from route112.model._call import Hop, Order
from route112.model._hours import Hours
from route112.model._problem import Problem
from route112.model._profile import Profile, Territory


class Technology(enum.StrEnum):
    """How a line reaches its PSAP."""

    IP = "ip"
    """SIP all the way."""
    RTC = "rtc"
    """The switched network, behind a gateway."""
    MIGRATION = "migration"
    """Both ways while a line moves: SIP first, then a gateway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Psap:
    """An answering point as `psaps.*` describes it."""

    id: str
    """`KIND-DEPARTEMENT` or `KIND-DEPARTEMENT-n`."""
    name: str
    kind: str
    departement: str
    primary: str
    """E.164 of its own main line; belongs to one PSAP only."""
    secondary: str
    """E.164 tried next: its own second line, or the primary of its helper; may be empty."""
    alternative: str
    """E.164 of the ten-digit number given to the public in a crisis; may be empty."""
    technology: Technology
    carrier: str
    """Terminating carrier of its lines, a key of `trunks.yaml`."""
    secondary_carrier: str
    """Carrier of an own second line; empty: the same as `carrier`."""
    building: str
    capacity_calls: int
    """Calls that may be presented at once."""
    contact: str
    """Role address or desk; never a person."""
    row: int
    """Row of `psaps.*`."""
    contact_confirmed: str = ""
    """Day on which somebody last reached that contact: `2026-10-05`; may be empty. Of the source
    folder, like the next: no snapshot has them."""
    alternative_confirmed: str = ""
    """Day on which the alternative number was last rung, and answered; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """A terminating carrier and its ordered next hops."""

    id: str
    name: str
    hops: tuple[Hop, ...]


DIALECT_FIELDS = ("number", "commune", "caller", "technology", "cell", "line")
"""What a rule of an operator's dialect finds in a message."""
DIALECT_PLACES = ("request-uri-user", "request-uri", "uri-parameter", "header")
"""Where it looks; the last two are called by a name."""
DIALECT_RULES_MAX = 32
"""Rules of one operator."""
DIALECT_VALUE_CHARS_MAX = 512
"""Characters of a value that is looked at; a longer one matches no rule."""
OPERATOR_SOURCES_MAX = 64
"""Addresses and networks that one operator may send from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectRule:
    """Where an operator's messages say a thing; of a field's rules the first match counts."""

    field: str
    """Of DIALECT_FIELDS."""
    place: str
    """Of DIALECT_PLACES."""
    name: str = ""
    """Of the URI parameter or header; empty for the other places."""
    pattern: str
    """What Python's `re` and POSIX extended expressions read alike; its one group is the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A network that hands calls over, as `operators/*.yaml` describes it."""

    id: str
    name: str
    technologies: tuple[str, ...]
    """Of `pstn`, `voip`, `mobile`."""
    default_commune: str
    """Commune of a call whose own is unusable; may be empty."""
    technology: str = ""
    """Of a call, where no rule of the dialect finds another; may be empty."""
    sources: tuple[str, ...] = ()
    """Networks that it may send from, `127.0.2.0/28`, `::1/128`; none: from nowhere."""
    share: int = 1
    """Weight when calls have to be turned away, 1 or more."""
    dialect: tuple[DialectRule, ...] = ()
    contact: str = ""
    """Role address or desk that is told at night; may be empty. Of the source folder, like the
    next: no snapshot has them."""
    contact_confirmed: str = ""
    """Day on which somebody last reached that contact: `2026-10-05`; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTable:
    """Where the cells of one operator are, as `operators/*/cells.*` says."""

    file: str
    """Path relative to the source folder."""
    cells: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    """(commune of today, weight) of each cell, heaviest first, of equal ones the lower code;
    cells ascend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTable:
    """Where the lines of one operator are, as `operators/*/lines.*` says."""

    file: str
    """Path relative to the source folder."""
    lines: Mapping[str, tuple[str, Technology, str]] = field(default_factory=dict)
    """By the digits that they begin with, of several of which the longest counts: commune of
    today, how the line is connected, `residential`, `enterprise` or empty. Ascending."""
    moves: Mapping[str, str] = field(default_factory=dict)
    """By the same digits, the day on which a line moves to IP, `2027-03-15`; of those that are
    still behind the switched network and have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A part of a commune that a plan row is limited to."""

    text: str
    """As delivered, for messages and provenance."""
    rings: tuple[tuple[tuple[float, float], ...], ...] = ()
    """Closed rings of (longitude, latitude) in degrees, WGS 84; outer first, then holes."""
    streets: tuple[str, ...] = ()
    """Folded street names (see `wire`): lower case, no accents, single spaces."""


@dataclass(frozen=True, slots=True)
class PlanRoute:
    """What a plan row says of its key, without the key: distinct rows share it."""

    targets: tuple[str, ...]
    """E.164 in try order, 1 to 3."""
    hours: Hours | None = None
    area: Area | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """One delivered PDAAU, parsed: columns rather than objects, since there are 455,182 keys."""

    file: str
    """Path relative to the source folder."""
    sha256: str
    """Of the delivered bytes, hexadecimal."""
    departement: str
    """Code of the departement that it covers; empty where none could be told."""
    sheets: tuple[str, ...] = ()
    """Sheets that rows come from; a single empty name for CSV."""
    communes: tuple[str, ...] = ()
    """Today's codes, distinct, in order of first use."""
    short_numbers: tuple[str, ...] = ()
    """Distinct, in order of first use."""
    routes: tuple[PlanRoute, ...] = ()
    """Distinct."""
    cells: "array[int]" = field(default_factory=lambda: array("I"))
    """Five unsigned 32-bit numbers a row: index into `communes`, `short_numbers`, `routes`,
    `sheets`, and the row as an editor shows it, from 1."""
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        """Tell whether an error keeps this file out, whole."""
        return any(problem.severity == "error" for problem in self.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a source folder says, parsed and not yet checked against itself."""

    profile: Profile
    territory: Territory
    psaps: Mapping[str, Psap]
    """By id."""
    carriers: Mapping[str, Carrier]
    operators: Mapping[str, Operator]
    orders: tuple[Order, ...]
    """From `overrides/*.yaml`."""
    files: tuple[PlanFile, ...]
    """In the order of their names."""
    order_files: Mapping[str, str] = field(default_factory=dict)
    """Name of the file that an order comes from, by the order's id; for messages."""
    cells: Mapping[str, CellTable] = field(default_factory=dict)
    """By operator id; of those that have one."""
    calling_lines: Mapping[str, LineTable] = field(default_factory=dict)
    """By operator id; of those that have one."""
