"""
What watch keeps: one SQLite file, and each step of watch is one transaction of it.

Whoever follows records has `Sources` for how far each was taken, `InHand` for calls that are not
given yet, `Calls` for those that were (`matching` finds the row of one that is told of once more),
and `Refusals` for what stations say of snapshots; `count` counts. `People` is for whoever calls
back, `Looks` for whoever looks at calls and says what is wrong. `AlarmBook` has the alarms, what
was told of them, and what people reported. `open_store` opens the file for all; they may run at
the same time.
"""

from route112.adapters.watch_store.alarm_book import AlarmBook, Told, Unsent
from route112.adapters.watch_store.calls import Calls
from route112.adapters.watch_store.copying import check_store, copy_store
from route112.adapters.watch_store.counts import count, load_counts
from route112.adapters.watch_store.in_hand import Held, InHand
from route112.adapters.watch_store.looks import Found, Frozen, Looks, Step
from route112.adapters.watch_store.people import Kept, People, Refused
from route112.adapters.watch_store.refusals import Refusal, Refusals
from route112.adapters.watch_store.schema import (
    BusyError,
    StoreError,
    open_store,
    part,
    transaction,
    waiting,
)
from route112.adapters.watch_store.sources import Absence, Position, Sources

__all__ = [
    "Absence",
    "AlarmBook",
    "BusyError",
    "Calls",
    "Found",
    "Frozen",
    "Held",
    "InHand",
    "Kept",
    "Looks",
    "People",
    "Position",
    "Refusal",
    "Refusals",
    "Refused",
    "Sources",
    "Step",
    "StoreError",
    "Told",
    "Unsent",
    "check_store",
    "copy_store",
    "count",
    "load_counts",
    "open_store",
    "part",
    "transaction",
    "waiting",
]
