"""Alarms that are open, what was told of all, and what people reported."""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from route112.watch.alarms import Alarm, AlarmEvent
from route112.watch.alarms.changes import Happening
from route112.watch.alarms.ground import Attribute
from route112.watch.alarms.reports import KEPT_US, Report
from route112.watch.series import Series

Fates = Mapping[Attribute, tuple[Attribute, ...]]
"""What each element hangs on, by dimension and value."""
CHANGES_MAX = 1_000
"""Changes that are remembered; those of the last hour are asked for."""
KEPT_DAYS = 400
"""Alarms that are over, and what was told of them, are kept this long: for the yearly report."""
_DAY_US = 86_400_000_000
_OPEN = "state IN ('open', 'quiet')"


@dataclass(frozen=True, slots=True)
class Told:
    """Something that people were told, in the order in which they were."""

    id: int
    wall_us: int
    """When it was told: wall clock, also where watch runs on scenario time."""
    event: AlarmEvent


@dataclass(frozen=True, slots=True)
class Unsent:
    """Something that a channel could not pass on, and gave up."""

    channel: str
    told: int
    """Its id among all that people were told."""
    wall_us: int
    why: str


class AlarmBook:
    """Methods that write are called within a transaction, unless they say otherwise."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store

    # ------------------------------------------------------------ alarms
    def save(self, alarm: Alarm) -> None:
        """Keep an alarm as it is now."""
        self._store.execute(
            "INSERT OR REPLACE INTO alarms VALUES (?, ?, ?, ?)",
            (alarm.id, alarm.state.value, alarm.changed_us, msgspec.msgpack.encode(alarm)),
        )

    def list_open(self) -> list[Alarm]:
        """List the alarms that are not over, oldest first."""
        return self._list(_OPEN, "id", -1)

    def list_all(self, count_max: int) -> list[Alarm]:
        """List the newest alarms, those that are over among them, newest first."""
        return self._list("1", "id DESC", count_max)

    def find(self, id_: int) -> Alarm | None:
        """Return the alarm with this id, or None."""
        row = self._store.execute("SELECT body FROM alarms WHERE id = ?", (id_,)).fetchone()
        return None if row is None else msgspec.msgpack.decode(row[0], type=Alarm)

    def count_ids(self) -> int:
        """Return the highest id that was given; 0: none was."""
        (highest,) = self._store.execute("SELECT max(id) FROM alarms").fetchone()
        return highest or 0

    # ------------------------------------------------------------ what was told
    def tell(self, event: AlarmEvent, *, wall_us: int) -> None:
        """Keep what people are told, for whoever passes it on."""
        self._store.execute(
            "INSERT INTO told (wall_us, body) VALUES (?, ?)",
            (wall_us, msgspec.msgpack.encode(event)),
        )

    def list_told(self, after_id: int, count_max: int) -> list[Told]:
        """List what was told after something, oldest first."""
        rows = self._store.execute(
            "SELECT id, wall_us, body FROM told WHERE id > ? ORDER BY id LIMIT ?",
            (after_id, count_max),
        )
        return [
            Told(id_, wall_us, msgspec.msgpack.decode(body, type=AlarmEvent))
            for id_, wall_us, body in rows
        ]

    def count_told(self) -> int:
        """Return the id of what was told last; 0: nothing was."""
        (highest,) = self._store.execute("SELECT max(id) FROM told").fetchone()
        return highest or 0

    def find_passed(self, channel: str) -> int | None:
        """Return the id of what a channel has passed on last; None: it has never passed any."""
        query = "SELECT told FROM passed WHERE channel = ?"
        row = self._store.execute(query, (channel,)).fetchone()
        return None if row is None else row[0]

    def note_passed(self, channel: str, told_id: int) -> None:
        """Say that a channel has passed on all up to this."""
        self._store.execute("INSERT OR REPLACE INTO passed VALUES (?, ?)", (channel, told_id))

    def note_unsent(self, unsent: Unsent) -> None:
        """Say that a channel gave something up."""
        self._store.execute(
            "INSERT INTO unsent (channel, told, wall_us, why) VALUES (?, ?, ?, ?)",
            (unsent.channel, unsent.told, unsent.wall_us, unsent.why),
        )

    def list_unsent(self, since_us: int) -> list[Unsent]:
        """List what was given up since then, oldest first."""
        rows = self._store.execute(
            "SELECT channel, told, wall_us, why FROM unsent WHERE wall_us >= ? ORDER BY id",
            (since_us,),
        )
        return [Unsent(*row) for row in rows]

    def count_unsent(self) -> int:
        """Return how many events were ever given up."""
        query = "SELECT seq FROM sqlite_sequence WHERE name = 'unsent'"
        row = self._store.execute(query).fetchone()
        return 0 if row is None else int(row[0])

    def forget(self, now_us: int, wall_us: int) -> None:
        """Delete what has been over for long, but for the newest alarm: no id is given twice."""
        kept_us = KEPT_DAYS * _DAY_US
        self._store.execute(
            f"DELETE FROM alarms WHERE NOT {_OPEN} AND changed_us < ?"  # noqa: S608
            " AND id < (SELECT max(id) FROM alarms)",
            (now_us - kept_us,),
        )
        self._store.execute("DELETE FROM told WHERE wall_us < ?", (wall_us - kept_us,))
        self._store.execute("DELETE FROM reports WHERE wall_us < ?", (wall_us - kept_us,))
        self._store.execute("DELETE FROM unsent WHERE wall_us < ?", (wall_us - kept_us,))

    # ------------------------------------------------------------ reports
    def add_report(self, series: Series, *, text: str, who: str, wall_us: int) -> int:
        """Keep a report until watch takes it, and after; return its id."""
        (id_,) = self._store.execute(
            "INSERT INTO reports (wall_us, series, text, who) VALUES (?, ?, ?, ?) RETURNING id",
            (wall_us, msgspec.json.encode(series).decode(), text, who),
        ).fetchone()
        return int(id_)

    def count_waiting(self) -> int:
        """Return how many reports watch has not taken."""
        query = "SELECT count(*) FROM reports WHERE at_us IS NULL"
        (count,) = self._store.execute(query).fetchone()
        return int(count)

    def take_reports(self, now_us: int) -> list[Report]:
        """Give new reports the time of watch; list all that may still count, oldest first."""
        self._store.execute("UPDATE reports SET at_us = ? WHERE at_us IS NULL", (now_us,))
        rows = self._store.execute(
            "SELECT id, at_us, series, text, who FROM reports WHERE at_us BETWEEN ? AND ?"
            " ORDER BY id",
            (now_us - KEPT_US, now_us),
        )
        return [
            Report(
                id=id_,
                at_us=at_us,
                series=msgspec.json.decode(series, type=Series),
                text=text,
                who=who,
            )
            for id_, at_us, series, text, who in rows
        ]

    # ------------------------------------------------------------ changes
    def note_change(self, change: Happening) -> None:
        """Keep that something changed at an element; what is too old to be suspected goes."""
        self._store.execute(
            "INSERT INTO changes (at_us, what, dimension, value) VALUES (?, ?, ?, ?)",
            (change.at_us, change.what, change.dimension, change.value),
        )
        self._store.execute(
            "DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - ?", (CHANGES_MAX,)
        )

    def list_changes(self) -> list[Happening]:
        """List what changed, oldest first."""
        rows = self._store.execute("SELECT at_us, what, dimension, value FROM changes ORDER BY id")
        return [
            Happening(what=what, dimension=dimension, value=value, at_us=at_us)
            for at_us, what, dimension, value in rows
        ]

    def swap_fates(self, fates: Fates) -> Fates:
        """Keep what elements hang on; return what was kept before."""
        rows = self._store.execute("SELECT dimension, value, name, said FROM fates").fetchall()
        before: dict[Attribute, tuple[Attribute, ...]] = {}
        for dimension, value, name, said in rows:
            before[dimension, value] = (*before.get((dimension, value), ()), (name, said))
        self._store.execute("DELETE FROM fates")
        self._store.executemany(
            "INSERT OR IGNORE INTO fates VALUES (?, ?, ?, ?)",
            [(*element, *fate) for element, found in fates.items() for fate in found],
        )
        return before

    # ------------------------------------------------------------ names
    def set_names(self, names: Mapping[str, Iterable[str]]) -> None:
        """Keep the values that a dimension can have, for whoever writes a report."""
        self._store.execute("DELETE FROM names")
        self._store.executemany(
            "INSERT OR IGNORE INTO names VALUES (?, ?)",
            [(kind, value) for kind, values in names.items() for value in values],
        )

    def list_names(self, kind: str) -> list[str]:
        """List the values that a dimension can have; none where nobody said."""
        query = "SELECT value FROM names WHERE kind = ? ORDER BY value"
        return [value for (value,) in self._store.execute(query, (kind,))]

    def _list(self, where: str, order: str, count_max: int) -> list[Alarm]:
        rows = self._store.execute(
            f"SELECT body FROM alarms WHERE {where} ORDER BY {order} LIMIT ?",  # noqa: S608
            (count_max,),
        )
        return [msgspec.msgpack.decode(body, type=Alarm) for (body,) in rows]
