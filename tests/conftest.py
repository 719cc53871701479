"""
How every test runs: Hypothesis judges behaviour, never time, and finds the same examples each run.

A machine under load must not turn a test red, so that there are no deadlines. `ROUTE112_SEEK=1
make unit` looks for examples that no run has tried.

Branch coverage is that of the unit tests, which stand one to one beside the source. All others run
untraced: thousands of examples would take two to three times as long, and cover by chance. So do
those units that play for long and are marked `no_cover`.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

UNITS = Path(__file__).parent / "unit"
BENCHMARKS = UNITS / "benchmarks"
"""Their subjects are no part of the package."""


def pytest_collection_modifyitems(items):
    for item in items:
        if UNITS not in item.path.parents or BENCHMARKS in item.path.parents:
            item.add_marker(pytest.mark.no_cover)


settings.register_profile(
    "route112",
    deadline=None,
    derandomize="ROUTE112_SEEK" not in os.environ,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("route112")
