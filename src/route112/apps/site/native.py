"""Keeps the native table of a running Kamailio true to the snapshot and the hour."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from route112.adapters.kamailio_rpc import RpcError, read_slot, switch_slot
from route112.adapters.native_file import list_marks, write_native
from route112.apps.site.events import Reporter, show_time
from route112.model import UtcTime
from route112.native import NativeTable, next_change, translate
from route112.snapshot.reader import Snapshot

RETRY_SECONDS = 1.0
"""After a table that could not be written or put in use."""


class NativeError(Exception):
    """The native table cannot be written; the text says why."""


class NativeTables:
    """The table in the file, and whether Kamailio uses it."""

    def __init__(
        self,
        file: Path,
        rpc_socket: Path,
        report: Reporter,
        *,
        now: Callable[[], UtcTime],
        monotonic_s: Callable[[], float],
    ) -> None:
        self.due: UtcTime | None = None
        """Next instant at which an answer may change."""
        self.table: NativeTable | None = None
        """What the file has; None before the first one."""
        self._in_use = False
        self._content_hash = ""
        self._translated = UtcTime(0)
        self._retry_s = 0.0
        self._file = file
        self._socket = rpc_socket
        self._report = report
        self._now = now
        self._monotonic_s = monotonic_s

    def build(self, snapshot: Snapshot) -> bool:
        """
        Translate and write anew where the answers may differ; tell whether they do.

        Raises: NativeError where the file cannot be written; the old one then stays.
        """
        now = self._now()
        if not self._is_stale(snapshot, now):
            return False
        table = translate(snapshot, now=now)
        old = self.table
        changed = old is None or (old.generation, old.zones, old.attempts) != (
            table.generation,
            table.zones,
            table.attempts,
        )
        if changed:
            try:
                write_native(self._file, table)
            except (OSError, sqlite3.Error, ValueError) as error:
                raise NativeError(f"{self._file} cannot be written: {error}") from error
            self._in_use = False
            self.table = table
        self._content_hash = snapshot.content_hash
        self.due = next_change(snapshot, now=now)
        self._translated = now
        return changed

    def _is_stale(self, snapshot: Snapshot, now: UtcTime) -> bool:
        """Tell whether what was translated no longer stands; a clock set back counts."""
        if self.table is None or snapshot.content_hash != self._content_hash:
            return True
        return now < self._translated or (self.due is not None and now >= self.due)

    def forget(self) -> None:
        """Take nothing for granted of a Kamailio that has just started, or was found."""
        self._in_use = False

    async def step(self, snapshot: Snapshot, *, ready: bool) -> None:
        """Bring file and Kamailio up to date; what fails is tried again after RETRY_SECONDS."""
        if self._monotonic_s() < self._retry_s:
            return
        try:
            self.build(snapshot)
            if ready and not self._in_use:
                await self._put_in_use()
        except (NativeError, RpcError) as error:
            self._retry_s = self._monotonic_s() + RETRY_SECONDS
            self._report.tell(
                "native-failed",
                f"the native table stays as it is: {error}",
                generation=snapshot.generation,
                reason="not-written" if isinstance(error, NativeError) else "not-loaded",
            )

    async def _put_in_use(self) -> None:
        table = self.table
        assert table is not None, "built before it is put in use"
        marks = list_marks(table)
        slot, built = await read_slot(self._socket)
        if built != marks["zn"]["built"]:
            slot = "b" if slot == "a" else "a"
            await switch_slot(self._socket, slot, marks)
        self._in_use = True
        until = "" if self.due is None else f", may change at {show_time(self.due)}"
        self._report.tell(
            "native-flip",
            f"native table g{table.generation} in slot {slot}: {len(table.zones):,} keys, "
            f"{len(table.attempts):,} rows of attempts{until}",
            generation=table.generation,
            reason=f"slot-{slot}",
        )
