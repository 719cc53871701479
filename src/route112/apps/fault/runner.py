"""
The process behind a fault that has to be done again and again, or that ends by itself.

    python -m route112.apps.fault.runner RUN-DIR [ID]

Without an id the first line of its input names it: until then it waits, with everything loaded,
and ends where none comes.

It ends when the fault is no longer in force, when its time is over, when the run has ended, and on
SIGTERM; whatever ends it, its last act undoes the fault.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from route112.adapters.clock import utc_now
from route112.apps.fault.book import Fault, read_book
from route112.apps.fault.faults import Faults
from route112.apps.fault.ground import Ground, open_ground
from route112.apps.fault.kinds import FaultError
from route112.apps.fault.means import MEANS

_STDOUT = 1
LOOK_SECONDS = 0.1
"""How often it looks whether it is over."""
BEGIN_SECONDS_MAX = 10.0
"""Until it is written down as the runner of its fault."""


class Watch:
    """Tells whether a fault is over, and why."""

    def __init__(
        self, ground: Ground, fault: Fault, *, say: Callable[[], None] = lambda: None
    ) -> None:
        self.why = ""
        self._ground = ground
        self._fault = fault
        self._next_s = 0.0
        self._say = say
        self._has_begun = False

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """Be over: whoever sent this ends the fault."""
        self.why = "signal"

    def is_over(self) -> bool:
        """Tell it; looks at files only so often. Who asks first has begun, and says so."""
        if not self._has_begun:
            self._has_begun = True
            self._say()
        if self.why:
            return True
        if self._fault.ends_us and utc_now() >= self._fault.ends_us:
            self.why = "time is over"
        elif time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + LOOK_SECONDS
            if self._ground.is_over():
                self.why = "run ended"
            elif read_book(self._ground.run_dir).find(self._fault.id) is None:
                self.why = "signal"
        return bool(self.why)


def main(arguments: list[str]) -> int:
    """Run one fault until it is over."""
    run_dir = Path(arguments[0])
    id_ = arguments[1] if arguments[1:] else sys.stdin.readline().strip()
    if not id_:
        return 0
    ground = open_ground(run_dir)
    fault = find_own(run_dir, id_)
    if fault is None:
        return 1
    watch = Watch(ground, fault, say=tell_begun)
    signal.signal(signal.SIGTERM, watch.stop)
    try:
        play(ground, fault, watch)
    finally:
        if watch.why != "signal":
            Faults(run_dir).clear(id_, by=watch.why or "its runner failed")
    return 0


def tell_begun() -> None:
    """Say so to whoever waits for the first turn, or has given up on it."""
    with contextlib.suppress(BrokenPipeError):
        os.write(_STDOUT, b".")


def find_own(run_dir: Path, id_: str) -> Fault | None:
    """Wait until the fault is written down with its runner."""
    deadline_s = time.monotonic() + BEGIN_SECONDS_MAX
    while time.monotonic() < deadline_s:
        fault = read_book(run_dir).find(id_)
        if fault is None or fault.runner is not None:
            return fault
        time.sleep(0.01)
    return None


def play(ground: Ground, fault: Fault, watch: Watch) -> None:
    """Do what the kind does, turn by turn."""
    means = MEANS[fault.kind]
    if means.run is not None:
        asyncio.run(means.run(ground, fault, watch.is_over))  # type: ignore[arg-type]
        return
    turn = 0
    while not watch.why:
        wait_s = LOOK_SECONDS if means.step is None else means.step(ground, fault, turn)
        turn += 1
        if watch.is_over():
            return
        until_s = time.monotonic() + wait_s
        while (left_s := until_s - time.monotonic()) > 0 and not watch.is_over():
            time.sleep(min(left_s, LOOK_SECONDS))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except FaultError as trouble:
        sys.exit(f"{trouble.message}\n  {trouble.remedy}")
