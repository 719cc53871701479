"""
A station's side: ask, fetch, offer, tell. One step at a time, and never backwards.

    IDLE --a second later--> ASKING --newer--> FETCHING --whole--> OFFERING --renamed--> IDLE
      ^                        | nothing newer     | cut, altered      | disk full        |
      +------------------------+-------------------+-------------------+------------------+

Each step that fails, or takes too long, ends in IDLE, and the next second begins anew: nothing is
remembered of it, so that nothing has to be repaired. What was offered is not offered again under
the same name unless it never came into force: a supervisor that refused it would refuse it again.
"""

import enum
from dataclasses import dataclass, replace

from route112.replication.values import NOTHING, SNAPSHOT_BYTES_MAX, Report, Wanted

POLL_US = 1_000_000
"""Between two questions."""
ANSWER_US = 2_000_000
"""An answer to a question that takes longer has failed."""
FETCH_US = 2_000_000
"""So long nothing of a file may come before it is asked for anew: a link that was cut without a
word must not keep an order waiting once it is whole."""
OFFER_US = 30_000_000
"""Syncing and renaming on a disk that is busy."""


class Phase(enum.Enum):
    """Where a receiver is."""

    IDLE = "idle"
    ASKING = "asking"
    FETCHING = "fetching"
    OFFERING = "offering"


@dataclass(frozen=True, slots=True)
class Receiver:
    """What a receiver knows. A new one begins with `Receiver()`: its station tells it the rest."""

    phase: Phase = Phase.IDLE
    since_us: int = -POLL_US
    """When the phase began, or something came last; monotonic."""
    wanted: Wanted = NOTHING
    """What is being fetched or offered."""
    offered: Wanted = NOTHING
    """The newest that was offered."""
    flaw: str = ""
    """Why the last round came to nothing, in kebab-case; empty: it did not."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time passed. Comes several times a second."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The planner answered."""

    wanted: Wanted
    """`NOTHING` where it wants nothing."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """Some more of a file came."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file came, whole as far as the network knows, and is written aside."""

    content_hash: str
    """Of what came."""
    size: int


@dataclass(frozen=True, slots=True)
class Offered:
    """It was synced and renamed to where the supervisor looks."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What was to be done could not be done."""

    reason: str
    """In kebab-case: `unreachable`, `cut`, `disk-full`."""


Event = Ticked | Answered | Progressed | Fetched | Offered | Failed


@dataclass(frozen=True, slots=True)
class Poll:
    """Send this report, and ask what is wanted."""

    report: Report


@dataclass(frozen=True, slots=True)
class Fetch:
    """Get this file, `size` bytes at most, and write it aside."""

    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Offer:
    """Sync the file that is written aside, and rename it to where the supervisor looks."""

    wanted: Wanted


Command = Poll | Fetch | Offer
_LIMITS_US = {Phase.ASKING: ANSWER_US, Phase.FETCHING: FETCH_US, Phase.OFFERING: OFFER_US}


def handle(
    receiver: Receiver, event: Event, report: Report, *, now_us: int
) -> tuple[Receiver, Command | None]:
    """
    Take what happened; return what is known then, and what to do.

    Args:
        receiver: as the last event left it.
        event: an answer to a command that was given up is ignored.
        report: what the station says now.
        now_us: monotonic, microseconds.
    """
    phase = receiver.phase
    if isinstance(event, Ticked):
        return _tick(receiver, report, now_us)
    if isinstance(event, Failed) and phase is not Phase.IDLE:
        return _rest(receiver, event.reason), None
    if isinstance(event, Answered) and phase is Phase.ASKING:
        return _answer(receiver, event.wanted, report, now_us)
    if isinstance(event, Progressed) and phase is Phase.FETCHING:
        return replace(receiver, since_us=now_us), None
    if isinstance(event, Fetched) and phase is Phase.FETCHING:
        wanted = receiver.wanted
        if (event.content_hash, event.size) != (wanted.content_hash, wanted.size):
            return _rest(receiver, "altered"), None
        return replace(receiver, phase=Phase.OFFERING, since_us=now_us), Offer(wanted)
    if isinstance(event, Offered) and phase is Phase.OFFERING:
        return replace(_rest(receiver, ""), offered=receiver.wanted), None
    return receiver, None


def _tick(receiver: Receiver, report: Report, now_us: int) -> tuple[Receiver, Command | None]:
    waited_us = now_us - receiver.since_us
    if receiver.phase is not Phase.IDLE:
        is_late = waited_us >= _LIMITS_US[receiver.phase]
        return (_rest(receiver, "too-slow") if is_late else receiver), None
    if waited_us < POLL_US:
        return receiver, None
    return replace(receiver, phase=Phase.ASKING, since_us=now_us), Poll(report)


def _answer(
    receiver: Receiver, wanted: Wanted, report: Report, now_us: int
) -> tuple[Receiver, Command | None]:
    flaw = judge_wanted(receiver, wanted, report)
    if flaw is not None:
        return _rest(receiver, flaw), None
    return replace(receiver, phase=Phase.FETCHING, since_us=now_us, wanted=wanted), Fetch(wanted)


def judge_wanted(receiver: Receiver, wanted: Wanted, report: Report) -> str | None:
    """Return why a snapshot is not fetched, empty where it is there already; None: fetch it."""
    if wanted == NOTHING:
        return ""
    if wanted.number < report.number:
        return "older-generation"
    if wanted.number == report.number:
        same = wanted.content_hash == report.content_hash
        return "" if same else "same-generation-other-content"
    if wanted.size > SNAPSHOT_BYTES_MAX:
        return "too-large"
    refused = report.refused
    if refused and (refused.number, refused.content_hash) == (wanted.number, wanted.content_hash):
        return ""
    offered = receiver.offered
    if wanted.number < offered.number:
        return "older-generation"
    if wanted.number == offered.number and wanted.content_hash != offered.content_hash:
        return "same-generation-other-content"
    # What lies there is the supervisor's matter now, who tries it again by himself.
    return "" if wanted == offered else None


def _rest(receiver: Receiver, flaw: str) -> Receiver:
    """Return to IDLE; the next question comes a second after the last one."""
    return replace(receiver, phase=Phase.IDLE, wanted=NOTHING, flaw=flaw)
