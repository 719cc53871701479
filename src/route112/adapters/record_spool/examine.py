"""One sealed segment, read whole and judged alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from route112.adapters.record_spool.segments import (
    SEGMENT_FILE_BYTES_MAX,
    Head,
    Segment,
    Span,
    hash_content,
    is_sequence,
    parse_head,
    parse_span,
)
from route112.wire.record_lines import parse_piece

_LOST = re.compile(r"[0-9a-f]{12}-([0-9]{10})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One segment as it was found."""

    segment: Segment
    head: Head | None
    span: Span | None
    is_sealed: bool
    """It ends with the hash of what it says."""
    records: int
    damaged: int
    first: int
    last: int
    """Sequences of the first and the last line that can be read; 0 where there is none."""
    is_counted: bool
    """Its records are numbered one by one from `first` to `last` of head and seal."""
    lost: frozenset[int]
    """Numbers of segments that its records say the bound removed."""

    @property
    def is_placed(self) -> bool:
        """Tell whether name and first line say the same."""
        head, segment = self.head, self.segment
        return head is None or (head.writer, head.number) == (segment.writer, segment.number)

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing is wrong with it alone."""
        return self.is_sealed and self.is_counted and self.is_placed


def examine(segment: Segment) -> Seen | None:
    """
    Read one segment; None where it has been removed meanwhile.

    Raises: OSError.
    """
    try:
        with segment.path.open("rb") as file:
            content = file.read(SEGMENT_FILE_BYTES_MAX)
    except FileNotFoundError:
        return None
    lines = content.split(b"\n")
    head, span = parse_head(lines[0] + b"\n"), parse_span(content)
    sequences: list[int] = []
    lost: set[int] = set()
    damaged = 0
    for line in lines:
        number, _, piece = line.partition(b" ")
        if not is_sequence(number):
            continue
        sequences.append(int(number))
        damaged += piece.startswith(b"R1 damaged ")
        if piece.startswith(b"R1 site "):
            lost.update(list_lost(piece))
    is_known = head is not None and span is not None
    return Seen(
        segment=segment,
        head=head,
        span=span,
        is_sealed=head is not None
        and span is not None
        and span.sha256 == hash_content(content, chained=bool(head.before)),
        records=len(sequences),
        damaged=damaged,
        first=sequences[0] if sequences else 0,
        last=sequences[-1] if sequences else 0,
        is_counted=is_known and _is_counted(lines, sequences, head, span),
        lost=frozenset(lost),
    )


def list_lost(piece: bytes) -> Iterator[int]:
    """Yield the number of the segment that a record says the bound removed; mostly none."""
    if b"event=records-lost" not in piece:
        return
    match = _LOST.fullmatch(parse_piece(piece).get("reason"))
    if match is not None:
        yield int(match[1])


def _is_counted(
    lines: list[bytes], sequences: list[int], head: Head | None, span: Span | None
) -> bool:
    """Head, records one by one, seal, and nothing else."""
    assert head is not None and span is not None, "asked only then"  # noqa: PT018
    return (
        sequences == list(range(head.first, span.last + 1))
        and bool(sequences)
        and len(lines) == len(sequences) + 3
    )
