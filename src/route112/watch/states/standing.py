"""
How answering points stand with each station: what its latest call of each of them says.

Two sites differ where one has calls of an answering point that is away, or paused, and the other
has not. That is the answering point's matter. It is the site's where others get answers from whom
it does not: then its latest word contradicts theirs.

Words are compared by when the calls began, by the clocks of the stations and by that of watch:
only where both orders say so one is later. A call is told of when it is over, minutes after those
that failed since.
"""

from collections import OrderedDict
from dataclasses import dataclass

from route112.watch.values import SeenCall

SETTLED_US = 30_000_000
"""What was measured or ordered reaches all sites within seconds: others contradict whoever has
said otherwise for so long, and when they have for so long themselves."""
REMEMBERED_US = 600_000_000
"""How long the word of a station counts: hours and orders change what is right."""
KEYS_MAX = 20_000
"""Answering points, each with its short numbers, that are remembered; the one that was not met for
longest is forgotten."""
STATIONS_MAX = 32
"""Stations that are remembered for each."""

Pair = tuple[str, str]
"""Dimension, `site` or `edge`, and name."""
Key = tuple[str, str]
"""Answering point or trunk, and short number, since an order may pause one for one number; or
empty: for all."""

Times = tuple[int, int]
"""When a call began: by its station, and when watch first heard of it."""


@dataclass(slots=True)
class _Word:
    """What a station says, in its latest call."""

    is_well: bool
    at_us: Times
    since_us: Times
    """Of the first call from which on it says so."""


class Standing:
    """The words of all stations."""

    def __init__(self) -> None:
        self._words: OrderedDict[Key, dict[Pair, _Word]] = OrderedDict()

    def note(self, call: SeenCall, number: str, station: Pair) -> None:
        """Take what a call says: who answered, who did not, who was put behind others."""
        for name in call.moved:
            self._say(call, (name, number), station, is_well=False)
        tried = {each.psap for each in call.tries if each.station == station[1]}
        if not (call.got_through or call.outcome == "cancelled"):
            tried.add(call.psap)
        for name in tried - {"", *call.moved}:
            missed = (each for each in call.tries if each.psap == name)
            if call.reached == name:
                self._say(call, (name, number), station, is_well=True)
            elif not call.got_through or any(each.outcome == "failed" for each in missed):
                self._say(call, (name, number), station, is_well=False)

    def is_contradicted(self, key: Key, station: Pair) -> bool:
        """Tell whether most of the others got answers since a station does not."""
        own, others = self._list_others(key, station)
        if own is None or own.is_well:
            return False
        begun = _shift(own.since_us, SETTLED_US)
        since = [each for each in others if _is_after(each.at_us, begun)]
        settled = _shift(own.at_us, -SETTLED_US)
        well = sum(each.is_well and _is_after(settled, each.since_us) for each in since)
        return well > sum(not each.is_well for each in since)

    def is_shared(self, key: Key, station: Pair) -> bool:
        """Tell whether another one does not get answers either."""
        return any(not each.is_well for each in self._list_others(key, station)[1])

    def _say(self, call: SeenCall, key: Key, station: Pair, *, is_well: bool) -> None:
        heard_us = call.began_us if call.heard_us is None else call.heard_us
        for each in dict.fromkeys((key, (key[0], ""))):
            self._keep(each, station, (call.began_us, heard_us), is_well=is_well)

    def _keep(self, key: Key, station: Pair, at_us: Times, *, is_well: bool) -> None:
        words = self._words.setdefault(key, {})
        self._words.move_to_end(key)
        if len(self._words) > KEYS_MAX:
            self._words.popitem(last=False)
        known = words.get(station)
        if known is None:
            if len(words) < STATIONS_MAX:
                words[station] = _Word(is_well, at_us, at_us)
        elif _is_after(at_us, known.at_us):
            goes_on = known.is_well == is_well
            words[station] = _Word(is_well, at_us, known.since_us if goes_on else at_us)

    def _list_others(self, key: Key, station: Pair) -> tuple[_Word | None, list[_Word]]:
        """Return what a station says, and what others said in the ten minutes before that."""
        words = self._words.get(key, {})
        own = words.get(station)
        if own is None:
            return None, []
        oldest_us = own.at_us[1] - REMEMBERED_US
        return own, [
            each for name, each in words.items() if name != station and each.at_us[1] >= oldest_us
        ]


def _is_after(one: Times, other: Times) -> bool:
    """Tell whether both times are later, or the same."""
    return one[0] >= other[0] and one[1] >= other[1]


def _shift(times: Times, by_us: int) -> Times:
    return times[0] + by_us, times[1] + by_us
