"""What stations say of themselves: that they began anew, and which snapshots they refuse."""

import sqlite3
from collections.abc import Collection

from route112.adapters.watch_store import Refusal, Refusals
from route112.watch.alarms.changes import Happening
from route112.wire.record_lines import Record

SNAPSHOT_EVENTS = ("snapshot", "snapshot-refused")
"""Of a station: what it has, and what it does not take."""
CONTRADICTION = "same-generation-other-content"
"""Why it was refused: somebody signed two contents under one number."""
GENERATION_DIGITS_MAX = 18
"""Digits of a generation that a station may name: the store has 63 bits for it."""
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


class Events:
    """
    Keeps what is refused, and tells what changed.

    Args:
        edges: names of stations that are edges; all others are sites.
    """

    def __init__(self, store: sqlite3.Connection, edges: Collection[str]) -> None:
        self._refusals = Refusals(store)
        self._edges = frozenset(edges)

    def take(self, record: Record) -> Happening | None:
        """Take a station's record of kind `site`; return what has changed there, if anything."""
        station = record.get("site")
        kind = "edge" if station in self._edges else "site"
        self._note_snapshot(record, kind)
        what = CHANGES.get(record.get("event"))
        # Its very first start changed nothing.
        is_new = record.sequence <= FIRST_RECORDS
        if what is None or is_new or record.get("reason") == ADOPTED:
            return None
        return Happening(what=what, dimension=kind, value=station, at_us=record.time_us)

    def _note_snapshot(self, record: Record, kind: str) -> None:
        """Remember who was offered two contents under one generation, until it has a later one."""
        event, station, number = map(record.get, ("event", "site", "g"))
        is_number = number.isdecimal() and len(number) <= GENERATION_DIGITS_MAX
        if event not in SNAPSHOT_EVENTS or not is_number:
            return
        generation = int(number)
        if event == "snapshot":
            self._refusals.forget(kind, station, generation)
        elif record.get("reason") == CONTRADICTION:
            self._refusals.note(Refusal(kind, station, generation, record.time_us))

    def list_refusals(self) -> list[Refusal]:
        """List the stations that were offered two contents under one generation."""
        return self._refusals.list_all()
