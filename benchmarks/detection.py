"""
How soon watch finds each fault, beside how soon it could at best.

    benchmarks/detection.py [--times N] [--processes N] [--write FILE]     FILE: docs/benchmarks.md

Each fault is planted N times at two in the afternoon and at two at night, in a country that is
otherwise as usual, after three minutes without it. All that looks at calls in `watch run` looks at
them here, second by second; what is generated are calls as they are joined from records. Delay is
from the first second of the fault until the first finding that tells of it. The floor is what a
complete silence, or a failure of that share, takes on average to add up to the threshold, at the
usual rates of the hours that it lasts. All calls that do not meet the fault are fine: no average
shows it.
"""

import argparse
import gc
import math
import random
import statistics
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.support.callers import FAILED_SHARE, Callers, Fault, S, make_all
from benchmarks.support.faults_seen import Planted, list_faults
from benchmarks.support.layout import CALLS_PER_S
from benchmarks.support.report import align, render_table, say, show_time, write_section
from benchmarks.support.taught import Taught

from route112.watch import success
from route112.watch.findings import Finding, FindingKind
from route112.watch.rates import HOUR_S
from route112.watch.series import Series
from route112.watch.watching import Watching

TIMES = 20
HOURS = {"day": 14, "night": 2}
BEFORE_S = 180.0
SEARCH_S, SEARCH_TIMES = 6 * 3_600.0, 3.0
"""A fault that is not found within this time, and within so many floors, is not found."""
STEP_US, SLOW_STEP_US = 10 * S, 150 * S
"""Time between two calls of `tick`; from the longer one on `Watching` looks twice a minute."""
SLOW_S = 600.0
"""Floor from which a fault is looked for with the longer one, and by rates alone."""
MIDDLE = (0.4, 0.8)
"""Departements that are hit: of those by people, from smaller to larger."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One fault, once."""

    fault: int
    hour: str
    floor_s: float
    delay_s: float | None
    """None: not found."""
    found: str
    """Kind and dimensions of the first finding that tells of it."""
    others: int
    """Findings before it that have nothing to do with it."""


def main() -> int:
    """Print the table; return 1 where an occurrence was not found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--times", type=int, default=TIMES)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    plan = [
        (fault, hour, times)
        for fault in range(len(list_faults()))
        for hour in HOURS
        for times in range(asked.times)
    ]
    found = []
    with ProcessPoolExecutor(asked.processes) as pool:
        for one in pool.map(play, plan, chunksize=5):
            found.append(one)
            if len(found) % asked.times == 0:
                say(f"{list_faults()[one.fault].name}, {one.hour}")
    rows = list(describe(found))
    lines = align(rows)
    print("\n".join(lines))
    if asked.write:
        write_section(
            asked.write, "detection", _SAID.format(times=asked.times) + render_table(rows)
        )
    return 0 if all(one.delay_s is not None for one in found) else 1


@cache
def learn() -> Taught:
    """Return a watch that knows the country; once in each process."""
    gc.disable()  # of what is made here little hangs together in circles: `play` looks for that
    return Taught(calls_per_s=CALLS_PER_S)


def play(plan: tuple[int, str, int]) -> Occurrence:
    """Plant one fault once, and look for it."""
    number, hour, times = plan
    fault, taught = list_faults()[number], learn()
    gc.collect()
    rng = random.Random(f"{number} {hour} {times}")
    callers = Callers(rng.randrange(2**32), calls_per_s=CALLS_PER_S)
    codes = sorted(callers.departements, key=callers.departements.__getitem__)
    code = rng.choice(codes[round(MIDDLE[0] * len(codes)) : round(MIDDLE[1] * len(codes))])
    begin_us = taught.begin_us(HOURS[hour]) + rng.randrange(0, 1_200) * S
    struck_us = begin_us + round(BEFORE_S * S)
    floor_s = find_floor(fault, code, struck_us)
    is_slow = floor_s >= SLOW_S
    watching = taught.watch(() if is_slow else make_all())
    watching.tick(begin_us)
    others = len(list(look(callers, watching, begin_us, BEFORE_S)))
    strike = fault.make(code, rng, struck_us)
    step_us = SLOW_STEP_US if is_slow else STEP_US
    search_s = max(SEARCH_S, SEARCH_TIMES * floor_s)
    for finding in look(callers, watching, struck_us, search_s, step_us=step_us, fault=strike):
        if fault.hits(code, finding.series) and _is_of(fault, finding):
            delay_s = (finding.at_us - struck_us) / S
            cut = " x ".join(finding.series.cut) or "country"
            return Occurrence(number, hour, floor_s, delay_s, f"{finding.kind}: {cut}", others)
        others += 1
    return Occurrence(number, hour, floor_s, None, "", others)


def _is_of(fault: Planted, finding: Finding) -> bool:
    return fault.silent or finding.kind is not FindingKind.DROUGHT


def look(
    callers: Callers,
    watching: Watching,
    begin_us: int,
    seconds: float,
    *,
    step_us: int = SLOW_STEP_US,
    fault: Fault | None = None,
) -> Iterator[Finding]:
    """Let time go by; yield what begins."""
    looked_us = begin_us
    for told in callers.play(begin_us, seconds=seconds, fault=fault):
        while looked_us + step_us <= told.at_us:
            looked_us += step_us
            yield from watching.tick(looked_us).begun
        if told.is_end:
            watching.add_end(told.call, told.at_us)
        else:
            watching.add_arrival(told.call, told.at_us)
    yield from watching.tick(begin_us + round(seconds * S)).begun


def find_floor(fault: Planted, code: str, struck_us: int) -> float:
    """Return how soon the fault can be seen at all, where rates change with the hour."""
    return min(_add_hours(fault, series, struck_us) for series in fault.series(code))


def _add_hours(fault: Planted, series: Series, struck_us: int) -> float:
    now_s, left = struck_us / S, 1.0
    while True:
        hour, second = int(now_s // HOUR_S % 24), now_s % HOUR_S
        whole_s = _find_floor(fault, series, hour)
        if left * whole_s <= HOUR_S - second:
            return now_s + left * whole_s - struck_us / S
        left -= (HOUR_S - second) / whole_s
        now_s += HOUR_S - second


def _find_floor(fault: Planted, series: Series, hour: int) -> float:
    if fault.silent:
        return learn().floor_s(series, hour)
    callers = success.success_callers(
        fault.share,
        float(success.allow_swing(FAILED_SHARE)),
        raised=success.find_raised(series.cut),
        threshold=success.find_threshold(series.cut),
    )
    return callers / learn().callers_a_second(series, hour)


def describe(found: Sequence[Occurrence]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
    yield (
        "fault", "at", "found", "floor", "of 90 of 100", "median", "90 of 100", "to floor",
        "first", "test calls",
    )  # fmt: skip
    for number, fault in enumerate(list_faults()):
        for hour in HOURS:
            own = [one for one in found if (one.fault, one.hour) == (number, hour)]
            if not own:
                continue
            delays = sorted(math.inf if one.delay_s is None else one.delay_s for one in own)
            seen = [one for one in own if one.delay_s is not None]
            ratios = [one.delay_s / one.floor_s for one in seen if one.delay_s is not None]
            first = Counter(one.found for one in seen).most_common(1)
            yield (
                fault.name,
                hour,
                f"{len(seen)} of {len(own)}",
                show_time(statistics.median(one.floor_s for one in own)),
                show_time(sorted(one.floor_s for one in own)[math.ceil(0.9 * len(own)) - 1]),
                show_time(delays[(len(delays) - 1) // 2]),
                show_time(delays[math.ceil(0.9 * len(delays)) - 1]),
                f"{statistics.median(ratios):.1f}x" if ratios else "-",
                first[0][0] if first else "-",
                fault.probes or "-",
            )


_SAID = """\
## How soon a fault is found

`benchmarks/detection.py`. Each fault {times} times at two in the afternoon and at two at night, in
a country of two calls a second that is otherwise as usual. All that looks at calls in `watch run`
looks at them here, second by second; where the floor is ten minutes or more, twice a minute and by
rates alone.

- *Floor*: what the fault takes on average to add up to the threshold of droughts or of failures,
  at the usual rates of the hours that it lasts, in the series that shows it best: the median of
  all times, and after it what nine of ten stay below, for departements differ. A silence has no
  other sign than calls that do not come: where few are due, it takes hours. Calls are told of
  some seconds later; a ratio below one is the work of another test, or of chance.
- *First*: what most often told of it first.
- *Test calls*: how often they pass where the fault is; where that is sooner than the floor, the
  fault is theirs to find. Departements are drawn from the middle ones.

"""


if __name__ == "__main__":
    sys.exit(main())
