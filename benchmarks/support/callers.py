"""
Callers of an ordinary country as watch sees them, and what a fault makes of their calls.

An event brings one caller or several, from one commune for one number; each goes by an operator's
edge, one of six sites and a trunk to the answering point of departement and number. Some calls
fail where nothing is wrong, some callers hang up while it rings, and who fails tries again.
"""

import heapq
import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import accumulate, count

from benchmarks.support.layout import NETWORKS, NUMBERS, SITES, make_land

from route112.simulation.weeks import CLUMP_MEAN
from route112.watch.values import SeenCall, SeenTry

S = 1_000_000
COMMUNES = 60
"""Of each departement, equally large."""
FAILED_SHARE = 0.02
SECOND_SHARE = 0.01
"""Calls whose first gateway fails and whose second does not."""
HANG_UP_SHARE = 0.1
RETRY_SHARE, RETRIES_MAX = 0.7, 2
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


def shape(hour: int) -> float:
    """How busy an hour of the day is; the mean is one."""
    return 1.0 - 0.62 * math.cos(2.0 * math.pi * (hour - 4.5) / 24.0)


def draw_wait(rng: random.Random) -> int:
    """Return how long it rings until it is answered, microseconds."""
    return round(S * (1.0 + rng.expovariate(0.25)))


class Callers:
    """Draws calls in the order in which watch is told of them."""

    def __init__(self, seed: int, *, calls_per_s: float) -> None:
        self._rng = random.Random(seed)
        self._rate = calls_per_s / CLUMP_MEAN
        land = make_land()
        self.departements: Mapping[str, float] = land.departements
        self._regions = {
            code: index * REGIONS // len(land.departements)
            for index, code in enumerate(land.departements)
        }
        self._codes = list(land.departements)
        self._code_weights = list(accumulate(land.departements.values()))
        self._networks = list(NETWORKS)
        self._network_weights = list(NETWORKS.values())
        self._numbers = list(NUMBERS)
        self._number_weights = list(NUMBERS.values())
        self._ids = count(1)
        self._told: list[tuple[int, int, bool, SeenCall]] = []

    def play(self, begin_us: int, *, seconds: float, fault: Fault | None = None) -> Iterator[Told]:
        """Yield what watch is told, from a time on; calls that are over later are not told."""
        rng, now_us, end_us = self._rng, begin_us, begin_us + round(seconds * S)
        while True:
            rate = self._rate * shape(now_us // (3_600 * S) % 24)
            now_us += round(S * rng.expovariate(rate))
            if now_us >= end_us:
                break
            self._add_event(now_us, fault)
            while self._told and self._told[0][0] <= now_us:
                at_us, _, is_end, call = heapq.heappop(self._told)
                yield Told(at_us, is_end, call)
        while self._told and self._told[0][0] <= end_us:
            at_us, _, is_end, call = heapq.heappop(self._told)
            yield Told(at_us, is_end, call)

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
            caller = f"+99{next(self._ids):09}"
            self._add_call(at_us, code, number, commune, caller, fault)
            if rng.random() < 1.0 / CLUMP_MEAN:
                return
            at_us += round(S * rng.expovariate(1.0 / 15.0))

    def _add_call(
        self, at_us: int, code: str, number: str, commune: str, caller: str, fault: Fault | None
    ) -> None:
        rng = self._rng
        network = rng.choices(self._networks, self._network_weights)[0]
        for _ in range(1 + RETRIES_MAX):
            drawn = self._draw(at_us, code, number, commune, caller, network)
            call = drawn if fault is None else fault(drawn)
            if call is not None:
                self._tell(call.began_us + TOLD_US, call, is_end=False)
                self._tell(call.ended_us + GRACE_US, call, is_end=True)
            if (call is not None and call.outcome != "failed") or rng.random() > RETRY_SHARE:
                return
            at_us = (drawn if call is None else call).ended_us + round(S * rng.uniform(3.0, 20.0))

    def _tell(self, at_us: int, call: SeenCall, *, is_end: bool) -> None:
        heapq.heappush(self._told, (at_us, next(self._ids), is_end, call))

    def _draw(
        self,
        at_us: int,
        code: str,
        number: str,
        commune: str,
        caller: str,
        network: tuple[str, str],
    ) -> SeenCall:
        rng = self._rng
        site, psap = f"site-{rng.randrange(SITES) + 1}", f"{number}-{code}"
        hops = self.find_hops(code, number)
        chance = rng.random()
        outcome = "answered" if rng.random() > HANG_UP_SHARE else "cancelled"
        rings = [make_try(site, psap, hops[0], "rang" if outcome == "cancelled" else outcome)]
        if chance < FAILED_SHARE:
            outcome, rings = "failed", [make_try(site, psap, hop, "failed") for hop in hops]
        elif chance < FAILED_SHARE + SECOND_SHARE:
            rings = [
                make_try(site, psap, hops[0], "failed"),
                replace(rings[0], hop=hops[1][0], via=hops[1][1]),
            ]
        return SeenCall(
            call=f"{next(self._ids)}@127.0.2.1",
            began_us=at_us,
            ended_us=at_us + draw_wait(rng),
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
            party=rings[0].party if outcome == "failed" else "",
            code={"answered": 200, "cancelled": 487, "failed": 503}[outcome],
            ring_ms=None if outcome == "failed" else 900,
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


def fail(call: SeenCall, *, after_s: float = 1.2) -> SeenCall:
    """Return the call as one whose targets are all silent."""
    tries = tuple(
        replace(each, outcome="failed", cause="timeout", code=408, party=each.party or "carrier")
        for each in call.tries
    )
    return replace(
        call,
        ended_us=call.began_us + round(after_s * S),
        outcome="failed",
        party=tries[0].party,
        code=503,
        reached="",
        tries=tries,
        ring_ms=None,
    )
