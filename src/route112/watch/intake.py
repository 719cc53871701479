"""Each record once, whatever way it comes, and a count of those that never came."""

from collections.abc import Iterable, Mapping

AHEAD_MAX = 65_536
"""Sequences that may come before the one that is waited for, of one writer."""

PRIME = "'"
"""Between the name of a writer and how often it was put back to an older state."""

Span = tuple[int, int]
"""First and last of sequences without a gap."""


class Intake:
    """
    Which records of which writer have been taken.

    A (writer, sequence) pair names one record for ever (docs/formats/records.md), so that a record
    that comes twice is known, in whatever order records come. A sequence that is overtaken by more
    than `AHEAD_MAX` others is given up as missing; should it come later it is refused.

    But for a writer whose disk is put back to an older state: it uses sequences again. What it
    writes from then on is later than all that was taken of it, and is taken under another name:
    the writer's, a prime and a number.
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
            newest_us: the time of the newest record that was taken of each writer.
        """
        self._newest_us = dict(newest_us or {})
        self._times: dict[str, int] = {}
        """How often a writer was put back; those that never were are not in it."""
        for name in taken or ():
            writer, prime, times = name.partition(PRIME)
            if prime:
                self._times[writer] = max(int(times), self._times.get(writer, 0))
        self._floor = dict(taken or {})
        self._ahead: dict[str, set[int]] = {
            writer: {each for first, last in spans for each in range(first, last + 1)}
            for writer, spans in (ahead or {}).items()
        }
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
        newest_us = self._newest_us.get(writer)
        name = self._name(writer)
        if newest_us is not None and time_us > newest_us and self._has(name, sequence):
            self._times[writer] = self._times.get(writer, 0) + 1
            name = self._name(writer)
            self._floor[name] = sequence - 1
        if not self.accept(name, sequence):
            return ""
        self._newest_us[writer] = max(time_us, newest_us or 0)
        return name

    def count_returns(self, writer: str) -> int:
        """Return how often a writer was put back to an older state."""
        return self._times.get(writer, 0)

    def find_newest_us(self, writer: str) -> int:
        """Return the time of the newest record that was taken of a writer; 0: none was."""
        return self._newest_us.get(writer, 0)

    def _name(self, writer: str) -> str:
        times = self._times.get(writer)
        return writer if times is None else f"{writer}{PRIME}{times}"

    def _has(self, name: str, sequence: int) -> bool:
        return sequence <= self._floor.get(name, 0) or sequence in self._ahead.get(name, ())

    def accept(self, writer: str, sequence: int) -> bool:
        """Tell whether this record is new, and remember it."""
        floor = self._floor.get(writer, 0)
        ahead = self._ahead.setdefault(writer, set())
        if sequence <= floor or sequence in ahead:
            self.refused += 1
            return False
        if sequence == floor + 1 and not ahead:
            self._floor[writer] = sequence
            return True
        ahead.add(sequence)
        if len(ahead) > AHEAD_MAX:
            lowest = min(ahead)
            self.missing += lowest - floor - 1
            floor = lowest - 1
        while floor + 1 in ahead:
            floor += 1
            ahead.remove(floor)
        self._floor[writer] = floor
        return True

    def list_taken(self) -> dict[str, int]:
        """Return, by writer, the sequence up to which all were taken or given up."""
        return dict(self._floor)

    def list_ahead(self, writer: str) -> list[Span]:
        """List, as spans, what of a writer has been taken before all that precedes it."""
        spans: list[Span] = []
        for sequence in sorted(self._ahead.get(writer, ())):
            if spans and spans[-1][1] + 1 == sequence:
                spans[-1] = spans[-1][0], sequence
            else:
                spans.append((sequence, sequence))
        return spans

    def count_gaps(self) -> int:
        """Return how many sequences are waited for, of all writers."""
        return sum(
            max(ahead) - self._floor.get(writer, 0) - len(ahead)
            for writer, ahead in self._ahead.items()
            if ahead
        )
