"""Days that are like a Sunday, by the calendar of a country."""

import datetime as dt
import re
from typing import Iterable

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
