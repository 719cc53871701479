"""
How sure a detector has to be before it says anything: one calculation for all of them.

A sum of evidence (`evidence`) to which `n` tests are added crosses `h` by chance at most about
`n * exp(-h)` times, however many sums these tests are dealt to: each test can begin a crossing,
and a likelihood ratio reaches `exp(h)` with a chance of at most `exp(-h)`. So what counts is how
many tests all series together are given in a week (Bonferroni), and

    h = ln(tests of a week / false alarms of a week)

A country may have one false alarm a week. Half of it is for droughts and failures (`rates`), a
tenth for each of the five detectors here.
"""

import math

FALSE_PER_WEEK = 1.0
"""False alarms a week that a country may have, of all detectors together."""
DETECTOR_SHARE = 0.1
"""Part of them that each of flood, grey, divergence, slow and stale may make."""
CALLS_PER_WEEK = 1_300_000.0
"""Calls of a country in a week: 186,000 a day, an ordinary day of France. Ten times as many would
make ten times as many false alarms, or take 2.3 more evidence."""
WEEK_S = 604_800.0


def find_threshold(tests_per_week: float, *, share: float = DETECTOR_SHARE) -> float:
    """Return the evidence at which so many tests a week give their share of false alarms."""
    return math.log(tests_per_week / (FALSE_PER_WEEK * share))
