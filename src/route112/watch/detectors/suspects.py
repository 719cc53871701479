"""
Somebody accused: the sums of evidence against one element, and with whom its trials failed.

An element fails together with others. If nearly all of its failures were with one other, while it
worked with the rest, then it is that other one, or what is between them.
"""

from collections.abc import Sequence

from route112.watch.detectors.evidence import Evidence
from route112.watch.detectors.trials import Pair

ALONE_SHARE = 0.75
"""Part of the failures that is as good as all: some trials fail at any time, with anybody."""
WORKED_MIN, WORKED_SHARE = 2, 0.5
"""An element works without another when so many good trials say so, at least this share."""
MISSED_MIN, MISSED_SHARE = 3, 0.9
"""It does not work with another when so many failed trials say so, at least this share."""
OTHERS_MAX = 64
"""Others that are told apart; those met later are counted together."""
_REST = ""


class Suspect:
    """One element in one work. What it counts begins anew when nothing is left against it."""

    __slots__ = ("_others", "detail", "failed", "last_us", "party", "sums", "trials", "usual")

    def __init__(self, alternatives: int) -> None:
        self.sums = tuple(Evidence() for _ in range(alternatives))
        self.usual = 0.0
        """Share that fails without it; of its last trial."""
        self.party = ""
        """Of its last failure."""
        self.detail = ""
        """What was seen at its last failure."""
        self.last_us = 0
        self.trials = 0
        self.failed = 0
        self._others: dict[Pair, list[int]] = {}

    @property
    def is_open(self) -> bool:
        """Tell whether one of the sums is an alarm."""
        return any(each.is_open for each in self.sums)

    @property
    def is_clear(self) -> bool:
        """Tell whether nothing is held against it."""
        for each in self.sums:  # noqa: SIM110  asked of all that any call meets: `any` is slower
            if each.value:
                return False
        return True

    @property
    def strongest(self) -> Evidence:
        """The sum that says most."""
        return max(self.sums, key=lambda each: each.value)

    def count(self, others: Sequence[Pair], *, failed: bool) -> None:
        """Count a trial, and with whom it was."""
        if self.is_clear:
            self.trials = self.failed = 0
            self._others.clear()
            return
        self.trials += 1
        self.failed += failed
        for other in others:
            if other not in self._others and len(self._others) >= OTHERS_MAX:
                other = (other[0], _REST)  # noqa: PLW2901
            counts = self._others.setdefault(other, [0, 0])
            counts[0] += 1
            counts[1] += failed

    def find_alone(self, dimension: str) -> Pair | None:
        """Return the other one with whom it failed as good as always; None: there is none."""
        for other, (_, failed) in self._others.items():
            is_one = other[0] == dimension and other[1] != _REST
            if is_one and failed >= ALONE_SHARE * self.failed:
                return other
        return None

    def list_failed(self, dimension: str) -> list[tuple[Pair, int]]:
        """List the others of a dimension with how often it failed with each."""
        return [
            (other, failed)
            for other, (_, failed) in self._others.items()
            if other[0] == dimension and failed
        ]

    def list_missed(self, dimension: str) -> list[tuple[Pair, int]]:
        """List the others of a dimension with whom it hardly ever worked: how many trials."""
        return [
            (other, trials)
            for other, (trials, failed) in self._others.items()
            if other[0] == dimension and failed >= max(MISSED_MIN, MISSED_SHARE * trials)
        ]

    def works_without(self, other: Pair) -> bool:
        """Tell whether it works with others of the same dimension."""
        good, trials = self._count_without(other)
        return self.is_clear or (good >= WORKED_MIN and good >= WORKED_SHARE * trials)

    def fails_without(self, other: Pair) -> bool:
        """Tell whether it fails with others of the same dimension, too."""
        good, trials = self._count_without(other)
        return trials - good >= WORKED_MIN and good < WORKED_SHARE * trials

    def _count_without(self, other: Pair) -> tuple[int, int]:
        rest = [
            counts
            for each, counts in self._others.items()
            if each[0] == other[0] and each != other
        ]
        trials, failed = (sum(counts[index] for counts in rest) for index in (0, 1))
        return trials - failed, trials
