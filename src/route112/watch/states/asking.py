"""
Whom to ask with OPTIONS, and when: sites often, next hops in turn, the silent each second.

All of it together is bounded; what the bound does not allow makes the pace of hops longer.
"""

from collections.abc import Collection, Iterator, Sequence

PER_S_MAX = 20.0
"""Questions a second, in all."""
SITE_US = 2_000_000
SILENT_US = 1_000_000
"""Between two questions to who is silent: when it is back it is known by this."""
SILENT_PART = 0.5
"""Of what may be asked in a second, what the silent take at most."""
HOP_US = 30_000_000
"""Between two questions to a next hop, if the bound allows that."""
HOPS_PART = 0.5
"""Of the bound, what next hops take that nothing is wrong with."""
_US_PER_S = 1_000_000


class Asking:
    """
    Gives out names of sites and next hops in turn.

    Args:
        sites: their names.
        hops: their addresses, no name of a site among them.
        per_s_max: questions a second.
    """

    def __init__(
        self, sites: Sequence[str], hops: Sequence[str], *, per_s_max: float = PER_S_MAX
    ) -> None:
        self._sites = frozenset(sites)
        self._per_s_max = per_s_max
        least_us = len(hops) / (per_s_max * HOPS_PART) * _US_PER_S
        self.hop_us = int(max(HOP_US, least_us))
        """Between two questions to one next hop that nothing is wrong with."""
        spread_us = self.hop_us // max(len(hops), 1)
        self._ahead_us = dict.fromkeys(sites, 0) | {
            hop: place * spread_us for place, hop in enumerate(hops)
        }
        """After the beginning, when each is asked first."""
        self._asked_us: dict[str, int] = {}
        self._began_us = self._last_us = -1
        self._room = 0.0

    def list_due(self, now_us: int, silent: Collection[str]) -> list[str]:
        """
        Return who is asked now: at each call others, until `per_s_max` are reached.

        Args:
            now_us: of a clock; when it goes back everything begins anew.
            silent: who is asked each second, as far as it is known here.
        """
        if now_us < self._last_us or self._began_us < 0:
            self._began_us = self._last_us = now_us
            self._asked_us.clear()
        gone_s = (now_us - self._last_us) / _US_PER_S
        self._room = min(self._room + gone_s * self._per_s_max, self._per_s_max)
        self._last_us = now_us
        silent_max = int(self._room * SILENT_PART)
        due = []
        for _late_us, name in sorted(self._list_late(now_us, silent), reverse=True):
            if name in silent and name not in self._sites:
                if silent_max <= 0:
                    continue
                silent_max -= 1
            due.append(name)
        asked = sorted(due, key=lambda name: name not in self._sites)[: int(self._room)]
        self._room -= len(asked)
        self._asked_us.update(dict.fromkeys(asked, now_us))
        return asked

    def _list_late(self, now_us: int, silent: Collection[str]) -> Iterator[tuple[int, str]]:
        """Yield who is due, and for how long."""
        for name, ahead_us in self._ahead_us.items():
            asked_us = self._asked_us.get(name)
            pace_us = SITE_US if name in self._sites else self.hop_us
            if name in silent:
                pace_us = min(pace_us, SILENT_US)
            first_us = self._began_us + min(ahead_us, pace_us)
            due_us = first_us if asked_us is None else asked_us + pace_us
            if due_us <= now_us:
                yield now_us - due_us, name
