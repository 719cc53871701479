"""
Grey: an element that looks well and does not do its work, while its siblings do.

Each trial (`trials`) names its factors: an edge and a site, or a station, a trunk and an answering
point. When it fails, one of them is at fault. A factor is accused by how much more fails with it
than without it: with its siblings at the same minutes, and with the other factors of the same
trial. A trunk is not accused of an answering point that nobody reaches, nor an answering point of
a trunk that reaches nobody, nor one path of a site that has lost its way out. So nothing has to be
known of yesterday, and a fault shows in the first hour of an installation; and what is fine on
average is not asked.

For each accused there are two sums of evidence: that nearly all of its trials fail, and that some
do. One caller counts once in two minutes, as in `success`.

Cost: some dozens of additions for each call that is well, some hundreds for one that is not;
nothing at a tick but for what is open.
"""

import math
from collections.abc import Iterator
from itertools import combinations

from route112.watch.detectors.budget import CALLS_PER_WEEK, find_threshold
from route112.watch.detectors.evidence import Tallies, Tally
from route112.watch.detectors.suspects import ALONE_SHARE, Suspect
from route112.watch.detectors.trials import ANSWER, HAND, REACH, TAKE, Pair, Trial, list_trials
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.measures import NO_CALLER
from route112.watch.recent import Recent
from route112.watch.series import Series
from route112.watch.success import CALLER_US
from route112.watch.values import SeenCall

TESTS_PER_CALL = 20.0
"""Likelihood ratios that a call adds: of an edge, of two sites with their paths, of two targets
with station, trunk and path, of one answering point and its trunk, for each alternative."""
THRESHOLD = find_threshold(CALLS_PER_WEEK * TESTS_PER_CALL)
"""19.4: see `budget`."""
FADES_US = (600e6, 45e6)
"""Siblings are compared over about ten minutes, and over less than one, so that those that fell
ill together are known to have; what fails more counts."""
USUAL = {HAND: 0.02, TAKE: 0.03, REACH: 0.03, ANSWER: 0.3}
"""Share of trials that fails where nothing is wrong; siblings that do better are taken as this.
Callers hang up while it rings far more often than paths fail."""
RAISED = {HAND: (0.25, 0.9), TAKE: (0.25, 0.9), REACH: (0.25, 0.9), ANSWER: (0.9,)}
"""Shares that are looked for."""
USUAL_MAX = 0.9
"""Beyond this nobody is accused for failing always."""
RAISED_TIMES, RAISED_MAX = 2.0, 0.95
"""Where siblings fail, too, it is looked for so many times as much."""
USUAL_WEIGHT = 12.0
"""Trials that `USUAL` counts for, beside what siblings did."""
CONTROL_WEIGHT = 4.0
"""The same, of what all siblings did, beside what the same trunk, target or station did."""
ODDS_MIN = 3.0
"""Failed to not failed, by the same of the siblings: below this nothing is said."""
ELEMENTS_MAX = 20_000
"""Elements that have sums; those met later have none."""
PAIRS_MAX = 100_000
"""Pairs of factors that are counted; the one not met for longest is forgotten."""
FORGOTTEN_US = 86_400_000_000
"""What was not tried for a day is over: nothing is known of it any more."""
SWEEP_US = 600_000_000
"""How often that is looked after."""
PATHS = (("edge", "site"), ("edge", "trunk"), ("site", "trunk"))
"""Pairs of dimensions that are accused as one: a way from one element to the next."""

_BESIDE = {
    "edge": ("site", "trunk", "psap"),
    "site": ("edge", "trunk", "psap"),
    "trunk": ("edge", "site", "psap"),
    "psap": ("trunk",),
}
"""Who may explain what an element of this dimension did not do."""
_SAID = {
    HAND: "calls not passed on",
    TAKE: "calls not taken",
    REACH: "targets not reached",
    ANSWER: "rang, and nobody answered",
}
_Factors = tuple[Pair, ...]
_Key = tuple[str, _Factors]
"""A work, and one factor, or two; none stands for all trials of that work."""


class GreyWatch:
    """Elements that do not do their work. A `Detector`."""

    def __init__(self) -> None:
        self._tallies = tuple(Tallies(fade_us=each, count_max=PAIRS_MAX) for each in FADES_US)
        self._suspects: dict[_Key, Suspect] = {}
        self._open: set[_Key] = set()
        self._said: set[Series] = set()
        self._callers = Recent(CALLER_US)
        self._now_us = 0
        self._swept_us = 0
        self.unwatched = 0
        """Trials of elements for which there was no room."""

    def add_arrival(self, call: SeenCall) -> None:
        """Nothing: an attempt that has begun has not failed anybody yet."""

    def add_end(self, call: SeenCall) -> None:
        """Count the trials of an attempt that is over."""
        self._now_us = self._now_us or call.ended_us
        who = call.call if call.caller in NO_CALLER else call.caller
        for trial in list_trials(call):
            thing = (who, trial.work, trial.factors, trial.failed)
            if self._callers.is_new(thing, self._now_us):
                self._judge(trial)

    def tick(self, now_us: int) -> Change:
        """Say what began and what is over."""
        self._now_us = max(self._now_us, now_us)
        if self._now_us - self._swept_us >= SWEEP_US:
            self._sweep()
        works: dict[Series, str] = {}
        for work, factors in sorted(self._open):
            if self._is_worse(work, factors) and not self._is_explained(work, factors):
                works.setdefault(Series(factors), work)
        begun = [each for each in works if each not in self._said]
        over = sorted(self._said - works.keys())
        self._said = set(works)
        return Change(
            begun=tuple(self._tell(works[each], each) for each in begun),
            over=tuple((FindingKind.GREY, each) for each in over),
        )

    def _judge(self, trial: Trial) -> None:
        for factors in _list_accused(trial):
            suspect = self._find_suspect(trial.work, factors)
            if suspect is None:
                continue
            suspect.last_us = self._now_us
            if suspect.is_clear and not trial.failed:
                continue
            low = suspect.usual = self._measure_usual(trial, factors)
            suspect.party = trial.party or suspect.party
            for evidence, raised in zip(suspect.sums, RAISED[trial.work], strict=True):
                high = max(raised, min(low * RAISED_TIMES, RAISED_MAX))
                step = high / low if trial.failed else (1.0 - high) / (1.0 - low)
                evidence.add(math.log(step), now_us=self._now_us, threshold=THRESHOLD)
            others = [each for each in trial.factors if each not in factors]
            suspect.count(others, failed=trial.failed)
            if suspect.is_open:
                self._open.add((trial.work, factors))
            else:
                self._open.discard((trial.work, factors))
        counted = (), *((each,) for each in trial.factors), *combinations(trial.factors, 2)
        for factors in counted:
            for tallies in self._tallies:
                tallies.add((trial.work, factors), float(trial.failed), now_us=self._now_us)

    def _find_suspect(self, work: str, factors: _Factors) -> Suspect | None:
        suspect = self._suspects.get((work, factors))
        if suspect is None:
            if len(self._suspects) >= ELEMENTS_MAX:
                self.unwatched += 1
                return None
            suspect = self._suspects[work, factors] = Suspect(len(RAISED[work]))
        return suspect

    def _measure_usual(self, trial: Trial, accused: _Factors) -> float:
        """Return the share that fails without the accused: the worst of what may explain it."""
        shares = (self._measure_share(each, trial, accused) for each in self._tallies)
        return min(max(USUAL[trial.work], *shares), USUAL_MAX)

    def _measure_share(self, tallies: Tallies, trial: Trial, accused: _Factors) -> float:
        def without(whole: _Factors, part: _Factors) -> tuple[float, float]:
            found = (
                tallies.find((trial.work, each), now_us=self._now_us) for each in (whole, part)
            )
            return _subtract(*found)

        bad, seen = without((), accused)
        general = (bad + USUAL_WEIGHT * USUAL[trial.work]) / (seen + USUAL_WEIGHT)
        worst = general
        for factor in trial.factors:
            if (factor,) == accused:
                continue
            # Of a path the nearer end is named first; what lies behind it is met at the further.
            both = accused if factor in accused else _join(trial, factor, accused[-1])
            bad, seen = without((factor,), both)
            worst = max(worst, (bad + CONTROL_WEIGHT * general) / (seen + CONTROL_WEIGHT))
        return worst

    def _is_worse(self, work: str, factors: _Factors) -> bool:
        """Tell whether it still fails more: what all have in common is learned in some seconds."""
        suspect = self._suspects[work, factors]
        share, usual = suspect.failed / suspect.trials, suspect.usual
        return share * (1.0 - usual) >= ODDS_MIN * usual * (1.0 - share)

    def _is_explained(self, work: str, factors: _Factors) -> bool:
        """
        Tell whether another alarm says better what is held against an element.

        A path is explained by an end of it that fails with others, too, or has no others. One
        factor is explained by another when it fails with that one only. A trunk and an answering
        point that fail together are told by the answering point, unless that is reached over
        other trunks while this trunk reaches nobody. And one factor is explained by several of
        which each fails with others, too.
        """
        if len(factors) > 1:
            ends = zip(factors, factors[::-1], strict=True)
            return any(
                (work, (end,)) in self._open and not self._works(work, end, other)
                for end, other in ends
            )
        own = factors[0]
        suspect = self._suspects[work, factors]
        for dimension in _BESIDE[own[0]]:
            if self._count_blamed(work, own, dimension) >= ALONE_SHARE * suspect.failed:
                return True
            other = suspect.find_alone(dimension)
            if other is None or not self._is_told(work, own, other):
                continue
            if {own[0], dimension} == {"trunk", "psap"}:
                trunk, psap = (own, other) if dimension == "psap" else (other, own)
                is_trunk = self._works(work, psap, trunk) and not self._works(work, trunk, psap)
                if is_trunk == (dimension == "trunk"):
                    return True
            elif suspect.works_without(other):
                return True
        return False

    def _count_blamed(self, work: str, own: Pair, dimension: str) -> int:
        """Return how many failures were with others that have an alarm, and fail without it."""
        return sum(
            failed
            for other, failed in self._suspects[work, (own,)].list_failed(dimension)
            if (work, (other,)) in self._open and self._suspects[work, (other,)].fails_without(own)
        )

    def _is_told(self, work: str, own: Pair, other: Pair) -> bool:
        """Tell whether there is an alarm of the other, or of the path between both."""
        paths = (other,), (own, other), (other, own)
        return any((work, factors) in self._open for factors in paths)

    def _works(self, work: str, factor: Pair, other: Pair) -> bool:
        suspect = self._suspects.get((work, (factor,)))
        return suspect is None or suspect.works_without(other)

    def _tell(self, work: str, series: Series) -> Finding:
        suspect = self._suspects[work, series.pairs]
        lately = (
            self._tallies[0].find((work, each), now_us=self._now_us) for each in ((), series.pairs)
        )
        bad, seen = _subtract(*lately)
        trials = THRESHOLD / math.log(RAISED_MAX / suspect.usual)
        strongest = suspect.strongest
        lasted_s = max(1.0, (self._now_us - strongest.since_us) / 1e6)
        return Finding(
            kind=FindingKind.GREY,
            series=series,
            since_us=strongest.since_us,
            at_us=self._now_us,
            expected=suspect.usual,
            seen=suspect.failed / max(suspect.trials, 1),
            strength=strongest.value,
            floor_s=trials * lasted_s / max(suspect.trials, 1),
            party=_judge_party(series.pairs, suspect),
            evidence=(
                f"{_SAID[work]}: {suspect.failed} of {suspect.trials} trials",
                f"siblings in the same minutes: {bad:.0f} of {seen:.0f}",
                *(
                    f"all with {other[0]} {other[1]}"
                    for each in _BESIDE[series.pairs[0][0]]
                    if (other := suspect.find_alone(each)) and other not in series.pairs
                ),
            ),
        )

    def _sweep(self) -> None:
        self._swept_us = self._now_us
        self._callers.forget(self._now_us)
        past_us = self._now_us - FORGOTTEN_US
        for key in [key for key, each in self._suspects.items() if each.last_us < past_us]:
            del self._suspects[key]
            self._open.discard(key)


def _list_accused(trial: Trial) -> Iterator[_Factors]:
    """Yield each factor, and the path that the trial went."""
    for factor in trial.factors:
        yield (factor,)
    for pair in combinations(trial.factors, 2):
        if (pair[0][0], pair[1][0]) in PATHS:
            yield pair


def _judge_party(factors: _Factors, suspect: Suspect) -> str:
    """Who failed: an element that fails with all others is it; of a path the records say."""
    if len(factors) > 1:
        return suspect.party
    dimension = factors[0][0]
    if dimension == "psap" and suspect.find_alone("trunk"):
        return suspect.party
    return suspect.party if dimension == "trunk" else dimension


def _join(trial: Trial, one: Pair, other: Pair) -> _Factors:
    return tuple(each for each in trial.factors if each in (one, other))


def _subtract(whole: Tally, part: Tally) -> tuple[float, float]:
    """Return what was bad, and what was seen, without a part; never below zero."""
    return max(0.0, whole.bad - part.bad), max(0.0, whole.seen - part.seen)
