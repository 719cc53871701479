"""A small country of edges, sites, trunks and answering points, with something wrong in it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.seen import T0, S, see

from route112.watch.values import SeenTry

EDGES = ("ajonc-edge-1", "bruyere-edge-1", "genet-edge-1")
SITES = tuple(f"site-{number}" for number in range(1, 7))
GATEWAYS = tuple(f"192.0.2.{number}:5060" for number in range(1, 5))
PSAPS = tuple(f"P{number}" for number in range(40))
"""The first half have a line of their own and a gateway; the others two gateways."""
CALM_FAILS = 0.01
UNANSWERED = 0.2


def trunks(psap):
    number = PSAPS.index(psap)
    second = GATEWAYS[(number + 1) % len(GATEWAYS)]
    own = f"198.51.100.{number}:5060"
    return (own if number < len(PSAPS) // 2 else GATEWAYS[number % len(GATEWAYS)], second)


@dataclass
class World:
    """Says what works. Each fault is a predicate: which edge and site, which station and trunk."""

    seed: int = 1
    calls_per_s: float = 2.0
    retries: float = 0.15
    no_take: Callable[[str, str], bool] = lambda *_: False
    no_reach: Callable[[str, str, str], bool] = lambda *_: False
    no_answer: Callable[[str], bool] = lambda _: False
    busy: frozenset = frozenset()
    ringing: Callable[[str, str, str], float] = lambda *_: 1.0
    """How many times longer it rings late: station, trunk, answering point."""
    waiting: Callable[[str], float] = lambda _: 1.0
    degraded: Callable[[str], bool] = lambda _: False
    ranks: Callable[[str, str], str] = lambda _, psap: psap
    """Whom a station ranks first instead."""
    puts_last: Callable[[str, str], str] = lambda *_: ""
    """For which reason, of measured states, a site puts an answering point last; empty: none."""
    psaps: tuple = PSAPS
    homes: dict = field(default_factory=dict)
    """Site that calls of an answering point come to first, instead of to any."""
    begin_s: float = 0.0
    """When the faults begin."""
    calls: int = 0
    rng: random.Random = field(init=False)

    def __post_init__(self):
        self.rng = random.Random(self.seed)

    def play(self, detector, seconds):
        """Yield the second and the change of each tick."""
        rng, caller = self.rng, ""
        for second in range(seconds):
            rate = self.calls_per_s
            # Calls come in clumps: a second in eight brings eight times as many.
            count = int(rng.expovariate(1.0 / (8.0 * rate))) if rng.random() < 0.125 else 0
            for _ in range(count):
                if not caller or rng.random() > self.retries:
                    caller = f"+3363998{rng.randrange(10**6):06}"
                call = self.draw(second, caller)
                detector.add_arrival(call)
                detector.add_end(call)
            yield second, detector.tick(T0 + second * S)

    def draw(self, second, caller):
        rng, bad = self.rng, second >= self.begin_s
        edge, meant = rng.choice(EDGES), rng.choice(self.psaps)
        self.calls += 1
        passed, tries = [], []
        for site in [*filter(None, [self.homes.get(meant)]), *rng.sample(SITES, 3)]:
            passed.append(site)
            if not ((bad and self.no_take(edge, site)) or rng.random() < CALM_FAILS / 10):
                break
        else:
            site = ""
        station = site or edge
        reason = self.puts_last(site, meant) if bad and site else ""
        psap = PSAPS[(PSAPS.index(meant) + 1) % len(PSAPS)] if reason else meant
        for hop in trunks(psap):
            via = "rtc" if hop in GATEWAYS else "ip"
            tries.append(self.ring(station, hop, psap, via, bad=bad))
            if tries[-1].outcome != "failed":
                break
        late = self.ringing(station, tries[0].hop, psap) if bad else 1.0
        ring_ms = int(800.0 * late * rng.lognormvariate(0.0, 0.3))
        late = self.waiting(psap) if bad else 1.0
        answer_ms = ring_ms + int(4_000.0 * late * rng.lognormvariate(0.0, 0.6))
        rang = tries[-1].outcome != "failed"
        answered = tries[-1].outcome == "answered"
        return see(
            f"{second}-{self.calls}",
            second - 20.0,
            lasts_s=15.0,
            outcome="answered" if answered else "cancelled" if rang else "failed",
            caller=caller,
            edge=edge,
            site=site,
            passed=tuple(passed),
            psap=self.ranks(station, psap) if bad else psap,
            commune=f"29{PSAPS.index(meant):03}",
            degraded="native" if bad and site and self.degraded(site) else reason,
            moved=(meant,) if reason else (),
            generation=42,
            reached=psap if answered else "",
            tries=tuple(tries),
            party="" if rang else tries[0].party,
            ring_ms=ring_ms if rang else None,
            answer_ms=answer_ms if answered else None,
        )

    def ring(self, station, hop, psap, via, *, bad):
        rng = self.rng
        common = {"station": station, "psap": psap, "number": f"+{hop}", "hop": hop, "via": via}
        if (bad and self.no_reach(station, hop, psap)) or rng.random() < CALM_FAILS:
            party = "joint" if via == "rtc" else "carrier"
            return SeenTry(outcome="failed", cause="timeout", code=408, party=party, **common)
        if bad and psap in self.busy:
            return SeenTry(outcome="failed", cause="reply", code=486, party="psap", **common)
        if (bad and self.no_answer(psap)) or rng.random() < UNANSWERED:
            return SeenTry(outcome="rang", **common)
        return SeenTry(outcome="answered", **common)
