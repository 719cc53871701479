"""
False alarms of what looks at single calls, in weeks in which nothing is wrong.

    benchmarks/calm_calls.py [SEED ...] [--weeks N] [--processes N] [--write FILE]

`false_alarms.py` counts by the minute, which is enough for rates. The detectors of
`watch.detectors` want calls: who rang whom by which trunk, and what became of it. So the weeks of
the same generator are played call by call, more than a million of them each. The last N weeks of
a year are played, so that New Year's night is in each seed.
"""

import gc
import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.support.callers import Callers, S, make_all
from benchmarks.support.layout import CALLS_PER_S, make_land
from benchmarks.support.report import (
    align,
    judge_budget,
    render_table,
    say,
    show_time,
    write_section,
)
from benchmarks.support.seeds import score_seeds

from route112.simulation.weeks import MINUTES, WEEKS_PER_YEAR, Week, play_weeks
from route112.watch.findings import Detector, FindingKind

SEEDS = (31415927, 27182818, 16180339)
"""As in `false_alarms.py`: chosen after all tuning."""
WEEKS = 1.0
"""Of the first of them the end, where it is not a whole one."""
TICK_US = 5 * S
T0 = 1_795_000_000_000_000
BUDGET = 0.5
"""Findings a week of all of them together; the other half is for droughts and failures."""


@dataclass(slots=True)
class Score:
    """What one seed brought."""

    seed: int
    weeks: float
    calls: int = 0
    found: Counter[tuple[FindingKind, tuple[str, ...]]] = field(default_factory=Counter)
    """By kind and dimensions."""


def main() -> int:
    """Print the table; return 1 where more findings came than may."""
    scores, path = score_seeds(
        __doc__.splitlines()[1],
        score_seed,
        lambda score: f"seed {score.seed}: {score.calls:,} calls",
        seeds=SEEDS,
        weeks=WEEKS,
    )
    rows = list(describe(scores))
    print("\n".join(align(rows)))
    if path is not None:
        write_section(path, "calm calls", _SAID + render_table(rows))
    return 1 if any("MISSED" in cell for row in rows for cell in row) else 0


def score_seed(seed: int, weeks: float) -> Score:
    """Play the last weeks of a year."""
    whole = math.ceil(weeks)
    score, land = Score(seed, weeks), make_land()
    callers = Callers(seed, calls_per_s=CALLS_PER_S)
    detectors = make_all()
    gc.freeze()
    gc.disable()  # nothing here hangs together in circles, and looking for them takes a third
    last = play_weeks(land, seed=seed, weeks=whole, first=WEEKS_PER_YEAR - whole)
    for number, each in enumerate(last):
        left_out = 0 if number else round((whole - weeks) * MINUTES)
        begin_us = T0 + (number * MINUTES + left_out) * 60 * S
        play(callers, detectors, cut_off(each, left_out), begin_us, score)
    return score


def cut_off(week: Week, minutes: int) -> Week:
    """Return a week without its first minutes."""
    return replace(
        week,
        calls=week.calls[minutes:],
        places=week.places[minutes:],
        callers=week.callers[minutes:],
        failed=week.failed[minutes:],
    )


def play(
    callers: Callers, detectors: Sequence[Detector], week: Week, begin_us: int, score: Score
) -> None:
    """Give a week to all detectors, and count what they say."""
    looked_us = begin_us
    for told in callers.play_week(week, begin_us):
        while looked_us + TICK_US <= told.at_us:
            looked_us += TICK_US
            for detector in detectors:
                for finding in detector.tick(looked_us).begun:
                    score.found[finding.kind, finding.series.cut] += 1
                    after = show_time((looked_us - begin_us) / S)
                    say(f"{after}: {finding.kind} {finding.series}")
                    say(f"    {'; '.join(finding.evidence)}")
        for detector in detectors:
            if told.is_end:
                detector.add_end(told.call)
            else:
                detector.add_arrival(told.call)
        score.calls += not told.is_end


def describe(scores: Sequence[Score]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
    yield "seed", "weeks", "calls", "findings", "of which", "a week"
    for score in scores:
        rate = score.found.total() / score.weeks
        kinds = ", ".join(
            f"{kind} of {' x '.join(cut) or 'the country'}: {count}"
            for (kind, cut), count in sorted(score.found.items())
        )
        yield (
            str(score.seed),
            f"{score.weeks:g}",
            f"{score.calls:,}",
            str(score.found.total()),
            kinds or "none",
            judge_budget(f"{rate:.2f}", good=rate <= BUDGET),
        )


_SAID = """\
### What looks at single calls

`benchmarks/calm_calls.py`. Weeks of the same generator, call by call: the last of a year, with New
Year's night. Callers who fail try again, and some call again although they were answered; a call
in a hundred is served over its second gateway only, callers hang up while it rings, and answering
points differ in how soon they answer. All of `watch.detectors` look at them, from nothing, every
five seconds. Each finding counts, whatever it becomes part of. Half of the one alarm a week is
theirs.

"""


if __name__ == "__main__":
    sys.exit(main())
