"""The loop of `up`: each member started, asked, started again, ended."""

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from route112.adapters.supervision import (
    Group,
    SupervisionError,
    end_orphans,
    find_group,
    find_start,
    read_leader,
    start_group,
)
from route112.apps.country_run.ending import KAMAILIO_STATE, end_folder
from route112.apps.country_run.footprint import has_places
from route112.apps.country_run.members import BESIDE, Kind, Member
from route112.apps.country_run.planned import is_listening
from route112.apps.country_run.state import Entry, Process
from route112.apps.country_run.survey import ask_places
from route112.apps.duty.draining import is_drained
from route112.apps.duty.software import (
    OWN,
    Software,
    adapt,
    parse_software,
    read_software,
    render_software,
)
from route112.apps.station.standing import NAME as STANDING
from route112.apps.station.standing import read_standing
from route112.model import UtcTime

BACK_OFF_FIRST_S = 0.2
BACK_OFF_MAX_S = 10.0
LIFE_GOOD_S = 60.0
"""A life as long as this is no part of a series of failures."""
TICK_SECONDS = 0.1
PROBE_SECONDS_MAX = 0.5
LOG_TAIL_LINES = 3
LOG_TAIL_BYTES = 16_384
LOG_MODE = 0o600
LOG_BYTES_MAX = 16 * 1024 * 1024
"""A longer log is put aside, once, when its member is started again."""
STARTED_CHARS_MAX = 2_000
"""What does not fit is not written down; the state of a group has little room."""
EXERCISE_VARIABLE = "ROUTE112_EXERCISE"
"""Set to 1 in the environment of every member of an exercise."""
OK = 200


@dataclass(slots=True)
class BackOff:
    """How long to wait before the next start."""

    wait_s: float = 0.0

    def after_end(self, life_s: float) -> float:
        """Return the seconds to wait after a life of `life_s` seconds."""
        doubled = max(BACK_OFF_FIRST_S, self.wait_s * 2)
        self.wait_s = BACK_OFF_FIRST_S if life_s >= LIFE_GOOD_S else min(doubled, BACK_OFF_MAX_S)
        return self.wait_s


class Runner:
    """One member, kept running."""

    def __init__(
        self,
        member: Member,
        *,
        environment: Mapping[str, str],
        say: Callable[[str], None],
        now: Callable[[], UtcTime],
        prepare: Callable[[Member], Mapping[str, str]] | None = None,
    ) -> None:
        self.member = member
        self.restarts = 0
        self.kamailio_restarts = 0
        self.last_end = ""
        self._environment = environment
        self._prepare = prepare
        self._say = say
        self._now = now
        self._group: Group | None = None
        self._started_us = 0
        self._began_s = 0.0
        self._due_s = 0.0
        self._back_off = BackOff()
        self._software = OWN
        self._kamailio: tuple[int, int] | None = None
        self._silent = ""
        """Where it did not answer when it was asked last."""

    async def begin(self, earlier: Entry | None) -> None:
        """
        Take over what an earlier `up` left running, or clear it away.

        Raises: SupervisionError where something does not go away.
        """
        member = self.member
        member.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        await end_orphans(member.group_state)
        group = find_group(member.group_state)
        digest, _, started = ("", "", "") if group is None else group.token.partition(":")
        if group is not None and digest != self._digest:
            await group.end()
            await end_folder(member.folder)
            group = None
        if self._prepare is not None:
            self._environment = {**self._environment, **self._prepare(member)}
        if group is None:
            self._software = self._find_served()
            return
        self._group = group
        # What was asked for while no `up` was there is done at the next look.
        self._software = parse_software(started) or read_software(member.folder) or OWN
        self._began_s = time.monotonic()
        self._started_us = self._now()
        if earlier is not None:
            self._started_us = earlier.started_us
            self.restarts, self.kamailio_restarts = earlier.restarts, earlier.kamailio_restarts
        self._say(f"{member.id}: goes on, process {group.pid}")

    def _find_served(self) -> Software:
        """Return what serves on though the member's own supervisor has died with an `up`."""
        folder = self.member.folder
        found, said = read_software(folder), read_standing(folder).version
        leader = read_leader(folder / KAMAILIO_STATE)
        if leader is None or find_start(leader[0]) != leader[1] or found is None:
            return OWN
        return OWN if found.is_stopped or found.version != said else found

    async def step(self) -> bool:
        """
        Start or bury; tell whether anything has changed.

        Raises: SupervisionError where something of an ended group does not go away.
        """
        changed = self._look_at_kamailio()
        await self._look_at_software()
        if self._software.is_stopped and self._group is None:
            return changed
        if self._group is not None and self._group.has_ended():
            await self._bury()
            return True
        if self._group is None and time.monotonic() >= self._due_s:
            self._start()
            return True
        return changed

    def _start(self) -> None:
        member = self.member
        self._began_s, self._started_us = time.monotonic(), self._now()
        self._due_s = self._began_s + BACK_OFF_FIRST_S  # where it cannot even be started
        _put_aside(member)
        output = os.open(member.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, LOG_MODE)
        try:
            argv, environment = adapt(member.argv, self._environment, self._software)
            self._group = start_group(
                argv,
                state=member.group_state,
                token=self._token,
                output=output,
                env=environment,
            )
        finally:
            os.close(output)
        if self._group.trouble:
            self._say(f"{member.id}: the next `up` will not find it: {self._group.trouble}")

    async def _bury(self) -> None:
        """End what is left of the group and plan the next start."""
        assert self._group is not None, "there was one, and it has ended"
        group, self._group = self._group, None
        self.last_end = group.describe_end()
        await group.end()
        wait_s = self._back_off.after_end(time.monotonic() - self._began_s)
        self._due_s = time.monotonic() + wait_s
        self.restarts += 1
        self._say(f"{self.member.id}: {self.last_end}; started again in {wait_s:.1f} s")

    async def _look_at_software(self) -> None:
        """End a member whose software is another one now, or who is to be stopped."""
        wanted = read_software(self.member.folder)
        if wanted is None or wanted == self._software:
            return
        self._software = wanted
        name = wanted.version or "the one of `up`"
        self._say(f"{self.member.id}: {'stopped' if wanted.is_stopped else f'software {name}'}")
        self._due_s, self._back_off = 0.0, BackOff()
        if self._group is not None:
            group, self._group = self._group, None
            await group.end()
        if (kamailio := find_group(self.member.folder / KAMAILIO_STATE)) is not None:
            await kamailio.end()  # its own supervisor was killed
        # What it said of itself was of what ran there before.
        (self.member.folder / STANDING).unlink(missing_ok=True)

    def _look_at_kamailio(self) -> bool:
        """Notice that a member's own supervisor has started Kamailio again."""
        found = read_leader(self.member.folder / KAMAILIO_STATE)
        # One that is dead is replaced soon, or was left by an earlier run.
        if found is None or found == self._kamailio or find_start(found[0]) != found[1]:
            return False
        again = self._kamailio is not None
        self.kamailio_restarts += again
        self._kamailio = found
        return again

    async def is_ready(self) -> bool:
        """Ask the member whether it does its work; an answer of somebody else is none."""
        if self._software.is_stopped:
            return True
        if self._group is None:
            return False
        if self.member.kind in BESIDE:
            return self.member.kind is not Kind.PLANNER or is_listening(self.member.folder)
        self._silent, answers = await ask_places(self.member.places, timeout_s=PROBE_SECONDS_MAX)
        if self._silent or not has_places(self.member, self._group.pid):
            return False
        if self.member.kind is not Kind.SITE or is_drained(self.member.folder):
            return True
        return all(status == OK for status, _ in answers)

    def describe_missing(self) -> str:
        """Say why it is not ready, and what it said last."""
        text = f"{self.member.id} does not answer at {self._silent or self.member.address}"
        if self.last_end:
            text += f"; {self.last_end}, {self.restarts} times"
        lines = read_tail(self.member).splitlines()[-LOG_TAIL_LINES:]
        return "\n".join([text, *(f"    {line[:300]}" for line in lines)])

    def make_entry(self) -> Entry:
        """Return what up.json says of it."""
        leader = None
        if self._group is not None and (start := find_start(self._group.pid)) is not None:
            leader = Process(pid=self._group.pid, start_ticks=start)
        return Entry(
            id=self.member.id,
            kind=self.member.kind,
            address=self.member.address,
            folder=str(self.member.folder),
            leader=leader,
            started_us=self._started_us,
            restarts=self.restarts,
            kamailio_restarts=self.kamailio_restarts,
            last_end=self.last_end,
            asked=self.member.asked,
        )

    async def end(self) -> None:
        """End the group, and Kamailio where the group did not get to it."""
        if self._group is not None:
            group, self._group = self._group, None
            await group.end()
        await end_folder(self.member.folder)

    @property
    def _token(self) -> str:
        """Name what it is started with, for the next `up`: the program, then its software."""
        token = f"{self._digest}:{render_software(self._software)}"
        return token if len(token) <= STARTED_CHARS_MAX else self._digest

    @property
    def _digest(self) -> str:
        """Digest what it is started with: another one is another program."""
        mark = self._environment.get(EXERCISE_VARIABLE, "")
        return hashlib.sha256(
            "\0".join((mark, self.member.stamp, *self.member.argv)).encode()
        ).hexdigest()


async def end_all(runners: Sequence[Runner]) -> list[str]:
    """End every member at once; return what could not be ended."""
    ended = await asyncio.gather(*(runner.end() for runner in runners), return_exceptions=True)
    troubles = []
    for runner, result in zip(runners, ended, strict=True):
        if isinstance(result, SupervisionError | OSError):
            troubles.append(f"{runner.member.id}: {result}")
        elif isinstance(result, BaseException):
            raise result
    return troubles


def _put_aside(member: Member) -> None:
    """Bound what a member that ends again and again may write."""
    with contextlib.suppress(OSError):
        if member.log.stat().st_size > LOG_BYTES_MAX:
            member.log.replace(member.log.with_name("log.1"))


def read_tail(member: Member) -> str:
    """Return the end of a member's log; empty where there is none."""
    with contextlib.suppress(OSError), member.log.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_TAIL_BYTES))
        return file.read(LOG_TAIL_BYTES).decode("utf-8", "replace")
    return ""
