"""
The engine: what people wish, what stations say and what is measured, turned four times a second.

Three threads besides the event loop, so that a slow disk, a slow build and a slow look at the
country do not wait for each other: one turns (decides, and syncs the journal), one makes
snapshots, one measures and acts. Whoever asks from elsewhere takes the same lock as the turn;
reports of stations take none of the journal's.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.clock import utc_now
from route112.apps.planner.engine.journal_file import JournalError, JournalFile
from route112.apps.planner.engine.reports import Reports
from route112.apps.planner.engine.shelf import CandidateError, Shelf
from route112.apps.planner.seams import Hands, Measured, Senses
from route112.change import Facts, State, ask, decide_next
from route112.change.asking import BeginChange, Found, Refusal, Wish
from route112.change.deciding import Command
from route112.change.events import Event
from route112.change.values import Kind
from route112.model import UtcTime
from route112.replication import parse_report, render_wanted

TURN_S = 0.25
"""Between two turns."""


class ReportError(ValueError):
    """What came is no report of a station."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time as arguments."""

    now: Callable[[], UtcTime] = utc_now
    """Wall clock, UTC, microseconds."""
    monotonic_s: Callable[[], float] = time.monotonic


class Engine:
    """
    One planner's engine.

    Args:
        folder: of the planner; no other one may have it open.
        trust: keys that may have signed a candidate.
        senses: what is measured.
        hands: who acts.
        say: tells people.
    Raises: JournalError, OSError where the folder cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        *,
        senses: Senses,
        hands: Hands,
        trust: Path | None = None,
        say: Callable[[str], None] = lambda _text: None,
        clocks: Clocks = Clocks(),
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._journal = JournalFile(folder / "journal.log")
        self._shelf = Shelf(folder, trust)
        self._senses, self._hands = senses, hands
        self._say, self._clocks = say, clocks
        self._reports = Reports(clocks.monotonic_s)
        self._measured = Measured()
        self._lock = threading.RLock()
        """Held by whoever writes into the journal."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()

    @property
    def state(self) -> State:
        """What the journal says."""
        return self._journal.state

    def facts(self) -> Facts:
        """Return what is known of the country; measures nothing by itself."""
        measured = self._measured
        return Facts(
            listening_s=self._reports.listening_s,
            stations=self._reports.list_facts(),
            alarms=measured.alarms,
            gate=measured.gate,
            proofs=measured.proofs,
            tests=measured.tests,
            pointing=measured.pointing,
        )

    def wish(self, wish: Wish) -> Event | Refusal:
        """
        Grant what somebody wishes for, or refuse it; waits for the disk.

        Whether he may wish for it is decided elsewhere.

        Raises: JournalError; nothing happened then.
        """
        with self._lock:
            if (refusal := self._find_missing(wish)) is not None:
                return refusal
            granted = ask(self.state, wish, self.facts(), self._clocks.now())
            if isinstance(granted, Refusal):
                return granted
            self._journal.append((granted,))
        self._wake()
        return granted

    def _find_missing(self, wish: Wish) -> Refusal | None:
        """Refuse a plan of which there is no file."""
        is_plan = isinstance(wish, BeginChange) and wish.kind is Kind.PLAN
        if isinstance(wish, Found) or is_plan:
            assert isinstance(wish, Found | BeginChange)
            if self._shelf.find_candidate(wish.candidate) is None:
                return Refusal("unknown-candidate", f"there is no file {wish.candidate[:16]}")
        return None

    def found(self, plan: Path, stations: tuple[str, ...]) -> Event | Refusal:
        """
        Begin the journal: these stations have this snapshot in force. Refused when it has begun.

        Raises: CandidateError, JournalError.
        """
        if self.state.stations:
            return Refusal("not-the-first", "the journal has begun already")
        snapshot = self._shelf.keep_candidate(plan, now=self._clocks.now())
        self._shelf.offer_candidate(snapshot.content_hash)
        return self.wish(
            Found(
                stations=stations,
                candidate=snapshot.content_hash,
                number=snapshot.generation,
                content_hash=snapshot.content_hash,
                size=snapshot.size,
            )
        )

    def answer(self, content: bytes) -> bytes:
        """
        Take a station's report; return what it shall have. Waits for nothing.

        Raises: ReportError where it is none.
        """
        report = parse_report(content)
        if report is None:
            raise ReportError("this is no report of a station")
        return render_wanted(self._reports.take(report, self.state))

    def find_snapshot(self, content_hash: str) -> Path | None:
        """Return the file that a station may fetch; None: there is none of this name."""
        return self._shelf.find_snapshot(content_hash)

    def take_candidate(self, path: Path) -> str:
        """
        Keep a snapshot as a candidate, checked as stations would; return its content hash.

        Takes up to a second: not for the event loop. Raises: CandidateError.
        """
        return self._shelf.keep_candidate(path, now=self._clocks.now()).content_hash

    def _wake(self) -> None:
        """Let the next turn be now; from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Turn until it is cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            commands = await asyncio.to_thread(self.turn)
            del commands
            await self._pause()

    def turn(self) -> Sequence[Command]:
        """Decide what happens next and write it down; return what is to be done."""
        with self._lock:
            decision = decide_next(self.state, self.facts(), self._clocks.now())
            if decision.events:
                try:
                    self._journal.append(decision.events)
                except JournalError as error:
                    self._say(str(error))
                    return ()
        return decision.commands

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(TURN_S):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()

    def close(self) -> None:
        """Let the folder go."""
        self._journal.close()


__all__ = ["CandidateError", "Clocks", "Engine", "ReportError"]
