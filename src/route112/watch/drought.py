"""
Calls stopped coming: the steps of the sequential test, and its floor.

What is counted are *places*: distinct pairs of commune and number within two minutes, since one
accident brings many calls, and calls that hang together say nothing new. Places come almost
independently, so that the time until one comes is what a Poisson process says. The test asks
whether they come at their usual rate or at a tenth of it.

The usual rate is known only so well. Rates swing by themselves from hour to hour, so that every
series is given a part off (`SWING_LEFT`); a series of few calls is given the benefit of its short
history; and in an hour in which the whole country is quiet its parts may be, too.
"""

import math

import numpy as np

from route112.watch.cusum import Floats

THRESHOLD = 16.0
"""Of the sum of evidence. With `success` it makes less than one false alarm a week for a country:
benchmarks/false_alarms.py prints what other values would do."""
PLACE_US = 120_000_000
"""Calls of one commune for one number within this time are one place."""
LEFT = 0.1
"""Part of the usual rate that a drought leaves."""
STEP_SEEN = math.log(1.0 / LEFT)
"""What one place takes away from the sum."""
SWING_LEFT = 0.75
"""Part of its usual rate that a series has even when it swings low."""
DOUBT = 1.65
"""Standard errors of its own rate that a series is given."""
MODULATION_SECONDS = 1_800
"""How far back the country's present rate is measured."""
MODULATION_MIN, MODULATION_MAX = 0.5, 1.0
"""What the country does at this hour counts for its parts when it is less than usual."""


def drought_steps(lowered: Floats, seen: Floats) -> Floats:
    """
    Return the evidence of one look: positive where fewer places came than use to.

    Args:
        lowered: usual number of places with all doubts taken off: `lower_expected`.
        seen: number that came; same shape.
    """
    return np.asarray(lowered * (1.0 - LEFT) - seen * STEP_SEEN)


def lower_expected(expected: Floats, history: Floats, modulation: Floats | float = 1.0) -> Floats:
    """
    Take off what is expected all that may be no drought.

    Args:
        expected: usual number of places.
        history: places that the usual was learned from; of the same shape, or one that fits.
        modulation: what the parent has of its own usual now: `modulate`.
    """
    doubt = 1.0 + DOUBT / np.sqrt(np.maximum(history, 1.0))
    return np.asarray(expected * SWING_LEFT * modulation / doubt)


def modulate(seen: Floats, expected: Floats) -> Floats:
    """Return which part of the usual the parents have had lately, within bounds."""
    share = seen / np.maximum(expected, 1e-9)
    return np.asarray(np.clip(share, MODULATION_MIN, MODULATION_MAX))


def drought_floor_s(rate_per_s: float, history: float, *, threshold: float = THRESHOLD) -> float:
    """Return how long a complete silence takes to show, at this usual rate of places."""
    lowered = float(lower_expected(np.array(rate_per_s), np.array(history)))
    step = lowered * (1.0 - LEFT)
    return threshold / step if step > 0.0 else math.inf
