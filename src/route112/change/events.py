"""
Everything that can happen, each one line of the journal.

Fields are texts, numbers and lists of names. An event says what was decided, never how to decide:
`apply` needs nothing else, whatever a later program would decide.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

CAUSE_CHARS_MAX = 500
"""Of a cause: what others say of what went wrong has any length, and a line of a journal none."""
ALARM_CHARS_MAX = 120
ALARMS_MAX = 8


def cut_cause(cause: str) -> str:
    """Return as much of a cause as a line of a journal takes."""
    return cause[:CAUSE_CHARS_MAX]


def name_alarms(alarms: Iterable[str]) -> tuple[str, ...]:
    """Return what a line of a journal says of alarms: a few of them, and no comma in any."""
    named = (each.replace(",", ";")[:ALARM_CHARS_MAX] for each in alarms)
    return tuple(filter(None, named))[:ALARMS_MAX]


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """The stations and what is in force there when a journal begins."""

    at_us: int
    stations: tuple[str, ...]
    candidate: str
    number: int
    content_hash: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StationsAdded:
    """These are stations as well from now on: they shall have what is in force."""

    at_us: int
    stations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBegun:
    """A change was wished for and agreed to."""

    at_us: int
    id: str
    kind: str
    author: str
    approver: str
    reason: str
    stations: tuple[str, ...]
    candidate: str
    version: str
    version_before: str
    """Software of the canary."""
    soak_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBegun:
    """The change goes on with this step of this station; the step before is done."""

    at_us: int
    change: str
    place: int
    step: str
    version: str
    """Software of the station when its turn comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferYielded:
    """An order comes first: the station at work gets it on the candidate that it has."""

    at_us: int
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """An alarm is open: the change does not go on."""

    at_us: int
    change: str
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thawed:
    """No alarm is open any more: the step begins anew."""

    at_us: int
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkDone:
    """People say that their work at a station is done."""

    at_us: int
    change: str
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedBack:
    """The change goes back."""

    at_us: int
    change: str
    cause: str
    author: str
    """Who wished it; empty: nobody, it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEnded:
    """The change is over."""

    at_us: int
    change: str
    outcome: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderGiven:
    """An emergency order was given and agreed to."""

    at_us: int
    id: str
    kind: str
    psap: str
    short_number: str
    to_psap: str
    to_number: str
    author: str
    approver: str
    reason: str
    starts_us: int
    expires_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEnded:
    """An order holds no longer: it is over by itself, withdrawn, or refused by its own content."""

    at_us: int
    id: str
    how: str
    """`over`, `withdrawn`, `refused`."""
    cause: str
    author: str
    approver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationBegun:
    """A number is given to one content; no other content ever gets it."""

    at_us: int
    number: int
    candidate: str
    orders: tuple[str, ...]
    parent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationBuilt:
    """Its file is there, checked and signed."""

    at_us: int
    number: int
    content_hash: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationDropped:
    """It cannot be built; its number stays unused."""

    at_us: int
    number: int
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StationWants:
    """From now on these stations shall have this generation."""

    at_us: int
    stations: tuple[str, ...]
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StationHeld:
    """A station has what was never given out: nothing is sent there until the next activation."""

    at_us: int
    station: str
    number: int
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The journal came out of a backup: what happened behind it is not known here."""

    at_us: int
    author: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumbersLearned:
    """A restored planner knows which numbers it must not give: this one, and all below."""

    at_us: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotAdopted:
    """What was given out behind the backup, and is in force; people have its file."""

    at_us: int
    number: int
    candidate: str
    """It without its orders."""
    content_hash: str
    size: int
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StationsAdopted:
    """These stations, held until now, keep the plan that they have, and get orders on it."""

    at_us: int
    stations: tuple[str, ...]
    number: int
    """What they have."""
    candidate: str
    """It without its orders."""
    content_hash: str
    author: str
    approver: str
    reason: str


Event = (
    Founded
    | StationsAdded
    | ChangeBegun
    | StepBegun
    | OfferYielded
    | Frozen
    | Thawed
    | WorkDone
    | TurnedBack
    | ChangeEnded
    | OrderGiven
    | OrderEnded
    | GenerationBegun
    | GenerationBuilt
    | GenerationDropped
    | StationWants
    | StationHeld
    | Restored
    | NumbersLearned
    | SnapshotAdopted
    | StationsAdopted
)


def stamp(event: Event, earliest_us: int) -> Event:
    """Return an event with no earlier time than the one before it, whatever the clock says."""
    return replace(event, at_us=max(event.at_us, earliest_us))
