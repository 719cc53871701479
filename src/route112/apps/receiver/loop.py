"""The loop of one receiver: time passes, a question is asked, a file comes, it is offered."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from route112.adapters.atomic_file import MODE_PRIVATE, write_atomically
from route112.apps.receiver.planner_link import LinkError, PlannerLink
from route112.replication import (
    Answered,
    Command,
    Event,
    Failed,
    Fetch,
    Fetched,
    Offered,
    Poll,
    Progressed,
    Receiver,
    Report,
    Ticked,
    Wanted,
    handle,
    render_report,
)
from route112.snapshot.errors import SnapshotError
from route112.snapshot.reader import Snapshot

TICK_S = 0.1
US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a receiver works with."""

    link: PlannerLink
    read_report: Callable[[], Report | None]
    """None: the station was stopped, and has nothing to say nor to want."""
    heed: Callable[[Wanted], None]
    """Takes what the planner answers, and what it wants to know the next time."""
    into: Path
    """The file that the station's supervisor looks at."""
    say: Callable[[str], None]
    monotonic_s: Callable[[], float] = time.monotonic


class Loop:
    """Turns one receiver. What fails is told once, and forgotten: the next second begins anew."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._receiver = Receiver()
        self._content = b""
        """What came last, until it is offered."""
        self._told = ""
        self._is_stopped = False

    def step(self) -> None:
        """Do what is due now: nothing, or one round with the planner. Waits for the planner."""
        report = self._parts.read_report()
        self._say_stopped(is_stopped=report is None)
        event: Event | None = Ticked()
        if report is None:
            now_us = int(self._parts.monotonic_s() * US_PER_S)
            self._receiver = replace(self._receiver, since_us=now_us)
            return
        while event is not None:
            self._receiver, command = handle(
                self._receiver, event, report, now_us=int(self._parts.monotonic_s() * US_PER_S)
            )
            event = None if command is None else self._do(command, report)
        self._tell(self._receiver.flaw)

    @property
    def is_due(self) -> bool:
        """Tell whether a step would do anything; costs nothing."""
        now_us = int(self._parts.monotonic_s() * US_PER_S)
        return now_us - self._receiver.since_us >= US_PER_S

    def _do(self, command: Command, report: Report) -> Event:
        try:
            if isinstance(command, Poll):
                wanted = self._parts.link.ask(render_report(command.report))
                self._parts.heed(wanted)
                return Answered(wanted)
            if isinstance(command, Fetch):
                return self._fetch(command, report)
            write_atomically(self._parts.into, self._content, mode=MODE_PRIVATE)
        except LinkError as error:
            return Failed(error.reason)
        except OSError as error:
            self._parts.say(f"{self._parts.into} cannot be written: {error.strerror}")
            return Failed("not-written")
        finally:
            if not isinstance(command, Fetch):
                self._content = b""
        self._parts.say(f"g{command.wanted.number} is offered at {self._parts.into}")
        return Offered()

    def _fetch(self, command: Fetch, report: Report) -> Event:
        """Fetch a file, and say what it is: a snapshot's hash is that of what it holds."""

        def progressed() -> None:
            now_us = int(self._parts.monotonic_s() * US_PER_S)
            self._receiver, _ = handle(self._receiver, Progressed(), report, now_us=now_us)

        content = self._parts.link.fetch(command.wanted, progressed)
        try:
            snapshot = Snapshot(content)
        except SnapshotError:
            return Failed("altered")
        if snapshot.generation != command.wanted.number:
            return Failed("other-generation")
        self._content = content
        return Fetched(snapshot.content_hash, len(content))

    def _say_stopped(self, *, is_stopped: bool) -> None:
        if is_stopped is not self._is_stopped:
            text = "was stopped: the planner is told nothing" if is_stopped else "runs again"
            self._parts.say(text)
        self._is_stopped = is_stopped

    def _tell(self, flaw: str) -> None:
        if flaw and flaw != self._told:
            self._parts.say(f"nothing new: {flaw}; asked again each second")
        elif self._told and not flaw:
            self._parts.say("the planner answers")
        self._told = flaw
