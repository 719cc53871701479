"""
The first of the two named hooks for faults: a site whose Python fails when it is told to.

Only an exercise loads it: `open_site` does so where ROUTE112_EXERCISE is 1 in Kamailio's
environment, and then says so in the log. What it is told stands in a file beside the one that
names the snapshot in force; it is looked at before each decision. What catches the failure is the
real thing: the guard around Python, `python_exec`, the native route.
"""

import json
import os
import select
import signal
from pathlib import Path
from typing import Any, NamedTuple

from route112.adapters.kemi.handler import Site

FILE = "exercise.json"
"""In the run directory: a list of `Rule`s as objects."""
RAISE, HANG, HANG_HARD, CRASH = "raise", "hang", "hang-hard", "crash"
LOOK_SECONDS = 0.05
"""How often a decision that cannot be interrupted looks whether it may end."""
BYTES_MAX = 65_536


class Rule(NamedTuple):
    """What to do, and to whose calls."""

    does: str
    caller: str = ""
    """Empty: to all calls, and to the question whether Python is well."""


class PlantedError(Exception):
    """Raised by order."""


class ExerciseSite(Site):
    """A site as it is, but for decisions that fail by order."""

    def __init__(self, *values: Any, folder: Path, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*values, **options)
        self._file = folder / FILE
        self._seen = 0
        self._rules: tuple[Rule, ...] = ()
        self._is_worker = False

    def child_init(self, rank: int) -> int:
        """Prepare one process; from here on it may fail by order."""
        self._is_worker = True
        return super().child_init(rank)

    def probe(self) -> None:
        """Decide a call that nobody makes, unless no decision is to be had."""
        if self._is_worker:
            self._look()
            for rule in self._rules:
                if not rule.caller and rule.does != CRASH:
                    self._fail(rule)
        super().probe()

    def _decide(self) -> int:
        self._look()
        if self._rules:
            caller = self._find_caller()
            for rule in self._rules:
                if rule.caller in ("", caller):
                    self._fail(rule)
        return super()._decide()

    def _find_caller(self) -> str:
        read = self._read_call(self._get("$si") or "")
        return "" if read is None else read.caller

    def _look(self) -> None:
        """Read the file where it changed."""
        try:
            seen = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            self._seen, self._rules = 0, ()
            return
        if seen == self._seen:
            return
        with self._file.open("rb") as file:
            rows = json.loads(file.read(BYTES_MAX))
        self._rules = tuple(Rule(*row) for row in rows)
        self._seen = seen

    def _fail(self, rule: Rule) -> None:
        if rule.does == RAISE:
            raise PlantedError("planted by an exercise")
        if rule.does == CRASH:
            os.kill(os.getpid(), signal.SIGSEGV)
        if rule.does == HANG_HARD:
            signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGALRM,))
        try:
            while rule in self._rules:
                select.select((), (), (), LOOK_SECONDS)  # sleep() fails where a clock is faked
                self._look()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGALRM,))
