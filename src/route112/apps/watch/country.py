"""What watch has to know of the country: its numbers, places, clocks and holidays."""

import hashlib
from collections import Counter
from pathlib import Path

import numpy as np

import route112.watch
from route112.apps.watch.follower import Names
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot
from route112.watch.watching.week import Holidays, Week

HOUR_S = 3_600


class Country:
    """
    A country as its snapshot and its profile have it.

    Its own clock is the one that most departements have.
    """

    def __init__(self, snapshot: Snapshot, holidays: Holidays) -> None:
        self._snapshot = snapshot
        self._names = Names(snapshot)
        clocks = [each.offsets for each in snapshot.departements]
        (usual, _), *_ = Counter(clocks).most_common(1)
        self._main = clocks.index(usual)
        self._week = Week(self._offset_s, holidays)

    def mean(self, dialled: str) -> str:
        """Return the short number that was meant."""
        return self._names.mean(dialled)

    def departement(self, commune: str) -> str:
        """Return the code of a commune's departement; empty where the plan does not know it."""
        index = self._snapshot.find_commune(commune)
        if index is None:
            return ""
        return self._snapshot.departements[self._snapshot.commune_departement(index)].code

    def hour_of(self, now_us: int) -> int:
        """Return the hour of the country's week."""
        return self._week.hour_of(now_us)

    def ahead_of(self, departement: str, now_us: int) -> int:
        """Return the whole hours that a departement's clock is ahead of the country's."""
        index = self._snapshot.find_departement(departement)
        if index is None:
            return 0
        own_s = self._snapshot.offset_s(index, UtcTime(now_us))
        return round((own_s - self._offset_s(now_us)) / HOUR_S)

    def _offset_s(self, now_us: int) -> int:
        return self._snapshot.offset_s(self._main, UtcTime(now_us))


def name_code() -> str:
    """Return a name of the code that looks at calls: state is understood by the same code only."""
    digest = hashlib.sha256(np.__version__.encode())
    for folder in route112.watch.__path__:
        for path in sorted(Path(folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
