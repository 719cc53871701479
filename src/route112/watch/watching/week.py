"""Where in its week a country is: its own clock, its own holidays."""

import datetime as dt
from collections.abc import Callable

from route112.model.holidays import Holidays
from route112.watch.baseline import number_hour

_US = 1_000_000
_EPOCH_ORDINAL = dt.date(1970, 1, 1).toordinal()
_DAY_S = 86_400


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
