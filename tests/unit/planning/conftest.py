import pytest

from route112.model import Problem


@pytest.fixture
def make_problem():
    def make(severity, **changes):
        values = {"code": "made", "message": "made", "remedy": "none", "file": "f"}
        return Problem(severity=severity, **(values | changes))

    return make
