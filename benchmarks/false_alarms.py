"""
False alarms a week over a year of weeks in which nothing is wrong, and what a threshold costs.

The weeks come from `route112.simulation.weeks`, which knows nothing of those who watch. The steps
of evidence are the ones that `watch` adds; here they are added for many looks at once. Each series
is looked at once a minute; the four first weeks teach what is usual and are not scored.

    benchmarks/false_alarms.py [SEED ...] [--weeks N]

A series that alarms again within six hours counts once. The baseline of the same run is a plain
rule without a test: no call for so long that ten were due.
"""

import argparse
import math
import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from route112.countries.fr.ground import load_ground
from route112.simulation.weeks import HOURS, MINUTES, Counts, Land, Week, play_weeks
from route112.watch.baseline import Baseline, number_hour
from route112.watch.cusum import Floats, run_sums
from route112.watch.drought import (
    MODULATION_SECONDS,
    drought_floor_s,
    drought_steps,
    lower_expected,
    modulate,
)
from route112.watch.drought import THRESHOLD as DROUGHT
from route112.watch.success import (
    RAISED_LOCAL,
    RAISED_WIDE,
    THRESHOLD_LOCAL,
    THRESHOLD_WIDE,
    success_callers,
    success_steps,
)

SEEDS = (20210602, 20250918, 19840104)
"""Chosen after the thresholds were."""
WEEKS = 56
LEARNING = 4
AGAIN_MINUTES = 360
THRESHOLDS = (10.0, 12.0, 14.0, 16.0, 18.0, 20.0)
NUMBERS = {"15": 0.42, "17": 0.18, "18": 0.25, "112": 0.12, "115": 0.03}
NETWORKS = {
    ("ajonc", "mobile"): 0.3,
    ("ajonc", "voip"): 0.15,
    ("bruyere", "mobile"): 0.2,
    ("bruyere", "pstn"): 0.05,
    ("genet", "mobile"): 0.2,
    ("lande", "voip"): 0.1,
}
CALLS_PER_S = 2.0
EVEN_DUE = 10.0
"""Calls that are due before the plain rule complains."""
FAMILIES = (
    "country",
    "number",
    "departement",
    "departement x number",
    "network",
    "network x number",
)
LOCAL_FAMILIES = ("departement", "departement x number")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column of the counts is what."""

    land: Land
    families: tuple[str, ...]
    parents: tuple[int, ...]
    """Series whose hours a series has: of its number, else the country."""

    @property
    def leaders(self) -> int:
        """How many of the first series are parents: the country and the numbers."""
        return 1 + len(self.land.numbers)


@dataclass(slots=True)
class Score:
    """Alarms by family, detector and threshold."""

    weeks: int = 0
    alarms: Counter[tuple[str, str, float]] = field(default_factory=Counter)
    in_force: Counter[str] = field(default_factory=Counter)
    """Alarms at the thresholds in force, by detector."""
    hours_in_force: int = 0
    """Hours in which at least one alarm at the thresholds in force began: those of one cause."""
    plain: int = 0
    ratios: list[float] = field(default_factory=list)
    """Variance by mean of calls in a minute, of the median cell of each week."""
    rates: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def main() -> int:
    """Print the table; return 1 where more than one alarm a week came."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--weeks", type=int, default=WEEKS)
    asked = parser.parse_args()
    scores = []
    with ProcessPoolExecutor(2) as pool:
        runs = [pool.submit(score_seed, seed, asked.weeks) for seed in asked.seeds]
        for seed, run in zip(asked.seeds, runs, strict=True):
            scores.append(run.result())
            print(f"seed {seed}: {scores[-1].weeks} weeks scored", file=sys.stderr, flush=True)
    return print_scores(asked.seeds, scores)


def lay_out() -> Layout:
    """Return the series that are scored: 109 departements, five numbers, six networks."""
    people: dict[str, int] = defaultdict(int)
    for commune in load_ground().communes:
        people[commune.departement] += commune.population
    total = sum(people.values())
    weights = {code: max(count, 1) / total for code, count in people.items()}
    land = Land(calls_per_s=CALLS_PER_S, departements=weights, numbers=NUMBERS, networks=NETWORKS)
    numbers = range(1, 1 + len(NUMBERS))
    parts = [
        ("country", [0]),
        ("number", list(numbers)),
        ("departement", [0] * len(weights)),
        ("departement x number", list(numbers) * len(weights)),
        ("network", [0] * len(NETWORKS)),
        ("network x number", [number for number in numbers for _ in NETWORKS]),
    ]
    families = tuple(name for name, parents in parts for _ in parents)
    return Layout(land, families, tuple(each for _, parents in parts for each in parents))


def spread(layout: Layout, cells: Counts, networks: Counts) -> Floats:
    """Return minutes x series."""
    by_cell = cells.reshape(MINUTES, len(layout.land.departements), len(NUMBERS))
    parts = [
        by_cell.sum(axis=(1, 2))[:, None],
        by_cell.sum(axis=1),
        by_cell.sum(axis=2),
        cells,
        networks.sum(axis=1),
        networks.reshape(MINUTES, -1),
    ]
    return np.concatenate(parts, axis=1).astype(float)


def score_seed(seed: int, weeks: int) -> Score:
    """Watch one country for so many weeks."""
    layout = lay_out()
    baseline = Baseline(layout.parents)
    count = len(layout.families)
    sums = {"drought": np.zeros(count), "success": np.zeros(count)}
    failed_before, callers_before = np.zeros(count), np.zeros(count)
    score = Score()
    for week in play_weeks(layout.land, seed=seed, weeks=weeks):
        places = spread(layout, week.places, week.network_places)
        callers = spread(layout, week.callers, week.network_callers)
        failed = spread(layout, week.failed, week.network_failed)
        hours = np.array(
            [number_hour(*divmod(hour, 24), is_holiday=hour // 24 in week.holidays)
             for hour in range(HOURS)]
        )  # fmt: skip
        score.ratios.append(_measure_spread(week))
        if week.index >= LEARNING:
            expected = baseline.expect_hours(hours)
            steps = {
                "drought": _drought(layout, baseline, expected, places),
                "success": _success(layout, callers, failed, failed_before, callers_before),
            }
            _count(score, layout, sums, steps)
            score.weeks += 1
            score.plain += _count_plain(expected, places)
        failed_before = failed_before + failed.sum(axis=0)
        callers_before = callers_before + callers.sum(axis=0)
        hourly = places.reshape(HOURS, 60, -1).sum(axis=1)
        baseline.learn(hours, hourly, counted=np.ones_like(hourly))
    for family, rate, history in zip(
        layout.families, hourly.mean(axis=0) / 3600.0, baseline.history, strict=True
    ):
        score.rates[family].append(drought_floor_s(float(rate), float(history)))
    return score


def _drought(layout: Layout, baseline: Baseline, expected: Floats, places: Floats) -> Floats:
    by_minute = np.repeat(expected / 60.0, 60, axis=0)
    window = MODULATION_SECONDS // 60
    leaders = slice(0, layout.leaders)
    seen, due = (np.cumsum(each[:, leaders], axis=0) for each in (places, by_minute))
    seen[window:] -= seen[:-window].copy()
    due[window:] -= due[:-window].copy()
    modulation = modulate(seen, due)[:, list(layout.parents)]
    modulation[:, leaders] = 1.0
    history = baseline.history[None, :]
    return drought_steps(lower_expected(by_minute, history, modulation), places)


def _success(
    layout: Layout, callers: Floats, failed: Floats, failed_before: Floats, before: Floats
) -> Floats:
    usual = (failed_before / np.maximum(before, 1.0))[None, :]
    raised = np.array(
        [RAISED_LOCAL if name in LOCAL_FAMILIES else RAISED_WIDE for name in layout.families]
    )
    return success_steps(callers, failed, usual, raised[None, :])


def _count(
    score: Score, layout: Layout, sums: dict[str, Floats], steps: dict[str, Floats]
) -> None:
    began: set[int] = set()
    for detector, step in steps.items():
        walk = run_sums(step, sums[detector])
        sums[detector] = np.minimum(walk[-1], min(THRESHOLDS))
        for threshold in THRESHOLDS:
            for minute, series in _list_alarms(walk, threshold):
                family = layout.families[series]
                score.alarms[detector, family, threshold] += 1
                if threshold == threshold_of(detector, family):
                    score.in_force[detector] += 1
                    began.add(minute // 60)
    score.hours_in_force += len(began)


def _list_alarms(walk: Floats, threshold: float) -> set[tuple[int, int]]:
    """List minute and series of each alarm; again within six hours is the same."""
    above = walk >= threshold
    crossed = above & np.vstack([np.zeros((1, above.shape[1]), dtype=bool), ~above[:-1]])
    first: dict[tuple[int, int], int] = {}
    for minute, series in zip(*np.nonzero(crossed), strict=True):
        first.setdefault((int(minute) // AGAIN_MINUTES, int(series)), int(minute))
    return {(minute, series) for (_, series), minute in first.items()}


def threshold_of(detector: str, family: str) -> float:
    """Return the threshold in force."""
    if detector == "drought":
        return DROUGHT
    return THRESHOLD_LOCAL if family in LOCAL_FAMILIES else THRESHOLD_WIDE


def _count_plain(expected: Floats, places: Floats) -> int:
    """Count how often the plain rule complains: none came while ten were due."""
    due = np.repeat(expected / 60.0, 60, axis=0)
    walk = np.cumsum(due, axis=0)
    at_last = np.maximum.accumulate(np.where(places > 0, walk, 0.0), axis=0)
    silent = walk - at_last >= EVEN_DUE
    return int((silent[1:] & ~silent[:-1]).sum())


def _measure_spread(week: Week) -> float:
    calls = week.calls
    return float(np.median(calls.var(axis=0) / np.maximum(calls.mean(axis=0), 1e-9)))


def print_scores(seeds: list[int], scores: list[Score]) -> int:
    """Print what came, family by family and threshold by threshold."""
    weeks = sum(score.weeks for score in scores)
    print(f"false alarms a week, {weeks} weeks in which nothing was wrong; seeds {seeds}")
    spread_seen = min(min(score.ratios) for score in scores)
    print(f"variance of a cell's calls in a minute: at least {spread_seen:.2f} times their mean")
    for detector in ("drought", "success"):
        print(f"\n{detector:<24}" + "".join(f"{h:>9.0f}" for h in THRESHOLDS) + "   in force")
        for family in FAMILIES:
            rates = [
                sum(score.alarms[detector, family, h] for score in scores) / weeks
                for h in THRESHOLDS
            ]
            shown = "".join(f"{rate:>9.2f}" for rate in rates)
            print(f"  {family:<22}{shown}{threshold_of(detector, family):>11.0f}")
    print(f"\n{'floor of a whole silence':<24}{'quickest':>12}{'median':>12}{'slowest':>12}")
    for family in FAMILIES:
        floors = sorted(floor for score in scores for floor in score.rates[family])
        chosen = (floors[0], floors[len(floors) // 2], floors[-1])
        print(f"  {family:<22}" + "".join(f"{show_time(floor):>12}" for floor in chosen))
    wide = success_callers(0.11, 0.02, raised=RAISED_WIDE, threshold=THRESHOLD_WIDE)
    print(f"\na rise of failures from 2 % to 11 % shows after {wide:.0f} callers")
    rates_seen = [sum(score.in_force.values()) / score.weeks for score in scores]
    plain = sum(score.plain for score in scores) / weeks
    for seed, rate, score in zip(seeds, rates_seen, scores, strict=True):
        merged = score.hours_in_force / score.weeks
        kept = "kept" if rate <= 1.0 else "MISSED"
        print(f"seed {seed:>9}: {rate:.2f} a week ({merged:.2f} hours with one)   <= 1: {kept}")
    print(f"plain rule, none while {EVEN_DUE:.0f} were due: {plain:.1f} a week")
    return 0 if max(rates_seen) <= 1.0 else 1


def show_time(seconds: float) -> str:
    """Return `20 s`, `5.0 min`, `3.1 h`, `2.0 d` or `never`."""
    if seconds == math.inf:
        return "never"
    for size, unit in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
