"""
Keeps the native table of a running Kamailio true to the snapshot and the hour.

Translating a country takes a second of a processor and loading it some tenths, so neither is done
in the loop of the supervisor: a child process translates, one at a time and always the snapshot
that is in force when it begins. Those in between are passed over.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from route112.adapters.errand import ErrandError, run_errand
from route112.adapters.kamailio_rpc import RpcError, read_slot, switch_slot
from route112.adapters.staging import Staged
from route112.adapters.tables.translation import SECONDS_MAX, Translation, read_translation
from route112.apps.station.events import Reporter, show_time
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot

RETRY_SECONDS = 1.0
"""After a table that could not be written or put in use."""
LATE_SECONDS = 15.0
"""A table that is behind the snapshot in force for longer is an alarm."""
PACE_SECONDS = 2.0
"""From one translation to the next while snapshots come faster than that; hours do not wait."""
NICE = 5
"""A new snapshot is translated in a quarter of a processor that calls want: late, not never. What
an hour changes is rare, and was known beforehand: it is not niced."""
_NEXT = "native-next.new"
"""Where the child writes. We rename it into place: a child left behind changes nothing."""


class NativeError(Exception):
    """The native table cannot be written; the text says why."""


class Translate(Protocol):
    """Translates a staged file into another file."""

    def __call__(
        self, snapshot: Path, target: Path, *, now: UtcTime, known: str, nice: int
    ) -> Awaitable[Translation]:
        """Leave `target` alone where the digest is `known`; OSError, ErrandError, ValueError."""


def translate_beside(module: str, *more: str) -> Translate:
    """
    Return what translates in a child process.

    Args:
        module: in `route112.adapters.tables`; a program.
        more: its last arguments.
    """

    async def translate(
        snapshot: Path, target: Path, *, now: UtcTime, known: str, nice: int
    ) -> Translation:
        program = (sys.executable, "-m", f"route112.adapters.tables.{module}")
        argv = (*program, str(target), str(now), known, *more)
        with snapshot.open("rb") as file:  # opened here, since staged files are pruned
            said = await run_errand(argv, stdin=file.fileno(), nice=nice, seconds_max=SECONDS_MAX)
        return read_translation(said)

    return translate


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
        self._retry_s = 0.0
        self._paced_s = 0.0
        """Before which no further snapshot is translated."""
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
        self._socket = rpc_socket
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
        try:
            table = await self._translate(staged.path, aside, now=now, known=known, nice=nice)
            changed = table.digest != known
            if changed:
                aside.replace(self._file)
                self._in_use = False
                self.table = table
        except (OSError, ErrandError, ValueError, TypeError) as error:
            for leftover in self._file.parent.glob(f".{_NEXT}.*"):  # of a child that was killed
                leftover.unlink(missing_ok=True)
            raise NativeError(f"{self._file} cannot be made: {error}") from error
        self._content_hash = staged.snapshot.content_hash
        self._due = None if table.due is None else UtcTime(table.due)
        self._translated = now
        return changed

    def _is_stale(self, snapshot: Snapshot, now: UtcTime) -> bool:
        """Tell whether what was translated no longer stands; a clock set back counts."""
        if self.table is None or snapshot.content_hash != self._content_hash:
            return True
        return now < self._translated or (self._due is not None and now >= self._due)

    def forget(self) -> None:
        """Take nothing for granted of a Kamailio that has just started, or was found."""
        self._in_use = False
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
        wanted = now_s >= self._paced_s if newer else stale or (ready and not self._in_use)
        if wanted and self._task is None and now_s >= self._retry_s:
            self._paced_s = now_s + PACE_SECONDS if newer else self._paced_s
            self._under_way = staged.snapshot.content_hash
            follow = self._follow(staged, ready=ready)
            self._task = asyncio.get_running_loop().create_task(follow)

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
            await self.build(staged, nice=NICE if newer else 0)
            if ready and not self._in_use:
                await self._put_in_use()
            self._trouble = ""
        except (NativeError, RpcError) as error:
            self._retry_s = self._monotonic_s() + RETRY_SECONDS
            self._tell_failed(error, staged.snapshot.generation)
        if self._in_use:
            self._behind_s, self._later_s = self._later_s, None

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

    def _count_behind_ms(self) -> int:
        return 0 if self._behind_s is None else int((self._monotonic_s() - self._behind_s) * 1e3)

    async def _put_in_use(self) -> None:
        table, lives = self.table, self._lives
        assert table is not None, "built before it is put in use"
        marks = table.marks
        slot, built = await read_slot(self._socket, marks)
        if {built} != {rows["built"] for rows in marks.values()}:
            slot = "b" if slot == "a" else "a"
            await switch_slot(self._socket, slot, marks)
        self._in_use = lives == self._lives
        until = "" if self._due is None else f", may change at {show_time(self._due)}"
        behind_ms = self._count_behind_ms()
        self._report.tell(
            "native-flip",
            f"native table g{table.generation} in slot {slot}, {behind_ms / 1e3:.1f} s behind: "
            f"{' and '.join(f'{count:,} rows of {name}' for name, count in table.counts.items())}"
            f"{until}",
            generation=table.generation,
            ms=behind_ms,
            reason=f"slot-{slot}",
        )
