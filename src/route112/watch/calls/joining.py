"""
One attempt out of what an edge and several sites wrote about it.

An edge that passes a call on and the site that serves it write under the same Call-ID. What the
caller got is in the edge's `end`; whom it rang is in the site's lines. They come from different
files, in any order between files, so an attempt is held for a grace after its end, until the other
side's lines are there. An attempt without an end is unknown after `OPEN_SECONDS`, or when it has
rung for as long as a profile may allow; should its end come later, the call is given once more, as
a correction. How long to wait is counted from when a record was read: a clock that is behind, or
records that are shipped late, make no caller unknown who was served.

Where one station fails a call and another one takes it over under the same Call-ID, as the second
edge does, or with no edge the next site, the call is over when whoever began last has ended it.
Who that was is told by clocks, and they may be wrong: where the caller gave up at the one, by what
it says, and the other one was read later, both are waited for, and the worse end holds.

Attempts of several callers under one Call-ID are told apart (`strands`): the second one is held,
and given, as that Call-ID with a space and a number behind it, which no Call-ID can have.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from route112.watch.calls.strand import Given, Strand, gives_up, name_engine
from route112.watch.calls.strands import BEGINNINGS, Strands
from route112.watch.telling import describe_call, describe_probe
from route112.watch.values import SeenCall
from route112.wire.record_calls import OPEN_SECONDS, UNKNOWN
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
APART_US = 250_000
"""Clocks of two stations may be so far apart. Nobody who meets silence tries the next station
sooner, so that whoever began by more than this before it has been left."""
OPEN_CALLS_MAX = 200_000
"""Attempts held at once; beyond it the oldest of the station that began most is given as it
stands. Its end may still come, as that of any other."""
RECORDS_PER_CALL_MAX = 96
"""Records kept of one attempt: those of an edge and three sites."""
FAILED = "failed"
"""Outcome of an end that leaves no doubt that the caller was lost."""
PROBE = "probe"
"""Kind of the one record of a test call that whoever placed it writes."""
DONE_KEPT_US = 60_000_000
"""How long a given Call-ID is remembered, so that its late lines are no new call."""


class Joiner:
    """
    Joins records into calls.

    Args:
        edges: names of stations that pass calls on; all others are sites.
        spell: writes a caller's number in the one form by which callers are told apart.
    """

    def __init__(self, edges: Collection[str], spell: Callable[[str], str] = str.strip) -> None:
        self._edges = frozenset(edges)
        self._strands = Strands(spell)
        self._missed: list[SeenCall] = []
        """Attempts that were given before they were told as arrived."""
        self._now_us = 0
        self._ticked_us = 0
        self.placed: tuple[str, ...] = ()
        """What the attempts are held as that the last record was added to."""
        self.renewed: tuple[str, ...] = ()
        """What was waited for until the last record or tick, and is so no more: it has begun anew,
        or too many are waited for."""

    def take(self, record: Record, *, is_late: bool = False) -> Iterator[SeenCall]:
        """
        Add a record; yield the call that a second attempt under its Call-ID closes.

        Args:
            is_late: it could not be read when it was written.
        """
        self.placed = self.renewed = ()
        if record.kind == PROBE:
            yield describe_probe(record)
            return
        if not record.call:
            return
        self._now_us = max(self._now_us, record.time_us)
        if record.kind in BEGINNINGS:
            yield from self._begin(record)
        else:
            heard_us = self.hear(record)
            takers = self._strands.list_takers(record)
            station = record.get("site")
            self.placed = tuple(
                name
                for name in takers
                if self._strands.resume(name, heard_us, station, is_edge=station in self._edges)
            )
            for name in self.placed:
                self._add(self._strands.open[name], record)
        for name in self.placed:
            self._strands.open[name].came_late &= is_late
        while len(self._strands.open) > OPEN_CALLS_MAX:
            yield from self._let_wait(self._strands.open.find_excess())

    def _begin(self, record: Record) -> Iterator[SeenCall]:
        """Take the first line of a station about an attempt."""
        name = self._strands.find_own(record)
        if name is None:
            name = min(self._strands.list_names(record), key=self._strands.tell_age)
            if name in self._strands.open:
                yield self._give(name, self._strands.open.pop(name))
            self._strands.done.pop(name, None)
        known = self._strands.open.get(name)
        is_second = known is not None and self._is_second(known, record)
        if known is not None and is_second:
            yield self._give(name, self._strands.open.pop(name))
            known = None
        if known is None:
            given = self._strands.done.get(name)
            if given is not None and self._is_late(given, record, is_second=is_second):
                return
            if name in self._strands.unknown:
                self._strands.unknown.pop(name)
                self.renewed = (name,)
            known = self._strands.hold(name, self.hear(record), record.get("site"))
        self.placed = (name,)
        self._add(known, record)

    def tick(self, now_us: int) -> Iterator[SeenCall]:
        """Yield the calls that nothing more is waited for."""
        self.renewed = ()
        self._now_us = max(self._now_us, now_us)
        self._ticked_us = max(self._ticked_us, now_us)
        for name, call in list(self._strands.open.items()):
            if call.ended_us is not None and call.ended_us + GRACE_US <= now_us:
                yield self._give(name, self._strands.open.pop(name))
            elif call.ended_us is None and _is_overdue(call, now_us):
                yield from self._let_wait(name)
        self._strands.forget(done_us=now_us - DONE_KEPT_US, unknown_us=now_us - CORRECTED_US)

    def list_arrivals(self, now_us: int) -> Iterator[SeenCall]:
        """
        Yield each attempt once, soon after it began, with what is known of it by then.

        To be asked before `tick`, which gives ended attempts away.
        """
        missed, self._missed = self._missed, []
        yield from missed
        for name, call in self._strands.open.items():
            if not call.is_announced and _has_arrived(call, now_us):
                call.is_announced = True
                yield self._describe(name, call, now_us)

    @property
    def open_calls(self) -> int:
        """How many attempts are held."""
        return len(self._strands.open)

    @property
    def now_us(self) -> int:
        """The latest time that records or ticks have told."""
        return self._now_us

    def hear(self, record: Record) -> int:
        """Return when a record was heard of: its own time, or now, where that is later."""
        return max(record.time_us, self._ticked_us)

    def holds(self, call: str) -> bool:
        """Tell whether an attempt is held as this."""
        return call in self._strands.open

    def awaits(self, call: str) -> bool:
        """Tell whether it was given as unknown, and its end may still correct that."""
        return call in self._strands.unknown

    def waits(self, call: str) -> bool:
        """Tell whether anything more may be given of it."""
        return self.holds(call) or self.awaits(call)

    def restore(
        self,
        records: Iterable[tuple[str, Record]],
        *,
        given: Mapping[str, Given],
        unknown: Collection[str],
        heard_us: Sequence[int] = (),
        ticked_us: int = 0,
    ) -> None:
        """
        Go on where another one stopped.

        Args:
            records: of all calls that it held or awaited, in the order in which it took them, each
                with what its call was held as.
            given: the calls that were given and are still remembered.
            unknown: those of them whose end may still come.
            heard_us: when each record was heard of; 0, or none: that is not known.
            ticked_us: up to when arrivals have been told.
        """
        self._strands.done.update(given)
        for name in given:
            self._strands.note_name(name)
        for (name, record), at_us in zip_longest(records, heard_us):
            self._ticked_us = at_us or 0
            if name not in self._strands.open:
                strand = self._strands.hold(name, self.hear(record), record.get("site"))
                # What would be overdue by its own time was heard of later: its clock is behind.
                if not at_us and record.time_us + OPEN_US <= ticked_us:
                    strand.heard_us = ticked_us
                strand.was_unknown = name in unknown
            self._add(self._strands.open[name], record)
            self._strands.open[name].came_late = False
        self._ticked_us = ticked_us
        for name, call in list(self._strands.open.items()):
            call.is_announced = call.was_unknown or _has_arrived(call, ticked_us)
            if call.was_unknown and call.ended_us is None:
                self._strands.await_end(name, self._strands.open.pop(name))

    def move_clock(self, by_us: int) -> None:
        """Take a step of the clock that ticks come from: what is held is as old as it was."""
        self._now_us += by_us
        self._ticked_us += by_us
        self._strands.done = {
            name: replace(given, at_us=given.at_us + by_us)
            for name, given in self._strands.done.items()
        }
        for call in (*self._strands.open.values(), *self._strands.unknown.values()):
            call.heard_us += by_us
            call.ended_us = None if call.ended_us is None else call.ended_us + by_us
            call.rang_us = None if call.rang_us is None else call.rang_us + by_us

    def list_open(self) -> Iterator[tuple[str, Record]]:
        """Yield the records of attempts that are held, each with what that is held as."""
        for name, call in self._strands.open.items():
            yield from ((name, record) for record in call.records)

    def _add(self, call: Strand, record: Record) -> None:
        station = record.get("site")
        if record.kind in BEGINNINGS:
            call.whose = call.whose.add(self._strands.tell_whose(record))
        if record.kind == "attempt" and station not in call.begun:
            call.begin_beside(self._strands.list_beside(call, record), station)
            call.begun[station] = record.time_us
            if self._takes_over(call, record):
                call.ended_us = None
        if len(call.records) < RECORDS_PER_CALL_MAX or record.kind == "end":
            call.records.append(record)
        heard_us = self.hear(record)
        if record.kind in ("ring", "failed"):
            call.rang_us = heard_us if record.kind == "ring" else None
        if record.kind == "end":
            call.ends[station] += 1
        if self._fails(call, record):
            call.overtaken += [
                end for end in self._list_left(call, station) if end.time_us > record.time_us
            ]
        is_over = record.kind == "refused" or (record.kind == "end" and call.has_all_ends(station))
        if is_over and self._is_last_word(call, station) and not self._is_left(call, record):
            call.ended_us = heard_us

    def _is_last_word(self, call: Strand, station: str) -> bool:
        """Where an edge has the call, only an edge ends it."""
        return station in self._edges or self._edges.isdisjoint(call.begun)

    def _takes_over(self, call: Strand, record: Record) -> bool:
        """Tell whether the end of a call is up to the station that begins with this, too."""
        station = record.get("site")
        others = [
            began_us
            for other, began_us in call.begun.items()
            if other != station and self._is_last_word(call, other)
        ]
        is_last = record.time_us + APART_US >= max(others, default=record.time_us)
        may_be_last = is_last or bool(self._list_left(call, station))
        return may_be_last and self._is_last_word(call, station)

    def _fails(self, call: Strand, record: Record) -> bool:
        """Tell whether by this line a station did not serve who may have come from another one."""
        if record.kind == "refused":
            return self._is_last_word(call, record.get("site"))
        return record.kind == "end" and record.get("outcome") == FAILED

    def _list_left(self, call: Strand, station: str) -> list[Record]:
        """List the ends by which a caller gave up at who was read before a station."""
        order = list(call.begun)
        before = order[: order.index(station)] if station in order else order
        return [
            each
            for each in call.records
            if gives_up(each)
            and each.get("site") in before
            and self._is_last_word(call, each.get("site"))
        ]

    def _is_left(self, call: Strand, record: Record) -> bool:
        """Tell whether another station has taken a call over from the one that ends it."""
        station = record.get("site")
        until_us = call.begun.get(station, record.time_us) - APART_US
        order = list(call.begun)
        read_later = order[order.index(station) :] if gives_up(record) and station in order else []
        return any(
            other != station
            and (began_us >= until_us or other in read_later)
            and call.is_open_at(other)
            and self._is_last_word(call, other)
            for other, began_us in call.begun.items()
        )

    def _is_second(self, call: Strand, record: Record) -> bool:
        """
        A second attempt by the same engine of the same station is another call.

        An INVITE that is sent again is refused again. Where an edge has the call, only the edge
        begins another.
        """
        if record.kind == "refused" or not self._is_last_word(call, record.get("site")):
            return False
        name = name_engine(record)
        return any(old.kind == "attempt" and name_engine(old) == name for old in call.records)

    def _is_late(self, given: Given, record: Record, *, is_second: bool) -> bool:
        """Tell a site's attempt that came after its edge's end, and a refusal that is repeated."""
        is_edge = record.get("site") in self._edges
        if is_second or given.is_news(is_edge=is_edge):
            return False
        if record.kind == "refused":
            return given.is_known_to(record.get("site"), is_edge=is_edge)
        return record.time_us <= given.at_us and given.is_behind(record, is_edge=is_edge)

    def _give(self, name: str, call: Strand) -> SeenCall:
        seen = self._describe(name, call, self._now_us)
        self._strands.done[name] = Given(
            self._now_us,
            call.whose,
            bool(seen.edge),
            frozenset(each.get("site") for each in call.records),
            frozenset(name_engine(each) for each in call.records if each.kind == "attempt"),
        )
        if not call.is_announced and not call.was_unknown:
            self._missed.append(seen)
        return replace(seen, corrects=True) if call.was_unknown else seen

    def _let_wait(self, name: str) -> Iterator[SeenCall]:
        """Give an attempt as it stands, once; where it has no end that may still come."""
        call = self._strands.open.pop(name)
        is_told = call.was_unknown and call.ended_us is None
        given = None if is_told else self._give(name, call)
        if given is None or given.outcome == UNKNOWN:
            self.renewed += self._strands.await_end(name, call)
        if given is not None:
            yield given

    def _describe(self, name: str, call: Strand, now_us: int) -> SeenCall:
        return replace(
            describe_call(call.list_records(), self._edges, now_us=now_us),
            call=name,
            came_late=call.came_late,
            heard_us=call.heard_us,
            end_heard_us=now_us if call.ended_us is None else call.ended_us,
        )


def _has_arrived(call: Strand, now_us: int) -> bool:
    return call.ended_us is not None or call.heard_us + ARRIVAL_US <= now_us


def _is_overdue(call: Strand, now_us: int) -> bool:
    """Tell whether an end is waited for no longer: not while somebody's telephone may ring."""
    rings_until_us = 0 if call.rang_us is None else call.rang_us + RINGING_US
    return max(call.heard_us + OPEN_US, rings_until_us) <= now_us
