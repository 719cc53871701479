"""
False alarms a week over a year of weeks in which nothing is wrong, and what a threshold costs.

    benchmarks/false_alarms.py [SEED ...] [--weeks N] [--write FILE]     FILE: docs/benchmarks.md

The weeks come from `route112.simulation.weeks` and `week_parts`, which know nothing of those who
watch. Series of the country, of numbers and of networks are looked at every five seconds, all
others once a minute; the four first weeks teach what is usual and are not scored. What is counted
are findings: one for each series and test. A series that alarms again within six hours counts
once. The baseline of the same run is a plain rule without a test: no call for so long that ten
were due.
"""

import argparse
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support.layout import LOCAL_FAMILIES, View, deal_hours, lay_out, make_land
from benchmarks.support.report import judge_budget, say, write_section
from benchmarks.support.year import HOUR_S, Began, Counts, YearWatch

from route112.simulation.weeks import (
    HOURS,
    Week,
    play_weeks,
)
from route112.watch import drought, success
from route112.watch.baseline import number_hour
from route112.watch.cusum import Floats

SEEDS = (31415927, 27182818, 16180339)
"""Chosen after the thresholds were, and not used before."""
TUNING_SEEDS = (1, 2, 3)
"""What the thresholds were chosen by."""
WEEKS = 56
LEARNING = 4
THRESHOLDS = (10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0)
DETECTORS = ("drought", "success")
EVEN_DUE = 10.0
"""Calls that are due before the plain rule complains."""
MEASURED_CALLS = 1_000
"""Calls of a week from which a cell's variance can be told."""
BUDGET = 1.0
"""False alarms a week, at most."""


@dataclass(slots=True)
class Score:
    """What one country brought in its weeks."""

    seed: int
    weeks: int = 0
    alarms: Counter[tuple[str, str, float]] = field(default_factory=Counter)
    """By test, family and threshold."""
    in_force: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By test and family, at the thresholds in force."""
    hours: set[tuple[int, int]] = field(default_factory=set)
    """Week and hour in which at least one alarm in force began: those of one cause."""
    plain: int = 0
    spread: list[float] = field(default_factory=list)
    """Variance by mean of calls in a minute, of the cell of each week where it is least."""
    rates: dict[str, list[tuple[float, float, float]]] = field(default_factory=dict)
    """Of each family: places and callers each second, and the history in places."""


def main() -> int:
    """Print the tables; return 1 where more than one alarm a week came."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--weeks", type=int, default=WEEKS)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    scores = []
    with ProcessPoolExecutor(2) as pool:
        for score in pool.map(score_seed, asked.seeds, [asked.weeks] * len(asked.seeds)):
            scores.append(score)
            say(f"seed {score.seed}: {score.weeks} weeks scored")
    lines = list(describe(scores))
    print("\n".join(lines))
    if asked.write:
        text = "\n".join(["## False alarms", "", *_SAID, "", "```", *lines, "```", ""])
        write_section(asked.write, "false alarms", text)
    return 0 if max(map(count_weekly, scores)) <= BUDGET else 1


def score_seed(seed: int, weeks: int) -> Score:
    """Watch one country for so many weeks."""
    land = make_land()
    views = lay_out(land)
    watches = [
        YearWatch(
            parents=view.parents,
            local=view.local,
            leaders=view.leaders,
            looks=view.looks,
            thresholds=THRESHOLDS,
        )
        for view in views
    ]
    score = Score(seed)
    for week in play_weeks(land, seed=seed, weeks=weeks):
        score.spread.append(measure_spread(week))
        silence = np.zeros(len(views[1].families))
        for hour, both in enumerate(deal_hours(land, week, seed=seed)):
            at = number_hour(*divmod(hour, 24), is_holiday=hour // 24 in week.holidays)
            for view, watch, counts in zip(views, watches, both, strict=True):
                began = watch.add_hour(at, counts)
                if week.index >= LEARNING:
                    _count(score, view, began, (week.index, hour))
            if week.index >= LEARNING:
                score.plain += _count_plain(watches[1].expected, both[1], silence)
        score.weeks += week.index >= LEARNING
    for view, watch in zip(views, watches, strict=True):
        _keep_rates(score, view, watch)
    return score


def _count(score: Score, view: View, began: Began, at: tuple[int, int]) -> None:
    counted = np.array(view.is_counted)
    for detector in DETECTORS:
        table = getattr(began, detector) & counted
        for row, series in zip(*np.nonzero(table), strict=True):
            family = view.families[series]
            if row:
                score.alarms[detector, family, THRESHOLDS[row - 1]] += 1
                continue
            score.in_force[detector, family] += 1
            score.hours.add(at)


def _count_plain(expected: Floats, counts: Counts, silence: Floats) -> int:
    """Count how often the plain rule complains, and keep what was due since the last place."""
    due = np.repeat(expected[None, :] / len(counts.places), len(counts.places), axis=0)
    walk = silence + np.cumsum(due, axis=0)
    at_last = np.maximum.accumulate(np.where(counts.places > 0, walk, 0.0), axis=0)
    silent = np.vstack([silence, walk - at_last]) >= EVEN_DUE
    silence[:] = walk[-1] - at_last[-1]
    return int((silent[1:] & ~silent[:-1]).sum())


def _keep_rates(score: Score, view: View, watch: YearWatch) -> None:
    hours = watch.baseline.expect_hours(np.arange(HOURS)).mean(axis=0) / HOUR_S
    callers = watch.callers_a_second
    for index, family in enumerate(view.families):
        if view.is_counted[index]:
            values = (
                float(hours[index]),
                float(callers[index]),
                float(watch.baseline.history[index]),
            )
            score.rates.setdefault(family, []).append(values)


def measure_spread(week: Week) -> float:
    """Return variance by mean of the calls of a minute, of the cell where it is least."""
    calls = week.calls[:, week.calls.sum(axis=0) >= MEASURED_CALLS]
    return float((calls.var(axis=0) / calls.mean(axis=0)).min())


def count_weekly(score: Score) -> float:
    """Return the alarms in force a week."""
    return sum(score.in_force.values()) / max(score.weeks, 1)


def describe(scores: Sequence[Score]) -> Iterator[str]:
    """Yield the lines of all tables."""
    weeks = sum(score.weeks for score in scores)
    series = sum(len(rates) for rates in scores[0].rates.values())
    yield f"findings a week, {weeks} weeks in which nothing was wrong, {series:,} series"
    least = min(min(score.spread) for score in scores)
    yield f"variance of the calls of a minute: at least {least:.2f} x their mean in every cell"
    for detector in DETECTORS:
        yield ""
        yield from _describe_thresholds(detector, scores, weeks)
    yield ""
    yield from _describe_delays(scores[0])
    yield ""
    for score in scores:
        rate = count_weekly(score)
        shown = judge_budget(f"{rate:.2f} a week", good=rate <= BUDGET)
        hours = f"{len(score.hours)} hours of {score.weeks} weeks had one"
        yield f"seed {score.seed:>9}: {shown}; {hours}"
    plain = sum(score.plain for score in scores) / weeks
    yield f"plain rule, none while {EVEN_DUE:.0f} were due: {plain:.1f} a week"


def _describe_thresholds(detector: str, scores: Sequence[Score], weeks: int) -> Iterator[str]:
    yield f"{detector:<22}" + "".join(f"{h:>8.0f}" for h in THRESHOLDS) + "   in force"
    for family in scores[0].rates:
        rates = [
            sum(score.alarms[detector, family, h] for score in scores) / weeks for h in THRESHOLDS
        ]
        now = sum(score.in_force[detector, family] for score in scores) / weeks
        shown = "".join(f"{rate:>8.2f}" for rate in rates)
        yield f"  {family:<20}{shown}{threshold_of(detector, family):>6.0f}: {now:.2f}"
    totals = [
        sum(s.alarms[detector, f, h] for s in scores for f in s.rates) / weeks for h in THRESHOLDS
    ]
    now = sum(s.in_force[detector, family] for s in scores for family in s.rates) / weeks
    yield f"  {'all':<20}" + "".join(f"{rate:>8.2f}" for rate in totals) + f"{now:>12.2f}"


def _describe_delays(score: Score) -> Iterator[str]:
    """Yield what thresholds cost: how long a whole silence, or a whole failure, takes to show."""
    yield f"{'delay by threshold':<28}" + "".join(f"{h:>9.0f}" for h in THRESHOLDS)
    for family in (
        "country",
        "number",
        "network x number",
        "site",
        "departement",
        "departement x number",
    ):
        middle = sorted(score.rates[family])[len(score.rates[family]) // 2]
        floors = [drought.drought_floor_s(middle[0], middle[2], threshold=h) for h in THRESHOLDS]
        yield f"  silent {family:<19}" + "".join(f"{show_time(each):>9}" for each in floors)
    rate = score.rates["country"][0][1]
    wide = [
        success.success_callers(0.11, 0.02, raised=success.RAISED_WIDE, threshold=h) / rate
        for h in THRESHOLDS
    ]
    yield f"  {'2 % to 11 %, country':<26}" + "".join(f"{show_time(each):>9}" for each in wide)
    cells = sorted(score.rates["departement x number"], key=lambda each: each[1])
    rate = cells[len(cells) // 2][1]
    local = [
        success.success_floor_s(rate, 0.02, raised=success.RAISED_LOCAL, threshold=h)
        for h in THRESHOLDS
    ]
    yield f"  {'all fail, dep. x number':<26}" + "".join(f"{show_time(each):>9}" for each in local)


def threshold_of(detector: str, family: str) -> float:
    """Return the threshold in force."""
    if detector == "drought":
        return drought.THRESHOLD
    return success.THRESHOLD_LOCAL if family in LOCAL_FAMILIES else success.THRESHOLD_WIDE


def show_time(seconds: float) -> str:
    """Return `20 s`, `5.0 min`, `3.1 h`, `2.0 d` or `never`."""
    if seconds == math.inf:
        return "never"
    for size, unit in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


_SAID = ("TEXT",)

if __name__ == "__main__":
    sys.exit(main())
