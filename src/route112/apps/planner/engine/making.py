"""Generations are made one at a time, in a thread that nobody waits for."""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from route112.apps.planner.engine.shelf import CandidateError, Shelf
from route112.change import Built, State, StationFact
from route112.change.deciding import Build
from route112.model import Order, Profile, UtcTime
from route112.planning.orders.numbered import FlawError, number_candidate
from route112.snapshot.keys import find_key_id, sign_snapshot
from route112.snapshot.reader import Snapshot

_Value = TypeVar("_Value")

RETRY_S = 1.0
"""After what may go well the next time: no room on the disk, a candidate that cannot be read."""


class Workshop:
    """
    Makes what is asked for, and keeps what became of it.

    Args:
        make: returns what became of it; raises FlawError, CandidateError, OSError.
        done: told each time that something is finished; from the thread.
        say: tells people.
    """

    def __init__(
        self,
        make: Callable[[Build], Built],
        *,
        done: Callable[[], None],
        say: Callable[[str], None],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._make = make
        self._done, self._say, self._monotonic_s = done, say, monotonic_s
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="workshop")
        self._lock = threading.Lock()
        self._running: set[int] = set()
        self._built: dict[int, Built] = {}
        self._again_s: dict[int, float] = {}
        """When what went wrong is tried again, by number."""
        self._told = ""

    @property
    def built(self) -> Mapping[int, Built]:
        """What became of generations that are not in the journal yet."""
        with self._lock:
            return dict(self._built)

    def take(self, wanted: Sequence[Build]) -> None:
        """Make these, and forget all others."""
        numbers = {each.number for each in wanted}
        now_s = self._monotonic_s()
        with self._lock:
            for number in [each for each in self._again_s if now_s >= self._again_s[each]]:
                # A flaw that nobody could do anything about is tried again as well.
                del self._again_s[number]
                self._built.pop(number, None)
            _keep(self._built, numbers)
            _keep(self._again_s, numbers)
            new = [
                each
                for each in wanted
                if each.number not in {*self._built, *self._again_s, *self._running}
            ]
            self._running |= {each.number for each in new}
        for each in new:
            self._pool.submit(self._run, each)

    def _run(self, build: Build) -> None:
        built, text = None, ""
        try:
            built = self._make(build)
        except FlawError as error:
            built, text = Built(flaw=str(error), culprits=error.culprits), str(error)
        except (CandidateError, OSError) as error:
            text = f"{error}; tried again"
        except Exception as error:  # noqa: BLE001  whatever it is, orders must not end with it
            text = f"{type(error).__name__}: {error}; tried again"
        with self._lock:
            self._running.discard(build.number)
            if built is not None:
                self._built[build.number] = built
            if text:
                self._again_s[build.number] = self._monotonic_s() + RETRY_S
        if text and text != self._told:
            self._say(f"g{build.number} cannot be made: {text}")
        self._told = text
        self._done()

    def prepare(self, read: Callable[[], object]) -> None:
        """Do what makes the first generation as quick as later ones; before it, or beside."""

        def run() -> None:
            try:
                read()
            except Exception as error:  # noqa: BLE001  it is tried again when it is needed
                self._say(f"not prepared: {error}")

        self._pool.submit(run)

    def close(self) -> None:
        """Finish what is being made, and begin nothing more."""
        self._pool.shutdown(cancel_futures=True)


def _keep(values: dict[int, _Value], keys: Collection[int]) -> None:
    for key in [each for each in values if each not in keys]:
        del values[key]


@dataclass(slots=True)
class Maker:
    """What it takes to make a generation: files, number plan, signature."""

    shelf: Shelf
    profile: Profile
    key: Ed25519PrivateKey | None
    """Signs; None: stations look at no signatures."""
    now: Callable[[], UtcTime]
    used: Callable[[], tuple[Collection[str], Collection[str]]] = field(default=lambda: ((), ()))
    """Candidates and snapshots that are never removed."""

    def prepare(self, candidate: str, *, leaves: bool = False) -> None:
        """
        Read a candidate, and what checks and comparisons look at; it is kept from then on.

        One that is open has been through this. Where another thread is at it, this waits for it.

        Args:
            candidate: its content hash.
            leaves: it is left to another thread that is at it.
        """
        with self.shelf.reading(candidate, seconds_max=0.0 if leaves else None) as has_turn:
            if not self.shelf.is_open(candidate) and (has_turn or not leaves):
                self._number(Build(number=1, candidate=candidate, orders=(), parent_hash=""))

    def check(self, candidate: str, orders: Sequence[Order]) -> None:
        """Try whether this can be a generation at all; raises FlawError, CandidateError."""
        self._number(Build(number=1, candidate=candidate, orders=tuple(orders), parent_hash=""))

    def _number(self, build: Build) -> bytes:
        return number_candidate(
            self.shelf.open_candidate(build.candidate),
            build.orders,
            generation=build.number,
            parent=build.parent_hash,
            profile=self.profile,
            now=self.now(),
        )

    def make(self, build: Build) -> Built:
        """Make, sign and keep one generation: the same bytes whenever it is done."""
        unsigned = self._number(build)
        content = unsigned if self.key is None else sign_snapshot(unsigned, self.key)
        content_hash = Snapshot(content, checked=True).content_hash
        self.shelf.keep_snapshot(content_hash, content)
        candidates, snapshots = self.used()
        self.shelf.prune(candidates=candidates, snapshots=snapshots)
        return Built(content_hash=content_hash, size=len(content))

    def list_foreign(self, state: State, stations: Mapping[str, StationFact]) -> set[int]:
        """List generations that stations refuse, and that another key signed than this one."""
        own = "" if self.key is None else find_key_id(self.key)
        refused = {fact.report.refused for fact in stations.values()}
        return {
            each.number
            for each in refused
            if each is not None
            and (known := state.generations.get(each.number)) is not None
            and known.content_hash == each.content_hash
            and self.shelf.find_signer(each.content_hash) not in (None, own)
        }


def sort_given(build: Build, given: Sequence[str]) -> Build:
    """Put the orders of a generation into the order in which they were given."""
    places = {key: place for place, key in enumerate(given)}
    orders = sorted(build.orders, key=lambda order: places.get(order.id, len(places)))
    return replace(build, orders=tuple(orders))
