"""
Who calls when: the first calls of a scenario, drawn once and the same for every wiring.

Every draw hangs on the scenario's seed and on the caller, never on what happened before, so that
the same evening can be played twice although the outcomes differ.
"""

import bisect
import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from route112.model import Scenario

CALLER_DIGITS = 8
"""Bulk callers are +999 and so many digits."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that people call from."""

    code: str
    """Code of the commune."""
    weight: float
    """Inhabitants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One first call."""

    at_s: float
    """Scenario seconds."""
    index: int
    """The caller, from 0 in order of time."""
    number: str
    """Dialled."""
    commune: str
    operator: str

    @property
    def caller(self) -> str:
        """The number that the caller calls from."""
        return f"+999{self.index:0{CALLER_DIGITS}d}"


LEVEL = 1e-9
"""Part of a rate below which two rates count as equal."""


class _Draw:
    """Draws one of some things by weight."""

    def __init__(self, weights: Sequence[float]) -> None:
        self._sums = list(itertools.accumulate(weights))

    def index(self, chance: float) -> int:
        """Return the index for a number from 0 to 1."""
        found = bisect.bisect_right(self._sums, chance * self._sums[-1])
        return min(found, len(self._sums) - 1)


def list_arrivals(
    scenario: Scenario, places: Sequence[Place], *, calls: int | None = None
) -> Iterator[Arrival]:
    """
    Yield first calls in order of time; `calls` instead of the scenario's own count.

    Raises: ValueError when there is no place to call from.
    """
    if not places:
        raise ValueError("there is no place to call from")
    count = scenario.calls if calls is None else calls
    moments = _spread(scenario, count)
    rng = random.Random(scenario.seed)  # noqa: S311  the same evening twice, no secret
    numbers = _Draw([share for _, share in scenario.numbers])
    operators = _Draw([share for _, share in scenario.operators])
    grounds = _Draw([place.weight for place in places])
    for index, at_s in enumerate(moments):
        yield Arrival(
            at_s=at_s,
            index=index,
            number=scenario.numbers[numbers.index(rng.random())][0],
            commune=places[grounds.index(rng.random())].code,
            operator=scenario.operators[operators.index(rng.random())][0],
        )


def draw_wait(scenario: Scenario, arrival: Arrival, *, tries: int) -> float | None:
    """
    Return after how many scenario seconds a caller dials again who has tried `tries` times.

    None: the caller gives up. The same question has the same answer in every wiring.
    """
    rule = scenario.retries
    if tries > rule.most:
        return None
    rng = random.Random(f"{scenario.seed}/{arrival.index}/{tries}")  # noqa: S311  the same evening twice, no secret
    if rng.random() >= rule.share:
        return None
    return rng.uniform(*rule.after_s)


def _spread(scenario: Scenario, count: int) -> list[float]:
    """
    Place `count` instants so that their density follows the profile, ascending.

    Each call has its own slice of the whole, and a chance place within it: as even as a profile,
    as uneven as people.
    """
    sums = list(_accumulate(scenario))
    total = sums[-1][1]
    rng = random.Random(f"{scenario.seed}/moments")  # noqa: S311  the same evening twice, no secret
    moments = []
    segment = 0
    for index in range(count):
        area = (index + rng.random()) / count * total
        while sums[segment + 1][1] < area:
            segment += 1
        moments.append(_solve(sums[segment], sums[segment + 1], area))
    return moments


def _accumulate(scenario: Scenario) -> Iterator[tuple[float, float, float]]:
    """Yield (second, calls up to it, rate at it); the ends of the profile go on level."""
    points = list(scenario.profile)
    if points[0][0] > 0:
        points.insert(0, (0.0, points[0][1]))
    if points[-1][0] < scenario.length_s:
        points.append((scenario.length_s, points[-1][1]))
    area = 0.0
    last_s, last_rate = points[0]
    yield last_s, area, last_rate
    for at_s, rate in points[1:]:
        area += (at_s - last_s) * (rate + last_rate) / 2
        yield at_s, area, rate
        last_s, last_rate = at_s, rate


def _solve(
    begin: tuple[float, float, float], end: tuple[float, float, float], area: float
) -> float:
    """Return the second at which the sum of a straight piece reaches `area`."""
    begin_s, begin_area, begin_rate = begin
    end_s, _, end_rate = end
    length_s = end_s - begin_s
    slope = (end_rate - begin_rate) / length_s
    wanted = area - begin_area
    if abs(slope) * length_s < LEVEL * max(begin_rate, end_rate):
        return min(end_s, begin_s + wanted / begin_rate)
    root = math.sqrt(max(0.0, begin_rate**2 + 2 * slope * wanted))
    return min(end_s, max(begin_s, begin_s + (root - begin_rate) / slope))
