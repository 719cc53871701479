"""How much room is left in the journal of a planner."""

from collections.abc import Iterator
from pathlib import Path

from route112.adapters.chained_file import FILE_BYTES_MAX as JOURNAL_BYTES_MAX
from route112.watch.detectors import Deviation, Lapse
from route112.watch.series import Series

JOURNAL_FILE = "journal.log"
"""In a planner's folder."""
JOURNAL_WARN_TENTHS = 5
"""Of what it may have: nobody who works as ever gets there within years."""


class JournalRoom:
    """The journal of a planner, which takes no order any more when it is full."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL_FILE

    def list_deviations(self) -> Iterator[Lapse]:
        """Tell of one that is half full, and again at each tenth more."""
        try:
            size = self._path.stat().st_size
        except OSError:
            return
        tenths = size * 10 // JOURNAL_BYTES_MAX
        if tenths >= JOURNAL_WARN_TENTHS:
            yield Deviation(
                name="journal",
                said=f"the planner's journal is {tenths * 10} % full, and a full one takes no "
                "order: docs/change.md, A full journal",
                series=Series(),
                expected=JOURNAL_WARN_TENTHS / 10,
                seen=tenths / 10,
            )
