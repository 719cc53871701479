"""
Test calls through the station at work, each next hop once, while a step lasts.

They go the way of `watch probe`: over an edge, through the station, to one next hop; behind a
gateway its loop number answers, behind an IP hop its test responder. A responder that was rung
within a quarter of an hour, by whomever, is not rung again and not waited for; but one that a test
call from here did not reach is, or the next round would pass for want of it. Where nobody may
place test calls none is wanted.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Protocol

from route112.adapters.clock import utc_now
from route112.apps.probe.keeping import MEMBER, load_kept, load_rung
from route112.change import Probing
from route112.model import Hop
from route112.model.topology import Topology
from route112.watch.probing.pace import RESPONDER_S
from route112.watch.probing.paths import Path, Ways, list_ways
from route112.watch.probing.verdict import Failing, Outcome

AT_ONCE_MAX = 4
TRIES_MAX = 3
"""A test call that failed is placed again so often: one lost datagram is no broken route."""
TRIES_RESTED_MAX = 6
"""At a station that takes no calls: it was started a moment ago, and nobody waits for it."""
AGAIN_SECONDS = 1.0
US_PER_S = 1_000_000


class Places(Protocol):
    """Places test calls: `apps.probe.prober.Prober`."""

    async def place(self, path: Path) -> Outcome:
        """Place one and hang up; raises OSError."""


@dataclass(slots=True)
class Round:
    """The test calls of one step at one station."""

    key: object
    """Of the step; another one is another round."""
    wanted: tuple[Path, ...]
    tries_max: int = TRIES_MAX
    passed: set[str] = field(default_factory=set)
    """Next hops."""
    failed: dict[str, str] = field(default_factory=dict)
    """Next hop to where it ended."""
    is_over: bool = False

    @property
    def probing(self) -> Probing:
        """Return it as facts have it."""
        return Probing(
            wanted=len(self.wanted),
            passed=len(self.passed),
            failed=tuple(f"{hop} at {place}" for hop, place in sorted(self.failed.items())),
        )


def list_wanted(
    topology: Topology,
    station: str,
    hops: Iterable[Hop],
    *,
    only: Sequence[str] | None,
    rung_us: Mapping[str, int] | None,
    now_us: int,
) -> tuple[Path, ...]:
    """
    List a way through a station to each next hop that can be tested now.

    Args:
        hops: of the snapshot in force there.
        only: `host:port` of those that are asked for; None: all.
        rung_us: when the responder of each IP hop was rung last; None: nobody knows, so that none
            is rung.
    """
    ways = list_ways(topology, hops)
    chosen: dict[str, Path] = {}
    for path in _list_paths(ways, rung_us, now_us):
        if station in (path.edge, path.site) and (only is None or path.hop in only):
            chosen.setdefault(path.hop, path)
    return tuple(chosen[hop] for hop in sorted(chosen))


def _list_paths(ways: Ways, rung_us: Mapping[str, int] | None, now_us: int) -> Iterable[Path]:
    yield from ways.loops
    for paths in ways.responders:
        if rung_us is not None and now_us - rung_us.get(paths[0].hop, 0) >= RESPONDER_S * US_PER_S:
            yield from paths


class Rounds:
    """
    Places the test calls of one round after the other, in a thread of its own.

    Args:
        open_prober: makes a prober; an asynchronous context of it places calls.
    """

    def __init__(self, open_prober: Callable[[], "ContextOfPlaces"]) -> None:
        self._open = open_prober
        self.rung_us: dict[str, int] = {}
        """When a test call of this planner passed at each next hop last."""
        self._round: Round | None = None
        self._thread: threading.Thread | None = None

    def look(
        self,
        key: object,
        make_wanted: Callable[[], tuple[Path, ...] | None],
        *,
        tries_max: int = TRIES_MAX,
    ) -> Probing | None:
        """
        Return how far the round of a step is; the first time it begins.

        None while it cannot begin, since `make_wanted` does not know what is wanted.
        """
        current = self._round
        if current is None or current.key != key:
            self.end()
            if (wanted := make_wanted()) is None:
                return None
            current = self._round = Round(key, wanted, tries_max)
            if current.wanted:
                self._thread = threading.Thread(
                    target=self._run, args=(current,), name="test calls", daemon=True
                )
                self._thread.start()
        return current.probing

    def end(self) -> None:
        """Place no more calls of the round that there was; returns at once."""
        if self._round is not None:
            self._round.is_over = True
        self._round = None

    def _run(self, current: Round) -> None:
        try:
            asyncio.run(self._place_all(current))
        except OSError as error:
            current.failed["every hop"] = f"this machine ({error.strerror or error})"

    async def _place_all(self, current: Round) -> None:
        left = list(current.wanted)[::-1]
        async with self._open() as prober:

            async def work() -> None:
                while left and not current.is_over:
                    path = left.pop()
                    if await _place(prober, current, path):
                        self.rung_us[path.hop] = utc_now()
                        current.passed.add(path.hop)

            await asyncio.gather(*(work() for _ in range(AT_ONCE_MAX)))


class ContextOfPlaces(Protocol):
    """An asynchronous context that gives whoever places calls."""

    async def __aenter__(self) -> Places:
        """Begin."""

    async def __aexit__(self, *error: object) -> None:
        """End."""


async def _place(prober: Places, current: Round, path: Path) -> bool:
    """
    Place one call, again where it fails; a site that is busy is asked until it is not.

    Returns: whether it passed; where it ended is noted if it failed.
    """
    tries = 0
    while not current.is_over:
        try:
            failing = (await prober.place(path)).failing
        except OSError as error:
            current.failed[path.hop] = f"this machine ({error.strerror or error})"
            return False
        if failing is Failing.NOBODY:
            return True
        tries += failing is not Failing.BUSY
        if tries >= current.tries_max:
            current.failed[path.hop] = failing.value
            return False
        await asyncio.sleep(AGAIN_SECONDS)
    return False


def read_rung(run_dir: FilePath) -> Mapping[str, int] | None:
    """Return when the prober of a run rang each responder last; None: nobody knows."""
    return load_rung(run_dir / MEMBER, load_kept(run_dir))
