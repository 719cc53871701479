"""
False alarms a week over a year of weeks in which nothing is wrong, and what a threshold costs.

    benchmarks/false_alarms.py [SEED ...] [--weeks N] [--write FILE]     FILE: docs/benchmarks.md

The weeks come from `route112.simulation.weeks` and `week_parts`, which know nothing of those who
watch. Series of the country, of numbers and of networks are looked at every five seconds, all
others once a minute; the four first weeks teach what is usual and are not scored. What is counted
are findings: one for each series and test, and once within six hours; those that begin within one
hour are one alarm. The baseline of the same run is a plain rule without a test: no call for so
long that ten were due.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.support.layout import (
    LOCAL_FAMILIES,
    NO_DROUGHT,
    NUMBERS,
    View,
    deal_hours,
    lay_out,
    make_land,
)
from benchmarks.support.report import (
    align,
    judge_budget,
    render_table,
    show_time,
    write_section,
)
from benchmarks.support.seeds import score_seeds
from benchmarks.support.year import HOUR_S, Began, Counts, YearWatch

from route112.simulation.weeks import (
    HOURS,
    Week,
    play_weeks,
)
from route112.watch import drought, success
from route112.watch.baseline import number_hour
from route112.watch.cusum import Floats

TUNING_SEEDS = (1, 2)
"""What the thresholds were chosen by."""
SEEDS = (31415927, 27182818, 16180339)
"""Chosen after the thresholds were, and not looked at before."""
WEEKS = 56
LEARNING = 4
THRESHOLDS = (10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 24.0)
DETECTORS = ("drought", "success")
USUAL = 0.02
"""Share of callers who fail where nothing is wrong."""
EVEN_DUE = 10.0
"""Calls that are due before the plain rule complains."""
MEASURED_CALLS = 1_000
"""Calls of a week from which a cell's variance can be told."""
BUDGET = 1.0
"""False alarms a week, at most."""


Rates = list[tuple[float, float, float]]


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
    rates: dict[str, Rates] = field(default_factory=dict)
    """Of each family: places and callers each second, and the history in places."""


def main() -> int:
    """Print the tables; return 1 where more than one alarm a week came."""
    scores, path = score_seeds(
        __doc__.splitlines()[1],
        score_seed,
        lambda score: f"seed {score.seed}: {score.weeks} weeks scored",
        seeds=SEEDS,
        weeks=WEEKS,
        taught=LEARNING,
    )
    tables = list_tables(scores)
    for said, rows in tables:
        print("\n".join([f"\n{said}", *align(rows)]))
    if path is not None:
        text = _SAID.format(tuning=", ".join(map(str, TUNING_SEEDS)))
        text += "\n".join(f"{said}:\n\n{render_table(rows)}" for said, rows in tables)
        write_section(path, "false alarms", text)
    return 0 if max(map(count_weekly, scores)) <= BUDGET else 1


def score_seed(seed: int, weeks: int) -> Score:
    """Watch one country for so many weeks."""
    land = make_land()
    views = lay_out(land)
    watches = [
        YearWatch(
            parents=view.parents,
            cuts=view.cuts,
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
    dries = np.array([family not in NO_DROUGHT for family in view.families])
    for detector in DETECTORS:
        table = getattr(began, detector) & counted
        if detector == "drought":
            table &= dries
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
    """Return the alarms a week, at the thresholds in force."""
    return len(score.hours) / max(score.weeks, 1)


def list_tables(scores: Sequence[Score]) -> list[tuple[str, list[tuple[str, ...]]]]:
    """Return each table with what stands above it."""
    weeks = sum(score.weeks for score in scores)
    series = sum(len(rates) for rates in scores[0].rates.values())
    least = min(min(score.spread) for score in scores)
    spread = (
        f"variance of the calls of a minute at least {least:.1f} times their mean in each cell"
    )
    return [
        (
            f"{series:,} series, {weeks} weeks in which nothing was wrong; {spread}",
            list(_list_seeds(scores)),
        ),
        ("What a threshold costs: findings a week, and delays", list(_list_thresholds(scores))),
        ("At the thresholds in force: findings a week, and floors", list(_list_families(scores))),
    ]


def _list_seeds(scores: Sequence[Score]) -> Iterator[tuple[str, ...]]:
    yield (
        "seed", "weeks", "droughts", "failures", "findings a week", "alarms a week", "plain rule"
    )  # fmt: skip
    for score in scores:
        rate, findings = count_weekly(score), sum(score.in_force.values()) / score.weeks
        by_test = [
            sum(count for (test, _), count in score.in_force.items() if test == each)
            for each in DETECTORS
        ]
        yield (
            str(score.seed),
            str(score.weeks),
            *map(str, by_test),
            f"{findings:.2f}",
            judge_budget(f"{rate:.2f}", good=rate <= BUDGET),
            f"{score.plain / score.weeks:,.0f} a week",
        )


def _list_thresholds(scores: Sequence[Score]) -> Iterator[tuple[str, ...]]:
    """Yield for each threshold how often it is met by chance, and how late it is met."""
    yield (
        "threshold", "droughts", "failures, wide", "failures, local", "silent: country",
        "a number", "a site", "15 of a departement", "2 % to 11 % fail",
        "15 of a departement fails",
    )  # fmt: skip
    weeks = sum(score.weeks for score in scores)
    rates = scores[0].rates
    wide = [family for family in rates if family not in LOCAL_FAMILIES]
    fails = success.success_callers
    for h in THRESHOLDS:
        seen = [
            sum(score.alarms[test, family, h] for score in scores for family in families) / weeks
            for test, families in (
                ("drought", rates),
                ("success", wide),
                ("success", LOCAL_FAMILIES),
            )
        ]
        silent = [
            drought.drought_floor_s(places, history, threshold=h)
            for places, _, history in map(
                _find_middle, [rates["country"], rates["number"], rates["site"], _list_15(rates)]
            )
        ]
        usual = float(success.allow_swing(USUAL))
        risen = fails(0.11, usual, raised=success.RAISED_WIDE, threshold=h)
        risen /= rates["country"][0][1]
        dead = fails(1.0, usual, raised=success.RAISED_LOCAL, threshold=h)
        dead /= _find_middle(_list_15(rates))[1]
        marks = [
            name
            for name, own in (
                ("droughts", drought.THRESHOLD),
                ("wide", success.THRESHOLD_WIDE),
                ("local", success.THRESHOLD_LOCAL),
            )
            if own == h
        ]
        yield (
            f"{h:.0f}" + (f" ({', '.join(marks)})" if marks else ""),
            *(f"{each:.2f}" for each in seen),
            *(show_time(each) for each in (*silent, risen, dead)),
        )


def _list_families(scores: Sequence[Score]) -> Iterator[tuple[str, ...]]:
    yield "series", "count", "droughts", "failures", "floor: quickest", "middle", "slowest"
    weeks = sum(score.weeks for score in scores)
    for family, rates in scores[0].rates.items():
        floors = sorted(drought.drought_floor_s(places, history) for places, _, history in rates)
        shown = (floors[0], floors[len(floors) // 2], floors[-1])
        now = [sum(score.in_force[test, family] for score in scores) for test in DETECTORS]
        yield (
            family,
            str(len(rates)),
            *(f"{count / weeks:.2f}" for count in now),
            *(("-",) * 3 if family in NO_DROUGHT else map(show_time, shown)),
        )


def _list_15(rates: Mapping[str, Rates]) -> Rates:
    """Return the series of 15 in each departement: the first number of each."""
    return rates["departement x number"][:: len(NUMBERS)]


def _find_middle(rates: Rates) -> tuple[float, float, float]:
    return sorted(rates)[len(rates) // 2]


_SAID = """\
## False alarms

`benchmarks/false_alarms.py`. Weeks of an ordinary country of two calls a second, drawn by
`route112.simulation.weeks`, which knows nothing of watch: calls come in clumps, departements swing
on their own, storms hit ten neighbours together for hours, eleven holidays and New Year's night
come, and what fails swings for cells, for networks and for all. Four weeks teach, the others are
scored. Series of the country, of numbers and of networks are looked at every five seconds, all
others each minute. A series that says the same again within six hours says it once. Findings that
begin within one hour are one alarm here: in watch, findings of one cause are one. The thresholds
were chosen on the seeds {tuning}; the seeds below were chosen afterwards.

- *Wide*: series of the country, of numbers, networks, edges and sites; *local*: of departements
  and trunks. Series of answering points have the calls of *departement x number* and are not
  counted again; those of site and trunk are not played.
- *Plain rule*: a finding each time that nothing came while ten places were due.
- *Silent*: how long a whole silence takes to show; *15 of a departement*: of the middle one.

"""

if __name__ == "__main__":
    sys.exit(main())
