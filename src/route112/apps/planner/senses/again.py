"""
Callers who were served and call again at once.

A wrong answering point picks up like the right one: for the network that call was a success. Who
talked to somebody that cannot help hangs up and calls again, and that is all that anybody sees of
it. So it is counted where the first call was served, beside those whom the others served: people
call again for many reasons, and for the same ones everywhere. Who calls again wherever he was
served says nothing of any station, and a few of them at all the others would hide many at the one
at work: they are counted nowhere.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from route112.apps.planner.senses.view import Met
from route112.change import Trial

AGAIN_US = 120_000_000
"""Who calls again later has another reason."""
OTHERS_MIN = 30
"""Callers whom the others served; of fewer nobody can say what is usual."""
SHARE_MAX = 0.3
"""Where more of the others' callers call again, calling again says nothing."""
OFTEN_MIN = 3
"""Stations of which somebody calls again after each: he would, whoever serves him."""
SERIES_MAX = 400
"""On both sides; a caller may dial anything."""
NAMED = "{series}, called again"


@dataclass(slots=True)
class _Served:
    """Callers of one series on one side, each with the station that served him."""

    persons: set[tuple[int, str]] = field(default_factory=set)
    again: set[tuple[int, str]] = field(default_factory=set)

    def count(self, left_out: Collection[int]) -> tuple[int, int]:
        """Return how many did not call again, and how many did, without some persons."""
        here = [each for each in self.persons if each[0] not in left_out]
        failed = sum(each in self.again for each in here)
        return len(here) - failed, failed


@dataclass(frozen=True, slots=True)
class _Last:
    """The last call of somebody that was served."""

    began_us: int
    place: str
    names: tuple[str, ...]


class Again:
    """
    Who called again, in the order of keeping.

    Args:
        station: the one at work.
        list_names: the series that a call belongs to.
        find_place: the station that it met; empty: none that counts.
    """

    def __init__(
        self,
        station: str,
        list_names: Callable[[Met], Sequence[str]],
        find_place: Callable[[Met], str],
    ) -> None:
        self._station, self._list_names, self._find_place = station, list_names, find_place
        self._last: dict[int, _Last] = {}
        self._found: dict[tuple[Hashable, bool], _Served] = {}

    def take(self, met: Met) -> None:
        """Take what one caller met."""
        if met.left:
            return
        last = self._last.get(met.person)
        if last is not None and 0 < abs(met.began_us - last.began_us) <= AGAIN_US:
            # The later one may have been kept first: who hangs up soon is kept soon.
            self._mark(met.person, last if last.began_us < met.began_us else self._read(met))
        now = self._read(met)
        if now is None or not met.served or (last is not None and last.began_us > now.began_us):
            return
        self._last[met.person] = now
        for name in now.names:
            self._find(name, is_here=now.place == self._station).persons.add(
                (met.person, now.place)
            )

    def list_trials(self, names: Sequence[str]) -> tuple[Trial, ...]:
        """List those of some series in which it is known what is usual."""
        return tuple(trial for trial in map(self._make, names) if trial is not None)

    def list_hidden(self, names: Sequence[str]) -> tuple[str, ...]:
        """List those of some series in which too many of the others' callers call again."""
        return tuple(name for name in names if _is_hidden(*self._count(name)[2:]))

    def _read(self, met: Met) -> _Last | None:
        place = self._find_place(met)
        if not place or not met.served:
            return None
        return _Last(met.began_us, place, tuple(self._list_names(met)))

    def _mark(self, person: int, last: _Last | None) -> None:
        if last is None:
            return
        for name in last.names:
            found = self._find(name, is_here=last.place == self._station)
            found.persons.add((person, last.place))
            found.again.add((person, last.place))

    def _find(self, name: str, *, is_here: bool) -> _Served:
        """Return what is known of a series; of one too many nothing is kept."""
        if (name, is_here) not in self._found and len(self._found) >= SERIES_MAX:
            return _Served()
        return self._found.setdefault((name, is_here), _Served())

    def _count(self, name: str) -> tuple[int, int, int, int]:
        """Return who was served and who called again, here and elsewhere."""
        here, elsewhere = self._find(name, is_here=True), self._find(name, is_here=False)
        stations = Counter(person for person, _ in chain(here.again, elsewhere.again))
        often = {person for person, count in stations.items() if count >= OFTEN_MIN}
        return *here.count(often), *elsewhere.count(often)

    def _make(self, name: str) -> Trial | None:
        served, failed, others_served, others_failed = self._count(name)
        is_known = others_served + others_failed >= OTHERS_MIN
        if not is_known or _is_hidden(others_served, others_failed):
            return None
        return Trial(
            series=NAMED.format(series=name),
            served=served,
            failed=failed,
            others_served=others_served,
            others_failed=others_failed,
        )


def _is_hidden(others_served: int, others_failed: int) -> bool:
    others = others_served + others_failed
    return others >= OTHERS_MIN and others_failed > others * SHARE_MAX
