import dataclasses
from typing import get_args

import pytest

from route112.change import JOURNAL, parse_journal, render_event
from route112.change.events import (
    ALARM_CHARS_MAX,
    ALARMS_MAX,
    CAUSE_CHARS_MAX,
    Event,
    Frozen,
    TurnedBack,
    cut_cause,
    name_alarms,
)


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_an_event_has_a_time_and_fields_that_a_line_can_hold(kind):
    fields = dataclasses.fields(kind)
    assert fields[0].name == "at_us"
    assert {field.type for field in fields} <= {int, str, tuple[str, ...]}
    assert all(field.default is dataclasses.MISSING for field in fields)
    assert len({field.name for field in fields} & {"n", "t", "sha256"}) == 0


def test_whatever_alarms_say_a_line_takes_it():
    alarms = ("12: site-1, site-2, edge-1", "", ",", *["\U0001f4a5" * 200] * 20)
    named = name_alarms(alarms)
    assert named[:2] == ("12: site-1; site-2; edge-1", ";")
    assert (len(named), len(named[-1])) == (ALARMS_MAX, ALARM_CHARS_MAX)
    event = Frozen(at_us=1, change="c" * 64, alarms=named)
    line, _ = render_event(event, JOURNAL)
    assert parse_journal(line).events == (event,)


def test_whatever_a_cause_says_a_line_takes_it():
    cause = cut_cause("\U0001f4a5" * 20_000)
    assert len(cause) == CAUSE_CHARS_MAX
    event = TurnedBack(at_us=1, change="c" * 64, cause=cause, author="")
    line, _ = render_event(event, JOURNAL)
    assert parse_journal(line).events == (event,)
