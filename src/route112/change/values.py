"""What there is: generations, who wants which, the change that runs, the orders in force."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from route112.model import Order
from route112.replication.values import GENERATION_MAX


class Kind(enum.StrEnum):
    """What a change changes."""

    PLAN = "plan"
    """Another candidate, at all stations."""
    UPGRADE = "upgrade"
    """Another version of the software, at the stations named."""
    MAINTENANCE = "maintenance"
    """Work at a station: capacity, a reconnection."""
    EVACUATION = "evacuation"
    """A station goes for good."""


class Step(enum.StrEnum):
    """What is done with one station."""

    PROOF = "proof"
    """The others carry its load."""
    OFFER = "offer"
    """It gets the new candidate."""
    DRAIN = "drain"
    """It takes no new calls, and those that ring end."""
    SWAP = "swap"
    """Its software is exchanged."""
    WORK = "work"
    """People work; they say when they have done."""
    UNPOINT = "unpoint"
    """Nothing is left that points to it."""
    STOP = "stop"
    TEST = "test"
    """Test calls through it."""
    RETURN = "return"
    """It takes calls again."""
    GATE = "gate"
    """It is compared with the others."""
    RESTORE = "restore"
    """On the way back: all have the candidate of before."""
    DRAIN_BACK = "drain-back"
    """On the way back: those that ring end before its software is exchanged."""
    SWAP_BACK = "swap-back"
    """On the way back: its software is the one of before."""


class Outcome(enum.StrEnum):
    """How a change ended."""

    DONE = "done"
    ROLLED_BACK = "rolled-back"
    STUCK = "stuck"
    """It could not even go back; a person has to look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One snapshot that was given a number."""

    number: int
    candidate: str
    """Content hash of the candidate that its plan is."""
    orders: tuple[str, ...]
    """Ids of the orders given here that it holds, ascending."""
    parent: int
    """The generation that it follows where it goes."""
    content_hash: str = ""
    """Empty until it is built."""
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, from the wish to its end."""

    id: str
    """Hash of the request."""
    kind: Kind
    author: str
    approver: str
    reason: str
    stations: tuple[str, ...]
    """In the order in which they change; the first one is the canary."""
    candidate: str = ""
    """Of a plan: its content hash."""
    version: str = ""
    """Of an upgrade: of the software."""
    soak_s: int = 60
    """How long the canary is looked at, at least."""
    begun_us: int
    place: int = 0
    """Index of the station that is at work."""
    step: Step
    since_us: int
    """When the step began, or went on after an alarm."""
    version_before: str = ""
    """Software of the station at work when its turn came."""
    frozen_since_us: int = 0
    """0: it is not."""
    held_us: int = 0
    """How long alarms have held it before, all together; at least `HOLD_US` for each time."""
    is_yielding: bool = False
    """The offer waits until orders have reached the station."""
    is_work_done: bool = False
    back: bool = False
    """It goes back."""
    cause: str = ""
    """Why it goes back; empty while it does not."""
    outcome: Outcome | None = None
    ended_us: int = 0

    @property
    def station(self) -> str:
        """Return the station that is at work."""
        return self.stations[self.place]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything that the journal says, up to one event."""

    at_us: int = 0
    """Time of the last event."""
    stations: tuple[str, ...] = ()
    """All that take snapshots."""
    candidate: str = ""
    """In force where no change has come yet."""
    assigned: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Candidate that each station shall have."""
    wanted: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Generation that each station shall have; never falls."""
    held: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Stations that have what this planner never gave out, and why: nothing is sent there until
    the next activation."""
    strange: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """The generation for which a station was held last."""
    generations: Mapping[int, Generation] = field(default_factory=lambda: MappingProxyType({}))
    """By number; the newest `GENERATIONS_KEPT`, ascending."""
    last_number: int = 0
    """Highest generation that was ever given a number, or seen."""
    orders: Mapping[str, Order] = field(default_factory=lambda: MappingProxyType({}))
    """Given and neither withdrawn, refused nor over, by id."""
    ended_orders: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Withdrawn or refused ones, by id, with the instant at which they would have been over."""
    change: Change | None = None
    """The one that runs."""
    history: tuple[Change, ...] = ()
    """Those that ended, newest last."""
    is_learning: bool = False
    """It came out of a backup, and gives no number before it knows which were given."""
    forgotten: range = range(0)
    """Numbers that may have been given out elsewhere: behind a backup by a journal that was lost,
    or by people; those of `generations` were given here all the same."""
    left_out: int = 0
    """Numbers that it leaves out when it has learned, by how old the backup was."""


HOLD_US = 60_000_000
"""Counts for a hold that was shorter: each has its step begin anew, however short it was."""
GENERATIONS_KEPT = 1_000
HISTORY_KEPT = 200
STATIONS_MAX = 64
ORDERS_MAX = 200
"""Orders in force at a time."""
NUMBER_MAX = GENERATION_MAX // 2
"""Of what stations have when people say so; the count goes on from there, and stations believe no
number above `GENERATION_MAX`."""
AHEAD_MAX = 100_000
"""Generations that a country may be ahead of a journal that was restored; a station that claims
more is not believed, or one could use up all numbers."""
