"""
What one site takes and what it costs, against the same configuration with nothing to decide.

    benchmarks/site_load.py [--write FILE]       replaces the section of docs/benchmarks.md

Three legs take turns within each round, so that a busy machine is busy for all of them:

    site      the configuration as it is: Python decides, and each call leaves its records
    constant  the same configuration with one target for every call and without records
    direct    no site at all: what callers and PSAPs take themselves

SIPp places and answers the calls on the same processors, hence rates are lower bounds and ratios
are what counts. Every figure comes from what callers and PSAPs wrote down; the checker judges.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.support.constant import NUMBER, write_constant  # noqa: E402
from benchmarks.support.report import elapsed_s, judge_budget, say, write_section  # noqa: E402
from tests.support.load import (  # noqa: E402
    Outcome,
    Planned,
    Plans,
    Served,
    count_swaps,
    make_country,
    percentile,
    put_psaps,
    replace_file,
    serve_plan,
    start_load,
    swap_under_load,
)

from route112.adapters.processes import Children  # noqa: E402
from route112.apps.site.setup import KAMAILIO_FOLDER  # noqa: E402

PSAPS = (("127.0.80.101", 5060), ("127.0.80.102", 5060))
HOSTS = {"site": "127.0.80.1", "constant": "127.0.80.2"}
ROUNDS = 3
RATES = (200, 1_000)
SECONDS = 3
STEPS = (1_600, 2_400, 2_800, 3_200, 3_600, 4_000)
STEP_SECONDS = 3
STEP_TRIALS = 2
"""A step fails when it fails so often: a stall of the machine is no ceiling."""
COOL_S = 11.0
"""After a step that failed: until the site's way out is open again."""
STEP_KEPT_MIN = 0.95
"""Share of the wanted rate that the load generator has to reach, or the step counts as failed."""
CEILING_UNTIL_S = 240.0
"""No trial is begun later than this after the start; the worst one then ends within 300 s."""
SWAP_ROUNDS = 2
SWAP_SECONDS = 6
SWAPS = 10
"""In SWAP_SECONDS: a hundred a minute."""
SWAP_CALLS_PER_S = 100
FLIP_S = 15.0
"""Time for the native table to follow the last swap, before the ceilings are looked for."""
TIMEOUT_MS = 4_000

CEILING_RATIO_MIN = 0.85
CPU_RATIO_MAX = 1.5
P50_MS_MAX, P99_MS_MAX = 1.5, 6.0
SWAP_P99_MS_MAX = 5.0

_UNTRIED = "not tried any more"
_SECTION = """\
## One site

`benchmarks/site_load.py`. The demo country, UDP, two SIP workers, the recorder running.
*Constant target*: the same configuration with one target for every call and without records, in
turns with the site. {rounds} rounds of {seconds} s each; medians. Delay: from the caller's INVITE
to the INVITE at the PSAP, less what it takes without any site. Ceiling: {steps} calls/s,
{step_seconds} s each; a step fails when a call is lost or misrouted, or when less than {kept:.0%}
of the rate could be placed, {trials} times ({ends}).

| what | site | constant target | site against it | budget |
|---|---:|---:|---:|---|
{table}
"""


@dataclass
class Leg:
    """What one leg has shown so far, by rate."""

    name: str
    served: Served
    planned: Sequence[Planned]
    to: tuple[str, int] | None = None
    p50_ms: dict[int, list[float]] = field(default_factory=dict)
    p99_ms: dict[int, list[float]] = field(default_factory=dict)
    cpu_us: dict[int, list[float]] = field(default_factory=dict)
    beside_us: dict[int, list[float]] = field(default_factory=dict)
    right: dict[int, list[int]] = field(default_factory=dict)
    """Calls that were right, of each round."""
    ceiling: int = 0
    missed: str = ""
    """Why the step above the ceiling failed."""

    def place(self, rate: int, seconds: int) -> Outcome:
        """Place calls and wait for the last one."""
        load = start_load(
            self.served,
            self.planned,
            count=rate * seconds,
            calls_per_s=rate,
            to=self.to,
            timeout_ms=TIMEOUT_MS,
        )
        return load.wait()

    def measure(self, rate: int) -> None:
        """Measure delay and processor time at one rate."""
        before_s, beside_s = self.served.cpu_s(), self.served.beside_cpu_s()
        outcome = self.place(rate, SECONDS)
        delays = outcome.list_delays_ms()
        self.p50_ms.setdefault(rate, []).append(percentile(delays, 0.5))
        self.p99_ms.setdefault(rate, []).append(percentile(delays, 0.99))
        if self.to is None:
            cpu_s, more_s = self.served.cpu_s() - before_s, self.served.beside_cpu_s() - beside_s
            self.cpu_us.setdefault(rate, []).append(cpu_s / outcome.placed * 1e6)
            self.beside_us.setdefault(rate, []).append(more_s / outcome.placed * 1e6)
            self.right.setdefault(rate, []).append(outcome.judge().right)
            say(f"{self.name:9} {rate:5}/s  {describe(outcome)}")


def describe(outcome: Outcome) -> str:
    """Say what became of a load, in the checker's words."""
    found = outcome.judge()
    return f"right {found.right}, misrouted {found.misrouted}, lost {found.lost}"


def is_late() -> bool:
    """Tell whether nothing new may be begun."""
    return elapsed_s() > CEILING_UNTIL_S


@contextmanager
def stand_up(folder: Path) -> Iterator[tuple[list[Leg], Plans, Path]]:
    """Run PSAPs and both sites."""
    plans = make_country(folder, PSAPS)
    plan, constant_plan = folder / "plan.r112", folder / "constant.r112"
    for path in (plan, constant_plan):
        replace_file(path, plans.make(1))
    templates = {
        "site": KAMAILIO_FOLDER / "site.cfg",
        "constant": write_constant(folder / "constant.cfg", PSAPS[0]),
    }
    files = {"site": plan, "constant": constant_plan}
    with Children() as children, ExitStack() as stack:
        psaps = put_psaps(children, folder, PSAPS)
        served = {
            name: stack.enter_context(
                serve_plan(
                    *(children, folder, files[name]),
                    host=HOSTS[name],
                    psaps=psaps,
                    template=template,
                    name=name,
                )
            )
            for name, template in templates.items()
        }
        same = [Planned(one.key, NUMBER, NUMBER) for one in plans.planned]
        legs = [
            Leg("site", served["site"], plans.planned),
            Leg("constant", served["constant"], same),
            Leg("direct", served["site"], plans.planned, to=PSAPS[0]),
        ]
        yield legs, plans, plan


def find_ceilings(legs: Sequence[Leg]) -> None:
    """Raise the rate step by step, both sites in turn, until a step fails STEP_TRIALS times."""
    climbing = [leg for leg in legs if leg.to is None]
    for rate in STEPS:
        for leg in list(climbing):
            if is_late():
                leg.missed = f"{rate}/s: {_UNTRIED}"
                climbing.remove(leg)
            elif why := climb(leg, rate):
                leg.missed = f"{rate}/s: {why}"
                climbing.remove(leg)
            else:
                leg.ceiling = rate
    for leg in climbing:
        leg.missed = f"{STEPS[-1] + 1}/s: {_UNTRIED}"


def climb(leg: Leg, rate: int) -> str:
    """Try a rate; return why it failed, or nothing."""
    why = ""
    for trial in range(STEP_TRIALS):
        if trial:
            if is_late():
                return f"{why}, {_UNTRIED}"
            time.sleep(COOL_S)
        outcome = leg.place(rate, STEP_SECONDS)
        found = outcome.judge()
        placed_us = [line.placed_us for line in outcome.callers]
        span_s = (max(placed_us) - min(placed_us)) / 1e6
        kept = len(placed_us) / span_s / rate
        say(f"{leg.name:9} {rate:5}/s  {describe(outcome)}, {kept:.0%} of the rate placed")
        if found.no_call_lost and len(placed_us) == outcome.placed and kept >= STEP_KEPT_MIN:
            return ""
        why = f"{found.lost} lost, {found.misrouted} misrouted, {kept:.0%} of the rate placed"
    return why


def measure_swaps(leg: Leg, plans: Plans, plan: Path) -> tuple[list[float], str]:
    """Return the added p99 of each round in ms, and the words on all calls under swaps."""
    added, right, placed, generation, taken = [], 0, 0, 1, 0
    for _ in range(SWAP_ROUNDS):
        quiet = leg.place(SWAP_CALLS_PER_S, SWAP_SECONDS).list_delays_ms()
        load = start_load(
            *(leg.served, leg.planned),
            count=SWAP_CALLS_PER_S * SWAP_SECONDS,
            calls_per_s=SWAP_CALLS_PER_S,
        )
        generations = range(generation + 1, generation + 1 + SWAPS)
        outcome = swap_under_load(load, plan, plans, generations=generations)
        generation += SWAPS
        leg.served.run.wait("snapshot", g=generation)
        taken += count_swaps(leg.served.run, generations)
        decided = {
            record.call: int(record.get("g"))
            for record in leg.served.records()
            if record.kind == "decision"
        }
        right += outcome.judge(generations=decided).right
        placed += outcome.placed
        added.append(percentile(outcome.list_delays_ms(), 0.99) - percentile(quiet, 0.99))
        say(f"swaps: added p99 {added[-1]:+.2f} ms, {right} of {placed} right, {taken} in force")
    return added, f"{right} of {placed} right, {taken} of {SWAPS * SWAP_ROUNDS} in force"


def wait_for_flip(leg: Leg, generation: int) -> None:
    """Wait until the native table has followed; calls go by Python, so that it may be late."""
    wanted = {"event": "native-flip", "g": generation}.items()
    until_s = time.monotonic() + FLIP_S
    while time.monotonic() < until_s:
        if any(wanted <= event.items() for event in leg.served.run.events()):
            return
        time.sleep(0.2)
    say("the native table is still behind")


def list_rows(
    legs: Sequence[Leg], swaps: tuple[list[float], str]
) -> list[tuple[str, str, str, str, str]]:
    """List what was measured: what, site, constant target, result, budget."""
    site, constant, direct = legs
    rows = [
        (
            "ceiling, calls/s without failure",
            f"{site.ceiling:,}",
            f"{constant.ceiling:,}",
            judge_ceiling(site, constant),
            f">= {CEILING_RATIO_MIN}, aim 0.95",
        )
    ]
    for rate in RATES:
        whole = rate * SECONDS * ROUNDS
        right = [sum(leg.right[rate]) for leg in (site, constant)]
        rows.append(
            (
                f"right, of {whole:,} calls at {rate:,}/s",
                f"{right[0]:,}",
                f"{right[1]:,}",
                judge_budget(f"{whole - right[0]:,} not", good=right[0] == whole),
                "all",
            )
        )
        ratio = statistics.median(
            mine / theirs
            for mine, theirs in zip(site.cpu_us[rate], constant.cpu_us[rate], strict=True)
        )
        rows.append(
            (
                f"processor time of Kamailio per call at {rate:,}/s",
                f"{statistics.median(site.cpu_us[rate]):.0f} us",
                f"{statistics.median(constant.cpu_us[rate]):.0f} us",
                judge_budget(f"{ratio:.2f}x", good=ratio <= CPU_RATIO_MAX),
                f"<= {CPU_RATIO_MAX}x, aim 1.15x",
            )
        )
        beside = [statistics.median(leg.beside_us[rate]) for leg in (site, constant)]
        rows.append(
            (
                f"that of supervisor and recorder at {rate:,}/s",
                f"{beside[0]:.0f} us",
                f"{beside[1]:.0f} us",
                "no call waits for it",
                "none",
            )
        )
    for rate in RATES:
        for name, read, limit in (
            ("p50", lambda leg: leg.p50_ms, P50_MS_MAX),
            ("p99", lambda leg: leg.p99_ms, P99_MS_MAX),
        ):
            rows.append(compare_delay(name, rate, read, (site, constant, direct), limit))
    added, words = swaps
    rows.append(
        (
            f"{SWAPS * 60 // SWAP_SECONDS} snapshots a minute, {SWAP_CALLS_PER_S}/s: added p99",
            " / ".join(f"{value:+.1f}" for value in added) + " ms",
            "-",
            judge_budget(words, good=statistics.mean(added) <= SWAP_P99_MS_MAX),
            f"<= {SWAP_P99_MS_MAX:g} ms, 0 lost",
        )
    )
    return rows


def compare_delay(
    name: str,
    rate: int,
    read: Callable[[Leg], dict[int, list[float]]],
    legs: Sequence[Leg],
    limit_ms: float,
) -> tuple[str, str, str, str, str]:
    """Make the row of one percentile: median of rounds, less what the ends take themselves."""
    medians = [statistics.median(read(leg)[rate]) for leg in legs]
    site_ms, constant_ms = (value - medians[2] for value in medians[:2])
    budget = f"<= {limit_ms:g} ms" if rate == RATES[0] else "none"
    verdict = f"{site_ms - constant_ms:+.2f} ms"
    return (
        f"delay added, {name}, at {rate:,}/s",
        f"{site_ms:.2f} ms",
        f"{constant_ms:.2f} ms",
        judge_budget(verdict, good=site_ms <= limit_ms) if rate == RATES[0] else verdict,
        budget,
    )


def judge_ceiling(site: Leg, constant: Leg) -> str:
    """Say how the ceilings relate; nothing is kept against one that was not found."""
    if not (site.ceiling and constant.ceiling):
        return f"none at {STEPS[0]:,}/s, MISSED"
    ratio = site.ceiling / constant.ceiling
    if _UNTRIED in site.missed + constant.missed:
        return f"{ratio:.2f}, undecided"
    return judge_budget(f"{ratio:.2f}", good=ratio >= CEILING_RATIO_MIN)


def render_section(rows: Sequence[tuple[str, str, str, str, str]], legs: Sequence[Leg]) -> str:
    """Render the section of docs/benchmarks.md."""
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    ends = "; ".join(f"{leg.name} ended at {leg.missed or 'the last step'}" for leg in legs[:2])
    return _SECTION.format(
        rounds=ROUNDS,
        seconds=SECONDS,
        steps=", ".join(f"{rate:,}" for rate in STEPS),
        step_seconds=STEP_SECONDS,
        kept=STEP_KEPT_MIN,
        trials=STEP_TRIALS,
        ends=ends,
        table=table,
    )


def main() -> int:
    """Measure, print, and write the section where a file is named."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        stand_up(Path(name)) as (legs, plans, plan),
    ):
        for rate in RATES * ROUNDS:
            for leg in legs:
                leg.measure(rate)
        swaps = measure_swaps(legs[0], plans, plan)
        replace_file(plan, plans.make(1_001))  # the odd content again
        wait_for_flip(legs[0], 1_001)
        find_ceilings(legs)
    rows = list_rows(legs, swaps)
    for row in rows:
        print("{:58} {:>16} {:>10} {:>24}   {}".format(*row))
    print(f"{elapsed_s():.0f} s")
    if "--write" in sys.argv:
        path = Path(sys.argv[sys.argv.index("--write") + 1])
        write_section(path, "site", render_section(rows, legs))
    return 1 if any("MISSED" in row[3] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
