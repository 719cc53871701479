"""Ends what runs in the folders of a run, whoever started it."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from route112.adapters.supervision import SupervisionError, end_orphans, find_group
from route112.apps.country_run.exercise import release
from route112.apps.country_run.state import Process

GROUP_STATE = "group.json"
"""Which process leads a member, see `adapters.supervision`."""
KAMAILIO_STATE = "kamailio.json"
"""Which process leads the Kamailio of a site or an edge, a group of its own."""
UP_SECONDS_MAX = 20.0
"""How long a running `up` may take to end its members; then it is killed, and we do it."""
POLL_SECONDS = 0.05
SOCKETS = ("rpc.sock", ".rpc-*")


async def end_folder(folder: Path) -> None:
    """
    End the groups of one member, its own first: it would start Kamailio again.

    Raises: SupervisionError where a process does not go away.
    """
    for name in (GROUP_STATE, KAMAILIO_STATE):
        state = folder / name
        await end_orphans(state)
        if (group := find_group(state)) is not None:
            await group.end()
    _clear_sockets(folder)
    release(folder)


def _clear_sockets(folder: Path) -> None:
    """Remove what a killed Kamailio could not."""
    for pattern in SOCKETS:
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


def end_stray(leader: Process) -> bool:
    """End a group whose folder no longer says that it runs; tell whether there was one."""
    if not leader.is_alive():
        return False
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGKILL)
    return True


async def end_folders(folders: Sequence[Path]) -> list[str]:
    """End the members of several folders at once; return what could not be ended."""
    results = await asyncio.gather(*map(end_folder, folders), return_exceptions=True)
    troubles = []
    for folder, result in zip(folders, results, strict=True):
        if isinstance(result, SupervisionError | OSError):
            troubles.append(f"{folder.name}: {result}")
        elif isinstance(result, BaseException):
            raise result
    return troubles


def end_up(up: Process) -> bool:
    """Ask a running `up` to end, and wait for it; tell whether it had to be killed."""
    for number, seconds in ((signal.SIGTERM, UP_SECONDS_MAX), (signal.SIGKILL, UP_SECONDS_MAX)):
        if not up.is_alive():
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(up.pid, number)
        deadline_s = time.monotonic() + seconds
        while up.is_alive() and time.monotonic() < deadline_s:
            time.sleep(POLL_SECONDS)
    return True
