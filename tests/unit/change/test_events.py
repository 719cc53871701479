import dataclasses
from typing import get_args

import pytest

from route112.change.events import Event


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_an_event_has_a_time_and_fields_that_a_line_can_hold(kind):
    fields = dataclasses.fields(kind)
    assert fields[0].name == "at_us"
    assert {field.type for field in fields} <= {int, str, tuple[str, ...]}
    assert all(field.default is dataclasses.MISSING for field in fields)
    assert len({field.name for field in fields} & {"n", "t", "sha256"}) == 0
