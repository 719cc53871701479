"""
A site that is told to take no new calls, and to take them again.

Whoever wants it drained leaves a file in its run directory, and takes it away when it is to take
calls again; so it stays drained through every restart. The supervisor looks at each tick and
tells Kamailio, which answers new calls with 503 and goes on with those that ring. One that starts
is told on its command line: no call slips in between.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from route112.adapters.atomic_file import write_atomically
from route112.adapters.kamailio_rpc import RpcError, list_items, read_variable, write_variable
from route112.apps.station.events import Reporter
from route112.model import UtcTime

FILE = "drained.json"
FILE_BYTES_MAX = 4_096
VARIABLE = "drained"
"""Of Kamailio, `yes` or `no`."""
LOAD, ALL = "load", "all"
"""Table and row that count the calls that ring."""
RETRY_SECONDS = 1.0
"""After Kamailio has not taken it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """Why a site is drained."""

    since_us: UtcTime
    author: str
    reason: str


def is_drained(run_dir: Path) -> bool:
    """Tell whether a site is to take no new calls: the file counts, whatever it says."""
    return os.path.exists(run_dir / FILE)  # noqa: PTH110  a folder that cannot be read is no word


def read_drain(run_dir: Path) -> Drain | None:
    """Return why a site is drained; None: it is not. What cannot be read says nothing more."""
    try:
        with (run_dir / FILE).open("rb") as file:
            return msgspec.json.decode(file.read(FILE_BYTES_MAX), type=Drain)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Drain(since_us=UtcTime(0), author="", reason="")


def drain(run_dir: Path, wanted: Drain) -> None:
    """Have a site take no new calls; again is no other thing. Raises: OSError."""
    if not is_drained(run_dir):
        write_atomically(run_dir / FILE, msgspec.json.encode(wanted))


def give_back(run_dir: Path) -> None:
    """Have a site take calls again; it may never have been drained. Raises: OSError."""
    (run_dir / FILE).unlink(missing_ok=True)


async def takes_calls(rpc_socket: Path) -> bool:
    """Ask a running Kamailio whether it takes new calls; RpcError."""
    return await read_variable(rpc_socket, VARIABLE) == "no"


async def count_ringing(rpc_socket: Path) -> int:
    """Ask a running Kamailio how many calls have no final answer there; RpcError."""
    rows = await list_items(rpc_socket, LOAD)
    return max(0, int(rows.get(ALL, "0")))


class Draining:
    """Keeps Kamailio to what the file says."""

    def __init__(
        self,
        run_dir: Path,
        rpc_socket: Path,
        report: Reporter,
        monotonic_s: Callable[[], float],
    ) -> None:
        self._run_dir = run_dir
        self._socket = rpc_socket
        self._report = report
        self._monotonic_s = monotonic_s
        self._starts = 0
        self._said: bool | None = None
        """What this Kamailio does; None: not known."""
        self._told: bool | None = None
        """What people were told last."""
        self._retry_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def step(self, starts: int, *, ready: bool) -> None:
        """
        Tell Kamailio where that is due; returns at once.

        Args:
            starts: another number is another Kamailio, of which nothing is known.
            ready: whether it answers.
        """
        if self._task is not None:
            if not self._task.done():
                return
            task, self._task = self._task, None
            task.result()
        if starts != self._starts:
            self._starts, self._said = starts, None
        is_due = ready and self._said is not is_drained(self._run_dir)
        if is_due and self._monotonic_s() >= self._retry_s:
            self._task = asyncio.get_running_loop().create_task(self._follow(starts))

    async def end(self) -> None:
        """End what is under way."""
        if self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            await asyncio.wait((task,))

    async def _follow(self, starts: int) -> None:
        wanted = is_drained(self._run_dir)
        try:
            if await takes_calls(self._socket) is wanted:
                await write_variable(self._socket, VARIABLE, "yes" if wanted else "no")
        except RpcError as error:
            self._retry_s = self._monotonic_s() + RETRY_SECONDS
            self._report.say(f"could not be {'drained' if wanted else 'given back'}: {error}")
            return
        self._said = wanted if starts == self._starts else None
        if wanted is not (self._told or False):
            self._tell(is_drained=wanted)
        self._told = wanted

    def _tell(self, *, is_drained: bool) -> None:
        if not is_drained:
            self._report.tell("given-back", "takes calls again", reason="given-back")
            return
        why = read_drain(self._run_dir)
        text = f": {why.reason} ({why.author})" if why is not None and why.reason else ""
        self._report.tell("drained", f"takes no new calls{text}", reason="drained")
