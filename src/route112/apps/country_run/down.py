"""`route112 down`: end everything that `up` started in a run directory."""

import asyncio
import os
import time
from pathlib import Path

import click

from route112.adapters.supervision import SupervisionError, find_holder, lock_folder
from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.country_run.ending import (
    GROUP_STATE,
    POLL_SECONDS,
    UP_SECONDS_MAX,
    end_folders,
    end_stray,
    end_up,
)
from route112.apps.country_run.options import RUN_DIR, run_dir_option
from route112.apps.country_run.state import NAME, Process, read_state
from route112.apps.fault.faults import clear_leftovers

MEMBERS_MAX = 2_000
"""Folders that are looked into."""
COMMAND_WORDS_MAX = 4
"""Words of a command line among which is the name of the command: `python -m route112.apps up`."""
EPILOG = """\b
Examples:
  route112 down
  route112 down --run-dir var/exercise

\b
It ends what `up` left behind when it was killed, too. Records and logs stay.
Exit codes: 0 nothing of it runs any more, 1 something does not end, 2 cannot run."""


@click.command(epilog=EPILOG)
@run_dir_option
def down(*, run_dir: Path | None) -> None:
    """End everything that `up` started."""
    folder = (run_dir or RUN_DIR).resolve()
    if not folder.is_dir():
        fail(f"{folder} is not there", "Name the folder of the run with --run-dir")
    began_s = time.monotonic()
    for trouble in clear_leftovers(folder):
        click.echo(f"down: {trouble}")
    state = read_state(folder)
    if state is not None and state.up.is_alive() and end_up(state.up):
        click.echo(f"down: `up` (process {state.up.pid}) did not end when asked, and was killed")
    lock = take_folder(folder)
    state = read_state(folder) or state  # one that was only starting has written it meanwhile
    try:
        folders = list_folders(folder)
        troubles = asyncio.run(end_folders(folders))
        leaders = () if state is None else (entry.leader for entry in state.members)
        strays = [leader.pid for leader in leaders if leader is not None and end_stray(leader)]
        for pid in strays:
            click.echo(f"down: process {pid} was in no member's folder, and was killed")
        if not troubles:
            (folder / NAME).unlink(missing_ok=True)
    finally:
        os.close(lock)
    if troubles:
        fail("\n".join(troubles), "End these processes by hand", code=EXIT_REFUSED)
    if not folders:
        click.echo(f"down: no member has a folder in {folder}; nothing of it runs")
        return
    took_s = time.monotonic() - began_s
    click.echo(f"down: nothing of {len(folders)} members runs any more ({took_s:.1f} s)")


def take_folder(folder: Path) -> int:
    """Take the folder, and end the `up` that has it: one that is starting has no state yet."""
    deadline_s = time.monotonic() + UP_SECONDS_MAX
    while True:
        try:
            return lock_folder(folder)
        except SupervisionError as error:
            if time.monotonic() > deadline_s:
                fail(str(error), "End that one, or try again")
        starting = find_starting(folder)
        if starting is not None and end_up(starting):
            click.echo(
                f"down: `up` (process {starting.pid}) did not end when asked, and was killed"
            )
        time.sleep(POLL_SECONDS)


def find_starting(folder: Path) -> Process | None:
    """Find the `up` that has a folder; None where it is another command, which may end itself."""
    holder = find_holder(folder)
    if holder is None:
        return None
    found = Process(pid=holder[0], start_ticks=holder[1])
    try:
        words = Path(f"/proc/{found.pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return found if b"up" in words[:COMMAND_WORDS_MAX] and found.is_alive() else None


def list_folders(run_dir: Path) -> tuple[Path, ...]:
    """List the folders of members, those of earlier runs too."""
    found = sorted(path.parent for path in run_dir.glob(f"*/{GROUP_STATE}"))
    return tuple(found[:MEMBERS_MAX])
