import json

import pytest

from route112.model import UtcTime
from route112.wire.documents.scenario_time import (
    BYTES_MAX,
    ScenarioTime,
    parse_scenario_time,
    render_scenario_time,
)

VALUE = ScenarioTime(
    scenario="evening",
    wiring="route112",
    starts=UtcTime(1_000_000_000),
    began=UtcTime(9_000_000_000),
    compression=40.0,
)


def test_what_is_written_is_read_again():
    assert parse_scenario_time(render_scenario_time(VALUE)) == VALUE


def test_time_runs_faster_from_the_beginning():
    assert VALUE.read(9_000_000_000) == 1_000_000_000
    assert VALUE.read(9_000_500_000) == 1_020_000_000
    assert VALUE.read(8_999_999_999) is None
    assert VALUE.find_wall(1_020_000_000) == 9_000_500_000


def test_no_instant_is_earlier_than_the_one_that_was_asked_for():
    for scenario_us in range(1_000_000_000, 1_000_000_100):
        assert VALUE.read(VALUE.find_wall(scenario_us)) >= scenario_us


def change(**fields):
    return json.dumps({**json.loads(render_scenario_time(VALUE)), **fields}).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "Expecting"),
        (b"[]", "no scenario time of format 1"),
        (change(format=2), "no scenario time of format 1"),
        (b'{"format": 1}', "a field is missing or wrong"),
        (change(starts_us=None), "a field is missing or wrong"),
        (change(began_us=float("inf")), "a field is missing or wrong"),
        (change(compression=0), "a compression of 0.0"),
        (change(compression=float("nan")), "a compression of nan"),
        (change(scenario="x" * BYTES_MAX), "more than 4,096 bytes"),
    ],
)
def test_what_is_no_such_file(content, message):
    with pytest.raises(ValueError, match=message):
        parse_scenario_time(content)
