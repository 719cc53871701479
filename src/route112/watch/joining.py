"""
One attempt out of what an edge and several sites wrote about it.

An edge that passes a call on and the site that serves it write under the same Call-ID. What the
caller got is in the edge's `end`; whom it rang is in the site's lines. They come from different
files, in any order between files, so an attempt is held for a grace after its end, until the other
side's lines are there. An attempt without an end is unknown after `OPEN_SECONDS`, or when it has
rung for as long as a profile may allow; should its end come later, the call is given once more, as
a correction. How long to wait is counted from when a record was read: a clock that is behind, or
records that are shipped late, make no caller unknown who was served.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from route112.watch.telling import describe_call, describe_probe
from route112.watch.values import SeenCall
from route112.wire.record_calls import OPEN_SECONDS
from route112.wire.record_lines import Record

GRACE_US = 2_000_000
"""An ended attempt is held this long, until the lines of the other side are there."""
OPEN_US = OPEN_SECONDS * 1_000_000
RINGING_US = 125_000_000
"""While it rings an attempt is open for longer: a profile may let a target ring for 120 s."""
CORRECTED_US = 600_000_000
"""An unknown attempt whose end comes within this time is corrected; later nobody waits."""
ARRIVAL_US = 1_000_000
"""An attempt is told as arrived so long after its first record: more is known of it then."""
OPEN_CALLS_MAX = 200_000
"""Attempts held at once; beyond it the oldest is given as it stands."""
RECORDS_PER_CALL_MAX = 96
"""Records kept of one attempt: those of an edge and three sites."""
BEGINNINGS = ("attempt", "refused")
"""Kinds of records that a call begins with."""
PROBE = "probe"
"""Kind of the one record of a test call that whoever placed it writes."""
DONE_KEPT_US = 60_000_000
"""How long a given Call-ID is remembered, so that its late lines are no new call."""


@dataclass(slots=True)
class _Open:
    """An attempt that is not given yet."""

    heard_us: int
    """When it was first heard of: its own time, or when it was read, where that is later."""
    records: list[Record] = field(default_factory=list)
    ended_us: int | None = None
    """When its end was heard of."""
    rang_us: int | None = None
    """When the last ringing was heard of that nothing has followed yet."""
    is_announced: bool = False
    """It has been told as arrived."""
    was_unknown: bool = False
    """It has been given once, without an end."""


class Joiner:
    """
    Joins records into calls.

    Args:
        edges: names of stations that pass calls on; all others are sites.
    """

    def __init__(self, edges: Collection[str]) -> None:
        self._edges = frozenset(edges)
        self._open: dict[str, _Open] = {}
        self._unknown: dict[str, _Open] = {}
        self._done: dict[str, int] = {}
        self._missed: list[SeenCall] = []
        """Attempts that were given before they were told as arrived."""
        self._now_us = 0
        self._ticked_us = 0

    def take(self, record: Record) -> Iterator[SeenCall]:
        """Add a record; yield the call that a second attempt under its Call-ID closes."""
        if record.kind == PROBE:
            yield describe_probe(record)
            return
        name = record.call
        if not name:
            return
        self._now_us = max(self._now_us, record.time_us)
        begins = record.kind in BEGINNINGS
        known = self._open.get(name)
        if known is None and name in self._unknown and not begins:
            known = self._open[name] = self._unknown.pop(name)
            known.was_unknown = True
        if known is None and name in self._done and not begins:
            return
        is_second = known is not None and begins and self._is_second(known, record)
        if known is not None and is_second:
            yield self._give(name, self._open.pop(name))
            known = None
        if known is None:
            if name in self._done and _is_late(self._done[name], record, is_second=is_second):
                return
            self._unknown.pop(name, None)
            known = self._open[name] = _Open(max(record.time_us, self._ticked_us))
        self._add(known, record)
        if len(self._open) > OPEN_CALLS_MAX:
            oldest = next(iter(self._open))
            yield self._give(oldest, self._open.pop(oldest))

    def tick(self, now_us: int) -> Iterator[SeenCall]:
        """Yield the calls that nothing more is waited for."""
        self._now_us = max(self._now_us, now_us)
        self._ticked_us = max(self._ticked_us, now_us)
        for name, call in list(self._open.items()):
            if call.ended_us is not None and call.ended_us + GRACE_US <= now_us:
                yield self._give(name, self._open.pop(name))
            elif call.ended_us is None and _is_overdue(call, now_us):
                if call.was_unknown:
                    self._unknown[name] = self._open.pop(name)
                    continue
                given = self._give(name, call)
                self._unknown[name] = self._open.pop(name)
                yield given
        self._forget(now_us)

    def list_arrivals(self, now_us: int) -> Iterator[SeenCall]:
        """
        Yield each attempt once, soon after it began, with what is known of it by then.

        To be asked before `tick`, which gives ended attempts away.
        """
        missed, self._missed = self._missed, []
        yield from missed
        for call in self._open.values():
            if not call.is_announced and _has_arrived(call, now_us):
                call.is_announced = True
                records = sorted(call.records, key=lambda record: record.time_us)
                yield describe_call(records, self._edges, now_us=now_us)

    @property
    def open_calls(self) -> int:
        """How many attempts are held."""
        return len(self._open)

    @property
    def now_us(self) -> int:
        """The latest time that records or ticks have told."""
        return self._now_us

    def holds(self, call: str) -> bool:
        """Tell whether an attempt of this Call-ID is held."""
        return call in self._open

    def awaits(self, call: str) -> bool:
        """Tell whether it was given as unknown, and its end may still correct that."""
        return call in self._unknown

    def restore(
        self,
        records: Iterable[Record],
        *,
        given: Mapping[str, int],
        unknown: Collection[str],
        ticked_us: int = 0,
    ) -> None:
        """
        Go on where another one stopped.

        Args:
            records: of all calls that it held or awaited, in the order in which it took them.
            given: when each Call-ID was given that is still remembered.
            unknown: those of them whose end may still come.
            ticked_us: up to when arrivals have been told.
        """
        self._done.update(given)
        for record in records:
            name = record.call
            if name not in self._open:
                # What would be overdue by its own time was heard of later: its clock is behind.
                is_behind = record.time_us + OPEN_US <= ticked_us
                heard_us = ticked_us if is_behind else record.time_us
                self._open[name] = _Open(heard_us, was_unknown=name in unknown)
            self._add(self._open[name], record)
        for name, call in list(self._open.items()):
            call.is_announced = call.was_unknown or _has_arrived(call, ticked_us)
            if call.was_unknown and call.ended_us is None:
                self._unknown[name] = self._open.pop(name)

    def move_clock(self, by_us: int) -> None:
        """Take a step of the clock that ticks come from: what is held is as old as it was."""
        self._now_us += by_us
        self._ticked_us += by_us
        self._done = {name: at_us + by_us for name, at_us in self._done.items()}
        for call in (*self._open.values(), *self._unknown.values()):
            call.heard_us += by_us
            call.ended_us = None if call.ended_us is None else call.ended_us + by_us
            call.rang_us = None if call.rang_us is None else call.rang_us + by_us

    def list_open(self) -> Iterator[Record]:
        """Yield the records of attempts that are held, for whoever has to go on later."""
        for call in self._open.values():
            yield from call.records

    def _forget(self, now_us: int) -> None:
        past_us = now_us - DONE_KEPT_US
        for name in [name for name, at_us in self._done.items() if at_us < past_us]:
            del self._done[name]
        overdue = now_us - CORRECTED_US
        for name in [name for name, call in self._unknown.items() if call.heard_us < overdue]:
            del self._unknown[name]

    def _add(self, call: _Open, record: Record) -> None:
        if len(call.records) < RECORDS_PER_CALL_MAX or record.kind == "end":
            call.records.append(record)
        heard_us = max(record.time_us, self._ticked_us)
        if record.kind in ("ring", "failed"):
            call.rang_us = heard_us if record.kind == "ring" else None
        if record.kind in ("end", "refused") and self._is_last_word(call, record):
            call.ended_us = heard_us

    def _is_last_word(self, call: _Open, record: Record) -> bool:
        """Where an edge has the call, only the edge ends it."""
        if record.get("site") in self._edges:
            return True
        return not any(
            each.get("site") in self._edges and each.kind == "attempt" for each in call.records
        )

    def _is_second(self, call: _Open, record: Record) -> bool:
        """
        A second attempt by the same engine of the same station is another call.

        An INVITE that is sent again is refused again. Where an edge has the call, only the edge
        begins another.
        """
        if record.kind == "refused" or not self._is_last_word(call, record):
            return False
        name = (record.get("site"), record.get("by"))
        begun = [old for old in call.records if old.kind == "attempt"]
        return any((old.get("site"), old.get("by")) == name for old in begun)

    def _give(self, name: str, call: _Open) -> SeenCall:
        self._done[name] = self._now_us
        records = sorted(call.records, key=lambda record: record.time_us)
        seen = describe_call(records, self._edges, now_us=self._now_us)
        if not call.is_announced and not call.was_unknown:
            self._missed.append(seen)
        return replace(seen, corrects=True) if call.was_unknown else seen


def _has_arrived(call: _Open, now_us: int) -> bool:
    return call.ended_us is not None or call.heard_us + ARRIVAL_US <= now_us


def _is_overdue(call: _Open, now_us: int) -> bool:
    """Tell whether an end is waited for no longer: not while somebody's telephone may ring."""
    rings_until_us = 0 if call.rang_us is None else call.rang_us + RINGING_US
    return max(call.heard_us + OPEN_US, rings_until_us) <= now_us


def _is_late(given_us: int, record: Record, *, is_second: bool) -> bool:
    """Tell a site's attempt that came after its edge's end, and a refusal that is repeated."""
    return not is_second and (record.kind == "refused" or record.time_us <= given_us)
