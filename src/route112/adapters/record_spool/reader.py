"""
Reading a records folder: segments, then the raw file behind them, each record once.

A reader takes no lock and may come at any time, beside a recorder or without one. The one race is
a recorder that seals and frees while the raw file is read: blocks are freed only after the
segment has its name, so a reader that lists the segments again after reading knows.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from route112.adapters.record_spool.disk import open_regular
from route112.adapters.record_spool.layout import (
    Checkpoint,
    Folder,
    choose_start,
    identify,
    load_state,
)
from route112.adapters.record_spool.segments import (
    Segment,
    list_in_place,
    list_segments,
    read_end,
    read_segment,
    read_span,
)
from route112.wire.record_lines import Record, cut_line, parse_piece

CHUNK_BYTES = 1 << 20
"""Bytes of the raw file read at once."""


@dataclass(frozen=True, slots=True)
class Position:
    """The last record that a reader has had."""

    writer: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader may pass over without parsing it."""

    containing: bytes = b""
    """Lines of segments without these bytes; empty: none."""
    since_us: int = 0
    until_us: int = 1 << 62
    """Segments that lie wholly outside; single records may still lie outside."""


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines of a raw file."""

    pieces: tuple[bytes, ...]
    to: int
    """Offset behind them."""


def read_lines(raw: int, offset: int, *, key: str) -> Lines:
    """Read the records of the whole lines from `offset` on, of one chunk at most."""
    content = os.pread(raw, CHUNK_BYTES, offset)
    end = content.rfind(b"\n") + 1
    if end == 0:
        if len(content) < CHUNK_BYTES:
            return Lines((), offset)
        # A line of a chunk and more is no record; all readers split it at the same place.
        end = len(content)
    block = content[:end]
    if b"R1 " not in block:
        return Lines((), offset + end)
    pieces = [piece for line in block.split(b"\n") for piece in cut_line(line, key=key)]
    return Lines(tuple(pieces), offset + end)


def find_checkpoint(folder: Folder) -> Checkpoint | None:
    """Return the newest of what state and segments say; None when neither says anything."""
    state = load_state(folder.state)
    for segment in reversed(list_segments(folder.segments)):
        if state is not None and state.number >= segment.number:
            return _with_seal(state, segment)
        if (end := read_end(segment)) is not None:
            return end
    return state


def _with_seal(state: Checkpoint, newest: Segment) -> Checkpoint:
    """Add what a state of before there was a chain does not say."""
    span = None if state.seal or state.number != newest.number else read_span(newest)
    return state if span is None else replace(state, seal=span.sha256)


def has_records(folder: Folder) -> bool:
    """Tell whether a folder is one of records: it has a raw file, or segments at least."""
    return folder.raw.exists() or bool(list_segments(folder.segments))


def read_records(
    path: Path, *, since: Position | None = None, wanted: Wanted = EVERYTHING
) -> Iterator[Record]:
    """
    Yield every record of a records folder behind `since`, in order, up to what is there now.

    A position whose records have been removed is taken as the beginning.

    Raises: OSError where the folder cannot be read.
    """
    return Reader(Folder(path), since, wanted).read()


def follow(
    path: Path, *, since: Position | None = None, wait: Callable[[], bool]
) -> Iterator[Record]:
    """
    Yield every record behind `since`, and then each new one, until `wait` returns False.

    Args:
        wait: called when there is nothing new; it sleeps, or does other work, and returns
            whether to go on.
    """
    reader = Reader(Folder(path), since, EVERYTHING)
    while True:
        yield from reader.read()
        if not wait():
            return


@dataclass(frozen=True, slots=True)
class _Reached:
    """Up to where a raw file has been read."""

    writer: str
    sequence: int
    """Of the last record before `offset`."""
    offset: int
    """The beginning of a line."""


class Reader:
    """
    Where a reader is: the last record, and the next segment to look at.

    What it has read of the raw file it does not read again, so that following costs what is new.
    """

    def __init__(
        self, folder: Folder, since: Position | None, wanted: Wanted = EVERYTHING
    ) -> None:
        self._folder = folder
        self._wanted = wanted
        self._writer = "" if since is None else since.writer
        self._sequence = 0 if since is None else since.sequence
        self._next = 0 if since is None else self._find_next(since.writer)
        self._reached = _Reached("", 0, 0)
        self._begun_anew: Position | None = None
        """Up to where it had read when it began anew: whose segments say so again were not put
        back, they say more than the raw file beside them can have."""

    def _find_next(self, writer: str) -> int:
        segments = list_segments(self._folder.segments)
        own = [segment.number for segment in segments if segment.writer == writer]
        if own:
            return own[0]
        known = find_checkpoint(self._folder)
        newest = 0 if known is None else known.number
        with _open_raw(self._folder) as raw:
            identity = None if raw is None else identify(raw)
            if raw is not None and identity is not None:
                start = choose_start(raw, identity, known)
                return newest + 1 if start.writer == writer else 0
        return 0

    def read(self) -> Iterator[Record]:
        """Yield what is there and has not been yielded before."""
        sealed_meanwhile = True
        while sealed_meanwhile:
            for segment in list_in_place(self._folder.segments, self._next):
                yield from self._read_segment(segment)
            sealed_meanwhile = yield from self._read_raw()

    def _read_segment(self, segment: Segment) -> Iterator[Record]:
        after = self._sequence if segment.writer == self._writer else 0
        span = read_span(segment)
        wanted = self._wanted
        passed_over = span is not None and (
            span.last <= after
            or span.finish_us < wanted.since_us
            or span.begin_us > wanted.until_us
        )
        last = after
        if not passed_over:
            for record in read_segment(segment, after=after, containing=wanted.containing):
                last = record.sequence
                yield record
        self._next = segment.number + 1
        self._writer = segment.writer
        self._sequence = max(last, span.last if span is not None else 0)

    def _read_raw(self) -> Generator[Record, None, bool]:
        """Yield what lies behind the segments; return whether to begin with segments again."""
        with _open_raw(self._folder) as raw:
            identity = None if raw is None else identify(raw)
            if raw is None or identity is None:
                return False
            start = choose_start(raw, identity, find_checkpoint(self._folder))
            sequence, offset = start.last, start.offset
            was = self._reached
            is_further = was.writer == start.writer and was.sequence >= sequence
            if is_further and offset <= was.offset <= os.fstat(raw).st_size:
                sequence, offset = was.sequence, was.offset
            while True:
                lines = read_lines(raw, offset, key=identity.key)
                if list_in_place(self._folder.segments, self._next):
                    return True
                if lines.to == offset:
                    return self._is_put_back(start.writer, sequence)
                for piece in lines.pieces:
                    sequence += 1
                    if start.writer != self._writer or sequence > self._sequence:
                        self._writer, self._sequence = start.writer, sequence
                        yield parse_piece(piece, writer=start.writer, sequence=sequence)
                offset = lines.to
                self._reached = _Reached(start.writer, sequence, offset)

    def _is_put_back(self, writer: str, last: int) -> bool:
        """
        Tell whether the folder has fewer records than have been read of it, and begin anew.

        Its disk was put back to an older state: what it has now is not what was read. Where the
        same shows once more behind that, its segments are damaged, or forged: begun anew for each
        of them it would be read without an end.
        """
        read = Position(self._writer, self._sequence)
        if writer != self._writer or last >= self._sequence:
            self._begun_anew = None
            return False
        if read == self._begun_anew:
            return False
        self._begun_anew = read
        self._writer, self._sequence, self._next = "", 0, 0
        self._reached = _Reached("", 0, 0)
        return True


@contextmanager
def _open_raw(folder: Folder) -> Iterator[int | None]:
    """Open the raw file for reading; None where there is none yet."""
    try:
        raw = open_regular(folder.raw)
    except FileNotFoundError:
        yield None
        return
    try:
        yield raw
    finally:
        os.close(raw)
