import math
import random

import pytest

from route112.watch.detectors.budget import DETECTOR_SHARE, FALSE_PER_WEEK, find_threshold
from route112.watch.detectors.evidence import Evidence


def test_ten_times_the_tests_take_2_3_more_evidence():
    assert find_threshold(1e6, share=1.0) == pytest.approx(math.log(1e6))
    assert find_threshold(1e7) - find_threshold(1e6) == pytest.approx(math.log(10.0))
    assert 5 * DETECTOR_SHARE * FALSE_PER_WEEK <= 0.5, "the other half is for the rates"


def test_so_many_tests_give_no_more_false_alarms_than_were_asked_for():
    tests, allowed = 100_000, 20.0
    threshold = find_threshold(tests, share=allowed)
    rng, alarms = random.Random(3), 0
    low, high = 0.03, 0.25
    evidence = Evidence()
    for _ in range(tests):
        failed = rng.random() < low
        step = math.log(high / low if failed else (1.0 - high) / (1.0 - low))
        evidence.add(step, now_us=0, threshold=threshold)
        if evidence.is_open:
            alarms += 1
            evidence = Evidence()
    assert 0 < alarms <= allowed
