"""
Measured states for the decisions of a worker: advice from a file, which a site can live without.

The file is looked at once a second at most, between two calls, and parsed once when it changed. It
is local and small; whatever is wrong with it, there are no states, which is said once.

A silent thing is tried last, so nobody would learn that it is back. Therefore its state may carry
an offer: one call of this site goes there first all the same. Who takes it writes its instant down
in memory that all workers share; two that are equally fast may both take it.
"""

import mmap
import os
import stat
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from route112.model import ServiceState, States, Target
from route112.model.states import ElementState, StateKind
from route112.wire.documents.state_file import (
    ADVICE_BYTES_MAX,
    SKEW_US,
    StateFile,
    parse_states,
)

LOOK_NS = 1_000_000_000
"""Between two looks at the file."""
TRIALS = 1_024
"""Places in which offers that were taken are written down."""

NO_STATES = States()

Stamp = tuple[int, int, int]


class Advice:
    """
    Follows `states.json`.

    Args:
        path: where it may be.
    """

    def __init__(self, path: Path, *, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._path = os.fspath(path)
        self._monotonic_ns = monotonic_ns
        self._look_ns = 0
        self._stamp: Stamp | None = None
        self._file: StateFile | None = None
        self._is_damaged = False
        self._states = NO_STATES
        self._offers: dict[str, int] = {}
        """By PSAP id or address of a hop."""
        # Aligned words of 8 bytes are written at once, so that no lock is needed.
        self._taken = memoryview(mmap.mmap(-1, 8 * TRIALS)).cast("Q")

    def refresh(self) -> str:
        """Read the file if it changed; return what is wrong with it, once, or nothing."""
        now_ns = self._monotonic_ns()
        if now_ns < self._look_ns:
            return ""
        self._look_ns = now_ns + LOOK_NS
        try:
            stamp = self._find_stamp()
            if stamp == self._stamp:
                return ""
            # What interrupts a worker here leaves it without states, and it does not try again.
            self._forget(stamp)
            if stamp is not None:
                self._take(parse_states(self._read()))
        except Exception as error:  # noqa: BLE001  whatever it is, calls go on without states
            is_known, self._is_damaged = self._is_damaged, True
            return "" if is_known else f"no measured states: {error!r}"
        self._is_damaged = False
        return ""

    def find_states(self, now_us: int) -> States:
        """Return what is measured; nothing once the file counts for nothing any more."""
        if self._file is None or not self._file.counts(now_us):
            return NO_STATES
        return self._states

    def take_trial(self, target: Target, now_us: int) -> bool:
        """Tell whether one call may try this target all the same, and that it was this one."""
        names = (target.psap, *(hop.address for hop in target.hops[:1]))
        taken = [self._take_offer(name, now_us) for name in names if name in self._offers]
        return any(taken)

    def _take_offer(self, name: str, now_us: int) -> bool:
        # Where two share a place the later offer wins; the other one is made anew in a while.
        place = zlib.crc32(name.encode()) % TRIALS
        offer_us, taken_us = self._offers[name], self._taken[place]
        # What was taken at a time to come was taken before the clock was set back: it is no longer
        # known, else nothing would be tried until then.
        if taken_us <= now_us + SKEW_US and offer_us <= taken_us:
            return False
        self._taken[place] = offer_us
        return True

    def _forget(self, stamp: Stamp | None) -> None:
        self._stamp, self._file, self._states, self._offers = stamp, None, NO_STATES, {}

    def _find_stamp(self) -> Stamp | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116  a microsecond, on the path of a call
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self) -> bytes:
        handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise ValueError("not a plain file")
            return os.read(handle, ADVICE_BYTES_MAX + 1)
        finally:
            os.close(handle)

    def _take(self, file: StateFile) -> None:
        psaps: dict[str, ServiceState] = {}
        hops: dict[str, ElementState] = {}
        for state in file.states:
            if state.kind is StateKind.SERVICE:
                psaps[state.id] = ServiceState(state.state)
            elif state.kind is StateKind.ELEMENT:
                hops[state.id] = ElementState(state.state)
            if state.kind is not StateKind.QUEUE and state.trial_us:
                self._offers[state.id] = state.trial_us
        self._states = States(psaps, hops)
        self._file = file
