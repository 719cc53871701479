"""The steps of whoever follows records: each is one transaction, and can be cut anywhere."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from route112.adapters.record_feed import Feed
from route112.adapters.watch_store import Refusal, transaction
from route112.apps.watch.following.absences import Absences
from route112.apps.watch.following.events import Events
from route112.apps.watch.following.joined import Joined
from route112.apps.watch.following.lateness import Lateness
from route112.apps.watch.following.own_clock import OwnClock
from route112.apps.watch.following.taking import Taking
from route112.apps.watch.names import Names
from route112.watch.alarms.changes import Happening
from route112.watch.upkeep.clocks import ClockWatch
from route112.watch.values import SeenCall
from route112.wire.record_lines import Record

AHEAD_US = 2_000_000
"""A record of a later time than this machine's, and so much more, is taken as of now."""


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
        self.eyes = eyes
        self.lookers: list[Looker] = []
        """Who looks as well, and keeps nothing."""
        self._rounds: list[tuple[str, Sequence[Record]]] = []
        """What has been read, and could not be taken yet."""
        self.absences = Absences(frozenset(edges))
        self._joined = Joined(store, edges, names, self.absences)
        self._clock = OwnClock(self._joined.wall_us, complain)
        self.feed = Feed(complain, told_us=self._joined.ticked_us)
        self._taking = Taking(
            store, self.feed, self.absences, complain=complain, ahead_us=ahead_us
        )
        self._taking.restore_absences(self._joined.wall_us)
        self.intake = self._taking.intake
        self._events = Events(store, edges)
        self._lateness: Lateness | None = None

    def watch(self, clocks: ClockWatch) -> None:
        """Have clocks looked at as well, which are told how late records come, too."""
        self.lookers.append(clocks)
        self._lateness = Lateness(clocks, self.feed, self._taking.owners)

    @property
    def known(self) -> Collection[str]:
        """Names of the folders that have been read."""
        return self._taking.known

    def follow(self, folders: Iterable[Path]) -> list[str]:
        """Follow these folders too; return those that are new."""
        return self._taking.follow(folders)

    def list_refusals(self) -> list[Refusal]:
        """List the stations that were offered two contents under one generation."""
        return self._events.list_refusals()

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
            self._read(now_us)
        with transaction(self._store):
            rounds, self._rounds = self._rounds, []
            self._taking.note_absences()
            self._joined.begin(now_us)
            if by_us := self._clock.step(now_us, passed_us):
                self._move_clock(by_us)
            for source, records in rounds:
                is_late = not self.feed.is_fresh(source)
                for record in self._taking.take(source, records, now_us):
                    self._take(record, is_late=is_late)
            time_us = self.feed.tell_time(now_us)
            arrived, ended = self._joined.tick(time_us)
            self._look(arrived, ended, time_us)
        return sum(len(records) for _, records in rounds)

    def _read(self, now_us: int) -> None:
        self._rounds = list(self.feed.read_round())
        self.absences.look(self.feed.list_missing(), now_us)
        if self._lateness is not None:
            self._lateness.look(self._rounds, now_us)

    def _move_clock(self, by_us: int) -> None:
        """Take a step of this machine's clock: calls are as old as they were, sums begin anew."""
        self.feed.move_clock(by_us)
        self._joined.move_clock(by_us)
        if self.eyes is not None:
            self.eyes.begin_anew()

    def _take(self, record: Record, *, is_late: bool) -> None:
        if record.kind == "site":
            change = self._events.take(record)
            if change is not None and self.eyes is not None:
                self.eyes.add_change(change)
        self._joined.take(record, is_late=is_late)

    def _look(self, arrived: Iterable[SeenCall], ended: Iterable[SeenCall], time_us: int) -> None:
        if self.eyes is not None:
            self.eyes.blind = self.absences.list_blind()
        for looker in (*([] if self.eyes is None else [self.eyes]), *self.lookers):
            for call in arrived:
                looker.add_arrival(call)
            for call in ended:
                looker.add_end(call)
            looker.tick(time_us)
