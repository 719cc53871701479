"""What a station says of itself, read from its run directory; it waits for none of this."""

import asyncio
import re
from pathlib import Path

from route112.adapters.kamailio_rpc import RpcError, is_gone, list_items, read_counters
from route112.adapters.source_folder import read_plain
from route112.apps.duty.draining import is_drained, takes_calls
from route112.apps.duty.software import is_stopped
from route112.apps.receiver.gate_look import GateLook
from route112.apps.station.standing import read_standing, stamp_file
from route112.replication import Refused, Report, Wanted
from route112.replication.messages import CALLS_MAX
from route112.snapshot.errors import SnapshotError
from route112.snapshot.layout import TOTAL_SIZE_MAX
from route112.snapshot.reader import Generation, Snapshot

POINTER_BYTES_MAX = 4_096
CALLS_S_MAX = 0.3
"""For Kamailio to say how many calls ring."""
CALLS_UNKNOWN = 1
"""Reported while Kamailio never said: nobody takes such a station for empty."""
NOTHING_THERE = Generation(0, "")
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,64}")


class OwnReport:
    """
    Reads what one station has in force, and what it refused.

    Args:
        station: its id.
        run_dir: of its supervisor.
        plan: the file that its supervisor looks at.
        gate: says how it is while a change is at its gate there.
    """

    def __init__(
        self, station: str, run_dir: Path, plan: Path, gate: GateLook | None = None
    ) -> None:
        self._gate = gate or GateLook(run_dir)
        self._station, self._run_dir, self._plan = station, run_dir, plan
        self._known: tuple[str, Generation] = ("", NOTHING_THERE)
        """Stamp of the file in force, and what it is."""
        self._refused: tuple[str, Refused | None] = ("", None)
        self._duty = not is_drained(run_dir), CALLS_UNKNOWN
        """Whether it takes new calls and how many ring, as Kamailio said last."""
        self._ran = ""
        """The version whose Kamailio has answered: one that merely says its name does not run."""

    def read(self) -> Report | None:
        """Say what is in force now; None: it was stopped, runs no more, and says nothing."""
        is_there = self._ask_duty()
        if not is_there and is_stopped(self._run_dir):
            return None
        standing = read_standing(self._run_dir)
        in_force = self._read_current()
        serving, calls = self._duty
        if is_there or self._ran != standing.version:
            self._ran = standing.version if is_there else ""
        return Report(
            station=self._station,
            number=in_force.number,
            content_hash=in_force.content_hash,
            refused=self._find_refused(standing.file, standing.reason),
            version=self._ran if _VERSION.fullmatch(self._ran) else "",
            serving=serving,
            calls=calls,
            at_gate=self._gate.look(in_force.content_hash),
        )

    def heed(self, wanted: Wanted) -> None:
        """Take what the planner wants to know."""
        self._gate.heed(at_gate=wanted.at_gate)

    def _read_current(self) -> Generation:
        try:
            line = read_plain(self._run_dir / "current", POINTER_BYTES_MAX)
        except OSError:
            return NOTHING_THERE
        path = Path(line.decode("utf-8", "replace").rstrip("\n"))
        stamp = f"{path}-{stamp_file(path)}"
        if stamp != self._known[0]:
            self._known = (stamp, _identify(path) or NOTHING_THERE)
        return self._known[1]

    def _find_refused(self, file: str, reason: str) -> Refused | None:
        """Return what the supervisor refused, if that is what lies there now."""
        if not file or file != stamp_file(self._plan):
            return None
        if self._refused[0] != file + reason:
            found = _identify(self._plan)
            refused = None if found is None else Refused(found.number, found.content_hash, reason)
            self._refused = (file + reason, refused)
        return self._refused[1]

    def _ask_duty(self) -> bool:
        """
        Ask Kamailio, and return whether one is there.

        A site that was told to take no calls takes them until it has heard so.
        """
        try:
            serving, calls = asyncio.run(_ask_duty(self._run_dir / "rpc.sock"))
        except RpcError as error:
            return not is_gone(error)
        except (ValueError, OSError, TimeoutError):
            return True
        self._duty = serving, min(CALLS_MAX, calls)
        return True


def _identify(path: Path) -> Generation | None:
    """Return number and content hash of a snapshot; None where it is none."""
    try:
        return Snapshot(read_plain(path, TOTAL_SIZE_MAX)).floor
    except (OSError, SnapshotError):
        return None


async def _ask_duty(socket: Path) -> tuple[bool, int]:
    """
    Ask whether new calls are taken, as an edge always does, and how many ring.

    In this order: a call that comes in between is counted, so that none rings unseen.
    """
    async with asyncio.timeout(CALLS_S_MAX):
        try:
            serving = await takes_calls(socket)
        except RpcError:
            serving = True
        return serving, await _ask_calls(socket)


async def _ask_calls(socket: Path) -> int:
    """A site counts calls that ring itself, an edge's are transactions."""
    try:
        return int((await list_items(socket, "load"))["all"])
    except (RpcError, KeyError):
        counters = await read_counters(socket, "tmx:active_transactions")
        return counters["active_transactions"]
