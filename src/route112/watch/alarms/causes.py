"""
How many causes have the troubles of this hour? As few as explain the calls that met trouble.

Candidates are the series that findings are about, each wider series that they are parts of, and
whatever several elements hang on: a version, a vendor, a zone. A candidate is the better the more
likely a fault of it makes what its calls met: that they failed, or stayed away. The best one is a
cause; its calls are put aside, and what is left is explained in the same way, until nothing is
left that could not be chance. So `15` is no cause of its own where all that fails of it is in one
departement, and six sites of one version that fail together are one.

A finding is of the cause that most of its own troubled calls are of; none, where calls do not show
it: a report, a flood, few calls.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from route112.watch.alarms.ground import Attribute, Ground
from route112.watch.alarms.related import TELLING
from route112.watch.alarms.traces import Index, Region
from route112.watch.findings import Finding, FindingKind
from route112.watch.series import DIMENSIONS

CAUSE_NATS = 10.0
"""Evidence from which something is a cause: the best of some hundreds of candidates reaches seven
by chance."""
KNOWN_NATS = 3.0
"""Evidence from which what an alarm is known by is a cause still: it is no best of hundreds."""
CAUSES_MAX = 8
"""Causes that are told apart at one instant."""
CANDIDATES_MAX = 2_000
"""Candidates that are weighed; findings of more series are few faults, or one of the country."""
SHARED_MIN = 2
"""Elements that hang on one thing, from which that is a candidate."""
LIKE_MIN = 0.7
"""How like a cause a finding has to be: the part of its trouble that is of the cause, times the
part of the cause's that is in it."""
MOST = 0.5
"""Part of a finding's trouble from which it is of a cause whenever it was found: a fault that goes
on is found in more and more series."""
HANGS_ON = " by "
"""Between an element and what it hangs on: `("trunk by vendor", "cedar")`."""

Pairs = tuple[Attribute, ...]
Known = tuple[Pairs, int]
"""What a cause is known by, and since when it is."""
_Kind = tuple[bool, bool]
_BAD, _AWAY, _ANY = (True, False), (False, True), (True, True)
"""Trouble that is counted: of calls that came, of calls that did not come, of both."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that explains calls that met trouble."""

    number: int
    """Equal for those of one origin: two paths of one site."""
    pairs: Pairs
    region: Region
    """Its calls, without those of the causes before it."""
    since_us: int


@dataclass(frozen=True, slots=True)
class _Match:
    """How much of some trouble is of a cause."""

    number: int
    share: float
    """Of the trouble, to 1."""
    likeness: float
    """The share, times the share of the cause's trouble that it is."""


class Causes:
    """
    Tells causes apart at one instant.

    Args:
        index: calls of the last hour.
        findings: all that is known to be wrong, also what is to be placed.
        known: what alarms are known by.
    """

    def __init__(
        self,
        index: Index,
        ground: Ground,
        findings: Sequence[Finding],
        known: Collection[Known] = (),
    ) -> None:
        self._index = index
        self._ground = ground
        self.causes = self._explain(findings, known)
        self._found: dict[Finding, _Match | None] = {}

    def find(self, finding: Finding) -> int | None:
        """Return the number of the cause of a finding, or None where calls do not show it."""
        found = self._find(finding)
        return None if found is None else found.number

    def is_sure(self, finding: Finding) -> bool:
        """Tell whether a finding is so like its cause that it can be of no other one."""
        found = self._find(finding)
        return found is not None and found.likeness >= LIKE_MIN

    def is_most(self, finding: Finding) -> bool:
        """Tell whether most of the trouble that a finding tells of is of its cause."""
        found = self._find(finding)
        return found is not None and found.share > MOST

    def find_common(self, findings: Iterable[Finding], known: Known | None) -> int | None:
        """
        Return the cause of an alarm: what comes of the one that it was known by.

        Args:
            findings: of the alarm; where it is not known by a cause, the one most like its own.
            known: what `describe` said of its cause before.
        """
        found = None
        if known is not None:
            found = self._compare(self._region(known[0]), known[1])
        if found is None:
            own = [each for finding in findings if (each := self._find(finding)) is not None]
            found = max(own, key=lambda each: each.likeness, default=None)
        return None if found is None else found.number

    def describe(self, number: int) -> Known:
        """Return what a cause is known by from now on."""
        first = next(cause for cause in self.causes if cause.number == number)
        return first.pairs, first.since_us

    def _find(self, finding: Finding) -> _Match | None:
        if finding not in self._found:
            self._found[finding] = next(self._list_matches(finding), None)
        return self._found[finding]

    def _list_matches(self, finding: Finding) -> Iterator[_Match]:
        """
        Yield the causes that a finding may be of, the best first.

        Who came and failed is compared with who came and failed, who stayed away with who stayed
        away; only where that says nothing, all with all. Of what does nothing but stand in for
        others no call says anything, but it met some.
        """
        kinds = {FindingKind.DROUGHT: (_AWAY, _ANY), FindingKind.REPORT: (_ANY,)}
        for region in (self._index.find(finding.series), self._index.find_met(finding.series)):
            for kind in kinds.get(finding.kind, (_BAD, _ANY)):
                if found := self._compare(region, finding.since_us, kind):
                    yield found

    def _compare(self, region: Region, begun_us: int, kind: _Kind = _ANY) -> _Match | None:
        """Return the cause that most trouble of a region is of."""
        lost: dict[int, float] = defaultdict(float)
        like: dict[int, float] = defaultdict(float)
        all_lost = self._count_lost(region, begun_us, kind)
        for cause in self.causes:
            since_us = max(cause.since_us, begun_us)
            both = self._count_lost(region & cause.region, since_us, kind)
            if both:
                whole = self._count_lost(cause.region, since_us, kind)
                lost[cause.number] += both
                likeness = both * both / (max(whole, both) * max(all_lost, both))
                like[cause.number] = max(like[cause.number], likeness)
        number = max(lost, key=lambda each: lost[each], default=None)
        if number is None:
            return None
        return _Match(number, lost[number] / max(all_lost, lost[number]), like[number])

    def _count_lost(self, region: Region, since_us: int, kind: _Kind) -> float:
        bad, away = self._index.count_lost(region, since_us)
        return bad * kind[0] + away * kind[1]

    def _region(self, pairs: Pairs) -> Region:
        """Return the calls of a candidate: of a series, or of all that hangs on one thing."""
        region = self._index.everything
        for pair in pairs:
            if pair[0] in DIMENSIONS:
                region &= self._index.find_pair(pair)
            else:
                region &= self._join(pair)
        return region

    def _explain(self, findings: Sequence[Finding], known: Collection[Known]) -> list[Cause]:
        candidates = [(*each, CAUSE_NATS) for each in self._list_candidates(findings)]
        candidates = candidates[:CANDIDATES_MAX]
        candidates += [(pairs, self._region(pairs), since, KNOWN_NATS) for pairs, since in known]
        left = self._index.everything
        causes: list[Cause] = []
        while len(causes) < CAUSES_MAX:
            weighed = [
                self._index.weigh(region & left, since) for _, region, since, _ in candidates
            ]
            kept = [
                (weight, each)
                for weight, each in zip(weighed, candidates, strict=True)
                if weight >= each[-1]
            ]
            if not kept:
                break
            _, (pairs, region, since_us, _) = max(kept, key=lambda each: each[0])
            causes.append(Cause(_find_origin(causes, pairs), pairs, region & left, since_us))
            left &= ~region
            candidates = [each for _, each in kept]
        return causes

    def _list_candidates(self, findings: Sequence[Finding]) -> Iterator[tuple[Pairs, Region, int]]:
        """Yield what may be a cause, its calls, and since when; the narrowest first."""
        since: dict[Pairs, list[int]] = defaultdict(list)
        shared: dict[Pairs, list[int]] = defaultdict(list)
        for finding in findings:
            pairs = finding.series.pairs
            for count in range(len(pairs) + 1):
                for some in combinations(pairs, count):
                    since[some].append(finding.since_us)
            for attribute in self._list_shared(pairs):
                shared[(attribute,)].append(finding.since_us)
        since |= {pairs: begun for pairs, begun in shared.items() if len(begun) >= SHARED_MIN}
        for some in sorted(since, key=len, reverse=True):
            region = self._region(some)
            for since_us in _choose(since[some]):
                yield some, region, since_us

    def _list_shared(self, pairs: Pairs) -> Iterator[Attribute]:
        """Yield what an element hangs on, but for other elements."""
        if len(pairs) == 1:
            for attribute in self._ground.attributes.get(pairs[0], ()):
                if attribute[0] not in DIMENSIONS:
                    yield pairs[0][0] + HANGS_ON + attribute[0], attribute[1]

    def _join(self, shared: Attribute) -> Region:
        """Return the calls of all elements that hang on one thing."""
        dimension, _, name = shared[0].partition(HANGS_ON)
        region = 0
        for pair, attributes in self._ground.attributes.items():
            if pair[0] == dimension and (name, shared[1]) in attributes:
                region |= self._index.find_pair(pair)
        return region


def _choose(since_us: Sequence[int]) -> set[int]:
    """Choose times at which trouble may have begun: each finding has its own estimate."""
    ordered = sorted(since_us)
    return {ordered[0], ordered[len(ordered) // 2], ordered[-1]}


def _find_origin(causes: Sequence[Cause], pairs: Pairs) -> int:
    """Return the number of a cause in which the same element is, or a new one."""
    telling = {pair for pair in pairs if pair[0] in TELLING}
    return next(
        (cause.number for cause in causes if not telling.isdisjoint(cause.pairs)), len(causes)
    )
