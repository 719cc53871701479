"""
Keeps the native table of a running Kamailio true to the snapshot and the hour.

Translating a country takes a second of a processor and loading it some tenths, so neither is done
in the loop of the supervisor: a child process translates, one at a time and always the snapshot
that is in force when it begins. Those in between are passed over. Where nothing but an order is
new, begins or ends, only the rows that orders may change are made anew: at once, and here.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

from route112.adapters.errand import ErrandError
from route112.adapters.kamailio_rpc import RpcError
from route112.adapters.staging import Staged
from route112.adapters.tables.translation import Translation, read_changes
from route112.apps.station.events import Reporter, show_time
from route112.apps.station.slots import Flip, Slots
from route112.apps.station.translating import Translate
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot

RETRY_SECONDS = 1.0
"""After a table that could not be written or put in use."""
LATE_SECONDS = 15.0
"""A table that is behind the snapshot in force for longer is an alarm."""
PACE_SECONDS = 2.0
"""From one translation to the next while snapshots come faster than that; hours do not wait."""
ORDERS_PACE_SECONDS = 0.5
"""The same where only orders differ."""
NICE = 5
"""A new snapshot is translated in a quarter of a processor that calls want: late, not never. What
an hour changes is rare, and was known beforehand: it is not niced."""
_NEXT = "native-next.new"
"""Where the child writes. We rename it into place: a child left behind changes nothing."""


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
        translate: Translate,
    ) -> None:
        self.table: Translation | None = None
        """What the file has; None before the first one."""
        self._due: UtcTime | None = None
        self._in_use = False
        self._content_hash = ""
        self._translated = UtcTime(0)
        self._stands_from = UtcTime(0)
        """Since when the rows stand that orders leave alone."""
        self._stands_until: UtcTime | None = None
        self._slots = Slots(rpc_socket, monotonic_s)
        self._retry_s = 0.0
        self._began_s = -PACE_SECONDS
        """When a snapshot was translated last."""
        self._trouble = ""
        """What was told last, until it is over."""
        self._lives = 0
        """Of Kamailio, so far."""
        self._task: asyncio.Task[None] | None = None
        self._under_way = ""
        """Content hash of what the task works at."""
        self._behind_s: float | None = None
        """Since when Kamailio uses a table that is out of date."""
        self._later_s: float | None = None
        """Since when what the task works at is out of date as well."""
        self._late_told = False
        self._file = file
        self._report = report
        self._now = now
        self._monotonic_s = monotonic_s
        self._translate = translate

    @property
    def due(self) -> UtcTime | None:
        """Next instant at which an answer may change; None where there is no use in waking."""
        return None if self._task or self._monotonic_s() < self._retry_s else self._due

    async def build(self, staged: Staged, *, nice: int = 0) -> bool:
        """
        Translate and write anew where the answers may differ; tell whether they do.

        Raises: NativeError where the file cannot be written; the old one then stays.
        """
        now = self._now()
        if not self._is_stale(staged.snapshot, now):
            return False
        aside, known = self._file.with_name(_NEXT), self.table.digest if self.table else ""
        basis = self._file if self._by_orders_only(staged.snapshot, now) else None
        try:
            table = await self._translate(
                staged.path, aside, now=now, known=known, basis=basis, nice=nice
            )
            changed = table.digest != known
            if changed:
                changes = None if basis is None else read_changes(aside)
                aside.replace(self._file)
                self._slots.replace_file(changes)
                self._in_use = False
                self.table = table
        except (OSError, ErrandError, ValueError, TypeError, sqlite3.Error) as error:
            for leftover in self._file.parent.glob(f".{_NEXT}.*"):  # of a child that was killed
                leftover.unlink(missing_ok=True)
            self._stands_from = UtcTime(0)  # the next trial makes all anew
            self._stands_until = UtcTime(0)
            raise NativeError(f"{self._file} cannot be made: {error}") from error
        if basis is None:
            self._stands_from = now
            self._stands_until = None if table.plan_due is None else UtcTime(table.plan_due)
        self._content_hash = staged.snapshot.content_hash
        dues = (table.order_due, self._stands_until)
        self._due = min((UtcTime(at) for at in dues if at is not None), default=None)
        self._translated = now
        return changed

    def _by_orders_only(self, snapshot: Snapshot, now: UtcTime) -> bool:
        """Tell whether the rows stand that orders leave alone."""
        until = self._stands_until
        return (
            self.table is not None
            and self.table.plan_hash == snapshot.plan_hash
            and self._stands_from <= now
            and (until is None or now < until)
        )

    def _is_stale(self, snapshot: Snapshot, now: UtcTime) -> bool:
        """Tell whether what was translated no longer stands; a clock set back counts."""
        if self.table is None or snapshot.content_hash != self._content_hash:
            return True
        return now < self._translated or (self._due is not None and now >= self._due)

    def forget(self) -> None:
        """Take nothing for granted of a Kamailio that has just started, or was found."""
        self._in_use = False
        self._slots.forget()
        self._lives += 1

    def distrust(self) -> None:
        """Write the file anew: a Kamailio that began with it ended without an answer."""
        self.table = None

    def step(self, staged: Staged, *, ready: bool) -> None:
        """Begin what is due and returns at once; what fails is tried again later."""
        if self._task is not None and self._task.done():
            task, self._task = self._task, None
            task.result()
        stale = self._is_stale(staged.snapshot, self._now())
        self._watch_delay(staged.snapshot, stale=stale)
        now_s = self._monotonic_s()
        newer = staged.snapshot.content_hash != self._content_hash
        quick = newer and self._by_orders_only(staged.snapshot, self._now())
        pace_s = ORDERS_PACE_SECONDS if quick else PACE_SECONDS
        wanted = (
            now_s >= self._began_s + pace_s if newer else stale or (ready and not self._in_use)
        )
        if self._task is not None or now_s < self._retry_s:
            return
        if wanted:
            self._began_s = now_s if newer else self._began_s
            self._under_way = staged.snapshot.content_hash
            follow = self._follow(staged, ready=ready)
            self._task = asyncio.get_running_loop().create_task(follow)
        elif ready and not newer and self._slots.uneven:
            self._task = asyncio.get_running_loop().create_task(self._level(staged))

    async def end(self) -> None:
        """End what is under way."""
        if self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            await asyncio.wait((task,))

    async def _follow(self, staged: Staged, *, ready: bool) -> None:
        """Bring file and Kamailio up to date."""
        try:
            newer = staged.snapshot.content_hash != self._content_hash
            quick = self._by_orders_only(staged.snapshot, self._now())
            await self.build(staged, nice=NICE if newer and not quick else 0)
            if ready and not self._in_use:
                await self._put_in_use()
            self._trouble = ""
        except (NativeError, RpcError) as error:
            self._retry_s = self._monotonic_s() + RETRY_SECONDS
            self._tell_failed(error, staged.snapshot.generation)
        if self._in_use:
            self._behind_s, self._later_s = self._later_s, None

    async def _level(self, staged: Staged) -> None:
        """Make the copy that is not in use equal to the other: the next order is then quick."""
        assert self.table is not None, "it is in use"
        try:
            await self._slots.level(self.table)
        except RpcError as error:
            self._retry_s = self._monotonic_s() + RETRY_SECONDS
            self._tell_failed(error, staged.snapshot.generation)

    def _tell_failed(self, error: NativeError | RpcError, generation: int) -> None:
        """Tell once of each trouble."""
        if str(error) == self._trouble:
            return
        self._trouble = str(error)
        self._report.tell(
            "native-failed",
            f"the native table stays as it is: {error}; tried again every {RETRY_SECONDS:g} s",
            generation=generation,
            reason="not-written" if isinstance(error, NativeError) else "not-loaded",
        )

    def _watch_delay(self, snapshot: Snapshot, *, stale: bool) -> None:
        """Note since when the table in use is behind, and raise the alarm when it is for long."""
        now_s = self._monotonic_s()
        if stale and self._task is None and self._behind_s is None:
            self._behind_s = now_s
        elif stale and self._task and snapshot.content_hash != self._under_way:
            self._later_s = now_s if self._later_s is None else self._later_s
        if self._behind_s is None or now_s - self._behind_s < LATE_SECONDS:
            self._late_told = False
        elif not self._late_told:
            self._late_told = True
            self._report.tell(
                "native-late",
                f"the native table has been behind for {now_s - self._behind_s:.0f} s: calls that "
                "it decides go by an older snapshot or hour",
                ms=self._count_behind_ms(),
                reason="behind",
            )

    @property
    def behind_s(self) -> float:
        """Seconds that Kamailio has used a table that is out of date; 0: it is not."""
        return 0.0 if self._behind_s is None else self._monotonic_s() - self._behind_s

    def _count_behind_ms(self) -> int:
        return 0 if self._behind_s is None else int((self._monotonic_s() - self._behind_s) * 1e3)

    async def _put_in_use(self) -> None:
        table, lives = self.table, self._lives
        assert table is not None, "built before it is put in use"
        flip = await self._slots.put_in_use(table)
        self._in_use = lives == self._lives
        behind_ms = self._count_behind_ms()
        self._report.tell(
            "native-flip",
            f"native table g{table.generation} in slot {flip.slot}, "
            f"{behind_ms / 1e3:.1f} s behind: {_describe(table, flip)}"
            f"{'' if self._due is None else f', may change at {show_time(self._due)}'}",
            generation=table.generation,
            ms=behind_ms,
            reason=f"slot-{flip.slot}",
        )


def _describe(table: Translation, flip: Flip) -> str:
    rows = " and ".join(f"{count:,} rows of {name}" for name, count in table.counts.items())
    return f"{rows}, of which {flip.rows:,} were replaced" if flip.rows else rows
