"""
A replay that is ended before its time: by Ctrl-C, by SIGTERM, or because its terminal has gone.

Sites, edges and what a fault has done outlive this process, so that it must not go before them.
The first signal has the play cancelled, which takes the country down; further ones change nothing,
since that is bounded.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from route112.apps._signals import EXIT_SIGNAL, Asked

T = TypeVar("T")


class Ending(Asked):
    """Turns the signals that would end this process into an end of what it has put up."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say
        self._cancel: Callable[[], object] | None = None

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        """
        Run it on an event loop of its own; a signal cancels it.

        Raises: SystemExit once it has ended for a signal; what it raises itself.
        """
        try:
            found = asyncio.run(self._watch(doing))
        except asyncio.CancelledError:
            if not self.number:
                raise
            raise SystemExit(EXIT_SIGNAL + self.number) from None
        if self.number:  # too late to cancel anything, and still the wish to end
            raise SystemExit(EXIT_SIGNAL + self.number)
        return found

    async def _watch(self, doing: Coroutine[Any, Any, T]) -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None, "it runs in one"

        def cancel() -> None:
            task.cancel()
            self._say(f"{signal.Signals(self.number).name}: taking the country down")

        self._cancel = lambda: loop.call_soon_threadsafe(cancel)
        try:
            return await doing
        finally:
            self._cancel = None

    def _begin_end(self) -> None:
        if self._cancel is None:
            raise SystemExit(EXIT_SIGNAL + self.number)
        self._cancel()


async def finish(doing: Coroutine[Any, Any, T]) -> T:
    """Do it to its end, also where this task is cancelled meanwhile; it has to be bounded."""
    task = asyncio.ensure_future(doing)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
