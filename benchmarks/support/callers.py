"""
Callers of an ordinary country as watch sees them, and what a fault makes of their calls.

An event brings one caller or several, from one commune for one number; each goes by an operator's
edge, one of six sites and a trunk to the answering point of departement and number. Some calls
fail where nothing is wrong, some callers hang up while it rings, who fails tries again, and some
call once more although they were answered. Some answering points always answer later than others.
"""

import heapq
import math
import random
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate, count

from benchmarks.support.layout import NETWORKS, NUMBERS, SITES, make_land

from route112.simulation.weeks import CLUMP_MEAN, Week
from route112.watch.detectors import make_detectors
from route112.watch.findings import Detector
from route112.watch.values import SeenCall, SeenTry

S = 1_000_000
COMMUNES = 60
"""Of each departement, equally large."""
FAILED_SHARE = 0.02
SECOND_SHARE = 0.01
"""Calls whose first gateway fails and whose second does not."""
HANG_UP_SHARE = 0.1
RETRY_SHARE, RETRIES_MAX = 0.7, 2
RING_MS, RING_SWING = 900.0, 0.35
"""Median until it rings, and the standard deviation of its logarithm."""
LATER_S = 60.0
"""After which whoever was answered calls again, on average, if he does."""
REGIONS = 12
VENDORS = ("amandier", "bouleau", "cypres")
TOLD_US, GRACE_US = 1 * S, 2 * S
"""How long after its beginning an attempt is told as arrived, and after its end as over."""

Fault = Callable[[SeenCall], SeenCall | None]
"""What becomes of a call; None: it does not reach us."""


@dataclass(frozen=True, slots=True)
class Told:
    """A call, and when watch is told that it began, or is over."""

    at_us: int
    is_end: bool
    call: SeenCall


def name_number(dialled: str) -> str:
    """Return the short number that was meant: callers here dial nothing else."""
    return dialled


def find_departement(commune: str) -> str:
    """Return the departement of a commune as they are named here."""
    return commune[:-3]


def make_all() -> tuple[Detector, ...]:
    """Return all that looks at calls beside rates."""
    return make_detectors(number_of=name_number, departement_of=find_departement)


def shape(hour: int) -> float:
    """How busy an hour of the day is; the mean is one."""
    return 1.0 - 0.62 * math.cos(2.0 * math.pi * (hour - 4.5) / 24.0)


@cache
def find_pace(psap: str) -> float:
    """Return how many times as long as others an answering point takes: half to twice."""
    return 0.5 * math.pow(4.0, zlib.crc32(psap.encode()) % 100 / 99.0)


def draw_wait(rng: random.Random) -> int:
    """Return how long it rings until it is answered, microseconds."""
    return round(S * (1.0 + rng.expovariate(0.25)))


class Callers:
    """Draws calls in the order in which watch is told of them."""

    def __init__(self, seed: int, *, calls_per_s: float) -> None:
        self._rng = random.Random(seed)
        self._rate = calls_per_s / CLUMP_MEAN
        land = self.land = make_land()
        self.departements: Mapping[str, float] = land.departements
        self._regions = {
            code: index * REGIONS // len(land.departements)
            for index, code in enumerate(land.departements)
        }
        self._codes = list(land.departements)
        self._code_weights = list(accumulate(land.departements.values()))
        self._networks = list(NETWORKS)
        self._network_weights = list(accumulate(NETWORKS.values()))
        self._numbers = list(NUMBERS)
        self._number_weights = list(NUMBERS.values())
        self._ids = count(1)
        self._told: list[tuple[int, int, bool, SeenCall]] = []
        self._ring_rng = random.Random(seed + 1)

    def play(self, begin_us: int, *, seconds: float, fault: Fault | None = None) -> Iterator[Told]:
        """Yield what watch is told, from a time on; calls that are over later are not told."""
        rng, now_us, end_us = self._rng, begin_us, begin_us + round(seconds * S)
        while True:
            rate = self._rate * shape(now_us // (3_600 * S) % 24)
            now_us += round(S * rng.expovariate(rate))
            if now_us >= end_us:
                break
            self._add_event(now_us, fault)
            yield from self._tell_until(now_us)
        yield from self._tell_until(end_us)

    def play_week(self, week: Week, begin_us: int) -> Iterator[Told]:
        """Yield what watch is told of a week that was counted by the minute; no fault is in it."""
        shape = (len(week.calls), len(self._codes), len(self._numbers))
        kinds = week.calls, week.places, week.callers, week.failed
        counts = [each.reshape(shape) for each in kinds]
        for minute, cells in enumerate(counts[0]):
            now_us = begin_us + minute * 60 * S
            for code, number in zip(*cells.nonzero(), strict=True):
                came = tuple(int(each[minute, code, number]) for each in counts)
                self._add_callers(now_us, (code, number), came)
            yield from self._tell_until(now_us)

    def _add_callers(self, at_us: int, cell: tuple[int, int], came: Sequence[int]) -> None:
        """Add the callers of a minute: each place has one of them, others join in by chance."""
        rng, (calls, places, callers, failed) = self._rng, came
        code, number = self._codes[cell[0]], self._numbers[cell[1]]
        spots = [
            (at_us + rng.randrange(60 * S), f"{code}{rng.randrange(COMMUNES):03}")
            for _ in range(places)
        ]
        spots += rng.choices(spots, k=callers - places)
        failing = frozenset(rng.sample(range(callers), failed))
        known = []
        for index, (spot_us, commune) in enumerate(spots):
            later_us = spot_us if index < places else spot_us + round(S * rng.expovariate(0.1))
            who = self._add_call(later_us, number, commune, failed=index in failing)
            known.append((later_us, commune, who))
        for spot_us, commune, who in rng.choices(known, k=calls - callers):
            later_us = spot_us + round(S * rng.expovariate(1.0 / LATER_S))
            self._add_call(later_us, number, commune, failed=False, who=who)

    def find_hops(self, departement: str, number: str) -> tuple[tuple[str, str], ...]:
        """Return trunk and `ip` or `rtc` of each target, in order."""
        region = self._regions[departement]
        first, second = (f"gateway-{2 * region + each + 1}:5060" for each in (0, 1))
        if (region + self._numbers.index(number)) % 2:
            return (first, "rtc"), (second, "rtc")
        return (f"{number}-{departement}:5060", "ip"), (first, "rtc")

    def _add_event(self, at_us: int, fault: Fault | None) -> None:
        rng = self._rng
        code = rng.choices(self._codes, cum_weights=self._code_weights)[0]
        number = rng.choices(self._numbers, self._number_weights)[0]
        commune = f"{code}{rng.randrange(COMMUNES):03}"
        while True:
            self._add_call(at_us, number, commune, failed=rng.random() < FAILED_SHARE, fault=fault)
            if rng.random() < 1.0 / CLUMP_MEAN:
                return
            at_us += round(S * rng.expovariate(1.0 / 15.0))

    def _add_call(
        self,
        at_us: int,
        number: str,
        commune: str,
        *,
        failed: bool,
        fault: Fault | None = None,
        who: str = "",
    ) -> str:
        """Add a caller, new or known, who tries again when that fails; return his number."""
        rng = self._rng
        caller = who or f"+999{next(self._ids):09}"
        network = rng.choices(self._networks, cum_weights=self._network_weights)[0]
        for _ in range(1 + RETRIES_MAX):
            drawn = self._draw(at_us, number, commune, caller, network)
            if failed:
                drawn = fail(drawn, hops=self.find_hops(find_departement(commune), number))
            call = drawn if fault is None else fault(drawn)
            if call is not None:
                self._tell(call.began_us + TOLD_US, call, is_end=False)
                self._tell(call.ended_us + GRACE_US, call, is_end=True)
            if (call is not None and call.outcome != "failed") or rng.random() > RETRY_SHARE:
                break
            at_us = (drawn if call is None else call).ended_us + round(S * rng.uniform(3.0, 20.0))
            failed = rng.random() < FAILED_SHARE
        return caller

    def _tell_until(self, until_us: int) -> Iterator[Told]:
        while self._told and self._told[0][0] <= until_us:
            at_us, _, is_end, call = heapq.heappop(self._told)
            yield Told(at_us, is_end, call)

    def _tell(self, at_us: int, call: SeenCall, *, is_end: bool) -> None:
        heapq.heappush(self._told, (at_us, next(self._ids), is_end, call))

    def _draw(
        self, at_us: int, number: str, commune: str, caller: str, network: tuple[str, str]
    ) -> SeenCall:
        rng = self._rng
        site, psap = f"site-{rng.randrange(SITES) + 1}", f"{number}-{find_departement(commune)}"
        hops = self.find_hops(find_departement(commune), number)
        outcome = "answered" if rng.random() > HANG_UP_SHARE else "cancelled"
        hop = hops[rng.random() < SECOND_SHARE]
        rings = [make_try(site, psap, hop, "rang" if outcome == "cancelled" else outcome)]
        if hop is not hops[0]:
            rings.insert(0, make_try(site, psap, hops[0], "failed"))
        ended_us = at_us + round(draw_wait(rng) * find_pace(psap))
        waited_ms = (ended_us - at_us) // 1_000
        ring_ms = round(RING_MS * self._ring_rng.lognormvariate(0.0, RING_SWING))
        return SeenCall(
            call=f"{next(self._ids)}@127.0.2.1",
            began_us=at_us,
            ended_us=ended_us,
            number=number,
            is_test=False,
            operator=network[0],
            technology=network[1],
            commune=commune,
            caller=caller,
            edge=f"{network[0]}-edge-1",
            site=site,
            passed=(site,),
            psap=psap,
            reached=psap if outcome == "answered" else "",
            tries=tuple(rings),
            degraded="",
            generation=42,
            outcome=outcome,
            party="",
            code=200 if outcome == "answered" else 487,
            ring_ms=min(ring_ms, waited_ms),
            answer_ms=waited_ms if outcome == "answered" else None,
        )


def make_try(station: str, psap: str, hop: tuple[str, str], outcome: str) -> SeenTry:
    """Return one ringing; a failed one is a silent far end."""
    party = "joint" if hop[1] == "rtc" else "carrier"
    is_failed = outcome == "failed"
    return SeenTry(
        station=station,
        psap=psap,
        number=f"+3319900{sum(map(ord, psap)) % 10_000:04}",
        hop=hop[0],
        via=hop[1],
        outcome=outcome,
        cause="timeout" if is_failed else "",
        code=408 if is_failed else 0,
        party=party if is_failed else "",
    )


def fail(
    call: SeenCall, *, hops: Sequence[tuple[str, str]] = (), after_s: float = 1.2
) -> SeenCall:
    """Return the call as one whose targets are all silent: these, or those that it has."""
    aims = hops or [(each.hop, each.via) for each in call.tries]
    tries = tuple(make_try(call.site, call.psap, hop, "failed") for hop in aims)
    return replace(
        call,
        ended_us=call.began_us + round(after_s * S),
        outcome="failed",
        party=tries[0].party,
        code=503,
        reached="",
        tries=tries,
        ring_ms=None,
        answer_ms=None,
    )
