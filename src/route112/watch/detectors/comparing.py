"""
Elements compared with their siblings in the same minutes: who fails while others do not.

Each trial (`trials`) names its factors: an edge and a site, or a station, a trunk and an answering
point. When it fails, one of them is at fault. A factor is accused by how much more fails with it
than without it: with its siblings at the same minutes, and with the other factors of the same
trial. A trunk is not accused of an answering point that nobody reaches, nor an answering point of
a trunk that reaches nobody, nor one path of a site that has lost its way out. So nothing has to be
known of yesterday, and a fault shows in the first hour of an installation; and what is fine on
average is not asked.

For each accused there is a sum of evidence for each share of failures that is looked for. One
caller counts once in two minutes, as in `success`.

Cost: some dozens of additions for each call that is well, some hundreds for one that is not;
nothing at a tick but for what is open.
"""

import math
from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from route112.watch.detectors.docket import BESIDE, ELEMENTS_MAX, FORGOTTEN_US, Docket
from route112.watch.detectors.evidence import Count, Tallies
from route112.watch.detectors.suspects import Suspect
from route112.watch.detectors.trials import Factors, Key, Pair, Trial, name_keys
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.measures import NO_CALLER
from route112.watch.recent import Recent
from route112.watch.series import Series
from route112.watch.success import CALLER_US
from route112.watch.values import SeenCall

FADE_US = 600e6
"""Siblings are compared over about ten minutes."""
LAST_TRIALS = 20
"""And over the last trials, so that those that fell ill together are known to have at once; the
comparison counts in which they fail more."""
COMMON_TRIALS = 8
"""When of so many last trials of others more than half failed of those that usually do not, nobody
does better: what is wrong is common to all, and what looked like one's fault was its beginning."""
USUAL_MAX = 0.9
"""Beyond this nobody is accused for failing always."""
RAISED_TIMES, RAISED_MAX = 2.0, 0.95
"""Where siblings fail, too, it is looked for so many times as much."""
USUAL_WEIGHT = 12.0
"""Trials that `USUAL` counts for, beside what siblings did."""
CONTROL_WEIGHT = 4.0
"""The same, of what all siblings did, beside what the same trunk, target or station did."""
PAIRS_MAX = 100_000
"""Pairs of factors that are counted; the one not met for longest is forgotten."""
WAYS_MAX = 20_000
"""Ways that are remembered; beyond it they are found anew."""
SWEEP_US = 600_000_000
"""How often that is looked after."""
HABIT_FADE_US = 604_800e6
"""A habit is what was usual for about a week, but for what came during an alarm."""
HABIT_TRIALS = 50.0
"""It is known after so many trials."""


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work, and what is known of it beforehand."""

    said: str
    """What a failed trial of it is, in words."""
    usual: float
    """Share of trials that fails where nothing is wrong; siblings that do better are taken as
    this."""
    raised: tuple[float, ...]
    """Shares that are looked for."""
    accused: tuple[str, ...] = ("edge", "site", "trunk", "psap")
    """Dimensions of factors that may be at fault; the others only explain."""
    party: str = ""
    """Who failed, whatever the trial says; empty: as it says."""
    by_siblings: bool = True
    """What siblings do in the same minutes counts as usual."""
    by_habit: bool = False
    """What the element itself did for days counts as usual; until that is known, where siblings
    do not count, nobody is accused."""


@dataclass(frozen=True, slots=True)
class _Way:
    """Factors of a trial: who is accused when it fails, and where it is counted."""

    accused: tuple[tuple[Key, Suspect], ...]
    counts: tuple[Count, ...]

    def has_forgotten(self, past_us: int) -> bool:
        """Tell whether one of the accused was not tried since."""
        return any(suspect.last_us < past_us for _, suspect in self.accused)


_Lately = tuple[int, int]
"""Last trials of others: how many failed, and how many there are."""


class Comparison:
    """
    Elements that do worse than their siblings. A `Detector`.

    Args:
        works: by name, as trials name them.
        threshold: evidence that an alarm takes: `budget`.
    """

    def __init__(self, kind: FindingKind, works: Mapping[str, Work], *, threshold: float) -> None:
        self._kind = kind
        self._works_by_name = dict(works)
        self._threshold = threshold
        self._habits = Tallies(fade_us=HABIT_FADE_US, count_max=ELEMENTS_MAX)
        self._tallies = Tallies(fade_us=FADE_US, count_max=PAIRS_MAX)
        self._last: dict[str, deque[Trial]] = {name: deque(maxlen=LAST_TRIALS) for name in works}
        self._docket = Docket()
        self._said: set[Series] = set()
        self._callers = Recent(CALLER_US)
        self._ways: dict[Key, _Way] = {}
        self.now_us = 0
        self._swept_us = 0

    @property
    def unwatched(self) -> int:
        """Trials of elements for which there was no room."""
        return self._docket.unwatched

    @abstractmethod
    def list_trials(self, call: SeenCall) -> Iterable[Trial]:
        """List what a call that is over says; asked once for each."""

    def is_excused(self, work: str, factors: Factors, suspect: Suspect) -> bool:  # noqa: ARG002
        """Tell whether something else is known to be why somebody accused fails."""
        return False

    def add_arrival(self, call: SeenCall) -> None:
        """Nothing: an attempt that has begun has not failed anybody yet."""

    def add_end(self, call: SeenCall) -> None:
        """Count the trials of an attempt that is over."""
        self.now_us = self.now_us or call.ended_us
        who = call.call if call.caller in NO_CALLER else call.caller
        for trial in self.list_trials(call):
            thing = (who, trial.work, trial.factors, trial.failed)
            if self._callers.is_new(thing, self.now_us):
                self._judge(trial)

    def tick(self, now_us: int) -> Change:
        """Say what began and what is over."""
        self.now_us = max(self.now_us, now_us)
        if self.now_us - self._swept_us >= SWEEP_US:
            self._sweep()
        works: dict[Series, str] = {}
        for work, factors in self._docket.list_told():
            asked = self._works_by_name[work]
            if self.is_excused(work, factors, self._docket.suspects[work, factors]):
                continue
            if not (asked.by_siblings and _is_common(asked, self._count_last(work, factors))):
                works.setdefault(Series(factors), work)
        begun = [each for each in works if each not in self._said]
        over = sorted(self._said - works.keys())
        self._said = set(works)
        return Change(
            begun=tuple(self._tell(works[each], each) for each in begun),
            over=tuple((self._kind, each) for each in over),
        )

    def _judge(self, trial: Trial) -> None:
        work, now_us = self._works_by_name[trial.work], self.now_us
        way = self._ways.get((trial.work, trial.factors)) or self._make_way(trial, work)
        if trial.is_known:
            for key, suspect in way.accused:
                suspect.count(_list_others(trial, key), failed=True)
            return
        for key, suspect in way.accused:
            suspect.last_us = now_us
            if trial.failed or not suspect.is_clear:
                self._weigh(trial, work, key, suspect)
            elif work.by_habit:
                self._habits.add(key, 0.0, now_us)
        self._tallies.add_all(way.counts, float(trial.failed), now_us)
        self._last[trial.work].append(trial)

    def _make_way(self, trial: Trial, work: Work) -> _Way:
        """Find who is accused, and what is counted; once for each way."""
        accused, counted = name_keys(trial.work, trial.factors, work.accused)
        found = [(key, self._docket.find(*key, alternatives=len(work.raised))) for key in accused]
        forgotten = self._tallies.forgotten
        way = _Way(
            accused=tuple((key, suspect) for key, suspect in found if suspect is not None),
            counts=tuple(self._tallies.reach(key) for key in counted),
        )
        if self._tallies.forgotten != forgotten or len(self._ways) >= WAYS_MAX:
            self._ways.clear()
        elif len(way.accused) == len(found):
            self._ways[trial.work, trial.factors] = way
        return way

    def __getstate__(self) -> dict[str, object]:
        """Ways are found again."""
        return {**self.__dict__, "_ways": {}}

    def _weigh(self, trial: Trial, work: Work, key: Key, suspect: Suspect) -> None:
        """Add a trial to what is held against somebody; a good one of the others says nothing."""
        factors = key[1]
        lately = self._count_last(trial.work, factors)
        low = self._find_usual(trial, work, key, suspect, lately)
        if low is None:
            return
        suspect.usual = low
        is_common = work.by_siblings and _is_common(work, lately)
        suspect.party = trial.party or suspect.party
        suspect.detail = trial.detail or suspect.detail
        for evidence, raised in zip(suspect.sums, work.raised, strict=True):
            high = max(raised, min(low * RAISED_TIMES, RAISED_MAX))
            step = high / low if trial.failed else (1.0 - high) / (1.0 - low)
            counts = -math.inf if is_common else math.log(step)
            evidence.add(counts, now_us=self.now_us, threshold=self._threshold)
        suspect.count(_list_others(trial, key), failed=trial.failed)
        self._docket.note(*key)

    def _find_usual(
        self, trial: Trial, work: Work, key: Key, suspect: Suspect, lately: _Lately
    ) -> float | None:
        """
        Return the share that fails without the accused: the worst of what may explain it.

        None where nothing is known yet of somebody whose siblings do not count.
        """
        shares = [work.usual]
        if work.by_habit:
            bad, seen = self._habits.read(key, self.now_us)
            is_known, share = seen >= HABIT_TRIALS, bad / max(seen, 1.0)
            if not suspect.is_open:
                self._habits.add(key, float(trial.failed), self.now_us)
            if is_known:
                shares.append(share)
            elif not work.by_siblings:
                return None
        if work.by_siblings:
            shares.append(self._measure_share(trial, key[1], lately))
        return min(max(shares), USUAL_MAX)

    def _measure_share(self, trial: Trial, accused: Factors, lately: _Lately) -> float:
        bad, seen = self._count_without(trial.work, (), accused)
        usual = self._works_by_name[trial.work].usual
        general = (bad + USUAL_WEIGHT * usual) / (seen + USUAL_WEIGHT)
        worst = max(general, _shrink(*lately, general))
        for factor in trial.factors:
            if (factor,) == accused:
                continue
            # Of a path the nearer end is named first; what lies behind it is met at the further.
            both = accused if factor in accused else _join(trial, factor, accused[-1])
            bad, seen = self._count_without(trial.work, (factor,), both)
            worst = max(worst, _shrink(bad, seen, general))
        return worst

    def _count_without(self, work: str, whole: Factors, part: Factors) -> tuple[float, float]:
        """Return what was bad lately, and what was seen, without a part; never below zero."""
        bad, seen = self._tallies.read((work, whole), self.now_us)
        part_bad, part_seen = self._tallies.read((work, part), self.now_us)
        return max(0.0, bad - part_bad), max(0.0, seen - part_seen)

    def _count_last(self, work: str, accused: Factors) -> _Lately:
        """Return how many of the others' last trials failed, and how many there are."""
        failed = trials = 0
        for each in self._last[work]:
            for factor in accused:
                if factor not in each.factors:
                    trials += 1
                    failed += each.failed
                    break
        return failed, trials

    def _tell(self, work: str, series: Series) -> Finding:
        suspect = self._docket.suspects[work, series.pairs]
        bad, seen = self._count_without(work, (), series.pairs)
        trials = self._threshold / math.log(RAISED_MAX / suspect.usual)
        strongest = suspect.strongest
        lasted_s = max(1.0, (self.now_us - strongest.since_us) / 1e6)
        return Finding(
            kind=self._kind,
            series=series,
            since_us=strongest.since_us,
            at_us=self.now_us,
            expected=suspect.usual,
            seen=suspect.failed / max(suspect.trials, 1),
            strength=strongest.value,
            floor_s=trials * lasted_s / max(suspect.trials, 1),
            party=self._works_by_name[work].party or _judge_party(series.pairs, suspect),
            evidence=(
                f"{self._works_by_name[work].said}: {suspect.failed} of {suspect.trials} trials",
                *((suspect.detail,) if suspect.detail else ()),
                f"siblings in the same minutes: {bad:.0f} of {seen:.0f}",
                *(
                    f"all with {other[0]} {other[1]}"
                    for each in BESIDE.get(series.pairs[0][0], ())
                    if (other := suspect.find_alone(each)) and other not in series.pairs
                ),
            ),
        )

    def _sweep(self) -> None:
        self._swept_us = self.now_us
        self._callers.forget(self.now_us)
        past_us = self.now_us - FORGOTTEN_US
        self._docket.forget(past_us)
        ways = self._ways.items()
        self._ways = {key: way for key, way in ways if not way.has_forgotten(past_us)}


def _is_common(work: Work, lately: _Lately) -> bool:
    failed, trials = lately
    return trials >= COMMON_TRIALS and failed >= (0.5 + 0.5 * work.usual) * trials


def _judge_party(factors: Factors, suspect: Suspect) -> str:
    """Who failed: an element that fails with all others is it; of a path the records say."""
    if len(factors) > 1:
        return suspect.party
    dimension = factors[0][0]
    if dimension == "psap" and suspect.find_alone("trunk"):
        return suspect.party
    return suspect.party if dimension in ("trunk", "number") else dimension


def _list_others(trial: Trial, key: Key) -> list[Pair]:
    return [each for each in trial.factors if each not in key[1]]


def _join(trial: Trial, one: Pair, other: Pair) -> Factors:
    return tuple(each for each in trial.factors if each in (one, other))


def _shrink(bad: float, seen: float, general: float) -> float:
    """Return the share that was bad, the more like the general one the less was seen."""
    return (bad + CONTROL_WEIGHT * general) / (seen + CONTROL_WEIGHT)
