import datetime as dt

import pytest

from route112.model.holidays import Holidays, find_easter

ENTRIES = ["05-01", "easter+39", "2027-06-14", "02-29", "easter"]


@pytest.mark.parametrize(
    "day", ["2021-04-04", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2038-04-25"]
)
def test_easter(day):
    assert find_easter(int(day[:4])) == dt.date.fromisoformat(day)


@pytest.mark.parametrize("day", ["2027-05-01", "2026-05-14", "2027-06-14", "2028-02-29"])
def test_a_holiday(day):
    assert Holidays(ENTRIES).has(dt.date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-06-14", "2026-05-15", "2026-04-06"])
def test_no_holiday(day):
    assert not Holidays(ENTRIES).has(dt.date.fromisoformat(day))


@pytest.mark.parametrize("entry", ["", "1 May", "13-01", "02-30", "2027-02-29", "easter+", "5-1"])
def test_what_is_no_day_is_refused(entry):
    with pytest.raises(ValueError):
        Holidays([entry])
