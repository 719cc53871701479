"""Each record once, whatever way it comes, and a count of those that never came."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

AHEAD_MAX = 65_536
"""Sequences that may come before the one that is waited for, of one writer."""

SPANS_MAX = 8_192
"""Spans of such sequences, of one writer: each step keeps them all."""

OLDER_MAX = 8
"""Names of a writer of before it was put back that are asked whether they had a record; those of
longer ago are forgotten."""

PRIME = "'"
"""Between the name of a writer and how often it was put back to an older state."""

Span = tuple[int, int]
"""First and last of sequences without a gap."""


@dataclass(slots=True)
class _Taken:
    """What has been taken of one writer."""

    floor: int = 0
    """Up to here all was taken or given up."""
    spans: list[Span] = field(default_factory=list)
    """What was taken beyond that, in order."""
    count: int = 0
    """Sequences in them."""

    def has(self, sequence: int) -> bool:
        if sequence <= self.floor:
            return True
        place = bisect_right(self.spans, (sequence, math.inf))
        return place > 0 and self.spans[place - 1][1] >= sequence

    def add(self, sequence: int) -> None:
        """Take one that was not taken."""
        spans, place = self.spans, bisect_right(self.spans, (sequence, math.inf))
        first = last = sequence
        follows = place > 0 and spans[place - 1][1] == sequence - 1
        leads = place < len(spans) and spans[place][0] == sequence + 1
        if follows:
            first = spans[place - 1][0]
        if leads:
            last = spans[place][1]
        spans[place - follows : place + leads] = [(first, last)]
        self.count += 1
        if spans[0][0] == self.floor + 1:
            self.close_gap()

    def close_gap(self) -> int:
        """Wait no more for what is missing before the first span; return how much that is."""
        first, last = self.spans.pop(0)
        missing = first - self.floor - 1
        self.floor = last
        self.count -= last - first + 1
        return missing

    @property
    def has_too_many(self) -> bool:
        return self.count > AHEAD_MAX or len(self.spans) > SPANS_MAX


class Intake:
    """
    Which records of which writer have been taken.

    A (writer, sequence) pair names one record for ever (docs/formats/records.md), so that a record
    that comes twice is known, in whatever order records come. A sequence that is overtaken by more
    than `AHEAD_MAX` others, or is followed by `SPANS_MAX` more gaps, is given up as missing;
    should it come later it is refused.

    But for a writer whose disk is put back to an older state: it uses sequences again. What it
    writes from then on is later than all that was taken of it, and is taken under another name:
    the writer's, a prime and a number. Where the newer disk is put back after all, what was taken
    of it before is known by the names of before.
    """

    def __init__(
        self,
        taken: Mapping[str, int] | None = None,
        ahead: Mapping[str, Iterable[Span]] | None = None,
        newest_us: Mapping[str, int] | None = None,
    ) -> None:
        """
        Go on behind the last sequence of each writer that is known to be taken.

        Args:
            taken: up to where all were taken or given up.
            ahead: what has been taken beyond that, as `list_ahead` has it.
            newest_us: the time of the newest record that was taken under each name.
        """
        self._newest_us = dict(newest_us or {})
        self._times: dict[str, int] = {}
        """How often a writer was put back; those that never were are not in it."""
        for name in taken or ():
            writer, prime, times = name.partition(PRIME)
            if prime:
                self._times[writer] = max(int(times), self._times.get(writer, 0))
        self._taken = {name: _Taken(floor) for name, floor in (taken or {}).items()}
        for name, found in (ahead or {}).items():
            spans = sorted(found)
            known = self._taken.setdefault(name, _Taken())
            known.spans, known.count = spans, sum(last - first + 1 for first, last in spans)
        self._forgotten: list[str] = []
        self.missing = 0
        """Sequences given up."""
        self.refused = 0
        """Records that had been taken before, or had been given up."""

    def take(self, writer: str, sequence: int, time_us: int) -> str:
        """
        Return the name under which this record is new, and remember it; empty: it is known.

        Args:
            time_us: of the record, as its writer had it.
        """
        *older, name = self._list_names(writer)
        newest_us = max(map(self.find_newest_us, (*older, name)))
        if 0 < newest_us < time_us and self._has(name, sequence):
            self._times[writer] = self._times.get(writer, 0) + 1
            *older, name = self._list_names(writer)
            self._taken[name] = _Taken(sequence - 1)
            too_old = self._times[writer] - OLDER_MAX - 1
            if too_old >= 0:
                self._forget(_name(writer, too_old))
        is_known = any(
            time_us <= self.find_newest_us(each) and self._has(each, sequence) for each in older
        )
        if not self.accept(name, sequence):
            return ""
        if is_known:
            self.refused += 1
            return ""
        self._newest_us[name] = max(time_us, self.find_newest_us(name))
        return name

    def count_returns(self, writer: str) -> int:
        """Return how often a writer was put back to an older state."""
        return self._times.get(writer, 0)

    def find_newest_us(self, name: str) -> int:
        """Return the time of the newest record that was taken under a name; 0: none was."""
        return self._newest_us.get(name, 0)

    def _list_names(self, writer: str) -> list[str]:
        """List the names that a writer has had lately, that of today last."""
        last = self._times.get(writer, 0)
        first = max(0, last - OLDER_MAX)
        return [_name(writer, times) for times in range(first, last + 1)]

    def _has(self, name: str, sequence: int) -> bool:
        known = self._taken.get(name)
        return known is not None and known.has(sequence)

    def forget(self, writer: str) -> None:
        """Know nothing of a writer any more."""
        for name in self._list_names(writer):
            self._forget(name)
        self._times.pop(writer, None)

    def list_forgotten(self) -> list[str]:
        """List the names that were forgotten since this was asked last."""
        forgotten, self._forgotten = self._forgotten, []
        return forgotten

    def _forget(self, name: str) -> None:
        self._taken.pop(name, None)
        self._newest_us.pop(name, None)
        self._forgotten.append(name)

    def accept(self, writer: str, sequence: int) -> bool:
        """Tell whether this record is new, and remember it."""
        known = self._taken.setdefault(writer, _Taken())
        if known.has(sequence):
            self.refused += 1
            return False
        known.add(sequence)
        while known.has_too_many:
            self.missing += known.close_gap()
        return True

    def find_taken(self, writer: str) -> int:
        """Return the sequence up to which all of a writer were taken or given up."""
        known = self._taken.get(writer)
        return 0 if known is None else known.floor

    def list_taken(self) -> dict[str, int]:
        """Return, by writer, the sequence up to which all were taken or given up."""
        return {writer: known.floor for writer, known in self._taken.items()}

    def list_ahead(self, writer: str) -> list[Span]:
        """List, as spans, what of a writer has been taken before all that precedes it."""
        known = self._taken.get(writer)
        return [] if known is None else list(known.spans)

    def count_gaps(self) -> int:
        """Return how many sequences are waited for, of all writers."""
        return sum(
            known.spans[-1][1] - known.floor - known.count
            for known in self._taken.values()
            if known.spans
        )


def _name(writer: str, times: int) -> str:
    """Return the name of a writer that was put back so often."""
    return f"{writer}{PRIME}{times}" if times else writer
