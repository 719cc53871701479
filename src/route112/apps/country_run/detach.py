"""`route112 up --detach`: the same in the background, until it is ready or has ended."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import click

from route112.adapters.supervision import find_start, name_holder
from route112.apps._console import EXIT_REFUSED, own_name
from route112.apps._signals import EXIT_SIGNAL, Asked
from route112.apps.country_run.ending import end_up
from route112.apps.country_run.members import COMMAND
from route112.apps.country_run.options import name_run_dir
from route112.apps.country_run.state import Process, read_state

POLL_SECONDS = 0.1
SECONDS_MORE = 30.0
"""What starting the command and ending everything again may take beyond the wait."""
LAST_WORD_SECONDS = 2.0
"""For the line that all are ready, which is said right behind the state that says so."""
LAST_WORD = b"up: ready: "
LOG = "up.log"


def run_detached(arguments: Sequence[str], folder: Path, *, lock: int, ready_within: float) -> int:
    """
    Start the same in the background, and wait until it is ready or has ended.

    Args:
        arguments: of the command in the foreground.
        folder: of the run.
        lock: handle that holds the folder; the background goes on holding it, without a gap in
            which `down` would find a folder that nobody has.
        ready_within: seconds that the background allows itself.
    Returns: the exit code.

    """
    with Asked() as asked:
        with (folder / LOG).open("wb") as output:
            child = subprocess.Popen(  # noqa: S603  our own command
                (*COMMAND, *arguments, "--lock", str(lock)),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=(lock,),
            )
        name_holder(lock, child.pid)
        os.close(lock)
        return _await_ready(child, folder, asked, time.monotonic() + ready_within + SECONDS_MORE)


def _await_ready(
    child: "subprocess.Popen[bytes]", folder: Path, asked: Asked, deadline_s: float
) -> int:
    log = folder / LOG
    shown = 0
    while time.monotonic() < deadline_s:
        ended = child.poll()
        state = read_state(folder)
        shown = show_log(log, shown)
        if ended is not None:
            if ended < 0:
                say(f"ended by {signal.Signals(-ended).name}")
            return ended if ended > 0 else EXIT_REFUSED
        if asked.number:
            _end(child, folder)
            show_log(log, shown)
            return EXIT_SIGNAL + asked.number
        if state is not None and state.up.pid == child.pid and state.is_ready:
            _show_last(log, shown)
            name, where = own_name(), name_run_dir(folder)
            next_steps = f"`{name} status{where}`, `{name} down{where}`"
            say(f"runs on as process {child.pid}; next: {next_steps}")
            return 0
        time.sleep(POLL_SECONDS)
    say(f"process {child.pid} is neither ready nor ended; read {log}")
    return EXIT_REFUSED


def _show_last(log: Path, shown: int) -> None:
    deadline_s = time.monotonic() + LAST_WORD_SECONDS
    while LAST_WORD not in log.read_bytes() and time.monotonic() < deadline_s:
        time.sleep(POLL_SECONDS)
    show_log(log, shown)


def _end(child: "subprocess.Popen[bytes]", folder: Path) -> None:
    """End what is not ready yet, since whoever waits for it was asked to end."""
    say("asked to end before everything runs: ending what was started")
    start_ticks = find_start(child.pid)
    if start_ticks is not None and end_up(Process(pid=child.pid, start_ticks=start_ticks)):
        rest = f"`{own_name()} down{name_run_dir(folder)}` ends the rest"
        say(f"process {child.pid} did not end and was killed; {rest}")
    child.wait()


def show_log(log: Path, shown: int) -> int:
    """Show what has come to the log since `shown` bytes; return how many there are now."""
    with log.open("rb") as file:
        file.seek(shown)
        text = file.read()
    click.echo(text.decode("utf-8", "replace"), nl=False, err=True)
    return shown + len(text)


def say(text: str) -> None:
    """Tell people what happens."""
    click.echo(f"up: {text}", err=True)
