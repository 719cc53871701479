"""Whose records count: a writer writes into one folder, and a folder tells of one station."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from route112.apps.watch.following.absences import Absences
from route112.watch.calls.joining import PROBE
from route112.wire.record_lines import DAMAGED, Record

PROBER = "probe"
"""Name and folder of whoever places test calls."""
WRITERS_MAX = 100
"""Writers of one folder that are known; a station has another one when its disk is a new one."""


class Owners:
    """
    Knows, by writer, the folder that it writes into.

    Whoever may write into the folder of one station could otherwise use up the sequences of
    another one, whose records would then be taken for known, and tell of its calls.

    Args:
        owners: by writer its folder, as far as it is known.
        is_there: whether a folder can be read.
        absences: knows which folder is that of a station of the topology.
        complain: told once of each folder and writer, or station, that does not count there.
    """

    def __init__(
        self,
        owners: Mapping[str, str],
        is_there: Callable[[str], bool],
        absences: Absences,
        complain: Callable[[str], None],
    ) -> None:
        self._owners = dict(owners)
        self._is_there = is_there
        self._absences = absences
        self._complain = complain
        self._writers: dict[str, OrderedDict[str, None]] = {}
        """By folder, those that write into it, the one that was heard of last at the end."""
        self._said: set[str] = set()
        """Folders of which something has been said that does not count there, with what it was."""

    def is_own(self, source: str, record: Record) -> bool:
        """Tell whether a record's writer writes into this folder, or has moved here with it."""
        owner = self._owners.get(record.writer)
        if owner == source:
            return True
        if not self._is_claim(source, record):
            return False
        if owner is None or self._gives_way(owner, source):
            self._owners[record.writer] = source
            return True
        self._say(source, owner, f"{source} has records of a writer of {owner}")
        return False

    def note_writers(self, source: str, writers: Iterable[str]) -> list[str]:
        """Say who has written into a folder; return who did so too long ago to be known longer."""
        known = self._writers.setdefault(source, OrderedDict())
        for writer in writers:
            known[writer] = None
            known.move_to_end(writer)
        oldest = [known.popitem(last=False)[0] for _ in range(len(known) - WRITERS_MAX)]
        # One that has moved to another folder since is that one's.
        forgotten = [each for each in oldest if self._owners.get(each, source) == source]
        for writer in forgotten:
            self._owners.pop(writer, None)
        return forgotten

    def names_itself(self, source: str, record: Record) -> bool:
        """Tell whether a record in a station's folder is of that station, or says of none."""
        station, named = self._absences.find_station(source), record.get("site")
        if not station or named == station or record.kind == DAMAGED:
            return True
        self._say(source, "", f"{source} has records that do not name {station}")
        return False

    def may_tell(self, source: str, record: Record) -> bool:
        """Tell whether a test call is told by who places them: a station could accuse others."""
        if record.kind != PROBE or PROBER == record.get("site") == Path(source).parent.name:
            return True
        self._say(source, PROBE, f"{source} tells of test calls and is no prober's")
        return False

    def _is_claim(self, source: str, record: Record) -> bool:
        """Tell whether a record shows whose its writer is; a damaged one names nobody."""
        is_torn = record.kind == DAMAGED and bool(self._absences.find_station(source))
        return self.names_itself(source, record) and not is_torn

    def _gives_way(self, owner: str, source: str) -> bool:
        """Tell whether the folder that a writer was met in is a copy, or has moved here."""
        if self._absences.find_station(owner):
            # A copy, while it is away; its own folder has the writer back when it is there again.
            return not self._is_there(owner) and not self._absences.find_station(source)
        return bool(self._absences.find_station(source)) or not self._is_there(owner)

    def _say(self, source: str, what: str, text: str) -> None:
        key = f"{source}\n{what}"
        if key not in self._said:
            self._said.add(key)
            self._complain(f"{text}: they do not count")
