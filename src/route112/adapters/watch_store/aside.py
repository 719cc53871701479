"""
Bytes of something that goes on changing, made by a copy of this process while this one goes on.

For state whose writing takes longer than anybody may wait, and which has to be that of one
instant: the kernel copies the process, and later only the pages that either of them changes. The
copy holds no file, lock or connection of ours, is nice, runs nothing but `make`, and is bounded in
time; whoever began it looks now and then whether it is done.
"""

import contextlib
import gc
import os
import signal
import time
import zlib
from collections.abc import Callable

SECONDS_MAX = 120.0
"""After which a copy is killed."""
NICE = 10
"""How much less a copy counts than others."""
LEVEL = 1
"""Of compression: what is made is kept many times, and read once at most."""


class AsideError(Exception):
    """A copy could not be made, or brought nothing; says why."""


class Aside:
    """One copy at a time."""

    def __init__(self) -> None:
        self._pid = 0
        self._memory = -1
        self._began_s = 0.0

    @property
    def is_busy(self) -> bool:
        """Tell whether a copy runs, or was not asked for what it has made."""
        return self._pid != 0

    def begin(self, make: Callable[[], bytes]) -> None:
        """Have a copy make what `make` returns, as of now; raises AsideError."""
        assert not self.is_busy, "one at a time"
        memory = os.memfd_create("aside")
        try:
            pid = os.fork()
        except OSError as error:
            os.close(memory)
            raise AsideError(f"no copy could be made: {error.strerror}") from error
        if not pid:
            _live(memory, make)
        self._pid, self._memory, self._began_s = pid, memory, time.monotonic()

    def take(self) -> bytes | None:
        """Return what the copy has made, packed; None: it is not done. Raises AsideError."""
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        if not pid:
            if time.monotonic() - self._began_s < SECONDS_MAX:
                return None
            self.end()
            raise AsideError(f"took longer than {SECONDS_MAX:g} s")
        size = os.fstat(self._memory).st_size
        made = os.pread(self._memory, size, 0)
        self._forget()
        if status:
            raise AsideError(f"the copy ended with status {status}")
        return made

    def end(self) -> None:
        """End the copy, if there is one; what it was to make is not made."""
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._forget()

    def _forget(self) -> None:
        os.close(self._memory)
        self._pid, self._memory = 0, -1


def unpack(made: bytes) -> bytes:
    """Return what `make` returned, from what was made of it; raises ValueError."""
    try:
        return zlib.decompress(made)
    except zlib.error as error:
        raise ValueError(str(error)) from error


def pack(content: bytes) -> bytes:
    """Return the same as a copy would."""
    return zlib.compress(content, LEVEL)


def _live(memory: int, make: Callable[[], bytes]) -> None:
    """Be the copy; never returns."""
    status = 1
    try:
        # Collecting garbage would touch all pages, and could close what is not ours.
        gc.disable()
        # A lock is held as long as anybody has its file open.
        os.closerange(3, memory)
        os.closerange(memory + 1, os.sysconf("SC_OPEN_MAX"))
        os.nice(NICE)
        left = memoryview(pack(make()))
        while left:
            left = left[os.write(memory, left) :]
        status = 0
    finally:
        os._exit(status)
