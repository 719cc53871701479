"""
What the sealed segments of a folder say about each other: one chain, looked at link by link.

`Chain` takes segments by their number and says what does not fit. What is found is a `Flaw`: what,
where, and what to do next. The chain is no signature: whoever can write in the folder can make all
of it anew (docs/formats/records.md).
"""

from dataclasses import dataclass, field

from route112.adapters.record_spool.examine import Seen
from route112.adapters.record_spool.segments import UNKNOWN_SEAL, hash_beginning

SEAL_DIGITS_SHOWN = 12
"""Of a seal, in what people read."""
NEXT = {
    "altered": "Keep the file as it is and take the same segment from a copy; other stations'"
    " records of the same Call-IDs say what it said",
    "misplaced": "Keep the file; give each segment the name that its first line says",
    "replaced": "Keep the file and take the same segment from a copy made before; ask who could"
    " write in the folder",
    "broken-link": "Compare it with a copy; ask who could write in the folder, and what it lost",
    "unchained": "Ask whether an older release kept these records; otherwise take it from a copy",
    "missing": "Take it from a copy; ask who could remove files in the folder",
    "doubled": "Keep both files; the one whose name is in no copy of the folder is the stranger",
    "gap": "Take the segments of this writer from a copy, and compare",
    "began-anew": "Look what became of raw.log and recorder.state at that time; records sealed"
    " before may be gone",
    "state": "Compare the newest segment with a copy before the recorder seals again: it writes"
    " recorder.state anew",
    "raw": "Keep what is left of raw.log; what it had not given to a segment is gone",
}
"""What to do next, by kind of flaw."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is not as a recorder leaves it."""

    kind: str
    """One of `NEXT`."""
    file: str
    """Within the records folder."""
    writer: str
    sequence: int
    """First record that is concerned; 0 where none is."""
    text: str
    next: str


@dataclass(slots=True)
class WriterTally:
    """What was found of one writer."""

    writer: str
    segments: int = 0
    records: int = 0
    first: int = 0
    last: int = 0
    begin_us: int = 0
    finish_us: int = 0
    """Times of the first and the last record; 0 where none has one."""
    gaps: int = 0
    """Places where a sequence does not follow the one before."""
    broken_links: int = 0
    altered: int = 0
    """Segments that are not what was sealed."""
    damaged: int = 0
    """Records that were torn when they were written; no sign of anybody's doing."""
    unchained: int = 0
    """Segments sealed before there was a chain."""


@dataclass(slots=True)
class Chain:
    """The segments of one folder by their number, as far as they have been taken."""

    tallies: dict[str, WriterTally] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)
    newest: Seen | None = None
    begins: int = 0
    """Number of the first segment that is there; 0: none is."""
    lost: set[int] = field(default_factory=set)
    """Numbers of segments that the bound removed, as records say."""
    vanished: list[range] = field(default_factory=list)
    """Numbers of segments that the bound removed while they were verified, ascending."""

    def add(self, seen: Seen) -> None:
        """Take the next segment and say what does not fit."""
        before = self.newest
        number, writer = seen.segment.number, seen.segment.writer
        due = number if before is None else before.segment.number + 1
        if due < number and self._have_vanished(due, number):
            before = None
        is_new, first = writer not in self.tallies, self._find_due(before, seen)
        tally = self.tallies.setdefault(writer, WriterTally(writer))
        self._count(seen, tally)
        if before is None:
            self.begins = number
        elif number == before.segment.number:
            text = f"{before.segment.path.name} has the same number"
            self.flag("doubled", seen, text)
        elif number > before.segment.number + 1:
            self._flag_missing(before, seen, tally)
        self._check_alone(seen, tally)
        self._check_link(before, seen)
        self._check_sequence(seen, first, is_new=is_new)
        if before is None or number > before.segment.number or not before.is_sound:
            self.newest = seen

    def flag(self, kind: str, seen: Seen, text: str) -> None:
        """Note a flaw of a segment."""
        file = f"segments/{seen.segment.path.name}"
        writer = seen.segment.writer
        self.flaws.append(Flaw(kind, file, writer, seen.first, text, NEXT[kind]))

    def flag_replaced(self, seen: Seen, text: str) -> None:
        """Note that another segment stood in this place, and count it."""
        self.flag("replaced", seen, text)
        self.tallies[seen.segment.writer].broken_links += 1

    def _have_vanished(self, first: int, end: int) -> bool:
        """Tell so of all numbers from `first` to before `end`, of which there may be very many."""
        for span in self.vanished:
            if first in span:
                first = span.stop
        return first >= end

    def _count(self, seen: Seen, tally: WriterTally) -> None:
        self.lost |= seen.lost
        tally.segments += 1
        tally.records += seen.records
        tally.damaged += seen.damaged
        tally.first = tally.first or seen.first
        tally.last = max(tally.last, seen.last)
        if seen.span is not None and seen.span.begin_us:
            begin_us = seen.span.begin_us
            tally.begin_us = min(tally.begin_us or begin_us, begin_us)
            tally.finish_us = max(tally.finish_us, seen.span.finish_us)

    def _check_alone(self, seen: Seen, tally: WriterTally) -> None:
        head = seen.head
        if not seen.is_placed:
            assert head is not None, "no place without a head"
            says = f"its first line says segment {head.number} of writer {head.writer}"
            self.flag("misplaced", seen, f"renamed or copied: {says}")
        if not seen.is_sealed:
            tally.altered += 1
            self.flag("altered", seen, _say_altered(seen))
        elif not seen.is_counted:
            tally.altered += 1
            self.flag("altered", seen, "sealed again: its records are not numbered one by one")

    def _check_link(self, before: Seen | None, seen: Seen) -> None:
        """Compare with the seal of the segment before, where both can be believed."""
        head, number = seen.head, seen.segment.number
        if head is None or not (seen.is_sealed and seen.is_placed):
            return
        tally = self.tallies[seen.segment.writer]
        if not head.before:
            tally.unchained += 1
            if before is not None and before.head is not None and before.head.before:
                self.flag("unchained", seen, "names no segment before it, though that one does")
            return
        if head.before == UNKNOWN_SEAL:
            tally.broken_links += 1
            self.flag(
                "broken-link", seen, "its recorder found neither state nor seal of the one before"
            )
        elif before is None:
            if number == 1 and head.before != hash_beginning(head.raw, head.writer):
                tally.broken_links += 1
                self.flag("broken-link", seen, "it is the first, but names one before it")
        elif before.segment.number == number - 1 and before.span is not None:
            seal = before.span.sha256
            if before.is_sound and seal != head.before:
                behind = f"{seen.segment.path.name} was sealed behind {show_seal(head.before)}"
                self.flag_replaced(before, f"ends with {show_seal(seal)}, but {behind}")

    def _check_sequence(self, seen: Seen, due: int, *, is_new: bool) -> None:
        head = seen.head
        if head is None or not seen.is_sound:
            return
        if is_new and head.raw != head.writer:
            self.flag("began-anew", seen, "its recorder did not know how far raw.log was sealed")
        if due not in (0, head.first):
            self.tallies[head.writer].gaps += 1
            self.flag("gap", seen, f"begins at {head.first:,}, {due:,} was due")

    def _find_due(self, before: Seen | None, seen: Seen) -> int:
        """Return the sequence that a segment has to begin with; 0 where nobody can tell."""
        number, known = seen.segment.number, self.tallies.get(seen.segment.writer)
        follows = before is not None and before.segment.number == number - 1
        if known is None:
            return 1 if follows or number == 1 else 0
        if before is None or not (follows and before.is_sound):
            return 0
        is_same = before.segment.writer == seen.segment.writer
        return 1 + (before.last if is_same else known.last)

    def _flag_missing(self, before: Seen, seen: Seen, tally: WriterTally) -> None:
        first, last = before.segment.number + 1, seen.segment.number - 1
        records = ""
        if before.segment.writer == seen.segment.writer and before.last and seen.first:
            records = f", with records {before.last + 1:,} to {seen.first - 1:,}"
        tally.gaps += 1
        self.flag("missing", seen, f"{say_numbers(first, last)} missing before it{records}")


def _say_altered(seen: Seen) -> str:
    if seen.head is None:
        return "its first line cannot be read"
    if seen.span is None:
        return "its last line, the seal, cannot be read: it was cut or altered"
    return "it is not what was sealed: its hash is another"


def say_numbers(first: int, last: int) -> str:
    """Say which segments: `segment 3 is`, `segments 3 to 5 are`."""
    return f"segment {first} is" if first == last else f"segments {first} to {last} are"


def show_seal(seal: str) -> str:
    """Shorten a seal for people."""
    return f"{seal[:SEAL_DIGITS_SHOWN]}..."
