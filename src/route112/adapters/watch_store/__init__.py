"""
What watch keeps: one SQLite file, and each step of watch is one transaction of it.

`Journal` is for whoever follows records: positions, the records of calls that are not given yet,
the calls that were. `People` is for whoever calls back, `Looks` for whoever looks at calls and
says what is wrong. `AlarmBook` has the alarms, what was told of them, and what people reported.
`open_store` opens the file for all; they may run at the same time.
"""

from route112.adapters.watch_store.alarm_book import AlarmBook, Told, Unsent
from route112.adapters.watch_store.copying import check_store, copy_store
from route112.adapters.watch_store.journal import Absence, Held, Journal, Position, Refusal
from route112.adapters.watch_store.looks import Found, Frozen, Looks, Step
from route112.adapters.watch_store.people import Kept, People, Refused
from route112.adapters.watch_store.schema import (
    BusyError,
    StoreError,
    open_store,
    part,
    transaction,
    waiting,
)

__all__ = [
    "Absence",
    "AlarmBook",
    "BusyError",
    "Found",
    "Frozen",
    "Held",
    "Journal",
    "Kept",
    "Looks",
    "People",
    "Position",
    "Refusal",
    "Refused",
    "Step",
    "StoreError",
    "Told",
    "Unsent",
    "check_store",
    "copy_store",
    "open_store",
    "part",
    "transaction",
    "waiting",
]
