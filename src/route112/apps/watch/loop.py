"""The loop of `route112 watch run`: look for folders, take what is there, forget what is over."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from route112.adapters.clock import utc_now
from route112.adapters.watch_store import AlarmBook, BusyError, Looks, load_counts, transaction
from route112.apps.alarms.ledger import Ledger
from route112.apps.scenario_time import find_scenario_time
from route112.apps.watch.alarming import Alarming
from route112.apps.watch.following.folders import find_records, list_expected, list_folders
from route112.apps.watch.following.follower import Follower
from route112.apps.watch.keeping import Files, forget
from route112.apps.watch.looking.eyes import Eyes
from route112.apps.watch.looking.makings import Makings
from route112.apps.watch.options import make_complain
from route112.apps.watch.shown import Shown, describe
from route112.apps.watch.states.stating import StateKeeper

POLL_SECONDS = 0.25
LOOK_SECONDS = 2.0
"""Between two looks for records folders that have come since."""
SHOW_SECONDS = 2.0
"""Between two times that what is shown is kept for `watch status`."""
FORGET_SECONDS = 60.0
"""Between two times that numbers in clear are forgotten."""

complain = make_complain("watch")


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told of what came, besides the store."""

    states: StateKeeper | None
    show: Callable[[Shown], None]
    alarming: Alarming
    ledger: Ledger


class Loop:
    """Looks for folders, takes what is there, forgets what is over."""

    def __init__(
        self,
        follower: Follower,
        files: Files,
        store: sqlite3.Connection,
        records: tuple[Path, ...],
        makings: Makings,
        told: Told,
    ) -> None:
        self._told = told
        if told.states is not None:
            follower.lookers.append(told.states)
        self._makings = makings
        self._clock_trouble = ""
        self._eyes: Eyes | None = None
        self._follower = follower
        self._files = files
        self._store = store
        self._records = records
        self._look_at = self._show_at = self._forget_at = 0.0
        self._stepped_s: float | None = None
        self._is_busy = False

    def run(self, stop: threading.Event, seconds_max: float | None) -> None:
        """Go on until `stop` is set, or the time is over."""
        ends = None if seconds_max is None else time.monotonic() + seconds_max
        while not stop.is_set() and (ends is None or time.monotonic() < ends):
            self._try_step()
            if not self._follower.feed.has_backlog:
                stop.wait(POLL_SECONDS)
        with suppress(BusyError):  # what is shown is shown anew by whoever is started next
            self._show()
        self._close_eyes()
        complain("ended")

    def _try_step(self) -> None:
        """Go on when a backup, say, lets go of the store: a step that could not begin is taken."""
        try:
            self._step()
        except BusyError as error:
            if not self._is_busy:
                complain(f"{self._files.store} cannot be written: {error}; it is tried again")
            self._is_busy = True
        else:
            self._is_busy = False

    def _step(self) -> None:
        now = time.monotonic()
        self._look_at_clock()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            for name in self._follower.follow(self._list_folders()):
                complain(f"follows {name}")
        states = self._told.states
        if states is not None:
            states.begin(utc_now())
        before_s, now_s = self._stepped_s, time.monotonic()
        passed_us = None if before_s is None else round((now_s - before_s) * 1e6)
        self._follower.step(utc_now(), passed_us)
        self._stepped_s = now_s
        if states is not None:
            states.write(utc_now(), map(Path, self._follower.feed.list_names()))
        if now >= self._show_at:
            self._show_at = now + SHOW_SECONDS
            self._show()
        self._told.ledger.write()
        if now >= self._forget_at:
            self._forget_at = now + FORGET_SECONDS
            forget(self._store, self._files, now_us=utc_now())

    def _show(self) -> None:
        eyes = self._eyes
        if eyes is None:
            return
        counts = load_counts(self._store)
        shown = describe(self._follower, eyes, counts, AlarmBook(self._store), now_us=utc_now())
        with transaction(self._store):
            Looks(self._store).publish(msgspec.json.encode(shown))
        self._told.show(shown)

    def _look_at_clock(self) -> None:
        """Look at calls by the time that real time stands for now."""
        clock = None
        try:
            clock = find_scenario_time(self._files.run_dir, levels=0)
        except (OSError, ValueError) as error:
            if str(error) != self._clock_trouble:
                complain(f"scenario time cannot be read, real time is taken: {error}")
            self._clock_trouble = str(error)
        if self._eyes is None or clock != self._makings.clock:
            if clock is not None:
                complain(f"time is that of {clock.scenario}, {clock.compression:g} times as fast")
            self._close_eyes()
            makings = replace(self._makings, clock=clock)
            self._eyes, self._makings = Eyes(self._store, makings, complain=complain), makings
            self._follower.eyes = self._eyes

    def _close_eyes(self) -> None:
        if self._eyes is not None:
            self._eyes.close()

    def _list_folders(self) -> list[Path]:
        """List the folders that are there, and those that were: who is away is not forgotten."""
        known = self._follower.known
        if self._records:
            return [find_records(path, known) for path in self._records]
        run_dir, stations = self._files.run_dir, self._follower.absences.stations
        there = list_folders(run_dir)
        return [*there, *(x for x in list_expected(run_dir, stations, known) if x not in there)]
