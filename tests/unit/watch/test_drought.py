import math

import numpy as np
import pytest

from route112.watch.drought import (
    MODULATION_MIN,
    SWING_LEFT,
    THRESHOLD,
    drought_floor_s,
    drought_steps,
    lower_expected,
    modulate,
)


def test_silence_speaks_for_a_drought_and_a_place_against_it():
    steps = drought_steps(np.array([1.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0]))
    assert steps[0] == pytest.approx(0.9)
    assert steps[1] == pytest.approx(0.9 - math.log(10))
    assert steps[2] == pytest.approx(-math.log(10))


def test_the_steps_are_the_logarithm_of_a_ratio_of_likelihoods():
    """Of a Poisson process at a tenth of its rate, against one at its rate."""

    def likelihood(rate, seen):
        return rate**seen * math.exp(-rate) / math.factorial(seen)

    for seen in range(5):
        ratio = math.log(likelihood(0.3, seen) / likelihood(3.0, seen))
        assert drought_steps(np.array([3.0]), np.array([seen]))[0] == pytest.approx(ratio)


def test_a_short_history_lowers_what_is_expected():
    lowered = lower_expected(np.array([10.0, 10.0, 10.0]), np.array([0.0, 100.0, 1e12]))
    assert lowered[0] < lowered[1] < lowered[2]
    assert lowered[2] == pytest.approx(10.0 * SWING_LEFT, rel=1e-4)


def test_a_quiet_country_lowers_what_its_parts_expect_and_a_busy_one_does_not():
    shares = modulate(np.array([70.0, 300.0, 0.0, 5.0]), np.array([100.0, 100.0, 100.0, 0.0]))
    assert list(shares) == [0.7, 1.0, MODULATION_MIN, 1.0]


def test_the_floor_is_the_time_until_silence_reaches_the_threshold():
    floor_s = drought_floor_s(2.0, 1e12)
    bank = 0.0
    for _ in range(math.ceil(floor_s)):
        bank += drought_steps(lower_expected(np.array([2.0]), np.array([1e12])), np.zeros(1))[0]
    assert bank >= THRESHOLD > bank - 2.0
    assert drought_floor_s(0.0, 0.0) == math.inf
