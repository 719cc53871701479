"""
Departements whose calls a new snapshot takes away from whoever answers them.

A departement is a hundredth of the country, so a bound on the share of the country's population
lets one whole departement go to a wrong answering point unseen, or to a wrong number of the right
one. Its calls may be answered there, and no failing call would ever tell: who compares plans is
the first who can.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from route112.model import Commune, UtcTime
from route112.planning.comparing.views import First, Pair, Views
from route112.planning.population import count_touched
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

SHARE_MAX = 0.5
"""Of a departement's inhabitants: as many may get other answering points for one number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uprooted:
    """One departement, and one short number."""

    departement: str
    number: str
    share: float
    """Of its inhabitants, that ring none of those first who were rung first before; 0 to 1."""
    before: tuple[str, ...]
    """Answering points that lose them, ascending; with their numbers where these alone differ."""
    after: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in a line: `15 of 29 (100%): CRRA15-29 becomes CRRA15-13`."""
        before, after = (", ".join(each[:3]) or "nobody" for each in (self.before, self.after))
        share = f"{self.share:.0%}"
        return f"{self.number} of {self.departement} ({share}): {before} becomes {after}"


def list_uprooted(old: Snapshot, new: Snapshot, *, at: UtcTime) -> tuple[Uprooted, ...]:
    """
    List where more than `SHARE_MAX` of a departement rings others for a number than before.

    Args:
        at: orders that are over by then count for nothing.
    Cost: one look-up for each key; each distinct pair of routes is compared once.
    """
    views = Views(old, new, at=at)
    communes = [new.commune(index) for index in range(new.communes_count)]
    homes = defaultdict[str, list[int]](list)
    for index, commune in enumerate(communes):
        homes[commune.departement].append(index)
    numbers = {short.number: index for index, short in enumerate(old.short_numbers)}
    found = []
    for place, short in enumerate(new.short_numbers):
        if (was := numbers.get(short.number)) is None:
            continue
        firsts = _Firsts(views, was, place, short.number)
        for code, home in sorted(homes.items()):
            moved = [index for index in home if firsts.have_moved(index, communes[index].code)]
            share = _divide(communes, moved, home)
            if share > SHARE_MAX:
                before, after = _tell(*(firsts.list_all(moved, communes, side) for side in (0, 1)))
                found.append(
                    Uprooted(
                        departement=code,
                        number=short.number,
                        share=share,
                        before=before,
                        after=after,
                    )
                )
    return tuple(found)


def _divide(communes: Sequence[Commune], moved: Sequence[int], home: Sequence[int]) -> float:
    """Return the share of inhabitants; of communes where nobody is counted."""
    people = count_touched(communes, home).inhabitants
    if not people:
        return len(moved) / len(home)
    return count_touched(communes, moved).inhabitants / people


def are_others(before: set[First], after: set[First]) -> bool:
    """Tell whether nobody is rung first who was before, or each of them at another number."""
    for psap in {first.psap for first in before} & {first.psap for first in after}:
        was, now = (
            {first.number for first in side if first.psap == psap} for side in (before, after)
        )
        if was & now or "" in was | now:
            return False
    return True


def _tell(before: set[First], after: set[First]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name both sides; with numbers where the names are the same."""
    names = [{first.psap for first in side} for side in (before, after)]
    if names[0] == names[1]:
        names = [
            {f"{first.psap} {first.number}".strip() for first in side} for side in (before, after)
        ]
    return tuple(sorted(names[0])), tuple(sorted(names[1]))


class _Firsts:
    """Who is rung first for one short number, in both snapshots."""

    def __init__(self, views: Views, was: int, place: int, number: str) -> None:
        self._views, self._was, self._place, self._number = views, was, place, number
        self._known: dict[Pair, bool] = {}

    def have_moved(self, index: int, code: str) -> bool:
        """Tell whether a commune rings none of those first whom it rang first before."""
        pair = self._find_pair(index, code)
        if pair is None:
            return False
        moved = self._known.get(pair)
        if moved is None:
            before, after = (self._list_first(pair, side) for side in (0, 1))
            moved = self._known[pair] = are_others(before, after)
        return moved

    def list_all(self, moved: Iterable[int], communes: Sequence[Commune], side: int) -> set[First]:
        """List all who are rung first in some communes."""
        pairs = {self._find_pair(index, communes[index].code) for index in moved} - {None}
        found = (self._list_first(pair, side) for pair in pairs if pair is not None)
        return set().union(*found)

    def _list_first(self, pair: Pair, side: int) -> set[First]:
        return self._views.view(side, pair[side], self._number).list_first_lines()

    def _find_pair(self, index: int, code: str) -> Pair | None:
        """Return the routes of a commune; None: it had none before."""
        old, new = self._views.sides
        earlier = old.find_commune(code)
        before = NONE if earlier is None else old.route_index(earlier, self._was)
        return None if before == NONE else (before, new.route_index(index, self._place))
