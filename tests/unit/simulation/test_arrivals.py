from collections import Counter
from dataclasses import replace

import pytest

from route112.model import Retries, Scenario, UtcTime
from route112.simulation.arrivals import Place, draw_wait, list_arrivals

SCENARIO = Scenario(
    name="evening",
    title="An evening",
    starts=UtcTime(0),
    ends=UtcTime(3_600_000_000),
    seed=3,
    calls=20_000,
    profile=((0.0, 1.0), (1800.0, 3.0)),
    numbers=(("15", 3.0), ("17", 1.0), ("18", 0.0)),
    operators=(("bruyere", 1.0), ("dolmen", 1.0)),
    retries=Retries(share=0.5, after_s=(10.0, 20.0), most=2),
)
PLACES = (Place("29019", 9.0), Place("29103", 1.0))


def test_calls_come_in_order_and_follow_the_profile():
    calls = list(list_arrivals(SCENARIO, PLACES))
    assert len(calls) == 20_000
    times = [call.at_s for call in calls]
    assert times == sorted(times)
    assert 0 <= times[0] < times[-1] <= 3600
    # 1 to 3 over the first half, 3 over the second: areas 2 and 3.
    assert sum(at_s < 1800 for at_s in times) == pytest.approx(8_000, abs=2)
    # Of the first half, the first quarter has (1 + 2) / 2 of 2 * 2.
    assert sum(at_s < 900 for at_s in times) == pytest.approx(3_000, abs=2)


def test_shares_are_kept():
    calls = list(list_arrivals(SCENARIO, PLACES))
    numbers = Counter(call.number for call in calls)
    assert set(numbers) == {"15", "17"}
    assert numbers["15"] == pytest.approx(15_000, rel=0.03)
    assert Counter(call.operator for call in calls)["dolmen"] == pytest.approx(10_000, rel=0.03)
    assert Counter(call.commune for call in calls)["29019"] == pytest.approx(18_000, rel=0.02)


def test_the_same_seed_is_the_same_evening():
    first = list(list_arrivals(SCENARIO, PLACES, calls=100))
    assert first == list(list_arrivals(SCENARIO, PLACES, calls=100))
    assert first != list(list_arrivals(replace(SCENARIO, seed=4), PLACES, calls=100))
    assert len({call.caller for call in first}) == 100
    assert first[7].caller == "+99900000007"


def test_a_caller_dials_again_or_not_whatever_the_wiring():
    calls = list(list_arrivals(SCENARIO, PLACES, calls=2_000))
    waits = [draw_wait(SCENARIO, call, tries=1) for call in calls]
    assert waits == [draw_wait(SCENARIO, call, tries=1) for call in calls]
    again = [wait for wait in waits if wait is not None]
    assert len(again) == pytest.approx(1_000, rel=0.1)
    assert 10 <= min(again) < 11
    assert 19 < max(again) <= 20
    assert all(draw_wait(SCENARIO, call, tries=3) is None for call in calls)
    assert [draw_wait(SCENARIO, call, tries=2) for call in calls] != waits


def test_a_profile_that_falls_to_nothing():
    falling = replace(SCENARIO, profile=((0.0, 2.0), (3600.0, 0.0)))
    times = [call.at_s for call in list_arrivals(falling, PLACES)]
    assert times == sorted(times)
    assert sum(at_s < 1800 for at_s in times) == pytest.approx(15_000, abs=2)
    late = replace(SCENARIO, profile=((1800.0, 0.0), (1801.0, 5.0)))
    assert all(call.at_s >= 1800 for call in list_arrivals(late, PLACES, calls=50))


def test_nowhere_to_call_from():
    with pytest.raises(ValueError, match="no place to call from"):
        next(list_arrivals(SCENARIO, ()))
