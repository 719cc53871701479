"""
Calls come and more of them fail than usual: the steps of the sequential test, and its floor.

What is counted are callers, each once in two minutes: whoever failed tries again, and his retries
say nothing new. The test asks whether the usual share fails, or at least the share that was lost
on the evening of 2021. Mass cannot hide it: each number, operator, technology, path and
destination has a sum of its own.
"""

import math

import numpy as np

from route112.watch.cusum import Floats

THRESHOLD_WIDE = 18.0
THRESHOLD_LOCAL = 20.0
"""Of the sum of evidence, in series of the whole country, and of one place or destination."""
LOCAL = frozenset({"departement", "psap", "trunk"})
"""Dimensions of one place or destination."""
CALLER_US = 120_000_000
"""Attempts of one caller for one number within this time are one caller."""
USUAL_MIN = 0.02
"""A share of failures below this one is taken as this: few series know theirs better."""
SWING_MORE = 1.25
"""So many times the usual share fails in hours in which nothing is wrong."""
RAISED_WIDE = 0.11
"""Share of failures that is looked for in the country and its numbers: what was lost in 2021."""
RAISED_NETWORK = 0.2
"""The same in series of an operator, a technology, an edge or a site: their share swings more."""
RAISED_LOCAL = 0.5
"""The same in series of one place or destination: few calls, of which faults take most."""
RAISED_TIMES = 3.0
"""Where many fail at any time it is looked for so many times as much."""
RAISED_MAX = 0.9


def success_steps(callers: Floats, failed: Floats, usual: Floats, raised: Floats) -> Floats:
    """
    Return the evidence of one look: positive where more callers failed than use to.

    Args:
        callers: that tried; `failed` of them did not get through; same shapes.
        usual: share that fails when all is well, from the history of the series.
        raised: share that is looked for: RAISED_WIDE or RAISED_LOCAL.
    """
    low = np.clip(usual, USUAL_MIN, RAISED_MAX / RAISED_TIMES)
    high = np.maximum(raised, np.minimum(low * RAISED_TIMES, RAISED_MAX))
    passed = callers - failed
    steps = failed * np.log(high / low) + passed * np.log((1.0 - high) / (1.0 - low))
    return np.asarray(steps)


def success_floor_s(rate_per_s: float, usual: float, *, raised: float, threshold: float) -> float:
    """Return how long it takes to show that all callers of this usual rate fail."""
    callers = success_callers(1.0, usual, raised=raised, threshold=threshold)
    return callers / rate_per_s if rate_per_s > 0.0 else math.inf


def success_callers(share: float, usual: float, *, raised: float, threshold: float) -> float:
    """Return how many callers it takes, on average, to show that this share of them fails."""
    one = np.array([1.0])
    step = float(success_steps(one, one * share, one * usual, one * raised)[0])
    return threshold / step if step > 0.0 else math.inf


def allow_swing(usual: Floats | float) -> Floats:
    """Return which share may fail when all is well: more than usual, for a while."""
    return np.asarray(np.maximum(usual, USUAL_MIN) * SWING_MORE)


def find_raised(dimensions: tuple[str, ...]) -> float:
    """Return the share that is looked for in series of a cut."""
    if is_local(dimensions):
        return RAISED_LOCAL
    return RAISED_WIDE if frozenset(dimensions) <= {"number"} else RAISED_NETWORK


def find_threshold(dimensions: tuple[str, ...]) -> float:
    """Return the threshold of series of a cut."""
    return THRESHOLD_LOCAL if is_local(dimensions) else THRESHOLD_WIDE


def is_local(dimensions: tuple[str, ...]) -> bool:
    """Tell whether a cut is of one place or destination."""
    return bool(LOCAL & frozenset(dimensions))
