"""Sealed segments: written once, read by whoever likes, removed oldest first."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.record_spool.disk import write_durably
from route112.adapters.record_spool.layout import Checkpoint
from route112.wire.record_lines import Record, parse_piece, read_time

SEGMENT_FILE_BYTES_MAX = 32 << 20
"""Bytes read of one segment; the recorder seals at an eighth of it."""
FOOTER_BYTES_MAX = 512
NUMBER_DIGITS = 10

_NAME = re.compile(r"([0-9a-f]{12})-([0-9]{10})\.r1")
_HEADER = re.compile(
    rb"R1 segment t=0 raw=([0-9a-f]{12}) writer=([0-9a-f]{12}) number=([0-9]{1,18})"
    rb" first=([0-9]{1,18}) from=([0-9]{1,18})\n"
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
        f" first={first} from={start.offset}\n"
    )
    body = b"".join(
        b"%d %b\n" % (sequence, piece) for sequence, piece in enumerate(batch.pieces, start=first)
    )
    content = head.encode("ascii") + body
    foot = (
        f"R1 sealed t=0 last={last} to={batch.to} begin={min(times, default=0)}"
        f" finish={max(times, default=0)} sha256={hashlib.sha256(content).hexdigest()}\n"
    )
    end = Checkpoint(start.raw, start.writer, number, last, batch.to)
    write_durably(folder / name_segment(end), content + foot.encode("ascii"))
    return end, len(content) + len(foot)


def read_span(segment: Segment) -> Span | None:
    """Read the last line of a segment; None when it is gone or damaged."""
    try:
        with segment.path.open("rb") as file:
            file.seek(-min(FOOTER_BYTES_MAX, os.fstat(file.fileno()).st_size), os.SEEK_END)
            return _parse_span(file.read())
    except OSError:
        return None


def read_end(segment: Segment) -> Checkpoint | None:
    """
    Read the checkpoint behind a segment; None when its first line is gone or damaged.

    Where only the last line is damaged, the records that can be read count as sealed, and the raw
    file is taken up again where the segment began: a sequence is never used twice.
    """
    header = _read_header(segment)
    if header is None:
        return None
    raw, begin = header[1].decode(), int(header[5])
    span = read_span(segment)
    if span is not None:
        return Checkpoint(raw, segment.writer, segment.number, span.last, span.to)
    return Checkpoint(raw, segment.writer, segment.number, read_range(segment)[1], begin)


def read_range(segment: Segment) -> tuple[int, int]:
    """Return the first and the last sequence of a segment; (1, 0) when nothing can be read."""
    header, span = _read_header(segment), read_span(segment)
    if header is not None and span is not None:
        return int(header[4]), span.last
    found = [record.sequence for record in read_segment(segment, after=0)]
    return min(found, default=1), max(found, default=0)


def read_segment(segment: Segment, *, after: int, containing: bytes = b"") -> Iterator[Record]:
    """
    Yield the records of a segment with a sequence above `after`, in order.

    Of a damaged segment the lines that can be read are yielded. A segment that has been removed
    meanwhile gives nothing.

    Args:
        containing: lines without these bytes are passed over; empty: none are.
    """
    try:
        with segment.path.open("rb") as file:
            content = file.read(SEGMENT_FILE_BYTES_MAX)
    except OSError:
        return
    if containing not in content:
        return
    for line in content.split(b"\n"):
        number, _, piece = line.partition(b" ")
        if not number.isdigit() or int(number) <= after or containing not in line:
            continue
        yield parse_piece(piece, writer=segment.writer, sequence=int(number))


def is_intact(segment: Segment) -> bool:
    """Tell whether a segment is what was sealed, to the byte."""
    try:
        content = segment.path.read_bytes()
    except OSError:
        return False
    span = _parse_span(content)
    body = content[: content.rfind(b"R1 sealed ")]
    return span is not None and hashlib.sha256(body).hexdigest() == span.sha256


def _read_header(segment: Segment) -> re.Match[bytes] | None:
    try:
        with segment.path.open("rb") as file:
            return _HEADER.fullmatch(file.readline(FOOTER_BYTES_MAX))
    except OSError:
        return None


def _parse_span(tail: bytes) -> Span | None:
    match = _FOOTER.fullmatch(tail[tail.rfind(b"R1 sealed ") :]) if tail else None
    if match is None:
        return None
    last, to, begin_us, finish_us = (int(text) for text in match.groups()[:4])
    return Span(last, to, begin_us, finish_us, match[5].decode())
