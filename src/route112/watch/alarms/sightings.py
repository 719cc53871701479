"""
Who was seen to work and who was not: callers served and failed, for each element and minute.

A factor can only be told apart by those who are well. A caller counts once in two minutes for
each way in which it ended; sites that passed a call on without serving it have failed, whatever
became of the call.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from route112.watch.alarms.changes import SNAPSHOT, Happening
from route112.watch.alarms.traces import KEPT_MINUTES, MINUTE_US, Traces
from route112.watch.findings import Change
from route112.watch.measures import NO_CALLER
from route112.watch.recent import Recent
from route112.watch.series import Series, fix
from route112.watch.success import CALLER_US
from route112.watch.values import SeenCall

UNITS_MAX = 20_000
"""Elements of one minute; those met later are not seen in it."""
MOVES_MAX = 1_000
"""Times that a site took another snapshot; an alarm that is hours old still asks for its own."""
SPACES: tuple[tuple[str, ...], ...] = (
    ("site",),
    ("edge",),
    ("trunk",),
    ("psap",),
    ("number",),
    ("departement",),
    ("operator", "technology"),
    ("edge", "site"),
    ("number", "departement"),
    ("number", "operator", "technology"),
)
"""Within each of these, elements are compared with their siblings."""


@dataclass(slots=True)
class Count:
    """What became of the callers of one element."""

    served: int = 0
    failed: int = 0


@dataclass(slots=True)
class _Minute:
    units: dict[Series, Count] = field(default_factory=dict)
    parties: dict[str, int] = field(default_factory=dict)
    sites: dict[str, Count] = field(default_factory=dict)
    """Callers by the site that had them last, whoever failed them."""


class Sightings:
    """
    Remembers the last hour. It is fed as a `Detector`, and finds nothing itself.

    Args:
        number_of: short number that was meant, from what was dialled; empty where unknown.
        departement_of: departement of a commune; empty where unknown.
    """

    def __init__(
        self, *, number_of: Callable[[str], str], departement_of: Callable[[str], str]
    ) -> None:
        self._number_of = number_of
        self._departement_of = departement_of
        self._minutes: dict[int, _Minute] = {}
        self._callers = Recent(CALLER_US)
        self._generations: dict[str, int] = {}
        self._moves: list[Happening] = []
        self._forgot_us = 0
        self.traces = Traces()

    def add_arrival(self, call: SeenCall) -> None:
        """Take an attempt that has begun; what counts here is how it ends."""

    def tick(self, now_us: int) -> Change:
        """Forget what is too old; find nothing."""
        if now_us - self._forgot_us >= MINUTE_US:
            self._forgot_us = now_us
            self._forget(now_us)
        return Change()

    def add_end(self, call: SeenCall) -> None:
        """Take what became of a call; tests, corrections and refused strangers are left out."""
        if call.is_test or call.corrects or call.party == "origin":
            return
        self._note_generation(call)
        number = self._number_of(call.number)
        failed = not call.got_through and (call.outcome == "unknown" or bool(call.party))
        if not failed and not call.got_through:
            if call.ring_ms is not None:
                self._trace(call, number, is_bad=False)
            return
        who = call.call if call.caller in NO_CALLER else call.caller
        if not self._callers.is_new((who, number, failed), call.began_us):
            return
        units = list(self._list_units(call, number, failed=failed))
        self._trace(call, number, is_bad=failed or any(lost for _, lost in units))
        minute = self._minutes.setdefault(call.ended_us // MINUTE_US, _Minute())
        if call.party:
            minute.parties[call.party] = minute.parties.get(call.party, 0) + 1
        if call.site:
            at_site = minute.sites.setdefault(call.site, Count())
            at_site.failed += failed
            at_site.served += not failed
        for unit, unit_failed in units:
            count = minute.units.get(unit)
            if count is None:
                if len(minute.units) >= UNITS_MAX:
                    continue
                count = minute.units[unit] = Count()
            count.failed += unit_failed
            count.served += not unit_failed

    def _trace(self, call: SeenCall, number: str, *, is_bad: bool) -> None:
        departement = self._departement_of(call.commune)
        self.traces.add(call, number=number, departement=departement, is_bad=is_bad)

    def _forget(self, now_us: int) -> None:
        """Drop what is older than an hour, and the oldest moves."""
        self.traces.forget(now_us)
        oldest = now_us // MINUTE_US - KEPT_MINUTES + 1
        for minute in [each for each in self._minutes if each < oldest]:
            del self._minutes[minute]
        self._moves = self._moves[-MOVES_MAX:]
        self._callers.forget(now_us)

    def count(self, since_us: int) -> dict[Series, Count]:
        """Return what was seen of each element from the minute of `since_us` on."""
        total: dict[Series, Count] = {}
        for minute in self._since(since_us):
            for unit, count in minute.units.items():
                known = total.setdefault(unit, Count())
                known.served += count.served
                known.failed += count.failed
        return total

    def count_parties(self, since_us: int) -> dict[str, int]:
        """Return how many failures name each party, from the minute of `since_us` on."""
        total: dict[str, int] = defaultdict(int)
        for minute in self._since(since_us):
            for party, count in minute.parties.items():
                total[party] += count
        return dict(total)

    def count_sites(self, since_us: int) -> dict[str, Count]:
        """Return what became of the callers that each site had last; from that minute on."""
        total: dict[str, Count] = defaultdict(Count)
        for minute in self._since(since_us):
            for site, count in minute.sites.items():
                total[site].served += count.served
                total[site].failed += count.failed
        return dict(total)

    def list_moves(self) -> tuple[Happening, ...]:
        """List the sites that took another snapshot lately, oldest first."""
        return tuple(self._moves)

    def _since(self, since_us: int) -> Iterator[_Minute]:
        first = since_us // MINUTE_US
        return (each for minute, each in self._minutes.items() if minute >= first)

    def _note_generation(self, call: SeenCall) -> None:
        site = call.site
        if not site or not call.generation:
            return
        known = self._generations.get(site)
        if known is None or call.generation > known:
            self._generations[site] = call.generation
            if known is not None:
                self._moves.append(
                    Happening(
                        what=f"{SNAPSHOT} g{call.generation}",
                        dimension="site",
                        value=site,
                        at_us=call.began_us,
                    )
                )

    def _list_units(
        self, call: SeenCall, number: str, *, failed: bool
    ) -> Iterator[tuple[Series, bool]]:
        """Yield each element that had to do with a call, and whether it failed."""
        caller = {
            "number": number,
            "operator": call.operator,
            "technology": call.technology,
            "departement": self._departement_of(call.commune),
        }
        for space in SPACES:
            if all(name in caller for name in space):
                yield fix(space, caller), failed
        if call.edge:
            yield fix(("edge",), {"edge": call.edge}), failed and call.party == "edge"
        for site, site_failed in _list_sites(call, failed=failed):
            yield fix(("site",), {"site": site}), site_failed
            if call.edge:
                yield fix(("edge", "site"), {"edge": call.edge, "site": site}), site_failed
        for each in call.tries:
            if each.outcome == "open" or each.cause in ("full", "held"):
                continue
            lost = each.outcome == "failed" and each.party not in ("", "origin", "site")
            yield fix(("trunk",), {"trunk": each.hop}), lost
            yield fix(("psap",), {"psap": each.psap}), lost


def _list_sites(call: SeenCall, *, failed: bool) -> Iterator[tuple[str, bool]]:
    """Yield the sites that had a call; those that passed it on without serving it failed."""
    for site in call.passed:
        if site != call.site:
            yield site, True
    if call.site:
        is_own = failed and (call.party == "site" or call.outcome == "unknown")
        yield call.site, is_own
