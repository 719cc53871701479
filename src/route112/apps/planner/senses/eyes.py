"""All that a planner sees of its country, behind the seam of its engine."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from route112.adapters.clock import utc_now
from route112.adapters.kemi.probes import list_hops
from route112.apps.planner.seams import Measured
from route112.apps.planner.senses.alarms import list_against, list_holding
from route112.apps.planner.senses.lives import Lives
from route112.apps.planner.senses.load import Ground, prove, read_rooms
from route112.apps.planner.senses.moved import Moved, find_moved
from route112.apps.planner.senses.places import (
    Place,
    list_pointing,
    list_serving,
)
from route112.apps.planner.senses.testing import (
    TRIES_MAX,
    TRIES_RESTED_MAX,
    Rounds,
    list_wanted,
    read_rung,
)
from route112.apps.planner.senses.trials import Trials
from route112.apps.planner.senses.view import BlindError, View
from route112.change import Change, GateMeasures, Kind, LoadProof, Probing, State, Step, Trial
from route112.snapshot.errors import SnapshotError
from route112.snapshot.reader import Snapshot

PROOF_SECONDS = 1.0
"""Between two proofs while a change waits for one."""
TRIES_SECONDS = 1.0
"""Between two tries to compare translations: a station takes a moment to have its own."""

PASSING = (OSError, SnapshotError, sqlite3.Error, ValueError)
"""What may go wrong with the files of a station while it replaces them."""

Key = tuple[str, str, int]
"""Of a step: change, station, when it began."""


@dataclass(slots=True)
class _Gate:
    """What is gathered for one gate."""

    key: Key
    trials: Trials
    moved: Future[Moved] | None
    differences: Future[int | None] | None = None
    due_s: float = 0.0


@dataclass(slots=True)
class _Known:
    """A snapshot that stays open."""

    path: Path
    snapshot: Snapshot


class Eyes:
    """
    Measures what a change asks for, and nothing while none runs but alarms.

    What takes long is done in another thread, and said when it is there.

    Args:
        rounds: places test calls.
        lives: whether the station at work runs, and is well.
    """

    def __init__(
        self,
        place: Place,
        view: View,
        rounds: Rounds,
        *,
        lives: Lives | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._place, self._view, self._tester = place, view, rounds
        self._lives = lives or Lives(place.run_dir, monotonic_s=monotonic_s)
        self._monotonic_s = monotonic_s
        self._slow = ThreadPoolExecutor(1, thread_name_prefix="senses")
        self._lock = threading.Lock()
        self._gate: _Gate | None = None
        self._proof: tuple[Key, float, LoadProof] | None = None
        self._opened: dict[str, _Known] = {}

    @property
    def asks_at_gate(self) -> bool:
        """Whether a station at a gate has to say itself how it is."""
        return self._place.asks_at_gate

    def measure(self, state: State, now_us: int) -> Measured:
        """Say what is measured now; may be asked from several threads."""
        with self._lock:
            return self._measure(state, now_us)

    def _measure(self, state: State, now_us: int) -> Measured:
        alarms = list_holding(self._view, state, now_us)
        change = state.change
        if change is None:
            self._forget()
            return Measured(alarms=alarms)
        key = (change.id, change.station, change.since_us)
        tests, proofs = dict[str, Probing](), dict[str, LoadProof]()
        gate = None
        pointing, fallen = dict[str, tuple[str, ...]](), dict[str, str]()
        if change.step is Step.GATE:
            gate = self._measure_gate(state, change, key, now_us)
        elif change.step is Step.TEST:
            if (found := self._test_rested(change.station, key)) is not None:
                tests[change.station] = found
        elif change.step is Step.PROOF:
            proofs.update(self._prove(change.station, key, now_us))
        elif change.step is Step.UNPOINT:
            pointing[change.station] = list_pointing(self._place, change.station)
        elif change.step is Step.SWAP:
            fallen[change.station] = self._lives.find_fallen(change.station, change.version, key)
        return Measured(
            alarms=alarms, gate=gate, proofs=proofs, tests=tests, pointing=pointing, fallen=fallen
        )

    def close(self) -> None:
        """End what goes on."""
        self._forget()
        self._slow.shutdown(wait=False, cancel_futures=True)

    def _forget(self) -> None:
        self._tester.end()
        self._gate = self._proof = None

    # ------------------------------------------------------------ the gate
    def _measure_gate(
        self, state: State, change: Change, key: Key, now_us: int
    ) -> GateMeasures | None:
        ill = self._lives.find_ill(change.station, key)
        against = list_against(self._view, change, now_us)
        if troubles := (*((ill,) if ill else ()), *against):
            # No need to wait for anything else.
            return GateMeasures(
                station=change.station, since_us=change.since_us, troubles=troubles
            )
        gate = self._gate
        if gate is None or gate.key != key:
            gate = self._gate = self._begin_gate(state, change, key)
        if flaw := _find_flaw(gate.moved) or _find_flaw(gate.differences, but=PASSING):
            return GateMeasures(station=change.station, since_us=change.since_us, troubles=(flaw,))
        moved = _take(gate.moved) if gate.moved is not None else None
        if gate.moved is not None and moved is None:
            return None
        tests = self._test(change.station, key, moved)
        if tests is None:
            return None
        trials: tuple[Trial, ...] = ()
        departements = () if moved is None else moved.departements
        with contextlib.suppress(BlindError):  # the alarms say so
            found = self._view.list_met(
                change.since_us, gate.trials.calls_seen, gate.trials.lefts_seen
            )
            gate.trials.take(found)
            trials = gate.trials.list_trials(departements)
        return GateMeasures(
            station=change.station,
            since_us=change.since_us,
            trials=trials,
            hidden=gate.trials.list_hidden(departements),
            tests=tests,
            differences=self._compare(gate, change.station),
        )

    def _begin_gate(self, state: State, change: Change, key: Key) -> _Gate:
        is_edge = self._place.topology.find_edge(change.station) is not None
        old, new = state.candidate, change.candidate
        is_plan = change.kind is Kind.PLAN
        return _Gate(
            key,
            Trials(change.station, is_edge=is_edge, departement_of=self._find_departement),
            self._slow.submit(self._find_moved, old, new) if is_plan else None,
        )

    def _find_moved(self, old: str, new: str) -> Moved:
        """Raises: OSError, SnapshotError where a file is there no more."""
        return find_moved(self._open(old), self._open(new))

    def _find_departement(self, commune: str) -> str:
        """By whichever candidate is open; empty where none knows the commune."""
        for known in tuple(self._opened.values()):
            index = known.snapshot.find_commune(commune)
            if index is not None:
                return known.snapshot.departements[known.snapshot.commune_departement(index)].code
        return ""

    def _compare(self, gate: _Gate, station: str) -> int | None:
        """Return on how many keys translations differ; None: not known yet."""
        if gate.differences is not None and gate.differences.done():
            found: int | None = _take(gate.differences)
            if found is not None:
                return found
            gate.differences = None
            gate.due_s = self._monotonic_s() + TRIES_SECONDS
        if gate.differences is None and self._monotonic_s() >= gate.due_s:
            gate.differences = self._slow.submit(self._place.compare, station)
        return None

    # ------------------------------------------------------------ test calls
    def _test_rested(self, station: str, key: Key) -> Probing | None:
        """Test all routes of a station that takes no calls, as soon as it answers at all."""
        if not self._lives.has_answered(station, key):
            return None
        return self._test(station, key, None, tries_max=TRIES_RESTED_MAX)

    def _test(
        self, station: str, key: Key, moved: Moved | None, *, tries_max: int = TRIES_MAX
    ) -> Probing | None:
        """Return how far the test calls are; None: nobody knows yet which are wanted."""
        return self._tester.look(
            key, lambda: self._list_wanted(station, moved), tries_max=tries_max
        )

    def _list_wanted(self, station: str, moved: Moved | None) -> tuple[Any, ...] | None:
        """
        List what is to be tested: nothing where nobody may place test calls.

        None where a station's file cannot be read now: by no file nothing would be proved.
        """
        topology, run_dir = self._place.topology, self._place.run_dir
        if topology.probes is None:
            return ()
        snapshot = self._place.read_in_force(station)
        if snapshot is None:
            return None
        rung = read_rung(run_dir)
        return list_wanted(
            topology,
            station,
            list_hops(snapshot),
            only=None if moved is None else moved.hops,
            rung_us=None if rung is None else {**rung, **self._tester.rung_us},
            now_us=utc_now(),
        )

    # ------------------------------------------------------------ load
    def _prove(self, station: str, key: Key, now_us: int) -> Mapping[str, LoadProof]:
        """Prove it anew from time to time; nothing is proved where nobody measures calls."""
        now_s = self._monotonic_s()
        if self._proof is not None and self._proof[0] == key and now_s < self._proof[1]:
            return {station: self._proof[2]}
        try:
            loads = self._view.measure_load(now_us)
        except BlindError:
            return {}
        serving = list_serving(self._place.run_dir)
        ground = Ground(
            loads=loads, rooms=read_rooms(self._place.run_dir, serving), serving=serving
        )
        proof = prove(station, self._place.topology, ground)
        self._proof = key, now_s + PROOF_SECONDS, proof
        return {station: proof}

    # ------------------------------------------------------------ files
    def _open(self, content_hash: str) -> Snapshot:
        """Open a candidate; raises OSError, SnapshotError."""
        path = self._place.find_file(content_hash)
        if path is None:
            raise FileNotFoundError(f"candidate {content_hash[:16]} is not there")
        if content_hash not in self._opened:
            opened = dict(list(self._opened.items())[-1:])
            opened[content_hash] = _Known(path, Snapshot(path.read_bytes()))
            self._opened = opened
        return self._opened[content_hash].snapshot


def _take(future: "Future[Any]") -> Any:  # noqa: ANN401
    """Return what came of it; None while it goes on, or where it cannot be had."""
    if not future.done() or future.cancelled():
        return None
    return None if future.exception() is not None else future.result()


def _find_flaw(future: "Future[Any] | None", *, but: tuple[type[Exception], ...] = ()) -> str:
    """Say why something can never be had; what is `but` may be had the next time."""
    if future is None or not future.done() or future.cancelled():
        return ""
    error = future.exception()
    if error is None or isinstance(error, but):
        return ""
    return f"it cannot be compared: {type(error).__name__}: {error}"
