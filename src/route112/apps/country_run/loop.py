"""`up` from its first start to its end: readiness, the state file, signals."""

import asyncio
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from route112.adapters.supervision import SupervisionError
from route112.apps.country_run.ending import end_folder
from route112.apps.country_run.exercise import Extras, prepare
from route112.apps.country_run.members import BESIDE, Kind, Member
from route112.apps.country_run.planned import own_plan
from route112.apps.country_run.state import (
    NAME,
    UpState,
    own_process,
    read_state,
    write_state,
)
from route112.apps.country_run.supervisor import TICK_SECONDS, Runner, end_all
from route112.model import UtcTime

HURT = (Kind.SITE, Kind.EDGE)
"""Members that an exercise gives offers, a clock and a disk of their own."""


class NotReadyError(Exception):
    """Some members did not answer in time; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to run."""

    name: str
    """Of the topology."""
    topology: Path
    plan: Path
    run_dir: Path
    members: tuple[Member, ...]
    exercise: bool
    extras: Extras = field(default_factory=Extras)
    ready_seconds_max: float
    environment: Mapping[str, str]
    has_planner: bool = False
    """Each station has a plan of its own."""


class Loop:
    """Runs every member until it is told to stop."""

    def __init__(
        self, order: Order, *, say: Callable[[str], None], now: Callable[[], UtcTime]
    ) -> None:
        self._order = order
        self._say = say
        self._began_us = now()
        self._runners = [
            Runner(
                member,
                environment=order.environment,
                say=say,
                now=now,
                prepare=self._prepare if order.exercise and member.kind in HURT else None,
            )
            for member in order.members
        ]
        self._awaited = [each for each in self._runners if each.member.kind not in BESIDE]
        """A country serves without the others, and is not ended because one of them is silent."""
        self._ready: set[str] = set()
        self._stopping = asyncio.Event()
        self._trouble = ""

    async def run(self) -> None:
        """
        Run until SIGTERM, SIGINT or SIGHUP; nothing is left running afterwards.

        Raises: NotReadyError, SupervisionError, OSError.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        try:
            await self._begin()
            await self._serve()
        finally:
            self._end_faults()
            troubles = await end_all(self._runners)
            for trouble in troubles:
                self._say(trouble)
            if not troubles:
                (self._order.run_dir / NAME).unlink(missing_ok=True)

    async def _begin(self) -> None:
        """Take over what an earlier `up` left, and end what this one has no place for."""
        self._end_faults()
        before = read_state(self._order.run_dir)
        entries = {} if before is None else {entry.id: entry for entry in before.members}
        wanted = {runner.member.id for runner in self._runners}
        for id_ in sorted(set(entries) - wanted):
            self._say(f"{id_}: ended, since it is no part of this run")
            await end_folder(Path(entries[id_].folder))
        for runner in self._runners:
            await runner.begin(entries.get(runner.member.id))

    def _prepare(self, member: Member) -> Mapping[str, str]:
        own = own_plan(member.folder)
        plan = own if self._order.has_planner else self._order.plan
        return prepare(member.folder, plan, self._order.extras)

    def _end_faults(self) -> None:
        """Let go of what faults hold, or it could not be ended in good time."""
        from route112.apps.fault.faults import clear_leftovers

        for trouble in clear_leftovers(self._order.run_dir):
            self._say(trouble)

    async def _serve(self) -> None:
        began_s = time.monotonic()
        await self._step_all()
        self._write()
        asking = asyncio.create_task(self._await_all(began_s))
        try:
            while not self._stopping.is_set():
                await self._step_all()
                if asking.done():
                    asking.result()
                await self._pause()
        finally:
            asking.cancel()
            await asyncio.wait((asking,))

    async def _step_all(self) -> None:
        """Step every member; one that cannot be ended or started does not stop the others."""
        changed = False
        for runner in self._runners:
            try:
                changed = await runner.step() or changed
            except (SupervisionError, OSError) as error:
                self._tell_trouble(f"{runner.member.id}: {error}")
        if changed:
            self._write()

    def _write(self) -> None:
        order = self._order
        try:
            write_state(
                order.run_dir,
                UpState(
                    name=order.name,
                    topology=str(order.topology),
                    plan=str(order.plan),
                    exercise=order.exercise,
                    up=own_process(),
                    is_ready=len(self._ready) == len(self._awaited),
                    has_planner=order.has_planner,
                    began_us=self._began_us,
                    members=tuple(runner.make_entry() for runner in self._runners),
                ),
            )
        except OSError as error:  # a full disk is no reason to stop calls
            self._tell_trouble(f"{order.run_dir / NAME} cannot be written: {error.strerror}")

    def _tell_trouble(self, text: str) -> None:
        if text != self._trouble:
            self._say(text)
        self._trouble = text

    async def _await_all(self, began_s: float) -> None:
        """Ask until every member has answered once."""
        waiting = list(self._awaited)
        deadline_s = began_s + self._order.ready_seconds_max
        while waiting:
            answers = await asyncio.gather(*(runner.is_ready() for runner in waiting))
            for runner, is_ready in zip(tuple(waiting), answers, strict=True):
                if is_ready:
                    waiting.remove(runner)
                    self._ready.add(runner.member.id)
                    self._say(
                        f"{runner.member.id} answers at {runner.member.address} after "
                        f"{time.monotonic() - began_s:.1f} s "
                        f"({len(self._ready)} of {len(self._awaited)})"
                    )
            if waiting and time.monotonic() > deadline_s:
                missing = "\n".join(runner.describe_missing() for runner in waiting)
                raise NotReadyError(
                    f"not ready within {self._order.ready_seconds_max:g} s:\n{missing}"
                )
            await asyncio.sleep(TICK_SECONDS)
        self._write()
        self._say(f"ready: {len(self._ready)} of {len(self._awaited)}")

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(TICK_SECONDS):
                await self._stopping.wait()
        except TimeoutError:
            return
