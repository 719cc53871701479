"""
What watch keeps: one SQLite file, and each step of watch is one transaction of it.

`Journal` is for whoever follows records: positions, the records of calls that are not given yet,
the calls that were. `People` is for whoever calls back. `open_store` opens the file for both; they
may run at the same time.
"""

from route112.adapters.watch_store.journal import Held, Journal, Position
from route112.adapters.watch_store.people import Kept, People
from route112.adapters.watch_store.schema import StoreError, open_store, transaction

__all__ = [
    "Held",
    "Journal",
    "Kept",
    "People",
    "Position",
    "StoreError",
    "open_store",
    "transaction",
]
