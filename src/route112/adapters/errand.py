"""
One program beside the event loop: in a group of its own, nice, bounded in time and output.

For work that takes long in the measure of the loop: it then costs the loop no more than a start
and an end. No thread and no signal handler is needed, since the kernel tells the end of a process
through a handle.
"""

import asyncio
import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

OUTPUT_BYTES_MAX = 65_536
"""Bytes of either output, which is what a pipe holds: one that says more stands until its end."""
WORDS_MAX = 300
"""Characters of its last line that an error shows."""


class ErrandError(Exception):
    """A program could not be started, failed, or took too long; the text says which."""


async def run_errand(argv: Sequence[str], *, stdin: int, nice: int, seconds_max: float) -> bytes:
    """
    Run a program to its end and return its standard output.

    Args:
        argv: program and arguments.
        stdin: descriptor of its standard input.
        nice: how much less it counts than others, 0 to 19.
        seconds_max: after which its whole group is killed; so it is when this is cancelled.
    Raises: ErrandError.

    """
    try:
        popen = subprocess.Popen(  # noqa: ASYNC220, S603  waited for below; argv is ours
            argv,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ErrandError(f"{argv[0]} could not be started: {error.strerror}") from error
    assert popen.stdout is not None
    assert popen.stderr is not None
    with popen.stdout as output, popen.stderr as errors:
        try:
            _make_nice(popen.pid, nice)
            async with asyncio.timeout(seconds_max):
                await _await_end(popen.pid)
        except TimeoutError as error:
            raise ErrandError(f"took longer than {seconds_max:g} s") from error
        finally:
            # Not waited for yet, so the number of the group is still its own.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(popen.pid, signal.SIGKILL)
            popen.wait()
        if popen.returncode:
            raise ErrandError(_describe_end(popen.returncode, _read(errors.fileno())))
        return _read(output.fileno())


def run_bounded(
    argv: Sequence[str], *, env: Mapping[str, str], seconds_max: float
) -> tuple[int, bytes]:
    """
    Run a program to its end, and wait for it; return its code and the end of its errors.

    Without `time.sleep`, by which `subprocess` waits where it is given a time: below libfaketime
    it fails (EINVAL) when the monotonic clock is left alone, as it is in an exercise.
    Raises: ErrandError where it takes too long, OSError where it cannot be started.

    """
    said = os.memfd_create("errors")
    try:
        with subprocess.Popen(  # noqa: S603  argv is ours, no shell
            argv, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said
        ) as popen:
            handle = os.pidfd_open(popen.pid)
            ended, _, _ = select.select([handle], [], [], seconds_max)
            os.close(handle)
            if not ended:
                popen.kill()
                raise ErrandError(f"took longer than {seconds_max:g} s")
        size = os.fstat(said).st_size
        return popen.returncode, os.pread(said, OUTPUT_BYTES_MAX, max(0, size - OUTPUT_BYTES_MAX))
    finally:
        os.close(said)


def _make_nice(pid: int, nice: int) -> None:
    """Let others go first; across sessions the niceness of the whole session counts."""
    os.setpriority(os.PRIO_PROCESS, pid, nice)
    with contextlib.suppress(OSError):  # a kernel that does not group sessions
        Path(f"/proc/{pid}/autogroup").write_text(f"{nice}\n", encoding="ascii")


async def _await_end(pid: int) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    handle = os.pidfd_open(pid)
    try:
        loop.add_reader(handle, ended.set)
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def _read(handle: int) -> bytes:
    """Return what stands in a pipe; one that a child of the program still holds does not wait."""
    os.set_blocking(handle, False)
    try:
        return os.read(handle, OUTPUT_BYTES_MAX)
    except BlockingIOError:
        return b""


def _describe_end(code: int, errors: bytes) -> str:
    lines = errors.decode("utf-8", "replace").split("\n")
    said = next((line for line in reversed(lines) if line.strip()), "")[:WORDS_MAX]
    how = f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
    return f"{said} ({how})" if said else how
