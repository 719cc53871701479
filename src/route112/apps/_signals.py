"""
Signals that ask a command for its end: Ctrl-C, SIGTERM, or because its terminal has gone.

The first one is noted, and what it means is up to whoever listens; further ones change nothing.
"""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXIT_SIGNAL = 128
"""And the number of the signal, as a shell has it."""


class Asked:
    """Notes a signal that asks for the end, so that no child is lost between two lines."""

    def __init__(self) -> None:
        self.number = 0
        """Of the first one; 0: none."""
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """Listen; what whoever started us has us ignore (`nohup`) stays ignored."""
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Leave it to whoever listened before."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if not self.number:
            self.number = number
            self._begin_end()

    def _begin_end(self) -> None:
        """Do what cannot wait until somebody looks at `number`."""


class Leaving(Asked):
    """Has a command end where it is, so that it clears away what it was making."""

    def _begin_end(self) -> None:
        raise SystemExit(EXIT_SIGNAL + self.number)
