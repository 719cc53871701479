"""Which of the records that were read count and are new, and how far each folder was taken."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from route112.adapters.record_feed import Feed
from route112.adapters.record_spool import Position
from route112.adapters.watch_store import Sources, count
from route112.apps.watch.following.absences import Absences
from route112.apps.watch.following.folders import FolderSource
from route112.apps.watch.following.owners import Owners
from route112.watch.intake import Intake
from route112.wire.record_lines import Record

RETURN_SAID_US = 3_600_000_000
"""That a folder was put back is said once in so long."""


class Taking:
    """
    Folders of one store: whoever opens it next goes on behind what was taken of each.

    Args:
        absences: told whose records a folder has, and whether they count.
        complain: told of records that do not count, and of folders that were put back.
        ahead_us: a record of a later time than this machine's, and so much more, is taken as of
            now.
    """

    def __init__(
        self,
        store: sqlite3.Connection,
        feed: Feed,
        absences: Absences,
        *,
        complain: Callable[[str], None],
        ahead_us: int,
    ) -> None:
        self._store = store
        self._sources = Sources(store)
        self._feed = feed
        self._absences = absences
        self._complain = complain
        self._ahead_us = ahead_us
        self._away = self._sources.load_absences()
        """Who could not be read, as it is kept."""
        self._positions = self._sources.load_positions()
        writers = {each.writer: source for source, each in self._positions.items()}
        self.owners = Owners(writers, feed.is_there, absences, complain)
        for source, known in self._sources.load_writers().items():
            self.owners.note_writers(source, known)
        self.intake = Intake(*self._sources.load_taken(), self._sources.load_newest())
        self._latest_us: dict[str, int] = {}
        """By folder, the latest time that a record of it was taken as of."""
        self._returned_us: dict[str, int] = {}
        """By folder, when it was said last that it was put back."""

    @property
    def known(self) -> Collection[str]:
        """Names of the folders that have been read."""
        return self._positions.keys()

    def restore_absences(self, wall_us: int) -> None:
        """Have it known who was away at this time of the wall clock."""
        self._absences.restore(self._away, wall_us)

    def follow(self, folders: Iterable[Path]) -> list[str]:
        """Follow these folders too; return those that are new."""
        added = []
        for path in folders:
            if str(path) in self._feed.list_names():
                continue
            known = self._positions.get(str(path))
            since = None if known is None else Position(known.writer, known.sequence)
            self._feed.add(FolderSource(path, since))
            added.append(str(path))
        return added

    def note_absences(self) -> None:
        """Have the next process know who is away, and since when."""
        away = self._absences.list_kept()
        if away != self._away:
            self._sources.note_absences(away)
            self._away = away

    def take(self, source: str, records: Iterable[Record], now_us: int) -> Iterator[Record]:
        """
        Yield those records of a folder that count and are new, and keep that they were taken.

        To be asked for all of them, within a transaction.
        """
        taken, counts = 0, False
        writers: dict[str, Record] = {}
        names: set[str] = set()
        for record in records:
            if not self.owners.is_own(source, record):
                continue
            names_itself = self.owners.names_itself(source, record)
            counts = counts or names_itself
            writers[record.writer] = record
            name = self._take(source, record, now_us)
            if not name:
                continue
            names.add(name)
            taken += 1
            if names_itself and self.owners.may_tell(source, record):
                yield self._date(source, record, now_us)
        self._absences.note_counted(source, counts=counts)
        self._note_taken(source, names, writers)
        for last in writers.values():
            self._absences.note_station(source, last.get("site"))
            self._sources.move(source, last)
        count(self._store, "records", taken)

    def _date(self, source: str, record: Record, now_us: int) -> Record:
        """
        Return a record of a later time as of now: nobody waits for a clock that is ahead.

        It stays behind what its folder had before, a little of which may be ahead as well.
        """
        bound_us = now_us + self._ahead_us
        latest_us = min(self._latest_us.get(source, 0), bound_us)
        is_ahead = record.time_us > bound_us
        time_us = max(now_us, latest_us) if is_ahead else record.time_us
        self._latest_us[source] = max(latest_us, time_us)
        return replace(record, time_us=time_us) if is_ahead else record

    def _take(self, source: str, record: Record, now_us: int) -> str:
        """Return the name of its writer under which a record is new; empty: it is known."""
        before = self.intake.count_returns(record.writer)
        name = self.intake.take(record.writer, record.sequence, record.time_us)
        if name and self.intake.count_returns(record.writer) > before:
            self._say_returned(source, record, now_us)
        return name

    def _note_taken(self, source: str, names: Iterable[str], writers: Collection[str]) -> None:
        """Keep what was taken of a source, under which names of its writers."""
        for name in names:
            floor, ahead = self.intake.find_taken(name), self.intake.list_ahead(name)
            self._sources.note_taken(name, floor, ahead)
            self._sources.note_newest(name, self.intake.find_newest_us(name))
        for writer in writers:
            self._sources.note_writer(writer, source)
        for writer in self.owners.note_writers(source, writers):
            self.intake.forget(writer)
        for name in self.intake.list_forgotten():
            self._sources.forget_taken(name)

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
