"""
A planner that waits for its turn: started, with everything read, while another one has the folder.

A program of this size takes a second to start, on a busy machine three, and the first reading of
a plan as much again. So a second planner does both beforehand, and goes on within a tenth of a
second where the first one ends, however it ends. What it waits for are locks that the kernel lets
go with their holder: the two never decide at once, and neither has to be asked.
"""

import fcntl
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from route112.apps._signals import Asked
from route112.apps.planner.auditing import AUDIT_FILE
from route112.apps.planner.engine.beats import Beat
from route112.apps.planner.engine.engine import JOURNAL_FILE
from route112.apps.planner.running import SOCKET

LOOK_S = 0.05
"""Between two looks whether the folder is free."""
LOOKS_FREE = 2
"""In a row: who is killed lets go of one file after another, within milliseconds."""
READ_S = 2.0
"""Between two looks whether there is another candidate to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How one planner waits."""

    folder: Path
    head_start_s: float
    """So long a folder that was free from the start on is left to another planner."""
    read: Callable[[], None]
    """Reads what has not been read yet; again and again, in a thread of its own. It is not waited
    for when the turn comes."""
    say: Callable[[str], None]
    monotonic_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def await_turn(queue: Queue, *, seconds_max: float | None = None) -> bool:
    """
    Wait until nobody has the folder; tell whether the turn has come.

    Args:
        seconds_max: for the whole of it; None: for ever.
    Returns: False where the program was asked for its end before, or the time is over.
    """
    reading = Beat("standby", queue.read, every_s=READ_S, say=queue.say)
    reading.begin()
    try:
        with Asked() as asked:
            return _wait(queue, lambda: bool(asked.number), seconds_max)
    finally:
        # What is being read then is read on, beside whoever goes on: nobody waits for it here.
        reading.end(0.0)


def _wait(queue: Queue, is_asked: Callable[[], bool], seconds_max: float | None) -> bool:
    began_s = queue.monotonic_s()
    free, was_taken = 0, False
    while not is_asked():
        waited_s = queue.monotonic_s() - began_s
        if is_taken(queue.folder):
            if not was_taken:
                queue.say(f"another planner has {queue.folder}; this one goes on where it ends")
            free, was_taken = 0, True
        elif was_taken or waited_s >= queue.head_start_s:
            free += 1
            if free >= LOOKS_FREE:
                return True
        if seconds_max is not None and waited_s >= seconds_max:
            return False
        queue.sleep(LOOK_S)
    return False


def is_taken(folder: Path) -> bool:
    """Tell whether a planner has its journal or its log open, or answers there."""
    return any(_is_locked(folder / name) for name in (JOURNAL_FILE, AUDIT_FILE)) or answers(
        folder / SOCKET
    )


def _is_locked(path: Path) -> bool:
    """Try the lock, and let it go at once; what is not there, nobody has."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def answers(path: Path) -> bool:
    """Tell whether a planner takes connections at its socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(LOOK_S)
        try:
            asking.connect(str(path))
        except (TimeoutError, BlockingIOError):
            return True  # it is there, and takes nobody just now
        except OSError:
            return False
    return True
