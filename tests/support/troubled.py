"""A small busy country with planted faults, and what a plain test of shares finds in its calls."""

import random
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from tests.support.seen import T0, S, see, see_try

from route112.watch.alarms.alarms import Alarms
from route112.watch.alarms.ground import Ground
from route112.watch.alarms.sightings import Sightings
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import list_series
from route112.watch.success import find_raised, find_threshold, success_steps

NUMBERS = {"15": 5, "17": 2, "18": 3, "112": 2}
OPERATORS = {"bruyere": 4, "cormoran": 3, "dolmen": 2, "ecume": 1}
TECHNOLOGIES = {"mobile": 3, "voip": 2}
DEPARTEMENTS = tuple(f"{code:02}" for code in range(1, 13))
SITES = tuple(f"site-{number}" for number in range(1, 7))
VENDORS = 3
CALLS_PER_S = 6
CALM_S, TROUBLED_S, LATER_S = 330, 360, 100
TICK_S = 10
USUAL = 0.02


def find_gateway(departement):
    """Two departements share a gateway; every third gateway is of one vendor."""
    return f"gateway-{int(departement) // 2}:5060"


def make_ground():
    gateways = {find_gateway(code) for code in DEPARTEMENTS}
    return Ground(
        attributes={
            **{("edge", f"{name}-edge-1"): (("operator", name),) for name in OPERATORS},
            **{("site", site): (("software", "1.0"),) for site in SITES},
            **{("trunk", hop): (("vendor", str(vendor_of(hop))),) for hop in gateways},
            **{
                ("psap", f"{number}-{code}"): (("departement", code),)
                for number in NUMBERS
                for code in DEPARTEMENTS
            },
        },
        numbers=tuple(NUMBERS),
    )


def vendor_of(hop):
    return int(hop.removeprefix("gateway-").partition(":")[0]) % VENDORS


@dataclass
class Fault:
    """All calls that have these values fail, or a share of them."""

    values: dict[str, str]
    share: float = 1.0

    def hits(self, call, rng):
        met = {
            "number": call.number, "operator": call.operator, "technology": call.technology,
            "departement": call.commune[:2], "site": call.site, "trunk": call.tries[0].hop,
            "vendor": str(vendor_of(call.tries[0].hop)),
        }  # fmt: skip
        return all(met[name] == value for name, value in self.values.items()) and (
            rng.random() < self.share
        )


@dataclass
class _Sum:
    value: float = 0.0
    since_s: float = 0.0
    is_open: bool = False
    counts: list[int] = field(default_factory=lambda: [0, 0])


def play(*faults, seed):
    """Play calls with these faults, the second one later; return all alarms, merged ones too."""
    rng = random.Random(seed)
    alarms = Alarms(
        make_ground(), Sightings(number_of=str, departement_of=lambda commune: commune[:2])
    )
    sums, told = defaultdict(_Sum), {}
    strikes = [(CALM_S + number * rng.uniform(0, LATER_S), f) for number, f in enumerate(faults)]
    ticked_s = 0
    for number in range((CALM_S + TROUBLED_S) * CALLS_PER_S):
        at_s = number / CALLS_PER_S
        call = draw(rng, number, at_s, [fault for begin_s, fault in strikes if at_s >= begin_s])
        alarms.sightings.add_end(call)
        for series in list_series(call, number=call.number, departement=call.commune[:2]):
            sums[series].counts[call.outcome == "failed"] += 1
        if at_s >= ticked_s + TICK_S:
            ticked_s += TICK_S
            found = list(judge(sums, ticked_s))
            rng.shuffle(found)
            now_us = T0 + ticked_s * S
            alarms.sightings.tick(now_us)
            for event in alarms.take(Change(begun=tuple(found)), now_us):
                told[event.alarm.id] = event.alarm
    return list({**told, **{alarm.id: alarm for alarm in alarms.list_open()}}.values())


def draw(rng, number, at_s, faults):
    departement, site = rng.choice(DEPARTEMENTS), rng.choice(SITES)
    operator, dialled = choose(rng, OPERATORS), choose(rng, NUMBERS)
    psap, hop = f"{dialled}-{departement}", find_gateway(departement)
    shape = {
        "call": str(number), "at_s": at_s, "lasts_s": 1.0, "number": dialled, "caller": "",
        "operator": operator, "technology": choose(rng, TECHNOLOGIES), "psap": psap,
        "commune": f"{departement}019", "edge": f"{operator}-edge-1", "site": site,
        "passed": (site,),
    }  # fmt: skip
    call = see(outcome="answered", tries=(see_try(psap, hop=hop, station=site),), **shape)
    if rng.random() >= USUAL and not any(fault.hits(call, rng) for fault in faults):
        return call
    tried = see_try(psap, hop=hop, station=site, outcome="failed", party="joint")
    return see(tries=(tried,), party="joint", **shape)


def choose(rng, weights):
    return rng.choices(list(weights), list(weights.values()))[0]


def judge(sums, now_s):
    """Yield a finding for each series of whose calls more fail than a threshold has it."""
    good, bad = np.array([each.counts for each in sums.values()], dtype=float).T
    raised = np.array([find_raised(series.cut) for series in sums])
    steps = success_steps(good + bad, bad, np.full_like(bad, 1.25 * USUAL), raised)
    for (series, each), failed, step in zip(sums.items(), bad, steps.tolist(), strict=True):
        each.counts = [0, 0]
        each.value = max(0.0, each.value + step)
        if not each.value:
            each.since_s = now_s
        elif not each.is_open and each.value >= find_threshold(series.cut):
            each.is_open = True
            yield Finding(
                kind=FindingKind.SUCCESS, series=series, since_us=T0 + int(each.since_s * S),
                at_us=T0 + now_s * S, expected=0.0, seen=float(failed), strength=each.value,
                floor_s=10.0, party="joint",
            )  # fmt: skip
