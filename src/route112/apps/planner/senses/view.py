"""What watch keeps, as one who only reads it: quick, and in nobody's way."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from route112.adapters.watch_store import AlarmBook
from route112.apps.planner.senses.load import MINUTE_S, WINDOW_US, Load
from route112.apps.watch.keeping import Files
from route112.apps.watch.status import SILENT_US
from route112.watch.alarms import Alarm

BUSY_SECONDS = 0.05
"""Whoever writes keeps no reader waiting, but while it makes the file."""
ALARMS_MAX = 64
CALLS_AT_ONCE = 5_000
"""Calls of one look; what is left comes with the next one."""
MS_PER_S = 1_000
AHEAD_US = 5_000_000
"""A watch that speaks from so far ahead has another clock."""

_CALLS = (
    "SELECT id, person, number, commune, edge, site, outcome = 'answered', lost, '',"
    " began_us FROM calls"
    " WHERE id > ? AND began_us >= ? AND person IS NOT NULL AND party != 'origin'"
    " ORDER BY id LIMIT ?"
)
_LEFTS = (
    "SELECT id, person, number, commune, '', site, 0, 1, 'left', began_us"
    " FROM lefts WHERE id > ? AND began_us >= ? AND person IS NOT NULL ORDER BY id LIMIT ?"
)

_MINUTES = (
    "SELECT coalesce(operator, ''), count(*),"
    " sum(max(coalesce(answer_ms, (ended_us - began_us) / 1000), 0))"
    " FROM calls WHERE began_us BETWEEN ? AND ? AND person IS NOT NULL"
    " GROUP BY coalesce(operator, ''), began_us / 60000000"
)


class BlindError(Exception):
    """Nobody watches, or not what has to be watched; the text says which."""


class _Shown(msgspec.Struct):
    """The part of `apps.watch.shown.Shown` that says whether watch sees anything."""

    at_us: int
    sources: int = 0
    trouble: tuple[str, ...] = ()
    has_backlog: bool = False


@dataclass(frozen=True, slots=True)
class Met:
    """What one caller met at a station in one attempt."""

    id: int
    person: int
    number: str
    commune: str
    edge: str
    site: str
    served: bool
    failed: bool
    left: str
    """Not empty: the edge left the site for another one, or for itself."""
    began_us: int = 0


class View:
    """
    Reads the files of a watch.

    Args:
        files: in its run directory.
    """

    def __init__(self, files: Files) -> None:
        self._files = files

    def list_alarms(self, now_us: int) -> Sequence[Alarm]:
        """
        List the alarms that are open.

        Raises: BlindError where watch is not there, hangs, or does not see all stations.
        """
        with self._open() as store:
            row = store.execute("SELECT body FROM state WHERE name = 'shown'").fetchone()
            if row is None:
                raise BlindError("watch has not looked yet")
            self._check(msgspec.json.decode(row[0], type=_Shown), now_us)
            return AlarmBook(store).list_open()[:ALARMS_MAX]

    def _check(self, shown: _Shown, now_us: int) -> None:
        age_us = now_us - shown.at_us
        if age_us > SILENT_US or age_us < -AHEAD_US:
            raise BlindError(f"watch said something {age_us // 1_000_000} s ago for the last time")
        if not shown.sources:
            raise BlindError("watch follows no station")
        if shown.trouble:
            raise BlindError(f"watch cannot read {', '.join(shown.trouble[:3])}")

    def list_met(self, since_us: int, calls_after: int, lefts_after: int) -> Sequence[Met]:
        """
        List what callers met whose attempts began since an instant, in the order of their keeping.

        Args:
            since_us: of the clock of the stations.
            calls_after: highest id of a call that was listed before; 0: none was.
            lefts_after: the same of a site that was left.
        Raises: BlindError.
        """
        with self._open() as store:
            return [
                _read_met(row)
                for query, after in ((_CALLS, calls_after), (_LEFTS, lefts_after))
                for row in store.execute(query, (after, since_us, CALLS_AT_ONCE))
            ]

    def measure_load(self, now_us: int) -> dict[str, Load]:
        """Measure the calls of each operator of late, whoever took them; raises BlindError."""
        with self._open() as store:
            rows = store.execute(_MINUTES, (now_us - WINDOW_US, now_us)).fetchall()
        found: dict[str, Load] = {}
        for operator in {operator for operator, *_ in rows}:
            own = [(count, ms) for name, count, ms in rows if name == operator]
            calls = sum(count for count, _ in own)
            found[operator] = Load(
                peak_per_s=max(count for count, _ in own) / MINUTE_S,
                rings_s=sum(ms for _, ms in own) / calls / MS_PER_S,
            )
        return found

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file, to read; what is wrong with it is a BlindError."""
        path = self._files.store
        try:
            with contextlib.closing(_connect(path)) as store:
                yield store
        except (sqlite3.Error, OSError, msgspec.DecodeError) as error:
            raise BlindError(f"{path} cannot be read: {error}") from error


def _read_met(row: tuple[Any, ...]) -> Met:
    *told, served, failed, left, began_us = row
    id_, person, number, commune, edge, site = told
    return Met(
        id_, person, number, commune, edge, site, bool(served), bool(failed), left, began_us
    )


def _connect(path: Path) -> sqlite3.Connection:
    path.stat()
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", timeout=BUSY_SECONDS, uri=True)
