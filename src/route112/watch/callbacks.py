"""Who has to be called back: callers whose attempt reached nobody, and who did not try again."""

from collections.abc import Sequence
from dataclasses import dataclass

from route112.watch.values import SeenCall, SeenTry
from route112.wire.record_calls import PATIENCE_MS, UNKNOWN

IN_VAIN_MS = 30_000
"""Who hangs up after it rang for so long has waited for somebody, and nobody came."""
_OURS = "site"
"""Party of a refusal that is ours: no room, too late, no way out."""
_THEIRS = "psap"
"""Party of a try that was given up although it rang; without ringing it is the network's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt of a caller, as the list needs it."""

    began_us: int
    ended_us: int
    number: str
    """Short number that was meant."""
    commune: str
    place: str
    """Name of the commune; empty where unknown."""
    outcome: str
    party: str
    lost: bool
    """It reached no answering point, and not because the caller let it be at once."""
    heard_us: int | None = None
    """When watch heard of its beginning; None: not known, its station's clock alone says."""
    end_heard_us: int | None = None
    """When watch heard of its end; None as above."""
    closed: bool = False
    """It was on the list when its caller was last said to be done: no clock tells that."""

    def is_after(self, other: "Attempt") -> bool:
        """
        Tell whether this ended after the other one had begun.

        Two stations have two clocks, and what is read late is heard of late: only where both
        orders say so it is so.
        """
        heard_us = other.began_us if other.heard_us is None else other.heard_us
        end_heard_us = self.ended_us if self.end_heard_us is None else self.end_heard_us
        return self.ended_us > other.began_us and end_heard_us >= heard_us


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """One caller who did not get through, at least not by that attempt."""

    id: int
    caller: str
    """Number in clear; empty for an anonymous caller, and after the time that it is kept."""
    pseudonym: str
    """Instead of the number, after that time; empty before."""
    number: str
    """Short number of the last lost attempt."""
    commune: str
    place: str
    outcome: str
    party: str
    first_us: int
    """When the first attempt began that was lost."""
    last_us: int
    """When the last one began that was lost."""
    attempts: int
    """All of the caller, of whatever outcome."""
    lost: int
    through_us: int | None
    """When a later attempt was answered; None: none was."""
    assigned: str
    """Who calls back; empty: nobody yet."""
    done: str
    """How it ended; empty: it has not."""
    note: str

    @property
    def state(self) -> str:
        """`through`, `done`, `assigned` or `open`."""
        if self.through_us is not None:
            return "through"
        return "done" if self.done else "assigned" if self.assigned else "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A caller, and what has been done about them."""

    id: int
    caller: str
    pseudonym: str = ""
    assigned: str = ""
    done: str = ""
    note: str = ""


def is_lost(call: SeenCall) -> bool:
    """
    Tell whether an attempt reached nobody, so that its caller is called back.

    Who gave up within `PATIENCE_MS`, or while it rang as usual, was not failed by anybody; who was
    refused as a stranger or for a broken message is no caller that anybody knows of.
    """
    if call.is_test:
        return False
    if call.outcome == "cancelled":
        waited_ms = (call.ended_us - call.began_us) // 1_000
        if call.ring_ms is None:
            return waited_ms >= PATIENCE_MS
        return waited_ms - call.ring_ms >= IN_VAIN_MS or any(map(_rang_in_vain, call.tries))
    if call.outcome == "refused":
        return call.party == _OURS
    return call.outcome in ("failed", UNKNOWN)


def _rang_in_vain(each: SeenTry) -> bool:
    """Tell whether an answering point let it ring for the whole of its time."""
    return (each.outcome, each.cause, each.party) == ("failed", "timeout", _THEIRS)


def is_anonymous(caller: str) -> bool:
    """
    Tell whether two attempts with this caller may be of two people.

    Networks and devices write a word, `anonymous`, `unavailable` or others, in the place of a
    number that is kept back or not known; without a digit nobody can be called.
    """
    return not any(character.isdigit() for character in caller)


def describe_callback(person: Person, attempts: Sequence[Attempt]) -> CallBack | None:
    """
    Sum up a caller's attempts; None when none was lost.

    An attempt that was answered after all lost ones had begun is the other way by which the caller
    got through. What was done for a caller who then lost another attempt has to be done again,
    also where that attempt had begun: who is called back while dialling again is busy. *Then* is
    what was not on the list yet, whatever any clock says.
    """
    lost = sorted((each for each in attempts if each.lost), key=lambda each: each.began_us)
    if not lost:
        return None
    last = lost[-1]
    answers = [
        each.ended_us
        for each in attempts
        if each.outcome == "answered" and all(map(each.is_after, lost))
    ]
    is_done = all(each.closed for each in lost)
    return CallBack(
        id=person.id,
        caller="" if is_anonymous(person.caller) else person.caller,
        pseudonym=person.pseudonym,
        number=last.number,
        commune=last.commune,
        place=last.place,
        outcome=last.outcome,
        party=last.party,
        first_us=lost[0].began_us,
        last_us=last.began_us,
        attempts=len(attempts),
        lost=len(lost),
        through_us=min(answers, default=None),
        assigned=person.assigned,
        done=person.done if is_done else "",
        note=person.note,
    )
