"""Real components or none of these tests: a machine without them fails, so that nobody is fooled."""

import pytest
from tests.support.machine import require_packages


@pytest.fixture(scope="session", autouse=True)
def machine():
    """Have all that `make setup-dev` installs."""
    require_packages()
