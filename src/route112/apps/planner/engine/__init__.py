"""
The planner's engine: `change` and `replication` with a real disk, clock and country around them.

`journal_file` has each event synced before anything is done because of it. `shelf` keeps
candidates and snapshots by their content hash, `making` makes one generation of a candidate and
orders, `reports` remembers what stations said, `outside` asks senses and hands, and `engine` turns
it all about four times a second, each part in a thread of its own (`beats`).
"""

from route112.apps.planner.engine.engine import Engine, Means, ReportError
from route112.apps.planner.engine.journal_file import JournalError
from route112.apps.planner.engine.shelf import CandidateError, Shelf

__all__ = ["CandidateError", "Engine", "JournalError", "Means", "ReportError", "Shelf"]
