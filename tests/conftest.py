"""
How every test runs: Hypothesis judges behaviour, never time, and finds the same examples each run.

A machine under load must not turn a test red, so that there are no deadlines. `ROUTE112_SEEK=1
make unit` looks for examples that no run has tried.

Branch coverage is that of the unit tests, which stand one to one beside the source. All others run
untraced: thousands of examples would take two to three times as long, and cover by chance.
"""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

TRACED = Path(__file__).parent / "unit"


def pytest_collection_modifyitems(items):
    for item in items:
        if TRACED not in item.path.parents:
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
