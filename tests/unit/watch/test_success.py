import math

import numpy as np
import pytest

from route112.watch.success import (
    RAISED_LOCAL,
    RAISED_NETWORK,
    RAISED_WIDE,
    SWING_MORE,
    THRESHOLD_LOCAL,
    THRESHOLD_WIDE,
    allow_swing,
    find_raised,
    find_threshold,
    is_local,
    success_callers,
    success_floor_s,
    success_steps,
)


def steps(callers, failed, usual=0.02, raised=RAISED_WIDE):
    arrays = (np.array([float(value)]) for value in (callers, failed, usual, raised))
    return float(success_steps(*arrays)[0])


def test_a_failure_speaks_for_it_and_a_success_against_it():
    assert steps(1, 1) == pytest.approx(math.log(0.11 / 0.02))
    assert steps(1, 0) == pytest.approx(math.log(0.89 / 0.98))
    assert steps(10, 0) < 0 < steps(10, 1) < steps(10, 2)


def test_the_usual_share_is_no_evidence():
    assert steps(100, 2) < 0
    assert steps(100, 15, usual=0.15) < 0


def test_where_many_fail_anyway_more_is_looked_for():
    assert steps(100, 20, usual=0.1) < steps(100, 20, usual=0.02)
    assert steps(100, 100, usual=0.99) > 0, "a series that always fails can still be seen"


def test_what_it_takes_to_see_the_evening_of_2021():
    """Design: a rise from 2 % to 11 % needs about 138 callers at a threshold of 14."""
    assert success_callers(0.11, 0.02, raised=0.11, threshold=14.0) == pytest.approx(138, abs=1)
    assert success_callers(0.02, 0.02, raised=0.11, threshold=14.0) == math.inf


def test_the_floor_of_a_whole_failure():
    wide = success_floor_s(2.0, 0.02, raised=RAISED_WIDE, threshold=16.0)
    assert wide == pytest.approx(16.0 / math.log(0.11 / 0.02) / 2.0)
    assert success_floor_s(0.0, 0.02, raised=RAISED_LOCAL, threshold=20.0) == math.inf


def test_what_is_looked_for_hangs_on_the_cut():
    cuts = ((), ("number",), ("number", "operator"), ("edge", "site"), ("number", "departement"))
    raised = [find_raised(cut) for cut in cuts]
    assert raised == [RAISED_WIDE, RAISED_WIDE, RAISED_NETWORK, RAISED_NETWORK, RAISED_LOCAL]
    thresholds = [find_threshold(cut) for cut in cuts]
    assert thresholds == [THRESHOLD_WIDE] * 4 + [THRESHOLD_LOCAL]


def test_more_than_usual_may_fail_for_a_while():
    assert allow_swing(0.0) == allow_swing(0.02) == pytest.approx(0.02 * SWING_MORE)
    assert allow_swing(np.array([0.1])) == pytest.approx([0.1 * SWING_MORE])


def test_which_cuts_are_local():
    assert is_local(("number", "departement"))
    assert is_local(("psap",))
    assert not is_local(("number", "operator", "technology"))
