"""
False alarms of all detectors together, over years of weeks in which nothing is wrong.

    benchmarks/calm_calls.py [SEED ...] [--weeks N] [--hours N] [--minutes N] [--keep FILE]
                             [--rates] [--only-told] [--write FILE]      FILE: docs/benchmarks.md

`false_alarms.py` counts by the minute, which is enough for rates. The detectors of
`watch.detectors` want calls: who rang whom by which trunk, and what became of it. A week is 1.3
million calls and five minutes of a processor, a year of three seeds half a day. So each week is
counted by the minute, and a sieve (`support.sieve`) follows the sums of these detectors by counts.
Where a sum could come near its threshold, those hours are played call by call, to the detectors as
they are; of sums that stay well below some are, by chance, and count for the others. Alarms
that begin in one hour are one.

What single calls show by equal chances, at any hour (slow, divergence, stale), no sieve can find:
whole hours are played for these, at their thresholds and far below them.

Each week and hour is kept in FILE, where one is named, as soon as it was played, so that a run can
be cut at any time and go on; what was played by then is told. `--rates` looks for droughts and
failures in the same weeks; without it they are those of `false_alarms.py`.
"""

import argparse
import gc
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.support.callers import Callers, find_departement, make_all, name_number
from benchmarks.support.calm import play_hours
from benchmarks.support.layout import CALLS_PER_S, NO_DROUGHT, deal_hours, lay_out, make_land
from benchmarks.support.poisson import bound_mean
from benchmarks.support.report import (
    align,
    elapsed_s,
    judge_budget,
    render_table,
    say,
    write_section,
)
from benchmarks.support.sieve import LEVELS, SCORE_MIN, TRIED, Sieve, Suspicion
from benchmarks.support.year import YearWatch

from route112.simulation.weeks import MINUTES, WEEKS_PER_YEAR, Land, Week, play_weeks
from route112.watch.baseline import number_hour
from route112.watch.detectors import divergence, flood, grey, slow
from route112.watch.detectors.comparing import Comparison
from route112.watch.detectors.trials import REACH
from route112.watch.findings import Change, Detector, Finding, FindingKind

SEEDS = (31415927, 27182818, 16180339)
"""As in `false_alarms.py`: chosen after all tuning; and the same weeks."""
WEEKS, LEARNING = 56, 4
"""In the first ones it is learned what is usual; the others are scored."""
BANDS = ((18.0, 1.0), (14.0, 0.5), (SCORE_MIN, 0.002))
"""Highest sum from which on, and which part of those are played: thresholds are 19."""
BEFORE = {FindingKind.GREY: 20, FindingKind.FLOOD: 180}
"""Minutes that are played before a sum began: what they compare with is learned by then."""
BACK_MAX, AFTER = 180, 15
"""A sum that is older began long before; and minutes after its peak."""
HOURS = 60
"""Whole hours that are played of each seed, three on end."""
BLOCK, WARM_UP = 180, 60
LOWER = 6.0
"""So far below their thresholds detectors are asked as well: 400 times the chance."""
LOOKED_FOR = (
    FindingKind.GREY,
    FindingKind.FLOOD,
    FindingKind.SLOW,
    FindingKind.DIVERGENCE,
    FindingKind.STALE,
)
"""What may be found in whole hours."""
FAILING = (0.25, 0.5)
"""Shares of the callers of one place that fail, in the table of what a threshold costs."""
BUDGET, CALLS_BUDGET = 1.0, 0.5
"""Alarms a week, of all detectors together, and of those of single calls alone."""

Line = dict[str, Any]
"""What one week, or some hours, brought: as it is kept."""


def main() -> int:
    """Play, and print the tables; return 1 where more alarms came than may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--weeks", type=int, default=WEEKS)
    parser.add_argument("--hours", type=int, default=HOURS)
    parser.add_argument("--minutes", type=float, default=20.0, help="after which nothing is begun")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--rates", action="store_true", help="droughts and failures, too")
    parser.add_argument("--only-told", action="store_true", help="play nothing")
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    gc.freeze()
    gc.disable()  # nothing here hangs together in circles, and looking for them takes a third
    lines = read_lines(asked.keep) if asked.keep else []
    for line in () if asked.only_told else play(asked, lines):
        lines.append(line)
        if asked.keep:
            with asked.keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        if elapsed_s() > asked.minutes * 60.0:
            break
    lines = [line for line in lines if line["seed"] in asked.seeds]
    tables = [(said, rows) for said, rows in list_tables(lines) if len(rows) > 1]
    for said, rows in tables:
        print("\n".join([f"\n{said}:", *align(rows)]))
    if asked.write is not None:
        told = "\n".join(f"{said}:\n\n{render_table(rows)}" for said, rows in tables)
        write_section(asked.write, "calm calls", _SAID + told)
    return 1 if any("MISSED" in cell for _, rows in tables for row in rows for cell in row) else 0


def read_lines(path: Path) -> list[Line]:
    """Return what was kept before."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def play(asked: argparse.Namespace, lines: Sequence[Line]) -> Iterator[Line]:
    """Yield what was not played yet: a week of each seed in turns, then whole hours."""
    done = {(line["seed"], line["part"]) for line in lines}
    for each in zip(*(sweep(seed, asked, done) for seed in asked.seeds), strict=True):
        yield from (line for line in each if line)
    for number in range(0, asked.hours, BLOCK // 60):
        for seed in asked.seeds:
            if (seed, f"hours {number}") not in done:
                yield play_block(seed, number)


def sweep(seed: int, asked: argparse.Namespace, done: set[tuple[int, str]]) -> Iterator[Line]:
    """Yield what each week of a seed brought; nothing for those that were done, or only teach."""
    land = make_land()
    sieve = Sieve(land, Callers(seed, calls_per_s=CALLS_PER_S))
    rates = Rates(land, seed) if asked.rates else None
    for week in play_weeks(land, seed=seed, weeks=asked.weeks):
        began = rates.add_week(week) if rates else None
        # Of a week before one that is played the sieve has to know what was usual.
        is_next_done = week.index + 1 < LEARNING or (seed, f"week {week.index + 1}") in done
        is_done = week.index < LEARNING or (seed, f"week {week.index}") in done
        sifted = None if is_done and is_next_done else sieve.sift(week)
        if is_done or sifted is None:
            yield {}
            continue
        line: Line = {
            "seed": seed,
            "part": f"week {week.index}",
            "rates": began,
            "reached": [[*key, count] for key, count in sorted(sifted.reached.items())],
            "sums": Counter(find_band(each.score)[0] for each in sifted.suspicions),
            "played": Counter(),
            "hours": 0.0,
            "alarms": [],
            "findings": [],
        }
        rng = random.Random(f"{seed} {week.index}")
        chosen = [each for each in sifted.suspicions if rng.random() < find_band(each.score)[1]]
        for window in join_windows(chosen):
            play_window(week, window, line)
        say(f"seed {seed}, week {week.index}: {len(began or ())} + {len(line['alarms'])} alarms")
        yield line


class Rates:
    """Droughts and failures of one country, week after week."""

    def __init__(self, land: Land, seed: int) -> None:
        self._land, self._seed = land, seed
        self._views = lay_out(land)
        self._watches = [
            YearWatch(
                parents=view.parents,
                cuts=view.cuts,
                leaders=view.leaders,
                looks=view.looks,
                thresholds=(),
            )
            for view in self._views
        ]

    def add_week(self, week: Week) -> list[int]:
        """Return the hours of the week in which something began."""
        hours = set()
        for hour, both in enumerate(deal_hours(self._land, week, seed=self._seed)):
            at = number_hour(*divmod(hour, 24), is_holiday=hour // 24 in week.holidays)
            for view, watch, counts in zip(self._views, self._watches, both, strict=True):
                began = watch.add_hour(at, counts)
                dries = np.array([family not in NO_DROUGHT for family in view.families])
                found = (began.drought[0] & dries) | began.success[0]
                if (found & np.array(view.is_counted)).any():
                    hours.add(hour)
        return sorted(hours)


def find_band(score: float) -> tuple[float, float]:
    """Return from where on, and which part of, sums like this one are played."""
    return next((least, part) for least, part in BANDS if score >= least)


def join_windows(chosen: Sequence[Suspicion]) -> list[list[Suspicion]]:
    """Return what is played together: sums of one kind at the same time."""
    windows: list[list[Suspicion]] = []
    for each in sorted(chosen, key=lambda each: (each.kind, find_minutes([each]))):
        last = windows[-1] if windows else []
        if last and last[0].kind is each.kind and find_minutes([each])[0] < find_minutes(last)[1]:
            last.append(each)
        else:
            windows.append([each])
    return windows


def find_minutes(window: Sequence[Suspicion]) -> tuple[int, int]:
    """Return the first minute to be played, and the one after the last."""
    first = min(max(each.began, each.peaked - BACK_MAX) - BEFORE[each.kind] for each in window)
    return max(0, first), min(MINUTES, max(each.peaked for each in window) + AFTER)


def play_window(week: Week, window: Sequence[Suspicion], line: Line) -> None:
    """Play one call by call to the detector that it concerns, and note what that finds."""
    kind = window[0].kind
    minutes = find_minutes(window)
    seed = line["seed"] + week.index
    played = play_hours(week, minutes, [make_one(kind)], seed=seed)
    if played.findings:
        played = play_hours(week, minutes, [make_one(kind)], seed=seed, as_alarms=True)
    part = max(find_band(each.score)[1] for each in window)
    line["hours"] += (minutes[1] - minutes[0]) / 60.0
    line["played"].update(find_band(each.score)[0] for each in window)
    line["alarms"] += [[minute // 60, 1.0 / part] for minute in played.opened.values()]
    line["findings"] += [describe_finding(each) for each in played.findings]


def make_one(kind: FindingKind) -> Detector:
    """Return the detector whose findings are of a kind."""
    if kind is FindingKind.GREY:
        return grey.GreyWatch()
    return flood.FloodWatch(number_of=name_number, departement_of=find_departement)


def describe_finding(finding: Finding) -> list[str]:
    """Return what is told of a finding."""
    said = [str(finding.kind), " x ".join(finding.series.cut) or "country", str(finding.series)]
    say(f"    {'; '.join([*said, *finding.evidence])}")
    return [*said, finding.evidence[0]]


def play_block(seed: int, number: int) -> Line:
    """Play some whole hours, from any week, to all detectors."""
    rng = random.Random(f"{seed} {number}")
    first, land = rng.randrange(WEEKS_PER_YEAR), make_land()
    week = next(play_weeks(land, seed=seed + number + 1, weeks=1, first=first))
    begin = rng.randrange(MINUTES - BLOCK - WARM_UP)
    lower = [
        divergence.DivergenceWatch(number_of=name_number, threshold=divergence.THRESHOLD - LOWER),
        slow.SlowWatch(number_of=name_number, threshold=slow.THRESHOLD - LOWER),
    ]
    kinds = FindingKind.DIVERGENCE, FindingKind.SLOW
    counters = {kind: Lower(each) for kind, each in zip(kinds, lower, strict=True)}
    minutes = begin, begin + WARM_UP + BLOCK
    played = play_hours(
        week,
        minutes,
        [*make_all(), *counters.values()],
        seed=seed + number,
        warm_up=WARM_UP,
        as_alarms=True,
    )
    alarms = len(played.opened)
    say(f"seed {seed}, week {first}, three hours: {alarms} alarms of {played.calls:,} calls")
    return {
        "seed": seed,
        "part": f"hours {number}",
        "calls": played.calls,
        "hours": BLOCK / 60,
        "alarms": alarms,
        "findings": [describe_finding(each) for each in played.findings],
        "lower": {kind: each.found for kind, each in counters.items()},
    }


class Lower:
    """Counts what a detector finds whose threshold is lower, and tells nobody. A `Detector`."""

    def __init__(self, detector: Comparison) -> None:
        self._detector = detector
        self.add_arrival, self.add_end = detector.add_arrival, detector.add_end
        self.found = 0

    def tick(self, now_us: int) -> Change:
        """Judge, and say nothing."""
        self.found += len(self._detector.tick(now_us).begun)
        return Change()


def list_tables(lines: Sequence[Line]) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Yield each table with what stands above it."""
    weeks = [line for line in lines if line["part"].startswith("week")]
    hours = [line for line in lines if line["part"].startswith("hours")]
    count = len(weeks)
    yield f"{count} weeks in which nothing was wrong", list(list_seeds(weeks))
    yield (
        f"How high sums of single calls rise in {count} weeks, by counts, and what calls show",
        list(list_bands(weeks)),
    )
    yield (
        _COSTS,
        list(list_levels(weeks)),
    )
    whole = sum(line["hours"] for line in hours)
    calls = sum(line["calls"] for line in hours)
    yield (
        f"{whole:.0f} whole hours, {calls:,} calls, all detectors of single calls",
        list(list_hours(hours)),
    )


def list_seeds(weeks: Sequence[Line]) -> Iterator[tuple[str, ...]]:
    """Yield the alarms a week of each seed, and of all."""
    yield (
        "seed", "weeks", "droughts and failures", "hours played", "findings of single calls",
        "their alarms", "alarms", "a week", "95 of 100",
    )  # fmt: skip
    groups = {str(seed): [line for line in weeks if line["seed"] == seed]
              for seed in dict.fromkeys(line["seed"] for line in weeks)}  # fmt: skip
    for name, own in (groups | {"all": list(weeks)}).items() if weeks else ():
        has_rates = all(line["rates"] is not None for line in own)
        rated, called, total = 0, 0.0, 0.0
        for line in own:
            by_hour: dict[int, float] = {}
            for hour, weight in line["alarms"]:
                by_hour[hour] = max(weight, by_hour.get(hour, 0.0))
            rates = line["rates"] or ()
            rated += len(rates)
            called += sum(by_hour.values())
            total += sum((by_hour | dict.fromkeys(rates, 1.0)).values())
        rate = total / len(own)
        low, high = (bound / len(own) for bound in bound_mean(round(total)))
        findings = Counter(
            f"{kind} of {cut}" for line in own for kind, cut, *_ in line["findings"]
        )
        yield (
            name,
            str(len(own)),
            str(rated) if has_rates else "-",
            f"{sum(line['hours'] for line in own):.0f}",
            ", ".join(f"{each}: {count}" for each, count in sorted(findings.items())) or "none",
            f"{called:.0f}",
            f"{total:.0f}",
            judge_budget(f"{rate:.2f}", good=rate <= (BUDGET if has_rates else CALLS_BUDGET)),
            f"{low:.2f} to {high:.2f}",
        )


def list_bands(weeks: Sequence[Line]) -> Iterator[tuple[str, ...]]:
    """Yield how often sums ended in each band, and how many of them were played."""
    yield "highest sum", "sums", "played call by call", "part that is played"
    for place, (least, part) in enumerate(BANDS if weeks else ()):
        above = f" to {BANDS[place - 1][0]:.0f}" if place else " and more"
        sums, played = (
            sum(line[name].get(str(least), line[name].get(least, 0)) for line in weeks)
            for name in ("sums", "played")
        )
        yield f"{least:.0f}{above}", f"{sums:,}", f"{played:,}", f"1 in {1.0 / part:.0f}"


def list_levels(weeks: Sequence[Line]) -> Iterator[tuple[str, ...]]:
    """Yield how often each threshold could be reached, and how late it is."""
    reached: Counter[tuple[float, float]] = Counter()
    for line in weeks:
        for share, level, times in line["reached"]:
            reached[share, level] += times
    ways = [(share, raised) for share in FAILING for raised in TRIED]
    yield (
        "threshold",
        *(f"looked for {100 * share:.0f} %" for share in TRIED),
        "all fail",
        *(f"{100 * share:.0f} % fail, looked for {100 * raised:.0f} %" for share, raised in ways),
    )
    for level in LEVELS if weeks else ():
        is_own = level == grey.THRESHOLD
        yield (
            f"{level:.1f}" + (" (in force)" if is_own else ""),
            *(f"{reached[share, level] / len(weeks):.2f}" for share in TRIED),
            count_callers(1.0, grey.RAISED[-1], level),
            *(count_callers(share, raised, level) for share, raised in ways),
        )


def count_callers(share: float, raised: float, level: float) -> str:
    """Return how many callers it takes on average until a place of which a share fails is told."""
    usual = grey.WORKS[REACH].usual
    step = share * math.log(raised / usual)
    step += (1.0 - share) * math.log((1.0 - raised) / (1.0 - usual))
    return f"{math.ceil(level / step)}" if step > 0.0 else "never"


def list_hours(hours: Sequence[Line]) -> Iterator[tuple[str, ...]]:
    """Yield what was found in whole hours, by detector."""
    yield "finding", "found", f"{LOWER:.0f} below the threshold", "so at the threshold, a week"
    asked = sum(line["hours"] for line in hours) * (BLOCK + WARM_UP) / BLOCK
    for kind in LOOKED_FOR if hours else ():
        found = sum(each[0] == kind for line in hours for each in line["findings"])
        lower = sum(line["lower"].get(kind, 0) for line in hours)
        implied = bound_mean(lower)[1] / asked * 168.0 * math.exp(-LOWER)
        is_lowered = any(kind in line["lower"] for line in hours)
        yield (
            kind,
            str(found),
            str(lower) if is_lowered else "-",
            f"below {implied:.3f}" if is_lowered else "-",
        )


_COSTS = """\
What a threshold costs: sums of places that could reach it, a week, by the share that is looked
for; and how many callers it takes on average, where so many of them fail"""

_SAID = """\
### All detectors together

`benchmarks/calm_calls.py`. The weeks of the table above, for the detectors that look at single
calls. Callers who fail try again, and some call again although they were answered; a call in a
hundred is served over its second gateway only, callers hang up while it rings, and answering
points differ in how soon they answer.

A week call by call takes five minutes of a processor. So a sieve over its counts by the minute
comes first (`support/sieve.py`): it follows sums of `grey` and `flood` as if failures came last
in each minute, and as if nothing but the failures of all others explained one. That is more than
calls bring, but for the few that fail by equal chances beside. Where such a sum passes 18 of the
19 that an alarm takes, the country is played call by call from some time before, to the detector
as it runs in watch. Of lower sums every other, or one in five hundred, is played by chance; what
was found there would count for all of them. Findings become alarms by `watch.alarms`. What slow,
divergence and stale judge is drawn by equal chances at any hour: no count tells of it, and whole
hours are played to all detectors.

"""

if __name__ == "__main__":
    sys.exit(main())
