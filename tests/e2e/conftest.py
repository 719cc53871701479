"""
Real components or none of these tests: a machine without them fails, so that nobody is fooled.

Addresses are fixed, so each of several workers has a network of its own. Tests marked `alone`
measure calls under load: they have the machine for themselves (see `make test`).
"""

import os
import signal

import pytest
from tests.support.machine import require_packages
from tests.support.namespaces import leave_network


def pytest_configure():
    # A shell's background run ignores Ctrl-C, and what it starts would ignore it too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "PYTEST_XDIST_WORKER" in os.environ:
        leave_network()


@pytest.fixture(scope="session", autouse=True)
def machine():
    """Have all that `make setup-dev` installs."""
    require_packages()
