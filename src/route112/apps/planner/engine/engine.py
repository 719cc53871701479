"""
The engine: what people wish, what stations say and what is measured, turned four times a second.

Threads of their own turn (decide, and sync the journal), make snapshots, measure, and act, so that
a slow disk, a slow build and a slow look at the country do not wait for each other. Whoever asks
from elsewhere takes the same lock as the turn; reports of stations take none of the journal's.
"""

import asyncio
import functools
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from route112.adapters.clock import utc_now
from route112.apps.planner.engine.adopting import UnfitError, list_brought, read_served
from route112.apps.planner.engine.beats import Beat
from route112.apps.planner.engine.journal_file import (
    NOTHING_READ,
    JournalError,
    JournalFile,
    ReadJournal,
)
from route112.apps.planner.engine.making import Maker, Workshop, sort_given
from route112.apps.planner.engine.outside import Outside
from route112.apps.planner.engine.reports import Reports
from route112.apps.planner.engine.shelf import CandidateError, Shelf, list_used
from route112.apps.planner.engine.steady import SteadyClock
from route112.apps.planner.seams import Hands, Senses
from route112.change import Facts, State, StationFact, ask, decide_next
from route112.change.asking import BeginChange, Found, Refusal, Wish
from route112.change.deciding import Build
from route112.change.events import Event
from route112.change.holding import AdoptServed, list_serving, list_unknown
from route112.change.values import Kind
from route112.model import Order, Profile, UtcTime
from route112.replication import Wanted, parse_report, render_wanted

JOURNAL_FILE = "journal.log"
TURN_S = 0.25
"""Between two turns; a wish, and a snapshot that is made, cut it short."""
LOOK_S = 0.5
"""Between two looks at the country."""
END_S = 5.0
"""For the turn that is under way when the engine ends."""


class ReportError(ValueError):
    """What came is no report of a station."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time as arguments."""

    now: Callable[[], UtcTime] = utc_now
    monotonic_s: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Means:
    """What snapshots are made with."""

    profile: Profile
    """Of the country; see `planning.orders.numbered`."""
    key: Ed25519PrivateKey | None = None
    """Signs; None: stations look at no signatures."""
    trust: Path | None = None
    """Keys that may have signed a candidate; None: signatures are not looked at."""
    shelf: Shelf | None = None
    """Files of the same folder, some of them read already; None: nothing is."""
    journal: ReadJournal = NOTHING_READ
    """The journal of the same folder, as far as it was read already."""

    def make_maker(self, shelf: Shelf, now: Callable[[], UtcTime]) -> Maker:
        """Return who makes generations of what is on a shelf."""
        return Maker(shelf, self.profile, self.key, now)


class Engine:
    """
    One planner's engine.

    Args:
        folder: of the planner; no other one may have it open.
        means: what snapshots are made with.
        senses: what is measured.
        hands: who acts.
        say: tells people; from any thread.
    Raises: JournalError, OSError where the folder cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        means: Means,
        *,
        senses: Senses,
        hands: Hands,
        say: Callable[[str], None] = lambda _text: None,
        clocks: Clocks = Clocks(),
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._journal = JournalFile(folder / JOURNAL_FILE, means.journal)
        self._shelf = means.shelf or Shelf(folder, means.trust)
        self._shelf.clear_leftovers()
        clocks = replace(clocks, now=SteadyClock(clocks.now, clocks.monotonic_s, say=say))
        self._say, self._clocks = say, clocks
        self._reports = Reports(clocks.monotonic_s, asks_at_gate=senses.asks_at_gate)
        self._kinds = hands.kinds
        self._outside = Outside(senses, hands, now=clocks.now, monotonic_s=clocks.monotonic_s)
        self._maker = Maker(self._shelf, means.profile, means.key, clocks.now, self._list_used)
        self._workshop = Workshop(
            self._maker.make, done=self._wake, say=say, monotonic_s=clocks.monotonic_s
        )
        self._lock = threading.RLock()
        """Held by whoever writes into the journal."""
        self._turning = Beat("turn", self.turn, every_s=TURN_S, say=say)

    @property
    def state(self) -> State:
        """What the journal says."""
        return self._journal.state

    def facts(self) -> Facts:
        """Return what is known of the country; measures nothing by itself."""
        measured = self._outside.get_measured(self.state)
        stations = self._reports.list_facts()
        return Facts(
            listening_s=self._reports.listening_s,
            stations=stations,
            built=self._workshop.built,
            by_another_key=self._maker.list_foreign(self.state, stations),
            alarms=measured.alarms,
            gate=measured.gate,
            proofs=measured.proofs,
            tests=measured.tests,
            pointing=measured.pointing,
            fallen=measured.fallen,
            kinds=self._kinds,
        )

    def wish(self, wish: Wish) -> Event | Refusal:
        """
        Grant what somebody wishes for, or refuse it; waits for the disk.

        Whether he may wish for it is decided elsewhere. A change is judged by a fresh look at the
        country; an order never waits for one.

        Raises: JournalError; nothing happened then.
        """
        if isinstance(wish, BeginChange):
            self._look_now()
        if isinstance(wish, AdoptServed):
            try:
                serving = list_serving(self.state, self.facts(), wish.content_hash)
                now_us = self._clocks.now()
                wish = read_served(self._maker, self.state, wish, now_us, serving)
            except UnfitError as error:
                return Refusal("unfit", str(error))
            except CandidateError as error:
                return Refusal("unknown-candidate", str(error))
            except OSError as error:
                raise JournalError(f"its plan cannot be kept: {error.strerror}") from error
        with self._lock:
            if (refusal := self._find_missing(wish)) is not None:
                return refusal
            now_us = self._clocks.now()
            granted = ask(self.state, wish, self.facts(), now_us)
            if isinstance(granted, Refusal):
                return granted
            before: tuple[Event, ...] = ()
            if isinstance(wish, AdoptServed):
                before = tuple(list_unknown(self.state, wish, now_us))
            self._journal.append((*before, granted))
        if isinstance(wish, BeginChange):
            self._note_used()
        self._wake()
        return granted

    def _look_now(self) -> None:
        try:
            self._outside.look(self.state)
        except Exception as error:  # noqa: BLE001  senses that fail are an alarm, see `Outside`
            self._say(f"senses: {type(error).__name__}: {error}")

    def _find_missing(self, wish: Wish) -> Refusal | None:
        """Refuse a plan of which there is no file."""
        candidate = ""
        if isinstance(wish, Found) or (isinstance(wish, BeginChange) and wish.kind is Kind.PLAN):
            candidate = wish.candidate
        if candidate and self._shelf.find_candidate(candidate) is None:
            return Refusal("unknown-candidate", f"there is no file {candidate[:16]}")
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

    def find_wanted(self, station: str) -> Wanted:
        """Return what a station shall have now; waits for nothing."""
        return self._reports.find_wanted(station, self.state)

    def find_fact(self, station: str) -> StationFact | None:
        """Return what a station said last; None: nothing."""
        return self._reports.find_fact(station)

    def find_snapshot(self, content_hash: str) -> Path | None:
        """Return the file that a station may fetch; None: there is none of this name."""
        return self._shelf.find_snapshot(content_hash)

    def find_candidate(self, content_hash: str) -> Path | None:
        """Return the file of a candidate; None: there is none of this name."""
        return self._shelf.find_candidate(content_hash)

    def take_candidate(self, path: Path) -> str:
        """
        Keep a snapshot as a candidate, checked as stations would; return its content hash.

        Takes up to a second: not for the event loop. Raises: CandidateError.
        """
        kept = self._shelf.keep_candidate(path, now=self._clocks.now()).content_hash
        self._note_used()
        return kept

    def list_brought(self, content_hash: str) -> tuple[tuple[Order, ...], int]:
        """
        Return the orders that a kept file would bring to all stations, and how many stay in it.

        Takes seconds: not for the event loop. Raises: CandidateError.
        """
        serving = list_serving(self.state, self.facts(), content_hash)
        now_us = self._clocks.now()
        try:
            return list_brought(self._maker, self.state, content_hash, now_us, serving)
        except OSError as error:
            raise CandidateError(f"its plan cannot be kept: {error.strerror}") from error

    async def run(self) -> None:
        """Turn, measure and act until it is cancelled."""
        looking = Beat(
            "senses", lambda: self._outside.look(self.state), every_s=LOOK_S, say=self._say
        )
        acting = Beat("hands", self._outside.act, every_s=TURN_S, say=self._say)
        beats = (self._turning, looking, acting)
        self._note_used()
        # That of most stations first; an order for them waits for no reading of another.
        in_force = self.state.candidate
        for candidate in sorted(self._list_used()[0], key=lambda each: (each != in_force, each)):
            self._workshop.prepare(
                functools.partial(self._maker.prepare, candidate, leaves=candidate != in_force)
            )
        for beat in beats:
            beat.begin()
        try:
            await asyncio.Event().wait()
        finally:
            for beat in (looking, acting):
                beat.end(0.0)
            await asyncio.to_thread(self._turning.end, END_S)

    def turn(self) -> None:
        """
        Decide what happens next, write it down, and have it done.

        What goes wrong with a change leaves that as it is, and keeps no order from its stations;
        it is raised when they have been seen to.

        Raises: JournalError.
        """
        try:
            self._turn()
        except JournalError:
            raise
        except Exception:
            self._turn(stands_still=True)
            raise

    def _turn(self, *, stands_still: bool = False) -> None:
        with self._lock:
            decision = decide_next(
                self.state, self.facts(), self._clocks.now(), stands_still=stands_still
            )
            if decision.events:
                self._journal.append(decision.events)
            given = tuple(decision.state.orders)
        self._outside.tell(decision.commands)
        self._workshop.take(
            [sort_given(each, given) for each in decision.commands if isinstance(each, Build)]
        )

    def _wake(self) -> None:
        """Let the next turn be now."""
        self._turning.wake()

    def _note_used(self) -> None:
        """Who waits for this planner's end reads the newest candidates: these shall be among."""
        self._shelf.note_used(self._list_used()[0])

    def _list_used(self) -> tuple[set[str], set[str]]:
        """Return candidates and snapshots that somebody shall have, or may have to go back to."""
        return list_used(self.state)

    def close(self) -> None:
        """Let the folder go."""
        self._workshop.close()
        self._journal.close()
