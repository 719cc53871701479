"""From records to calls that are kept: each step is one transaction, and can be cut anywhere."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from route112.adapters.record_feed import Feed
from route112.adapters.record_spool import Position
from route112.adapters.watch_store import Journal, Refusal, transaction
from route112.apps.watch.folders import FolderSource
from route112.apps.watch.upkeep.absences import Absences
from route112.apps.watch.upkeep.owners import Owners
from route112.model import Profile
from route112.snapshot.reader import Snapshot
from route112.watch.alarms.changes import Happening
from route112.watch.calls.joining import PROBE, Joiner
from route112.watch.intake import Intake
from route112.watch.series import OTHER
from route112.watch.upkeep.clocks import ClockWatch
from route112.watch.values import TEST_PREFIX, TEST_SERVICE, SeenCall
from route112.wire.record_calls import UNKNOWN
from route112.wire.record_lines import Record
from route112.wire.record_numbers import spell_number

AHEAD_US = 2_000_000
"""A record of a later time than this machine's, and so much more, is taken as of now."""
PROBER = "probe"
"""Name and folder of whoever places test calls."""
STEP_US = 5_000_000
"""The clock of this machine has stepped when it differs by more from what it should tell."""
SNAPSHOT_EVENTS = ("snapshot", "snapshot-refused")
"""Of a station: what it has, and what it does not take."""
CONTRADICTION = "same-generation-other-content"
"""Why it was refused: somebody signed two contents under one number."""
GENERATION_DIGITS_MAX = 18
"""Digits of a generation that a station may name: the store has 63 bits for it."""
RETURN_SAID_US = 3_600_000_000
"""That a folder was put back is said once in so long."""
AWAKE_US = 10_000_000
"""Who stood still for longer does not know how late records are that it finds then."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a plan says about numbers and communes, and a profile about how numbers are written."""

    snapshot: Snapshot
    profile: Profile | None = None

    def mean(self, dialled: str) -> str:
        """
        Return the short number that was meant; `OTHER` for what the plan does not have.

        A caller can dial anything, and an operator may write a caller's own number there: nothing
        of it is kept, counted or shown.
        """
        if not dialled or dialled.lower().startswith(TEST_PREFIX):
            return dialled and TEST_SERVICE
        index = self.snapshot.find_number(dialled)
        return OTHER if index is None else self.snapshot.short_numbers[index].number

    def spell(self, call: SeenCall) -> SeenCall:
        """Return a call with its caller's number in the one form that the country has for it."""
        caller = self.spell_number(call.caller)
        return call if caller == call.caller else replace(call, caller=caller)

    def spell_number(self, number: str) -> str:
        """Return a caller's number in that form."""
        return spell_number(number, self.profile)

    def place(self, commune: str) -> str:
        """Return the name of a commune; empty where the plan does not know it."""
        index = self.snapshot.find_commune(commune)
        return "" if index is None else self.snapshot.commune(index).name


class Looker(Protocol):
    """Who is given each attempt as it begins and as it ends, within the transaction of a step."""

    def add_arrival(self, call: SeenCall) -> None:
        """Take an attempt that has begun."""

    def add_end(self, call: SeenCall) -> None:
        """Take what became of it."""

    def tick(self, time_us: int) -> object:
        """Look at what came up to this time."""


class Watcher(Looker, Protocol):
    """A looker that is told what changes at stations, and remembers what time it was."""

    blind: tuple[str, ...]
    """Stations whose records cannot be read now."""

    def add_change(self, change: Happening) -> None:
        """Take note of it."""

    def begin_anew(self) -> None:
        """Look on from the next time that is told, be it earlier than the last one."""


CHANGES = {
    "start": "restart",
    "restart": "restart",
    "drained": "drained",
    "given-back": "given back",
}
"""Events of a station that change how it fares, and how they are called."""
ADOPTED = "adopted"
"""Why a supervisor says `start` although everything went on."""
FIRST_RECORDS = 8
"""Records of a station's folder with which it begins to be."""


class Follower:
    """
    Follows records folders.

    Nothing is held in memory that the store has not: whoever opens the same store goes on.
    """

    def __init__(
        self,
        store: sqlite3.Connection,
        *,
        edges: Collection[str],
        names: Names,
        complain: Callable[[str], None],
        eyes: Watcher | None = None,
        ahead_us: int = AHEAD_US,
    ) -> None:
        self._store = store
        self._ahead_us = ahead_us
        self.eyes = eyes
        self.lookers: list[Looker] = []
        """Who looks as well, and keeps nothing."""
        self.clocks: ClockWatch | None = None
        """Who is told how late records come."""
        self._stepped_us = 0
        self._names = names
        self._journal = Journal(store)
        self.feed = Feed(complain, told_us=self._journal.load_ticked())
        self._edges = frozenset(edges)
        self._ended: list[SeenCall] = []
        self._complain = complain
        self._rounds: list[tuple[str, Sequence[Record]]] = []
        """What has been read, and could not be taken yet."""
        self._false_probers: set[str] = set()
        self._wall_us = self._journal.load_step()
        self.absences = Absences(frozenset(edges))
        self._away = self._journal.load_absences()
        """Who could not be read, as it is kept."""
        self.absences.restore(self._away, self._wall_us)
        self._positions = self._journal.load_positions()
        owners = {each.writer: source for source, each in self._positions.items()}
        self._owners = Owners(owners, self.feed.is_there, self.absences, complain)
        for source, writers in self._journal.load_writers().items():
            self._owners.note_writers(source, writers)
        self._returned_us: dict[str, int] = {}
        """By folder, when it was said last that it was put back."""
        self.intake = Intake(*self._journal.load_taken(), self._journal.load_newest())
        self._joiner = Joiner(edges, names.spell_number)
        held = self._journal.load_held()
        self._unseen = set(held.unseen)
        """What is held as unknown, and nobody has looked at."""
        self._joiner.restore(
            held.records,
            given=held.given,
            unknown=held.unknown,
            ticked_us=self._journal.load_ticked(),
        )

    def watch(self, clocks: ClockWatch) -> None:
        """Have clocks looked at as well, which are told how late records come, too."""
        self.lookers.append(clocks)
        self.clocks = clocks

    @property
    def known(self) -> Collection[str]:
        """Names of the folders that have been read."""
        return self._positions.keys()

    def follow(self, folders: Iterable[Path]) -> list[str]:
        """Follow these folders too; return those that are new."""
        added = []
        for path in folders:
            if str(path) in self.feed.list_names():
                continue
            known = self._positions.get(str(path))
            since = None if known is None else Position(known.writer, known.sequence)
            self.feed.add(FolderSource(path, since))
            added.append(str(path))
        return added

    def step(self, now_us: int, passed_us: int | None = None) -> int:
        """
        Take what is there, give what is over; return how many records were there.

        Args:
            now_us: wall clock.
            passed_us: since the last step, by a clock that nobody sets; None where that is not
                known: then a step of the wall clock shows only when it goes back.

        Raises: BusyError; what was read is taken by the next step. Any other sqlite3.Error: this
            follower is of no use then, and the store is as it was.
        """
        if not self._rounds:
            self._rounds = list(self.feed.read_round())
            self.absences.look(self.feed.list_missing(), now_us)
            self._look_at_clocks(self._rounds, now_us)
        with transaction(self._store):
            rounds, self._rounds = self._rounds, []
            self._note_absences()
            self._note_own_clock(now_us, passed_us)
            for source, records in rounds:
                self._take_all(source, records, now_us)
            time_us = self.feed.tell_time(now_us)
            arrivals = list(map(self._names.spell, self._joiner.list_arrivals(time_us)))
            arrived = [call for call in arrivals if not self._journal.is_told(call)]
            for call in self._joiner.tick(time_us):
                self._give(call)
            self._release_renewed()
            self._journal.forget_given(time_us)
            self._unseen = {name for name in self._unseen if self._joiner.waits(name)}
            self._journal.note_ticked(time_us)
            self._look(arrived, time_us)
        return sum(len(records) for _, records in rounds)

    def _look_at_clocks(self, rounds: Iterable[tuple[str, Sequence[Record]]], now_us: int) -> None:
        """Say how late what has been written since the last step is."""
        was_awake = 0 <= now_us - self._stepped_us <= AWAKE_US
        self._stepped_us = now_us
        if self.clocks is None or not was_awake:
            return
        for source, records in rounds:
            newest = {
                record.get("site"): record.time_us
                for record in records
                if record.kind != PROBE and self._owners.names_itself(source, record)
            }
            for station, time_us in newest.items():
                if self.feed.is_fresh(source) and station and time_us:
                    self.clocks.note_arrival(station, now_us - time_us)

    def _note_absences(self) -> None:
        """Have the next process know who is away, and since when."""
        away = self.absences.list_kept()
        if away != self._away:
            self._journal.note_absences(away)
            self._away = away

    def _note_own_clock(self, now_us: int, passed_us: int | None) -> None:
        """Take a step of this machine's clock: calls are as old as they were, sums begin anew."""
        before_us, self._wall_us = self._wall_us, now_us
        self._journal.note_step(now_us)
        by_us = now_us - before_us - (passed_us or 0)
        is_ahead = passed_us is not None and by_us > STEP_US
        if not before_us or (by_us >= -STEP_US and not is_ahead):
            return
        where = "ahead" if is_ahead else "back"
        self._complain(
            f"the clock of this machine was set {where} by {abs(by_us) / 1e6:,.0f} s: calls are as"
            " old as they were, sums begin anew"
        )
        self.feed.move_clock(by_us)
        self._joiner.move_clock(by_us)
        self._journal.move_clock(by_us)
        if self.eyes is not None:
            self.eyes.begin_anew()

    def _take_all(self, source: str, records: Iterable[Record], now_us: int) -> None:
        taken, writers, counts, is_late = 0, {}, False, not self.feed.is_fresh(source)
        names: set[str] = set()
        for record in records:
            if not self._owners.is_own(source, record):
                continue
            names_itself = self._owners.names_itself(source, record)
            counts = counts or names_itself
            writers[record.writer] = record
            before = self.intake.count_returns(record.writer)
            if name := self.intake.take(record.writer, record.sequence, record.time_us):
                if self.intake.count_returns(record.writer) > before:
                    self._say_returned(source, record, now_us)
                names.add(name)
                taken += 1
                if not names_itself:
                    continue
                if record.kind == PROBE and not self._is_prober(source, record):
                    continue
                # A clock that is ahead must not put off what everybody waits for.
                is_ahead = record.time_us > now_us + self._ahead_us
                own = replace(record, time_us=now_us) if is_ahead else record
                self._take(own, is_late=is_late)
        self.absences.note_counted(source, counts=counts)
        self._note_taken(source, names, writers)
        for last in writers.values():
            self.absences.note_station(source, last.get("site"))
            self._journal.move(source, last)
        self._journal.count("records", taken)

    def _note_taken(self, source: str, names: Iterable[str], writers: Collection[str]) -> None:
        """Keep what was taken of a source, under which names of its writers."""
        for name in names:
            floor, ahead = self.intake.find_taken(name), self.intake.list_ahead(name)
            self._journal.note_taken(name, floor, ahead)
            self._journal.note_newest(name, self.intake.find_newest_us(name))
        for writer in writers:
            self._journal.note_writer(writer, source)
        for writer in self._owners.note_writers(source, writers):
            self.intake.forget(writer)
        for name in self.intake.list_forgotten():
            self._journal.forget_taken(name)

    def _say_returned(self, source: str, record: Record, now_us: int) -> None:
        """Say that a folder was put back to an older state, now and then only."""
        said_us = self._returned_us.get(source)
        if said_us is not None and abs(now_us - said_us) < RETURN_SAID_US:
            return
        self._returned_us[source] = now_us
        self._complain(
            f"{source} was put back to an older state, and writes other records from number"
            f" {record.sequence:,} on: they are taken"
        )

    def _is_prober(self, source: str, record: Record) -> bool:
        """Tell whether a test call is told by whoever may: a station could accuse others."""
        if PROBER == record.get("site") == Path(source).parent.name:
            return True
        if source not in self._false_probers:
            self._false_probers.add(source)
            self._complain(f"{source} tells of test calls and is no prober's: they do not count")
        return False

    def _note_change(self, record: Record) -> None:
        """Tell of what changed at a station; its very first start changed nothing."""
        is_new = record.sequence <= FIRST_RECORDS
        what = CHANGES.get(record.get("event"))
        if what is None or is_new or record.get("reason") == ADOPTED:
            return
        station = record.get("site")
        dimension = "edge" if station in self._edges else "site"
        if self.eyes is not None:
            self.eyes.add_change(
                Happening(what=what, dimension=dimension, value=station, at_us=record.time_us)
            )

    def _take(self, record: Record, *, is_late: bool) -> None:
        if record.kind == "site":
            self._note_snapshot(record)
            self._note_change(record)
        for call in self._joiner.take(record, is_late=is_late):
            self._give(call)
        self._release_renewed()
        for name in filter(self._joiner.holds, self._joiner.placed):
            self._journal.hold(name, record)

    def _release_renewed(self) -> None:
        """Keep no records of what is waited for no more, because its Call-ID begins anew, say."""
        for name in self._joiner.renewed:
            self._journal.release(name)

    def _note_snapshot(self, record: Record) -> None:
        """Remember who was offered two contents under one generation, until it has a later one."""
        event, station, number = map(record.get, ("event", "site", "g"))
        is_number = number.isdecimal() and len(number) <= GENERATION_DIGITS_MAX
        if event not in SNAPSHOT_EVENTS or not is_number:
            return
        kind = "edge" if station in self._edges else "site"
        generation = int(number)
        if event == "snapshot":
            self._journal.forget_refusal(kind, station, generation)
        elif record.get("reason") == CONTRADICTION:
            self._journal.note_refusal(Refusal(kind, station, generation, record.time_us))

    def list_refusals(self) -> list[Refusal]:
        """List the stations that were offered two contents under one generation."""
        return self._journal.list_refusals()

    def _look(self, arrived: Sequence[SeenCall], time_us: int) -> None:
        ended, self._ended = self._ended, []
        if self.eyes is not None:
            self.eyes.blind = self.absences.list_blind()
        for looker in (*([] if self.eyes is None else [self.eyes]), *self.lookers):
            for call in arrived:
                looker.add_arrival(call)
            for call in ended:
                looker.add_end(call)
            looker.tick(time_us)

    def _give(self, given: SeenCall) -> None:
        call = self._names.spell(given)
        is_unseen = self._is_unseen(call)
        # The stations of a test call tell of it, too; whoever placed it has his own file.
        is_news = bool(call.probe) or self._journal.give(
            replace(call, number=self._names.mean(call.number)),
            at_us=self._joiner.now_us,
            awaits=self._joiner.awaits(call.call),
            place=self._names.place(call.commune),
            taken_us=self._wall_us,
            is_unseen=is_unseen,
        )
        if is_unseen:
            self._unseen.add(call.call)
        elif is_news:
            is_first = call.corrects and call.call in self._unseen
            self._ended.append(replace(call, corrects=False) if is_first else call)
            self._unseen.discard(call.call)

    def _is_unseen(self, call: SeenCall) -> bool:
        """
        Tell whether nothing more is known of a call because its station cannot be read.

        That is the one that ends it: where an edge can be read, it has died, or has forgotten it.
        """
        ends = call.edge or call.site
        return call.outcome == UNKNOWN and ends in self.absences.list_blind()
