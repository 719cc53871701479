"""The demo's country: `route112 up --exercise` as a process of its own, begun and ended."""

import asyncio
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from route112.adapters.processes import ChildError, Children
from route112.adapters.sip_probe import ask_options
from route112.apps.country_run.down import list_folders
from route112.apps.country_run.ending import end_folders, end_up
from route112.apps.country_run.state import read_state
from route112.apps.demo.country import DemoFolder
from route112.apps.fault import clear_leftovers
from route112.model.topology import Topology

READY_SECONDS_MAX = 60.0
BACK_SECONDS_MAX = 30.0
"""Until sites serve again when nothing keeps them away any more."""
PROBE_SECONDS_MAX = 0.5
POLL_SECONDS = 0.1
SIP_OK = 200
FILES = ("up.*", "faults*", "behaviours.json", "topology.yaml", "callers-*.jsonl")
"""What a run leaves beside its members' folders."""
ANSWERS = " answers at "
"""`up` says so of each member, once."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Tell = Callable[[str], None]


def list_arguments(folder: DemoFolder) -> list[str]:
    """List the command that runs the country."""
    return [
        sys.executable, "-m", "route112.apps", "up",
        "--plan", str(folder.snapshot), "--trust", str(folder.trust),
        "--run-dir", str(folder.run), "--psaps", "--exercise",
        "--ready-within", f"{READY_SECONDS_MAX:g}",
    ]  # fmt: skip


def clear(folder: DemoFolder) -> None:
    """End what a demo that was killed together with `up` left running, and remove its files."""
    folder.run.mkdir(parents=True, exist_ok=True)
    take_down(folder)
    for member in list_folders(folder.run):
        shutil.rmtree(member)
    for pattern in FILES:
        for path in folder.run.glob(pattern):
            path.unlink()


@contextmanager
def put_up(children: Children, folder: DemoFolder) -> Iterator[None]:
    """Run the country for the time of the block; nothing of it is left on any way out."""
    try:
        # `up` gets SIGTERM when this process is gone, and ends all that it started.
        children.start("the country", list_arguments(folder), log=folder.run / "up.log")
        yield
    finally:
        with _undisturbed():
            take_down(folder)


def await_ready(children: Children, folder: DemoFolder, *, count: int, tell: Tell) -> float:
    """Wait until every member answers, and return the seconds; raises ChildError."""
    began_s = time.monotonic()

    def is_ready() -> bool:
        state = read_state(folder.run)
        text = (folder.run / "up.log").read_text(encoding="utf-8", errors="replace")
        tell(f"{text.count(ANSWERS)} of {count} programs answer")
        return state is not None and state.is_ready

    children.wait_until(is_ready, timeout_s=READY_SECONDS_MAX, what="every program answers")
    return time.monotonic() - began_s


def take_down(folder: DemoFolder) -> None:
    """
    End all of it, `up` first: it would start everything again.

    Raises: ChildError where something does not end.
    """
    troubles = [*clear_leftovers(folder.run)]
    state = read_state(folder.run)
    if state is not None:
        end_up(state.up)
    troubles += asyncio.run(end_folders(list_folders(folder.run)))
    if troubles:
        raise ChildError("; ".join(troubles))


async def await_sites(topology: Topology, *, tell: Tell) -> None:
    """Wait until every site answers OPTIONS again; raises ChildError where one does not."""
    waiting, count = list(topology.sites), len(topology.sites)
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + BACK_SECONDS_MAX
    while True:
        asking = (
            ask_options("udp", site.host, site.port, timeout_s=PROBE_SECONDS_MAX)
            for site in waiting
        )
        statuses = zip(waiting, await asyncio.gather(*asking), strict=True)
        waiting = [site for site, status in statuses if status != SIP_OK]
        tell(f"{count - len(waiting)} of {count} sites answer")
        if not waiting:
            return
        if loop.time() > deadline_s:
            names = ", ".join(site.id for site in waiting)
            raise ChildError(f"{names} did not come back within {BACK_SECONDS_MAX:g} s")
        await asyncio.sleep(POLL_SECONDS)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no second Ctrl-C shorten what is bounded anyway."""
    previous = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
