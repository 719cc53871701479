"""Where in its week a country is: its own clock, its own holidays."""

import datetime as dt
import re
from collections.abc import Callable, Iterable

from route112.watch.baseline import number_hour

_US = 1_000_000
_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_DAY_S = 86_400
_DATE = re.compile(r"(?:([0-9]{4})-)?([0-9]{2})-([0-9]{2})")
_EASTER = re.compile(r"easter([+-][0-9]{1,3})?")


class Holidays:
    """
    Days that are like a Sunday.

    Args:
        entries: `05-01` of each year, `2027-06-14` once, `easter+39` days after Easter Sunday of
            the western churches; raises ValueError for anything else.
    """

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._days: set[tuple[int, int]] = set()
        self._dates: set[dt.date] = set()
        self._from_easter: set[int] = set()
        for entry in entries:
            self._add(entry)

    def has(self, day: dt.date) -> bool:
        """Tell whether a day is one."""
        return (
            (day.month, day.day) in self._days
            or day in self._dates
            or (day - find_easter(day.year)).days in self._from_easter
        )

    def _add(self, entry: str) -> None:
        if found := _EASTER.fullmatch(entry):
            self._from_easter.add(int(found[1] or 0))
        elif found := _DATE.fullmatch(entry):
            # 2000 has a 29 February.
            day = dt.date(int(found[1] or 2000), int(found[2]), int(found[3]))
            if found[1]:
                self._dates.add(day)
            else:
                self._days.add((day.month, day.day))
        else:
            raise ValueError(f"{entry!r} is no holiday: write 05-01, 2027-06-14 or easter+39")


class Week:
    """
    Hours of the week of a country.

    Args:
        offset_s: seconds that the country's clock is ahead of UTC, at a time in microseconds.
    """

    def __init__(self, offset_s: Callable[[int], int], holidays: Holidays) -> None:
        self._offset_s = offset_s
        self._holidays = holidays
        self._known: tuple[int, int] = (-1, 0)

    def hour_of(self, now_us: int) -> int:
        """Return the hour of the week, 0 for Monday midnight; a holiday is a Sunday."""
        local_s = now_us // _US + self._offset_s(now_us)
        days, second = divmod(local_s, _DAY_S)
        hours = local_s // 3_600
        if self._known[0] != hours:
            day = dt.date.fromordinal(_EPOCH_ORDINAL + days)
            hour = number_hour(day.weekday(), second // 3_600, is_holiday=self._holidays.has(day))
            self._known = (hours, hour)
        return self._known[1]


def find_easter(year: int) -> dt.date:
    """Return Easter Sunday of the Gregorian calendar (the rule of Meeus, Jones and Butcher)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leaps, left = divmod(century, 4)
    shift = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leaps - shift + 15) % 30
    quarter, years = divmod(rest, 4)
    sunday = (32 + 2 * left + 2 * quarter - moon - years) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return dt.date(year, month, day + 1)
