"""From findings and reports to alarms that are kept, within the transaction of each step."""

import sqlite3
from collections.abc import Callable, Iterable

from route112.adapters.watch_store import AlarmBook, part
from route112.apps.watch.country import Country
from route112.model.thresholds import Thresholds
from route112.watch.alarms import Alarms, Ground, Sightings, State
from route112.watch.alarms.changes import Happening
from route112.watch.alarms.reports import judge_reports
from route112.watch.alarms.threshold import ThresholdWatch
from route112.watch.detectors import Lapse, list_nothing, make_detectors
from route112.watch.findings import Change, Detector

FORGET_US = 3_600_000_000
"""Watch time between two times that what has been over for long is deleted."""


class Alarming:
    """
    Keeps the alarms of a store; nothing is in memory that the store has not.

    Args:
        wall: the wall clock, microseconds since 1970.
    """

    def __init__(
        self,
        store: sqlite3.Connection,
        ground: Ground,
        country: Country,
        *,
        thresholds: Thresholds,
        wall: Callable[[], int],
    ) -> None:
        self._thresholds = thresholds
        self._forgot_us = 0
        self._store = store
        self._book = AlarmBook(store)
        self._wall = wall
        nobody = Sightings(number_of=country.mean, departement_of=country.departement)
        self._orders = country.list_changes()
        self._ground = ground
        self._recall(nobody)

    def _recall(self, sightings: Sightings) -> None:
        """Know what the store has."""
        self._alarms = Alarms(
            self._ground,
            sightings,
            next_id=self._book.count_ids() + 1,
            list_changes=self._list_changes,
        )
        self._alarms.restore(self._book.list_open())
        self._kept = {alarm.id: alarm for alarm in self._alarms.list_open()}

    def make_detectors(
        self,
        *,
        number_of: Callable[[str], str],
        departement_of: Callable[[str], str],
        list_expiries: Callable[[], Iterable[Lapse]] = list_nothing,
    ) -> tuple[Detector, ...]:
        """Make all that looks at calls: who is well counts as much as what is wrong."""
        return (
            Sightings(number_of=number_of, departement_of=departement_of),
            ThresholdWatch(self._thresholds, number_of=number_of),
            *make_detectors(
                number_of=number_of, departement_of=departement_of, list_expiries=list_expiries
            ),
        )

    def attach(self, detectors: Iterable[Detector]) -> None:
        """Use the sightings that are among detectors, which outlive the process."""
        for each in detectors:
            if isinstance(each, Sightings):
                self._alarms.sightings = each
            elif isinstance(each, ThresholdWatch):
                each.use(self._thresholds)

    def note_change(self, change: Happening) -> None:
        """Keep that something changed; within the transaction of a step."""
        self._book.note_change(change)

    def _list_changes(self) -> list[Happening]:
        return [*self._book.list_changes(), *self._orders]

    def take(self, change: Change, now_us: int) -> None:
        """Take what a look changed, and what people have reported since: all of it or nothing."""
        try:
            with part(self._store):
                self._take(change, now_us)
        except Exception:
            self._recall(self._alarms.sightings)
            raise

    def _take(self, change: Change, now_us: int) -> None:
        reports = self._book.take_reports(now_us)
        said = judge_reports(reports, self._alarms.list_active(), now_us)
        events = self._alarms.take(
            Change(begun=(*change.begun, *said.begun), over=(*change.over, *said.over)), now_us
        )
        for event in events:
            self._book.tell(event, wall_us=self._wall())
            if event.alarm.state in (State.OVER, State.MERGED):
                self._book.save(event.alarm)
                self._kept.pop(event.alarm.id, None)
        for alarm in self._alarms.list_open():
            if self._kept.get(alarm.id) != alarm:
                self._book.save(alarm)
                self._kept[alarm.id] = alarm
        if abs(now_us - self._forgot_us) >= FORGET_US:
            self._forgot_us = now_us
            self._book.forget(now_us, self._wall())
