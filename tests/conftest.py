"""
How every test runs: Hypothesis judges behaviour, never time, and finds the same examples each run.

A machine under load must not turn a test red, so that there are no deadlines. `HYPOTHESIS_SEED`
looks for other examples: `HYPOTHESIS_SEED=7 make unit`.
"""

import os

from hypothesis import HealthCheck, settings

SEEKING = "HYPOTHESIS_SEED" in os.environ

settings.register_profile(
    "route112",
    deadline=None,
    derandomize=not SEEKING,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("route112")
