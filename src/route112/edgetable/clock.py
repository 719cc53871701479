"""
Opening hours on a departement's own clock: which minute it is, and when hours open or close next.

Source: docs/formats/snapshot.md, sections hour_spans and utc_offsets; docs/decisions/0002.
"""

from route112.model import Hours, UtcTime
from route112.snapshot.reader import Snapshot

_US_PER_S = 1_000_000
_WEEK_S = 7 * 86_400
_FIRST_DAY_S = 3 * 86_400
"""1970 began on a Thursday, three days after a Monday."""


class LocalWeek:
    """One departement's clock at one instant."""

    def __init__(self, snapshot: Snapshot, departement: int, *, now: UtcTime) -> None:
        self._now_s = now // _US_PER_S
        local_s = self._now_s + snapshot.offset_s(departement, now)
        self._second = (local_s + _FIRST_DAY_S) % _WEEK_S
        run = snapshot.records.run("departements", "offsets", departement)
        changes = snapshot.records.columns["utc_offsets"]["from_s"][run.start : run.stop]
        self._clock_change_s = min((at for at in changes if at > self._now_s), default=None)

    def is_open(self, hours: Hours) -> bool:
        """Tell whether hours hold at this minute."""
        return hours.covers(self._second // 60)

    def find_change(self, hours: Hours) -> UtcTime:
        """Return the next instant at which hours may open or close, or the clock changes."""
        edges_s = {minute * 60 % _WEEK_S for span in hours.spans for minute in span}
        # An edge that stands at this very second comes round in a week.
        wait_s = min((edge - self._second - 1) % _WEEK_S + 1 for edge in edges_s)
        change_s = self._now_s + wait_s
        if self._clock_change_s is not None:
            change_s = min(change_s, self._clock_change_s)
        return UtcTime(change_s * _US_PER_S)
