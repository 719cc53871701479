"""
How every test runs: Hypothesis judges behaviour, never time, and finds the same examples each run.

A machine under load must not turn a test red, so that there are no deadlines. `ROUTE112_SEEK=1
make unit` looks for examples that no run has tried.
"""

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "route112",
    deadline=None,
    derandomize="ROUTE112_SEEK" not in os.environ,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("route112")
