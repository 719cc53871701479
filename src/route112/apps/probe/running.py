"""Gives each path its turn, until it is told to stop or every path has had one."""

import asyncio
import contextlib
from collections.abc import Callable

from route112.adapters.clock import utc_now
from route112.apps.probe.keeping import US_PER_S, Book, Latest
from route112.apps.probe.prober import Prober
from route112.watch.findings import Change
from route112.watch.probing.pace import Turns
from route112.watch.probing.paths import Path

AT_ONCE_MAX = 300
"""Test calls under way; above it a turn waits."""
SAVE_SECONDS = 1.0


class Running:
    """
    Places test calls in turn.

    Args:
        tell: called with each call that is over.
        tell_change: called when a link was found to fail, or is well again.
    """

    def __init__(
        self,
        prober: Prober,
        book: Book,
        *,
        tell: Callable[[Latest], None],
        tell_change: Callable[[Change], None],
        complain: Callable[[str], None],
    ) -> None:
        self._prober = prober
        self._book = book
        self._tell = tell
        self._tell_change = tell_change
        self._complain = complain
        self._trouble = ""
        self._dirty = False

    async def run(self, turns: Turns, stop: asyncio.Event) -> None:
        """Go on until `stop` is set, or nobody has a turn any more."""
        loop = asyncio.get_running_loop()
        saving = loop.create_task(self._save_often())
        tasks: set[asyncio.Task[None]] = set()
        while not stop.is_set() and (due_s := turns.due_s) is not None:
            path = turns.take(loop.time()) if len(tasks) < AT_ONCE_MAX else None
            if path is None:
                wait_s = max(due_s - loop.time(), 0.01)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), wait_s)
                continue
            task = loop.create_task(self._probe(path))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        if tasks:
            await asyncio.wait(tasks)
        saving.cancel()

    async def _probe(self, path: Path) -> None:
        self._dirty = True
        try:
            self._book.note_turn(path)
            outcome = await self._prober.place(path)
            latest, seen = self._book.write(outcome)
        except OSError as error:
            self._say(f"test calls cannot be placed or written down: {error.strerror or error}")
            return
        self._say("")
        self._dirty = True
        self._tell(latest)
        self._book.watch.add_end(seen)
        change = self._book.watch.tick(utc_now())
        if change.begun or change.over:
            self._tell_change(change)

    async def _save_often(self) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            if self._dirty:
                self._dirty = False
                try:
                    self._book.save()
                except OSError as error:
                    self._say(f"results cannot be saved: {error.strerror or error}")

    def _say(self, trouble: str) -> None:
        """Tell people once of each trouble."""
        if trouble and trouble != self._trouble:
            self._complain(trouble)
        self._trouble = trouble


def find_rung(book: Book, *, now_s: float) -> dict[str, float]:
    """Return when each responder was rung, as seconds of the clock that says `now_s`."""
    now_us = utc_now()
    return {hop: now_s - (now_us - at_us) / US_PER_S for hop, at_us in book.rung_us.items()}
