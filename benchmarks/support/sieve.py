"""
Where in a calm week a detector of single calls could find anything: a sieve over counts.

What calls are drawn from is counted by the minute; beside that, single calls are drawn by equal
chances. So the sums of `watch.detectors` can be followed by counts, a thousand times as fast, and
only the hours in which one comes near its threshold need be played call by call. Wherever counts
leave something open it is taken for a fault: failures of a minute come after what went well, who
joins fails as often as anywhere, and of what may explain a failure only that all others
failed in these minutes counts.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from benchmarks.support.callers import SECOND_SHARE, Callers
from numpy.typing import NDArray

from route112.simulation.weeks import MINUTES, Land, Week
from route112.watch.cusum import Floats
from route112.watch.detectors import comparing, flood, grey
from route112.watch.detectors.trials import AGAIN, REACH
from route112.watch.detectors.usual import FADE_US, HELD_US
from route112.watch.findings import FindingKind

CHUNK = 10
"""Minutes that are prepared together; as long as `flood` holds what is not usual yet."""
assert HELD_US == CHUNK * 60_000_000
SCORE_MIN = 10.0
"""Sums that stay below are not told of."""
TRIED = (0.25, 0.4)
"""Shares of callers of one place that could be looked for."""
LEVELS = (12.0, 14.0, 16.0, 18.0, grey.THRESHOLD, 21.0, 23.0)
"""Sums of which it is counted how often they are reached."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A sum that rose; minutes of its week."""

    kind: FindingKind
    name: str
    began: int
    peaked: int
    score: float
    """The highest that the sum can have been."""


@dataclass(slots=True)
class Sifted:
    """What a week brought."""

    suspicions: list[Suspicion]
    reached: Counter[tuple[float, float]]
    """How often a sum of one place reached a level: by share looked for, and level."""


@dataclass(slots=True)
class _Lane:
    """Sums of one sort; `grey` and `flood` say what is added to them."""

    kind: FindingKind | None
    """None: it is only counted."""
    names: Sequence[str]
    share: float = 0.0


@dataclass
class Sieve:
    """Follows sums through the weeks of one country, one after the other."""

    land: Land
    callers: Callers
    _past: Floats = field(init=False)
    _held: Floats = field(init=False)
    _seen: float = 0.0
    _bad: float = 0.0
    """Callers of all places lately, and those who failed."""

    def __post_init__(self) -> None:
        """Find which cells call over which gateways, and whom floods are looked for in."""
        cells = self.land.cells
        hops = [self.callers.find_hops(*cell) for cell in cells]
        gateways = sorted({hop for pair in hops for hop, via in pair if via == "rtc"})
        self._first, self._second = (
            np.array([[float(pair[rank][0] == name) for name in gateways] for pair in hops])
            for rank in (0, 1)
        )
        places = [f"{number}-{code}" for code, number in cells]
        floods = ["all", *self.land.numbers, *self.land.departements, *places]
        self._lanes = [
            *(_Lane(FindingKind.GREY, places, share) for share in grey.RAISED),
            _Lane(FindingKind.GREY, gateways),
            _Lane(FindingKind.GREY, gateways),
            _Lane(FindingKind.FLOOD, floods),
            _Lane(FindingKind.FLOOD, floods),
            *(_Lane(None, places, share) for share in TRIED),
        ]
        local = np.arange(len(floods)) > len(self.land.numbers)
        self._local = local
        self._times = np.where(local, flood.LOCAL_TIMES, flood.WIDE_TIMES)
        self._least = np.where(local, flood.LOCAL_MIN_PER_S, flood.WIDE_MIN_PER_S)
        self._past, self._held = np.zeros(len(floods)), np.zeros(len(floods))

    def sift(self, week: Week) -> Sifted:
        """Follow all sums through a week; they begin at zero."""
        names = [name for lane in self._lanes for name in lane.names]
        kinds = [lane.kind for lane in self._lanes for _ in lane.names]
        shares = [lane.share for lane in self._lanes for _ in lane.names]
        sums, peaks = np.zeros(len(names)), np.zeros(len(names))
        began, peaked = (np.zeros(len(names), dtype=np.int64) for _ in range(2))
        sifted = Sifted([], Counter())

        def end(ended: NDArray[np.bool_]) -> None:
            for lane in map(int, np.flatnonzero(ended)):
                kind, score = kinds[lane], float(peaks[lane])
                if kind is None:
                    for level in LEVELS:
                        sifted.reached[shares[lane], level] += score >= level
                else:
                    at = int(began[lane]), int(peaked[lane])
                    sifted.suspicions.append(Suspicion(kind, names[lane], *at, score))

        for minute, (down, up) in enumerate(self._list_steps(week)):
            np.maximum(sums + down, 0.0, out=sums)
            empty = sums == 0.0
            ended = empty & (peaks >= SCORE_MIN)
            if ended.any():
                end(ended)
            peaks[empty], began[empty] = 0.0, minute
            sums += up
            higher = sums > peaks
            peaks[higher], peaked[higher] = sums[higher], minute
        end(peaks >= SCORE_MIN)
        return sifted

    def _list_steps(self, week: Week) -> Iterator[tuple[Floats, Floats]]:
        """Yield what each minute takes from all sums, and then adds to them."""
        for first in range(0, MINUTES, CHUNK):
            few = slice(first, first + CHUNK)
            calls, callers, failed = (
                each[few].astype(float) for each in (week.calls, week.callers, week.failed)
            )
            passed = callers - failed
            lucky = SECOND_SHARE * passed
            well, missed = passed - lucky, failed + lucky
            others = self._find_others(well, missed)
            steps = [
                *(_weigh(well, missed, share, others) for share in grey.RAISED),
                *self._add_gateways(well, missed, (failed, lucky)),
                *self._add_floods(callers, calls - callers),
                *(_weigh(well, missed, share, others) for share in TRIED),
            ]
            down, up = (np.concatenate([pair[side] for pair in steps], axis=1) for side in (0, 1))
            yield from zip(down, up, strict=True)

    def _find_others(self, well: Floats, missed: Floats) -> Floats:
        """Return which share of all others failed before each minute, at least the usual one."""
        kept = math.exp(-60e6 / comparing.FADE_US)
        work, shares = grey.WORKS[REACH], np.empty_like(well)
        for minute, (good, bad) in enumerate(zip(well, missed, strict=True)):
            # Of a place nobody knows how much of what is lately was its own: not more than now.
            seen = self._seen + comparing.USUAL_WEIGHT
            shares[minute] = (self._bad + comparing.USUAL_WEIGHT * work.usual) / seen
            self._seen = kept * (self._seen + float(good.sum() + bad.sum()))
            self._bad = kept * (self._bad + float(bad.sum()))
        return np.maximum(shares, work.usual)

    def _add_gateways(
        self, well: Floats, missed: Floats, again: tuple[Floats, Floats]
    ) -> Iterator[tuple[Floats, Floats]]:
        """Gateways that do not reach whom they should, and those by which nobody else is."""
        # That a gateway of many places fails always would be said of one of them before.
        share = grey.RAISED[0]
        usual = np.full(self._first.shape[1], grey.WORKS[REACH].usual)
        yield _weigh(well @ self._first, missed @ self._first, share, usual)
        work = grey.WORKS[AGAIN]
        lost, lucky = (each @ self._second for each in again)
        usual = np.full(self._second.shape[1], work.usual)
        yield _weigh(lucky, lost, work.raised[0], usual)

    def _add_floods(self, first: Floats, again: Floats) -> Iterator[tuple[Floats, Floats]]:
        """Many who call, and many who call again."""
        many, more = self._group(first), self._group(again)
        rate = self._past / (FADE_US / 1e6)
        drift = self._times * np.maximum(rate, self._least) * (flood.LOOKED_FOR - 1.0)
        drift *= 60.0 / flood.CLUMPED
        yield self._even(
            np.broadcast_to(-drift, many.shape),
            many * math.log(flood.LOOKED_FOR) / flood.CLUMPED,
        )
        low, high = flood.AGAIN_USUAL, flood.AGAIN_RAISED
        yield self._even(
            many * math.log((1.0 - high) / (1.0 - low)) / flood.AGAIN_CLUMPED,
            more * math.log(high / low) / flood.AGAIN_CLUMPED,
        )
        self._past = self._past * math.exp(-CHUNK * 60e6 / FADE_US) + self._held
        self._held = many.sum(axis=0)

    def _even(self, down: Floats, up: Floats) -> tuple[Floats, Floats]:
        """Where dozens call in a minute what speaks for a flood does not come after all else."""
        whole = down + up
        return (
            np.where(self._local, down, np.minimum(whole, 0.0)),
            np.where(self._local, up, np.maximum(whole, 0.0)),
        )

    def _group(self, cells: Floats) -> Floats:
        """Return minutes x series in which floods are looked for."""
        by_code = cells.reshape(len(cells), -1, len(self.land.numbers))
        by_number = by_code.sum(axis=1)
        whole = by_number.sum(axis=1, keepdims=True)
        return np.concatenate([whole, by_number, by_code.sum(axis=2), cells], axis=1)


def _weigh(well: Floats, missed: Floats, raised: float, usual: Floats) -> tuple[Floats, Floats]:
    """Return the evidence of what went well, and of what did not."""
    return well * np.log((1.0 - raised) / (1.0 - usual)), missed * np.log(raised / usual)
