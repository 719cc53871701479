"""
The docket: who is accused of what, and who is told, since another alarm does not say it better.

A fault shows at all who have to do with it: at a trunk and at the answering points behind it, at a
site and on each of its paths. One of them is told.
"""

from collections.abc import Iterator

from route112.watch.detectors.suspects import ALONE_SHARE, Suspect
from route112.watch.detectors.trials import Factors, Key, Pair

ELEMENTS_MAX = 20_000
"""Elements that have sums; those met later have none."""
ODDS_MIN = 3.0
"""Failed to not failed, by the same of the siblings: below this nothing is said."""
FORGOTTEN_US = 86_400_000_000
"""What was not tried for a day is over: nothing is known of it any more."""
BESIDE = {
    "edge": ("site", "trunk", "psap"),
    "site": ("edge", "trunk", "psap"),
    "trunk": ("edge", "site", "psap"),
    "psap": ("trunk",),
}
"""Who may explain what an element of this dimension did not do."""


class Docket:
    """Suspects by work and element."""

    def __init__(self) -> None:
        self.suspects: dict[Key, Suspect] = {}
        self._open: set[Key] = set()
        self.unwatched = 0
        """Trials of elements for which there was no room."""

    def find(self, work: str, factors: Factors, *, alternatives: int) -> Suspect | None:
        """Return who is accused, with so many sums; None where there is no room."""
        suspect = self.suspects.get((work, factors))
        if suspect is None:
            if len(self.suspects) >= ELEMENTS_MAX:
                self.unwatched += 1
                return None
            suspect = self.suspects[work, factors] = Suspect(alternatives)
        return suspect

    def note(self, work: str, factors: Factors) -> None:
        """Look whether a suspect has an alarm now."""
        if self.suspects[work, factors].is_open:
            self._open.add((work, factors))
        else:
            self._open.discard((work, factors))

    def list_told(self) -> Iterator[Key]:
        """Yield the alarms that have to be told."""
        for work, factors in sorted(self._open):
            if self._is_alarm(work, factors) and not self._is_explained(work, factors):
                yield work, factors

    def forget(self, past_us: int) -> None:
        """Drop whoever was not tried since."""
        for key in [key for key, each in self.suspects.items() if each.last_us < past_us]:
            del self.suspects[key]
            self._open.discard(key)

    def _is_alarm(self, work: str, factors: Factors) -> bool:
        """Tell whether it fails, and more: what all have in common is learned in some seconds."""
        if (work, factors) not in self._open:
            return False
        suspect = self.suspects[work, factors]
        share, usual = suspect.failed / suspect.trials, suspect.usual
        return share * (1.0 - usual) >= ODDS_MIN * usual * (1.0 - share)

    def _is_explained(self, work: str, factors: Factors) -> bool:
        """
        Tell whether another alarm says better what is held against an element.

        A path is explained by an end of it that fails with others, too, or has no others. One
        factor is explained by another when it fails with that one only. A trunk and an answering
        point that fail together are told by the answering point, unless that is reached over
        other trunks while this trunk reaches nobody. And one factor is explained by several of
        which each fails with others, too.
        """
        if len(factors) > 1:
            ends = zip(factors, factors[::-1], strict=True)
            return any(
                self._is_alarm(work, (end,)) and not self._works(work, end, other)
                for end, other in ends
            )
        own = factors[0]
        suspect = self.suspects[work, factors]
        for dimension in BESIDE.get(own[0], ()):
            if self._count_blamed(work, own, dimension) >= ALONE_SHARE * suspect.failed:
                return True
            other = suspect.find_alone(dimension)
            if other is None or not self._is_told(work, own, other):
                continue
            if {own[0], dimension} == {"trunk", "psap"}:
                trunk, psap = (own, other) if dimension == "psap" else (other, own)
                is_trunk = self._works(work, psap, trunk) and not self._works(work, trunk, psap)
                if is_trunk == (dimension == "trunk"):
                    return True
            elif suspect.works_without(other):
                return True
        return False

    def _count_blamed(self, work: str, own: Pair, dimension: str) -> int:
        """Return how many failures were with others that have an alarm, and fail without it."""
        return sum(
            failed
            for other, failed in self.suspects[work, (own,)].list_failed(dimension)
            if self._is_alarm(work, (other,)) and self.suspects[work, (other,)].fails_without(own)
        )

    def _is_told(self, work: str, own: Pair, other: Pair) -> bool:
        """Tell whether there is an alarm of the other, or of the path between both."""
        paths = (other,), (own, other), (other, own)
        return any(self._is_alarm(work, factors) for factors in paths)

    def _works(self, work: str, factor: Pair, other: Pair) -> bool:
        suspect = self.suspects.get((work, (factor,)))
        return suspect is None or suspect.works_without(other)
