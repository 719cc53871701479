"""
Sealed segments: written once, read by whoever likes, removed oldest first.

Each one names in its first line the seal of the one before it in the folder (`before`), and ends
with its own, a hash over everything else that it says: a chain, which `verify` follows.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.record_spool.disk import NoRegularFileError, open_regular, write_durably
from route112.adapters.record_spool.layout import NUMBER_DIGITS_MAX, Checkpoint
from route112.wire.record_lines import Record, parse_piece, read_time

SEGMENT_FILE_BYTES_MAX = 32 << 20
"""Bytes read of one segment; the recorder seals at an eighth of it."""
FOOTER_BYTES_MAX = 512
NUMBER_DIGITS = 10

UNKNOWN_SEAL = "0" * 64
"""Stands in `before` where state and seal of the segment before were both lost."""

_NAME = re.compile(r"([0-9a-f]{12})-([0-9]{10})\.r1")
_HEADER = re.compile(
    rb"R1 segment t=0 raw=([0-9a-f]{12}) writer=([0-9a-f]{12}) number=([0-9]{1,18})"
    rb" first=([0-9]{1,18}) from=([0-9]{1,18})(?: before=([0-9a-f]{64}))?\n"
)
_FOOTER = re.compile(
    rb"R1 sealed t=0 last=([0-9]{1,18}) to=([0-9]{1,18}) begin=([0-9]{1,18})"
    rb" finish=([0-9]{1,18}) sha256=([0-9a-f]{64})\n"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A sealed segment by its name."""

    path: Path
    writer: str
    number: int


@dataclass(frozen=True, slots=True)
class Head:
    """What the first line of a segment says."""

    raw: str
    writer: str
    number: int
    first: int
    begin: int
    """Offset in the raw file."""
    before: str
    """Seal of the segment before; empty in segments that were sealed before there was a chain."""


@dataclass(frozen=True, slots=True)
class Span:
    """What the last line of a segment says."""

    last: int
    to: int
    begin_us: int
    finish_us: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that are about to be sealed."""

    start: Checkpoint
    """Up to where everything had been sealed."""
    to: int
    """Offset in the raw file behind them."""
    pieces: tuple[bytes, ...]
    """Canonical records in order; 1 or more."""


def list_segments(folder: Path) -> list[Segment]:
    """List the sealed segments by number; other files are passed over."""
    try:
        names = os.listdir(folder)  # noqa: PTH208  names only, of a folder of many
    except FileNotFoundError:
        return []
    found = [
        Segment(folder / name, match[1], int(match[2]))
        for name in names
        if (match := _NAME.fullmatch(name))
    ]
    return sorted(found, key=lambda segment: segment.number)


def list_in_place(folder: Path, since: int) -> list[Segment]:
    """
    List the sealed segments from a number on, each where its own first line puts it.

    Files that were exchanged or copied under another name hold what they hold: so each record is
    read once and in order all the same, and `verify` finds what was done. What has no first line
    any more is where its name puts it.
    """
    found: dict[tuple[int, str], Segment] = {}
    for segment in list_segments(folder):
        if segment.number < since:
            continue
        head = _read_head(segment)
        true = segment if head is None else Segment(segment.path, head.writer, head.number)
        if true == segment or (true.number, true.writer) not in found:
            found[true.number, true.writer] = true
    return [found[place] for place in sorted(found) if place[0] >= since]


def name_segment(end: Checkpoint) -> str:
    """Name the file of the segment that ends there."""
    return f"{end.writer}-{end.number:0{NUMBER_DIGITS}}.r1"


def seal(folder: Path, batch: Batch) -> tuple[Checkpoint, int]:
    """
    Write a batch as the next segment, durably; return the checkpoint behind it and its size.

    Raises: OSError; nothing counts as sealed then.
    """
    start = batch.start
    number, first = start.number + 1, start.last + 1
    last = start.last + len(batch.pieces)
    times = [time_us for time_us in map(read_time, batch.pieces) if time_us]
    head = (
        f"R1 segment t=0 raw={start.raw} writer={start.writer} number={number}"
        f" first={first} from={start.offset} before={name_before(start)}\n"
    )
    body = b"".join(
        b"%d %b\n" % (sequence, piece) for sequence, piece in enumerate(batch.pieces, start=first)
    )
    content = head.encode("ascii") + body
    content += (
        f"R1 sealed t=0 last={last} to={batch.to} begin={min(times, default=0)}"
        f" finish={max(times, default=0)}"
    ).encode("ascii")
    sha256 = hashlib.sha256(content).hexdigest()
    content += f" sha256={sha256}\n".encode("ascii")
    end = Checkpoint(start.raw, start.writer, number, last, batch.to, sha256)
    write_durably(folder / name_segment(end), content)
    return end, len(content)


def name_before(start: Checkpoint) -> str:
    """Return what the segment behind a checkpoint has to say in `before`."""
    if start.number == 0:
        return hash_beginning(start.raw, start.writer)
    return start.seal or UNKNOWN_SEAL


def hash_beginning(raw: str, writer: str) -> str:
    """Return what stands in `before` of the first segment of a folder: who wrote it."""
    return hashlib.sha256(f"R1 begin t=0 raw={raw} writer={writer}\n".encode("ascii")).hexdigest()


def hash_content(content: bytes, *, chained: bool) -> str:
    """
    Return the hash that a segment of this content must end with.

    It covers everything before ` sha256=`; in segments without `before`, all but the last line.
    """
    foot = content.rfind(b"R1 sealed ")
    end = content.rfind(b" sha256=") if chained else foot
    return hashlib.sha256(memoryview(content)[: max(0, end)]).hexdigest()


def read_span(segment: Segment) -> Span | None:
    """Read the last line of a segment; None when it is gone or damaged."""
    try:
        with os.fdopen(open_regular(segment.path), "rb") as file:
            file.seek(-min(FOOTER_BYTES_MAX, os.fstat(file.fileno()).st_size), os.SEEK_END)
            return parse_span(file.read())
    except OSError:
        return None


def read_end(segment: Segment) -> Checkpoint | None:
    """
    Read the checkpoint behind a segment; None when its first line is gone, or another segment's.

    Where only the last line is damaged, the records that can be read count as sealed, and the raw
    file is taken up again where the segment began: a sequence is never used twice.
    """
    head = _read_head(segment)
    if head is None or (head.writer, head.number) != (segment.writer, segment.number):
        return None
    raw, writer, number = head.raw, segment.writer, segment.number
    span = read_span(segment)
    if span is not None:
        return Checkpoint(raw, writer, number, span.last, span.to, span.sha256)
    return Checkpoint(raw, writer, number, read_range(segment)[1], head.begin)


def read_range(segment: Segment) -> tuple[int, int]:
    """Return the first and the last sequence of a segment; (1, 0) when nothing can be read."""
    head, span = _read_head(segment), read_span(segment)
    if head is not None and span is not None:
        return head.first, span.last
    found: list[int] = []
    with suppress(OSError):  # the bound removes a segment also where it cannot be read
        found = [record.sequence for record in read_segment(segment, after=0, torn=True)]
    return min(found, default=1), max(found, default=0)


def read_segment(
    segment: Segment, *, after: int, containing: bytes = b"", torn: bool = False
) -> Iterator[Record]:
    """
    Yield the records of a segment with a sequence above `after`, in order.

    Of a damaged segment the lines that can be read are yielded. A segment that has been removed
    meanwhile gives nothing.

    Args:
        containing: lines without these bytes are passed over; empty: none are.
        torn: also a last line without its end, which may say another thing than was written; its
            sequence has been used all the same.
    Raises: OSError where it is there and cannot be read now: who passed it over would miss what
        it says for ever.
    """
    try:
        with os.fdopen(open_regular(segment.path), "rb") as file:
            content = file.read(SEGMENT_FILE_BYTES_MAX)
    except (FileNotFoundError, NoRegularFileError):
        return
    if containing not in content:
        return
    lines = content.split(b"\n")
    for line in lines if torn else lines[:-1]:
        number, _, piece = line.partition(b" ")
        if not is_sequence(number) or int(number) <= after or containing not in line:
            continue
        yield parse_piece(piece, writer=segment.writer, sequence=int(number))


def is_sequence(text: bytes) -> bool:
    """Tell whether a line that begins so is a record; one of too many digits is damaged."""
    return text.isdigit() and len(text) <= NUMBER_DIGITS_MAX


def _read_head(segment: Segment) -> Head | None:
    try:
        with os.fdopen(open_regular(segment.path), "rb") as file:
            return parse_head(file.readline(FOOTER_BYTES_MAX))
    except OSError:
        return None


def parse_head(line: bytes) -> Head | None:
    """Parse the first line of a segment, with its line end; None when it is damaged."""
    match = _HEADER.fullmatch(line)
    if match is None:
        return None
    raw, writer, before = (match[index] or b"" for index in (1, 2, 6))
    number, first, begin = (int(match[index]) for index in (3, 4, 5))
    return Head(raw.decode(), writer.decode(), number, first, begin, before.decode())


def parse_span(tail: bytes) -> Span | None:
    """Parse the last line of a segment, which these bytes end with; None when it is damaged."""
    match = _FOOTER.fullmatch(tail[tail.rfind(b"R1 sealed ") :]) if tail else None
    if match is None:
        return None
    last, to, begin_us, finish_us = (int(text) for text in match.groups()[:4])
    return Span(last, to, begin_us, finish_us, match[5].decode())
