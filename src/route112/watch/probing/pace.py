"""
Whose turn it is: every path as often as asked for, as far as the bound on calls a second allows.

Seconds are of any clock that never goes back. What the bound does not allow makes the pace longer,
and the pace is shown: nobody is told of a floor that is not kept.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from route112.watch.probing.paths import Path, Ways
from route112.watch.probing.watching import FAILED_MIN

PACE_S = 10.0
"""Between two test calls over one path with a loop number."""
RESPONDER_S = 900.0
"""Between two rings of one IP responder, over whichever path; never less."""
CALLS_PER_S_MAX = 10.0
"""Test calls of one prober, in all."""
RESPONDERS_SHARE_MAX = 0.5
"""Of that bound, what responders take at most."""


class Pace:
    """How often each path has its turn."""

    def __init__(
        self, ways: Ways, *, pace_s: float = PACE_S, calls_per_s_max: float = CALLS_PER_S_MAX
    ) -> None:
        self.asked_s = pace_s
        self.calls_per_s_max = calls_per_s_max
        responders, loops = len(ways.responders), len(ways.loops)
        least_s = responders / (calls_per_s_max * RESPONDERS_SHARE_MAX)
        self.responder_s = max(RESPONDER_S, least_s)
        """Between two rings of one responder."""
        left = calls_per_s_max - responders / self.responder_s
        self.loop_s = max(pace_s, loops / left)
        """Between two test calls over one path with a loop number."""
        self.calls_per_s = responders / self.responder_s + loops / self.loop_s
        """What it comes to."""
        self._paths = dict.fromkeys(ways.loops, self.loop_s)
        for paths in ways.responders:
            self._paths |= dict.fromkeys(paths, self.responder_s * len(paths))

    def find(self, path: Path) -> float:
        """Return the seconds between two test calls over a path."""
        return self._paths[path]

    @property
    def link_floor_s(self) -> float:
        """Return how soon a broken link edge+site shows, where that takes longest."""
        return self._find_floor(lambda path: (path.edge, path.site))

    @property
    def trunk_floor_s(self) -> float:
        """Return the same for a link site+trunk."""
        return self._find_floor(lambda path: (path.site, path.hop))

    def _find_floor(self, link_of: Callable[[Path], tuple[str, str]]) -> float:
        per_s: dict[tuple[str, str], float] = defaultdict(float)
        for path, every_s in self._paths.items():
            per_s[link_of(path)] += 1 / every_s
        return FAILED_MIN / min(per_s.values())


@dataclass(slots=True)
class _Turn:
    """Paths of which one at a time has its turn."""

    paths: tuple[Path, ...]
    period_s: float
    index: int = 0


class Turns:
    """
    Gives out paths in turn, evenly spread.

    Args:
        ways: what is tested.
        pace: how often.
        now_s: when it begins.
        rung_s: when each IP hop's responder was rung last, before this; a time to come is now,
            because a clock was set and nobody knows.
        once: each path over a gateway, and each responder that may be rung, one time.
    """

    def __init__(
        self,
        ways: Ways,
        pace: Pace,
        *,
        now_s: float,
        rung_s: Mapping[str, float] | None = None,
        once: bool = False,
    ) -> None:
        self._pace = pace
        self._once = once
        self._heap: list[tuple[float, int, _Turn]] = []
        gap_s = 1 / pace.calls_per_s_max if once else 0.0
        for index, path in enumerate(ways.loops):
            after_s = index * (gap_s or pace.loop_s / len(ways.loops))
            self._add(now_s + after_s, _Turn((path,), pace.loop_s))
        for index, paths in enumerate(ways.responders):
            since_s = (rung_s or {}).get(paths[0].hop, now_s - pace.responder_s)
            allowed_s = min(since_s, now_s) + pace.responder_s
            if once and allowed_s > now_s:
                continue
            after_s = gap_s * len(self._heap) or index * pace.responder_s / len(ways.responders)
            due_s = max(now_s + after_s, allowed_s)
            # Each responder begins with another path, so that no edge and site come first for all.
            self._add(due_s, _Turn(paths, pace.responder_s, index % len(paths)))

    def _add(self, due_s: float, turn: "_Turn") -> None:
        heapq.heappush(self._heap, (due_s, len(self._heap), turn))

    @property
    def due_s(self) -> float | None:
        """When the next turn is; None: there is none any more."""
        return self._heap[0][0] if self._heap else None

    def take(self, now_s: float) -> Path | None:
        """Return the path whose turn it is; None while it is nobody's."""
        if not self._heap or self._heap[0][0] > now_s:
            return None
        due_s, order, turn = heapq.heappop(self._heap)
        path = turn.paths[turn.index]
        if not self._once:
            turn.index = (turn.index + 1) % len(turn.paths)
            # Turns that were missed, with the machine asleep, are not made up for.
            next_s = due_s + turn.period_s
            next_s = next_s if next_s > now_s else now_s + turn.period_s
            heapq.heappush(self._heap, (next_s, order, turn))
        return path
