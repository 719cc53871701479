"""
Clocks: whose is another one than everybody else's, and what cannot be told.

Nobody waits for a clock and no call depends on one, but call-back times, hours and alarms do. Two
things are known without asking anybody:

- *between an edge and a site*: a call that was passed on bounds the difference of the two clocks
  from both sides (`telling`), whatever way the records come. Whoever of the two agrees with
  nobody, while the other agrees with somebody, is wrong; where neither has such a witness, the
  pair is told and not which of them it is;
- *between a station and this machine*: a record that arrives before its own time proves that one
  of the two clocks is wrong. One that arrives late proves nothing: its clock is behind, or its
  records are shipped late. Where calls show that its clock agrees with another station's that is
  not late, it is the shipping. Where most stations are wrong in one way it is this machine.

A station that writes nothing tells nothing. Times are those of the wall clock.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from route112.watch.detectors.stale import Deviation
from route112.watch.detectors.trials import Pair
from route112.watch.series import Series
from route112.watch.values import SeenCall, SeenClock

APART_US = 2_000_000
"""Two clocks are apart by more; time servers keep them within some milliseconds."""
LATE_US = 60_000_000
"""Records of a station that arrive later than this, all of them, are late."""
CALLS = 3
"""Calls on end that have to say the same of a pair, and records of a station."""
KEPT_US = 600_000_000
"""What was said longer ago counts no more."""
STATIONS_MAX = 1_000
"""Stations that are watched; those met later are not."""
PAIRS_MAX = 10_000
"""Pairs of an edge and a site; the same."""
MOST = 0.5
"""More than this share of at least two stations wrong in one way: it is this machine."""
_US = 1_000_000


@dataclass(slots=True)
class _Said:
    """What the last calls of a pair said, or the last records of a station."""

    values: deque[int] = field(default_factory=lambda: deque(maxlen=CALLS))
    """Microseconds that the clock is surely off; 0: it may be right."""
    at_us: int = 0

    def add(self, value: int, now_us: int) -> None:
        self.values.append(value)
        self.at_us = now_us

    @property
    def off_us(self) -> int:
        """How far it is off for certain, by all of them; 0 where one says otherwise."""
        if len(self.values) < CALLS or not (min(self.values) > 0 or max(self.values) < 0):
            return 0
        return min(self.values, key=abs)

    @property
    def is_well(self) -> bool:
        return bool(self.values) and not self.off_us


class ClockWatch:
    """
    Compares clocks. Somebody who is given each call, and how late each record is.

    Args:
        edges: names of stations that are edges; all others are sites.
    """

    def __init__(self, edges: frozenset[str]) -> None:
        self._edges = edges
        self._pairs: dict[tuple[str, str], _Said] = {}
        self._arrivals: dict[str, _Said] = {}
        self._now_us = 0

    def note_arrival(self, station: str, late_us: int) -> None:
        """
        Take how long after its own time a record came, that was written since the last look.

        Args:
            station: who wrote it.
            late_us: of the newest one; below 0: it came before its time.
        """
        if station in self._arrivals or len(self._arrivals) < STATIONS_MAX:
            is_off = late_us < -APART_US or late_us > LATE_US
            said = self._arrivals.setdefault(station, _Said())
            said.add(-late_us if is_off else 0, self._now_us)

    def add_arrival(self, call: SeenCall) -> None:
        """Nothing: more is known at its end."""

    def add_end(self, call: SeenCall) -> None:
        """Take what a call says of its stations' clocks; test calls and corrections say it too."""
        for clock in call.clocks:
            pair, off_us = (call.edge, clock.site), _measure(clock)
            if off_us is not None and (pair in self._pairs or len(self._pairs) < PAIRS_MAX):
                self._pairs.setdefault(pair, _Said()).add(off_us, self._now_us)

    def tick(self, time_us: int) -> None:
        """Say what time it is, and forget what is of long ago."""
        self._now_us = max(self._now_us, time_us)
        since_us = self._now_us - KEPT_US
        self._pairs = {pair: said for pair, said in self._pairs.items() if said.at_us >= since_us}
        self._arrivals = {
            name: said for name, said in self._arrivals.items() if said.at_us >= since_us
        }

    def list_deviations(self) -> tuple[Deviation, ...]:
        """List whose clocks are wrong, and what cannot be told apart."""
        wrong = dict(self._list_wrong())
        own = self._judge_own()
        return (
            *(self._tell_wrong(name, off_us) for name, off_us in sorted(wrong.items())),
            *self._list_pairs(wrong),
            *((own,) if own else self._list_arrivals(wrong)),
        )

    def _list_peers(self, station: str) -> Iterator[tuple[str, _Said]]:
        for pair, said in self._pairs.items():
            if station in pair:
                yield pair[pair[0] == station], said

    def _list_wrong(self) -> Iterator[tuple[str, int]]:
        """Yield who agrees with nobody, while somebody that it does not agree with does."""
        witnessed = {name for pair, said in self._pairs.items() if said.is_well for name in pair}
        for (edge, site), said in self._pairs.items():
            if said.off_us and (edge in witnessed) != (site in witnessed):
                yield (site, said.off_us) if edge in witnessed else (edge, -said.off_us)

    def _tell_wrong(self, name: str, off_us: int) -> Deviation:
        peers = [peer for peer, said in self._list_peers(name) if said.off_us]
        return Deviation(
            name="clock",
            said=f"its clock is {_say(off_us)} that of {_name_some(peers)}, by calls that both"
            " had",
            series=Series((self._find_pair(name),)),
            seen=off_us / _US,
            party=self._find_pair(name)[0],
        )

    def _list_pairs(self, wrong: dict[str, int]) -> Iterator[Deviation]:
        """Yield pairs that do not agree, where neither of them is known to be wrong."""
        for (edge, site), said in sorted(self._pairs.items(), key=lambda each: each[0]):
            if said.off_us and edge not in wrong and site not in wrong:
                yield Deviation(
                    name="clocks",
                    said=f"the clock of {site} is {_say(said.off_us)} that of {edge}, by calls"
                    " that both had; which of them is wrong cannot be told from this",
                    series=Series((("edge", edge), ("site", site))),
                    seen=said.off_us / _US,
                )

    def _judge_own(self) -> Deviation | None:
        """Tell whether it is this machine's clock: most stations are wrong in one way."""
        for sign in (1, -1):
            off = [said.off_us for said in self._arrivals.values() if said.off_us * sign > 0]
            if len(off) > 1 and len(off) > MOST * len(self._arrivals):
                least_us = min(off, key=abs)
                late = ", or all records are shipped late" if sign < 0 else ""
                return Deviation(
                    name="watch",
                    said=f"records of {len(off)} of {len(self._arrivals)} stations arrive at least"
                    f" {_say_arrival(least_us)}: the clock of watch's own machine is wrong{late}",
                    series=Series(),
                    seen=least_us / _US,
                )
        return None

    def _list_arrivals(self, wrong: dict[str, int]) -> Iterator[Deviation]:
        for name, said in sorted(self._arrivals.items()):
            if not said.off_us or name in wrong:
                continue
            pair = self._find_pair(name)
            yield Deviation(
                name="arrivals",
                said=f"its records arrive {_say_arrival(said.off_us)}: {self._explain(name)}",
                series=Series((pair,)),
                seen=said.off_us / _US,
                party=pair[0],
            )

    def _explain(self, name: str) -> str:
        """Say what it can be: a clock that agrees with one that is in time is right."""
        if self._arrivals[name].off_us > 0:
            return "its clock is ahead, or that of watch's machine behind"
        for peer, said in self._list_peers(name):
            arrival = self._arrivals.get(peer)
            if said.is_well and arrival is not None and arrival.is_well:
                return f"they are shipped late, since its clock agrees with that of {peer}"
        return "they are shipped late, or its clock is behind; which cannot be told from this"

    def _find_pair(self, name: str) -> Pair:
        return ("edge" if name in self._edges else "site"), name


def _measure(clock: SeenClock) -> int | None:
    """Return how far the site's clock is surely ahead; 0: it may be right; None: who knows."""
    if clock.most_us < -APART_US:
        return clock.most_us
    if clock.least_us is not None and clock.least_us > APART_US:
        return clock.least_us
    # A site that wrote long after the call was passed on is slow, or its clock is ahead.
    return None if clock.least_us is None and clock.most_us > APART_US else 0


def _say(off_us: int) -> str:
    return f"{abs(off_us) / _US:.1f} s {'ahead of' if off_us > 0 else 'behind'}"


def _say_arrival(off_us: int) -> str:
    return f"{abs(off_us) / _US:.1f} s {'before their own time' if off_us > 0 else 'late'}"


def _name_some(names: list[str]) -> str:
    """Name the first, and count the others."""
    first, *others = sorted(names)
    return f"{first} and {len(others)} others" if others else first
