import pytest
from tests.support.watched import Plan

from route112.apps.watch.names import Names


@pytest.mark.parametrize("dialled", ["999", "+33639981234", "urn:service:sos.nobody", "\x1b[2J"])
def test_what_the_plan_does_not_know_is_not_repeated(dialled):
    """An operator may write a caller's own number there."""
    assert Names(Plan()).mean(dialled) == "other"


def test_what_names_nothing_is_empty():
    assert Names(Plan()).mean("") == ""
    assert Names(Plan()).mean("urn:service:TEST.sos.fire") == "urn:service:test.sos"
    assert Names(Plan()).place("00000") == ""
