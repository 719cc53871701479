"""
Parse files in two processes of their own, so that no file can take the build down.

Two files at most are with the workers at any moment. When a worker dies (a library crashed, memory
ran out, time was up) the files that were with the workers are tried again, each alone; the one
that kills its worker again is named and refused, and the rest goes on.
"""

import hashlib
import multiprocessing
import resource
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from route112.model import PlanFile, Problem, Severity

WORKERS = 2
"""Processes that parse; more would not help on the small machines that plan."""

PARSE_SECONDS_MAX = 120.0
"""Longest time that one file may take; the largest of a real country take one second."""
PARSE_BYTES_MAX = 2 * 1024 * 1024 * 1024
"""Address space of a worker: a file that wants more ends its worker, not the machine."""

Parse = Callable[[str, bytes], PlanFile]
"""Name and content to a parsed file; never raises for bad content."""
Task = tuple[str, bytes]

_parse: Parse | None = None
"""Set in each worker when it starts."""


def parse_in_processes(
    tasks: Sequence[Task], parse: Parse, *, workers: int = WORKERS
) -> Iterator[PlanFile]:
    """Yield each task's parsed file, in the order in which they finish."""
    suspects: deque[Task] = deque()
    waiting = deque(tasks)
    while waiting:
        yield from _parse_until_crash(waiting, suspects, parse, workers=workers)
        while suspects:
            yield _parse_alone(suspects.popleft(), parse)


def _parse_until_crash(
    waiting: deque[Task], suspects: deque[Task], parse: Parse, *, workers: int
) -> Iterator[PlanFile]:
    """Work through `waiting`; after a crash leave, with the files at hand in `suspects`."""
    running: dict[Future[PlanFile], Task] = {}
    with _start_pool(parse, min(workers, len(waiting))) as pool:
        while waiting or running:
            while waiting and len(running) < workers:
                task = waiting.popleft()
                running[pool.submit(_run, *task)] = task
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            crashed = [
                future for future in done if isinstance(future.exception(), BrokenProcessPool)
            ]
            for future in done.difference(crashed):
                task = running.pop(future)
                yield _refuse(*task) if future.exception() else future.result()
            if crashed:
                suspects.extend(running.values())
                return


def _parse_alone(task: Task, parse: Parse) -> PlanFile:
    with _start_pool(parse, 1) as pool:
        try:
            return pool.submit(_run, *task).result()
        except (BrokenProcessPool, MemoryError):
            return _refuse(*task)


def _start_pool(parse: Parse, workers: int) -> ProcessPoolExecutor:
    # Workers are forked: they share the territory's memory with their parent, and `parse` may be
    # any callable. They run nothing but `parse`, so locks of the parent's threads do not matter.
    return ProcessPoolExecutor(
        max_workers=workers,
        mp_context=multiprocessing.get_context("fork"),
        initializer=_install,
        initargs=(parse,),
    )


def _install(parse: Parse) -> None:
    global _parse  # noqa: PLW0603 -- a worker process has one task in its life
    _parse = parse
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the parent, which ends the workers
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (PARSE_BYTES_MAX, PARSE_BYTES_MAX))


def _run(name: str, content: bytes) -> PlanFile:
    assert _parse is not None
    # The alarm's default action ends the process even while a library loops in C.
    signal.setitimer(signal.ITIMER_REAL, PARSE_SECONDS_MAX)
    parsed = _parse(name, content)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return parsed


def _refuse(name: str, content: bytes) -> PlanFile:
    problem = Problem(
        severity=Severity.ERROR,
        code="reader-crashed",
        message="the program that reads this file crashed twice on it, or never came to an end",
        remedy="Open it in LibreOffice, save it again, and report the original to us",
        file=name,
    )
    return PlanFile(
        file=name,
        sha256=hashlib.sha256(content).hexdigest(),
        departement="",
        problems=(problem,),
    )
