"""
Records of many sources as one stream, no source far ahead of another.

A source is a records folder, or whatever else gives records in the order in which one writer wrote
them. After a pause there is a backlog: it is read in rounds, a bounded piece of each source, and
the time up to which all sources have been read is told, so that nobody takes a call for ended
before both of its sides have been read.

A source that comes back from far behind, or is read more slowly than it is written, is waited for
by nobody: time goes on and never back, the others are read on, and it counts as missing until all
that it has was read.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from route112.wire.record_lines import Record

ROUND_RECORDS_MAX = 2_000
"""Records of one source in a round."""
ALL_RECORDS_MAX = 4_000
"""Records of all sources in a round: whoever else writes into the store waits for it."""
SHARE_MIN = 100
"""Records that each source may have in a round, however many sources there are."""
AHEAD_US = 10_000_000
"""A source waits when it is this far ahead of one that has a backlog."""
BEHIND_US = 30_000_000
"""A source so far behind the time that was told, or that falls back so far, holds nobody up."""
SOURCES_MAX = 1_000
"""Sources followed at once; a country has some dozens of stations."""


class RecordSource(Protocol):
    """Where records come from."""

    @property
    def name(self) -> str:
        """What positions are kept under."""

    def read(self, count_max: int) -> Sequence[Record]:
        """
        Return the next records, in order; fewer than `count_max`: there are no more for now.

        Raises: OSError, ValueError; what was not returned comes the next time.
        """


@dataclass(slots=True)
class _Followed:
    """A source, and how far it has been read."""

    source: RecordSource
    last_us: int = 0
    has_backlog: bool = False
    is_even: bool = False
    """All that it had was read the last time: what comes now has been written since."""
    is_behind: bool = False
    """Nobody waits for it, until all that it has was read."""
    lag_us: int | None = None
    """How far it was behind the clock at the least, since its backlog began or it had to wait."""
    trouble: str = ""
    """What has been said of it, so that it is said once."""

    @property
    def bounds(self) -> bool:
        """Whether the others wait for it."""
        return self.has_backlog and not self.is_behind


class Feed:
    """
    Reads sources in rounds.

    Args:
        complain: told once of each source that cannot be read, or is far behind, and once when
            that is over.
        told_us: the last time that another feed told of these sources.
    """

    def __init__(self, complain: Callable[[str], None], *, told_us: int = 0) -> None:
        self._complain = complain
        self._told_us = told_us
        self._asked_us = 0
        self._followed: dict[str, _Followed] = {}
        self._fresh: set[str] = set()

    def add(self, source: RecordSource) -> bool:
        """Follow a source; return False where one of its name is followed already."""
        if source.name in self._followed:
            return False
        if len(self._followed) >= SOURCES_MAX:
            raise ValueError(f"more than {SOURCES_MAX} sources")
        self._followed[source.name] = _Followed(source)
        return True

    def list_names(self) -> list[str]:
        """List the names of all sources."""
        return list(self._followed)

    def is_there(self, name: str) -> bool:
        """Tell whether a source is followed and can be read."""
        return name in self._followed and not self._followed[name].trouble

    def list_missing(self) -> list[str]:
        """List the names of sources that cannot be read, or of which only the past is known."""
        return [name for name, each in self._followed.items() if each.trouble or each.is_behind]

    def list_trouble(self) -> list[str]:
        """Say which sources cannot be read, and why."""
        return [each.trouble for each in self._followed.values() if each.trouble]

    def read_round(self) -> Iterator[tuple[str, Sequence[Record]]]:
        """Yield the next records of each source that has some, with the source's name."""
        slow = [each.last_us for each in self._followed.values() if each.bounds]
        until_us = min(slow) + AHEAD_US if slow else None
        self._fresh.clear()
        for name, followed in list(self._followed.items()):
            if until_us is not None and followed.last_us > until_us:
                followed.lag_us = None
                continue
            was_even = followed.is_even
            records = self._read(name, followed)
            if records:
                if was_even:
                    self._fresh.add(name)
                yield name, records

    def is_fresh(self, name: str) -> bool:
        """Tell whether a source's records of the last round were written since the one before."""
        return name in self._fresh

    def tell_time(self, now_us: int) -> int:
        """
        Return up to when all that are not far behind have been read: never less than before.

        Args:
            now_us: wall clock, before the last round.
        """
        # Whoever reads has stood still himself: nobody is slower than he.
        stood_still = now_us - self._asked_us > BEHIND_US
        self._asked_us = now_us
        for name, each in self._followed.items():
            lag_us = now_us - each.last_us
            if stood_still or not each.has_backlog or each.lag_us is None:
                each.lag_us = lag_us if each.has_backlog else None
                continue
            each.lag_us = min(each.lag_us, lag_us)
            if lag_us > each.lag_us + BEHIND_US:
                self._leave_behind(name, each)
        slow = [each.last_us for each in self._followed.values() if each.bounds]
        self._told_us = max(self._told_us, min([now_us, *slow]))
        return self._told_us

    def move_clock(self, by_us: int) -> None:
        """Take a step of the clock that time is told by."""
        self._told_us += by_us
        self._asked_us += by_us
        for each in self._followed.values():
            each.lag_us = None if each.lag_us is None else each.lag_us + by_us

    @property
    def has_backlog(self) -> bool:
        """Whether a source has more than the last round took."""
        return any(each.has_backlog for each in self._followed.values())

    def _read(self, name: str, followed: _Followed) -> Sequence[Record]:
        share = max(SHARE_MIN, ALL_RECORDS_MAX // len(self._followed))
        share = min(ROUND_RECORDS_MAX, share)
        try:
            records = followed.source.read(share)
        except (OSError, ValueError) as error:
            # What one station wrote must end watch for no other one.
            followed.has_backlog = followed.is_even = followed.is_behind = False
            why = error.strerror if isinstance(error, OSError) else None
            trouble = f"{name} cannot be read: {why or error}"
            if trouble != followed.trouble:
                followed.trouble = trouble
                self._complain(f"{trouble}; the others are followed on")
            return ()
        if followed.trouble:
            followed.trouble = ""
            self._complain(f"{name} is there again")
        followed.has_backlog = len(records) >= share
        followed.is_even = not followed.has_backlog
        followed.last_us = max([followed.last_us, *(record.time_us for record in records)])
        if followed.has_backlog and followed.last_us < self._told_us - BEHIND_US:
            self._leave_behind(name, followed)
        elif followed.is_behind and not followed.has_backlog:
            followed.is_behind = False
            self._complain(f"{name} is behind no more")
        return records

    def _leave_behind(self, name: str, followed: _Followed) -> None:
        """Have nobody wait for a source."""
        if not followed.is_behind:
            followed.is_behind = True
            self._complain(f"{name} is far behind; it is read on, and nobody waits for it")
