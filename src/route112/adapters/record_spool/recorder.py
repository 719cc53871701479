"""
The recorder: seals what a site appends to its raw file, and keeps the folder within its bound.

One object, one lock, no thread: `step` does what is due and returns. A supervisor awaits `run`,
`route112 records keep` calls it in a process of its own. Nothing here can stop a call: every
failure of the disk is said once and tried again.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from route112.adapters.record_spool.bounds import Bounds, Stock
from route112.adapters.record_spool.disk import load_punch, take_lock, write_all, write_durably
from route112.adapters.record_spool.layout import (
    HEAD_BYTES,
    Checkpoint,
    Folder,
    Identity,
    choose_start,
    identify,
    load_state,
    render_state,
)
from route112.adapters.record_spool.reader import find_checkpoint, read_lines
from route112.adapters.record_spool.segments import Batch, seal
from route112.wire.record_lines import render_line

STEP_SECONDS = 1.0
"""Time between two steps when there is nothing to do; also the longest time between two syncs."""
STEP_CHUNKS_MAX = 8
"""Chunks of the raw file read in one step."""
LOG_BYTES_MAX = 1 << 20
"""Bytes without a record after which the state alone is moved on, to free them."""
BLOCK_BYTES = 4_096
BLOCK_UNIT_BYTES = 512
"""What `st_blocks` counts in."""

Counted = Callable[[int, int, Sequence[bytes]], None]
"""Takes offsets of the beginning and the end of a part of the raw file, and its records."""


class Recorder:
    """The one recorder of a records folder."""

    def __init__(  # noqa: PLR0913  what a test or a supervisor wants otherwise
        self,
        path: Path,
        *,
        site: str,
        complain: Callable[[str], None],
        bounds: Bounds | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1_000,
        counted: Counted | None = None,
    ) -> None:
        """
        Take the lock and find out where the last recorder stopped.

        Args:
            path: the records folder, made by `prepare_folder`.
            site: for the recorder's own records.
            complain: called with one line for people, once per trouble.
            counted: given what is read of the raw file, as it is read.
        Raises: RecorderRunningError, OSError.
        """
        self.folder = Folder(path)
        self._site = site
        self._complain = complain
        self._bounds = bounds or Bounds()
        self._monotonic = monotonic
        self._now_us = now_us
        self._counted = counted
        self._lock = take_lock(self.folder.lock)
        self._raw = -1
        self._identity: Identity | None = None
        self._sealed = Checkpoint("", "", 0, 0, 0)
        self._read_to = 0
        self._pieces: list[bytes] = []
        self._pieces_bytes = 0
        self._since = 0.0
        self._synced_size = -1
        self._stock = Stock(self.folder.segments, self._bounds, complain)
        self._troubles: set[str] = set()
        self._punch = load_punch()
        self._can_punch = True
        self._stopping = asyncio.Event()
        self._attempt(self._tidy, "the folder cannot be read")

    def step(self) -> bool:
        """Do what is due; return whether there is more to do at once. Never raises OSError."""
        if not self._attempt(self._open, "the raw file cannot be opened"):
            return False
        if self._raw < 0:
            return False
        more = self._attempt(self._read, "the raw file cannot be read") and self._is_behind()
        if self._is_due():
            more = self._attempt(self._seal, "records cannot be sealed") and more
        self._attempt(self._sync, "the raw file cannot be synced")
        self._attempt(self._keep_bound, "the bound cannot be kept")
        return more

    async def run(self) -> None:
        """Step until `stop` or cancellation, then seal what is left; a task of a supervisor."""
        try:
            while not self._stopping.is_set():
                pause_s = 0.0 if self.step() else STEP_SECONDS
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause_s)
        finally:
            self.close()

    def stop(self) -> None:
        """Make `run` end."""
        self._stopping.set()

    def close(self) -> None:
        """Seal what there is, and give the lock back."""
        if self._lock < 0:
            return
        while self.step():
            pass
        if self._pieces:
            self._attempt(self._seal, "records cannot be sealed")
        for handle in (self._raw, self._lock):
            if handle >= 0:
                os.close(handle)
        self._raw = self._lock = -1

    @property
    def backlog_bytes(self) -> int:
        """Bytes of the raw file that have not been sealed."""
        return 0 if self._raw < 0 else os.fstat(self._raw).st_size - self._sealed.offset

    def _attempt(self, work: Callable[[], None], trouble: str) -> bool:
        """Do something that the disk may refuse; say so once, and when it works again."""
        try:
            work()
        except OSError as error:
            if trouble not in self._troubles:
                self._troubles.add(trouble)
                self._complain(f"records: {trouble}: {error.strerror}; calls go on")
            return False
        if trouble in self._troubles:
            self._troubles.discard(trouble)
            self._complain(f"records: works again; before: {trouble}")
        return True

    def _tidy(self) -> None:
        for path in (*self.folder.segments.glob("*.new"), *self.folder.path.glob("*.state.new")):
            path.unlink(missing_ok=True)
        self._stock.count()

    def _open(self) -> None:
        """Open the raw file when there is one; it is never replaced while a site runs."""
        if self._raw >= 0:
            return
        try:
            raw = os.open(self.folder.raw, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        identity = identify(raw)
        if identity is None:
            os.close(raw)
            return
        start = choose_start(raw, identity, find_checkpoint(self.folder))
        self._raw, self._identity = raw, identity
        self._sealed, self._read_to = start, start.offset
        if start != load_state(self.folder.state):
            self._write_state()
        self._free()

    def _read(self) -> None:
        """Take whole lines from the raw file, as long as there is room for them."""
        assert self._identity is not None, "opened before"
        for _ in range(STEP_CHUNKS_MAX):
            if self._pieces_bytes >= self._bounds.segment_bytes_max:
                return
            lines = read_lines(self._raw, self._read_to, key=self._identity.key)
            if lines.to == self._read_to:
                return
            if lines.pieces and not self._pieces:
                self._since = self._monotonic()
            self._pieces.extend(lines.pieces)
            self._pieces_bytes += sum(map(len, lines.pieces))
            start, self._read_to = self._read_to, lines.to
            if self._counted is not None:
                self._counted(start, lines.to, lines.pieces)

    def _is_behind(self) -> bool:
        size = os.fstat(self._raw).st_size
        return size - self._read_to >= self._bounds.segment_bytes_max

    def _is_due(self) -> bool:
        if not self._pieces:
            return self._read_to - self._sealed.offset >= LOG_BYTES_MAX
        waited = self._monotonic() - self._since
        full = self._pieces_bytes >= self._bounds.segment_bytes_max
        return full or waited >= self._bounds.seal_seconds

    def _seal(self) -> None:
        """Seal what has been read; the renaming in the middle is the step that counts."""
        os.fdatasync(self._raw)
        if self._pieces:
            batch = Batch(self._sealed, self._read_to, tuple(self._pieces))
            self._sealed, size = seal(self.folder.segments, batch)
            self._pieces, self._pieces_bytes = [], 0
            self._stock.add(self._sealed, size)
        else:
            self._sealed = replace(self._sealed, offset=self._read_to)
        self._write_state()
        self._free()

    def _write_state(self) -> None:
        write_durably(self.folder.state, render_state(self._sealed))

    def _free(self) -> None:
        """Give the blocks before the sealed offset back, but never the first page."""
        length = self._sealed.offset // BLOCK_BYTES * BLOCK_BYTES - HEAD_BYTES
        if length <= 0 or not self._can_punch:
            return
        try:
            self._punch(self._raw, HEAD_BYTES, length)
        except OSError as error:
            self._can_punch = False
            self._complain(
                f"records: {self.folder.raw} cannot be freed behind the recorder"
                f" ({error.strerror}): it grows until the site gets a new records folder"
            )

    def _sync(self) -> None:
        """Bring what callers' lines the kernel still holds onto the disk."""
        size = os.fstat(self._raw).st_size
        if size != self._synced_size:
            os.fdatasync(self._raw)
            self._synced_size = size

    def _keep_bound(self) -> None:
        self._stock.keep_bound(os.fstat(self._raw).st_blocks * BLOCK_UNIT_BYTES, self._append)

    def _append(self, event: str, fields: Mapping[str, str | int]) -> None:
        """Write a record of our own into the raw file, like everybody else."""
        assert self._identity is not None, "opened before"
        own: dict[str, str | int] = {"t": self._now_us(), "site": self._site, "event": event}
        line = render_line("site", own | dict(fields), key=self._identity.key)
        write_all(self._raw, line.encode("ascii"))
        # A loss must be on record for certain before it happens: `verify` asks for it.
        os.fdatasync(self._raw)
