"""
Whether the translations that a station has in use agree, found out by a process beside.

`python -m route112.apps.receiver.comparing RUN-DIR` compares once and says one line: how many keys
differ, `later` where the station has not all of its own yet, or `never` and why. It takes seconds
of a processor for a country, so it is nice, and a receiver starts it only while its planner asks.
"""

import asyncio
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from route112.adapters.errand import ErrandError, run_errand
from route112.apps.receiver.differences import compare_station
from route112.replication.messages import FLAW_CHARS_MAX

NICE = 19
SECONDS_MAX = 120.0
AGAIN_S = 1.0
"""Between two tries: a station takes a moment to have its own."""
LATER, NEVER = "later", "never "


class Comparing:
    """
    Compares what one station has in force, once, while somebody asks for it.

    Args:
        run_dir: of the station's supervisor.
        compare: says the line of this program.
    """

    def __init__(
        self,
        run_dir: Path,
        *,
        compare: Callable[[Path], str] | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run_dir, self._compare = run_dir, compare or compare_beside
        self._monotonic_s = monotonic_s
        self._content_hash = ""
        self._said: tuple[str, str] | None = None
        """What was in force, and what was said of it."""
        self._thread: threading.Thread | None = None
        self._due_s = 0.0

    def look(self, content_hash: str) -> tuple[int | None, str]:
        """
        Return how many keys differ, None where that is not known yet, and why it never will be.

        Args:
            content_hash: of what is in force.
        """
        if self._said is not None and self._said[0] == content_hash:
            return _read(self._said[1])
        is_due = self._monotonic_s() >= self._due_s
        if is_due and content_hash and (self._thread is None or not self._thread.is_alive()):
            self._due_s = self._monotonic_s() + AGAIN_S
            self._thread = threading.Thread(
                target=self._run, args=(content_hash,), name="comparing", daemon=True
            )
            self._thread.start()
        return None, ""

    def forget(self) -> None:
        """Compare anew when somebody asks the next time."""
        self._said = None

    def _run(self, content_hash: str) -> None:
        said = self._compare(self._run_dir)
        if said != LATER:
            self._said = content_hash, said


def _read(said: str) -> tuple[int | None, str]:
    if said.isdecimal():
        return int(said), ""
    text = said.removeprefix(NEVER).encode("ascii", "replace").decode("ascii")
    return None, "".join(each if each.isprintable() else "?" for each in text)[:FLAW_CHARS_MAX]


def compare_beside(run_dir: Path) -> str:
    """Run this program; what is wrong with the process itself may be over the next time."""
    argv = (sys.executable, "-m", "route112.apps.receiver.comparing", str(run_dir))
    with Path(os.devnull).open("rb") as nothing:
        try:
            said = asyncio.run(
                run_errand(argv, stdin=nothing.fileno(), nice=NICE, seconds_max=SECONDS_MAX)
            )
        except ErrandError:
            return LATER
    return said.decode("utf-8", "replace").strip() or LATER


def compare(run_dir: Path) -> str:
    """Compare once; return the line that is said."""
    try:
        found = compare_station(run_dir)
    except (OSError, sqlite3.Error, ValueError):
        return LATER  # a file that is being replaced
    except Exception as error:  # noqa: BLE001  a plan that it fails on cannot be compared
        return f"{NEVER}{type(error).__name__}: {error}".replace("\n", " ")
    return LATER if found is None else str(found)


if __name__ == "__main__":
    sys.stdout.write(compare(Path(sys.argv[1])) + "\n")
