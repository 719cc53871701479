"""How late records come, for whoever compares clocks."""

from collections.abc import Iterable, Sequence

from route112.adapters.record_feed import Feed
from route112.apps.watch.following.owners import Owners
from route112.watch.calls.joining import PROBE
from route112.watch.upkeep.clocks import ClockWatch
from route112.wire.record_lines import Record

AWAKE_US = 10_000_000
"""Who stood still for longer does not know how late records are that it finds then."""


class Lateness:
    """Looks at what has been written since the last step, and by the station that it names."""

    def __init__(self, clocks: ClockWatch, feed: Feed, owners: Owners) -> None:
        self._clocks = clocks
        self._feed = feed
        self._owners = owners
        self._stepped_us = 0

    def look(self, rounds: Iterable[tuple[str, Sequence[Record]]], now_us: int) -> None:
        """Say how late what has been written since the last step is."""
        was_awake = 0 <= now_us - self._stepped_us <= AWAKE_US
        self._stepped_us = now_us
        if not was_awake:
            return
        for source, records in rounds:
            newest = {
                record.get("site"): record.time_us
                for record in records
                if record.kind != PROBE and self._owners.names_itself(source, record)
            }
            for station, time_us in newest.items():
                if self._feed.is_fresh(source) and station and time_us:
                    self._clocks.note_arrival(station, now_us - time_us)
