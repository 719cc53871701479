"""
A replay that is ended before its time: by Ctrl-C, by SIGTERM, or because its terminal has gone.

Sites, edges and what a fault has done outlive this process, so that it must not go before them.
The first signal has the play cancelled, which takes the country down; further ones change nothing,
since that is bounded.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXIT_BY_SIGNAL = 128
"""And the signal's number, as a shell says it."""

T = TypeVar("T")


class Ending:
    """Turns the signals that would end this process into an end of what it has put up."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._number = 0
        self._cancel: Callable[[], object] | None = None
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Take the signals, but for those that whoever started this wants ignored (`nohup`)."""
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Give the signals back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        """
        Run it on an event loop of its own; a signal cancels it.

        Raises: SystemExit once it has ended for a signal; what it raises itself.
        """
        try:
            found = asyncio.run(self._watch(doing))
        except asyncio.CancelledError:
            if not self._number:
                raise
            raise SystemExit(EXIT_BY_SIGNAL + self._number) from None
        if self._number:  # too late to cancel anything, and still the wish to end
            raise SystemExit(EXIT_BY_SIGNAL + self._number)
        return found

    async def _watch(self, doing: Coroutine[Any, Any, T]) -> T:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None, "it runs in one"

        def cancel() -> None:
            task.cancel()
            self._say(f"{signal.Signals(self._number).name}: taking the country down")

        self._cancel = lambda: loop.call_soon_threadsafe(cancel)
        try:
            return await doing
        finally:
            self._cancel = None

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._number:
            return
        self._number = number
        if self._cancel is None:
            raise SystemExit(EXIT_BY_SIGNAL + number)
        self._cancel()


async def finish(doing: Coroutine[Any, Any, T]) -> T:
    """Do it to its end, also where this task is cancelled meanwhile; it has to be bounded."""
    task = asyncio.ensure_future(doing)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
