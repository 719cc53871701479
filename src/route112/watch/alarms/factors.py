"""
What do those who are hit have in common that those who are well have not? Factors, ranked.

Elements are compared with their siblings: sites with sites, gateways with gateways, pairs of
number and departement with each other. In each such space

    precision   of those that have the attribute, and of whom something is known, the share hit;
    recall      of what is hit, the share that has it;
    contrast    (1 + share of the space that is well) / 2: where everything is hit, nothing is
                told apart;
    party       1, or 1/2 for an attribute of somebody whom the failures do not name;
    coverage    evidence of the spaces in which something that has it is hit, as a part of that of
                the strongest finding, 1 at most: an answering point that failed a few callers
                explains nothing where a site failed many.

`score = precision x recall x contrast x party x coverage`, and over several spaces the mean,
each weighed by the evidence of what is hit in it. Equal scores: the rarer attribute first.
Changes of the last hour are judged by time instead (`changes`); being rare in time they win
ties.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from route112.watch.alarms.changes import Happening, Suspect, judge_changes
from route112.watch.alarms.ground import Attribute, Ground
from route112.watch.alarms.sightings import SPACES, Count
from route112.watch.findings import Finding
from route112.watch.series import Series
from route112.watch.success import (
    RAISED_LOCAL,
    RAISED_WIDE,
    USUAL_MIN,
    is_local,
    success_steps,
)

SURE_NATS = 3.0
"""Evidence, 20 to 1, from which an element is taken as hit or well; between them it is neither."""
HIT_CALLERS_MIN = 3
"""Callers whom an element failed, from which it is hit where no finding says so: of hundreds of
answering points some fail a caller by chance."""
FACTORS_MAX = 8
"""Factors that an alarm names."""
SCORE_MIN = 0.05
PARTY_SHARE = 0.5
"""Share of the failures that name one party, from which others are suspected half as much."""
OTHER_PARTY = 0.5
_OWNERS: Mapping[str, frozenset[str]] = {
    "site": frozenset({"site"}),
    "edge": frozenset({"edge"}),
    "trunk": frozenset({"joint", "carrier"}),
    "psap": frozenset({"psap", "joint", "carrier"}),
    "operator": frozenset({"origin", "edge"}),
    "technology": frozenset({"origin", "edge"}),
}
"""Whose failure it is when elements of a dimension fail; other dimensions are nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """Something that what is hit has in common."""

    name: str
    """`software`, `operator x technology`, `change`."""
    value: str
    score: float
    """0 to 1."""
    hit: int
    """Elements that have it and are hit."""
    seen: int
    """Elements that have it and of which something is known."""
    hit_all: int
    """Elements that are hit, of the same kind."""

    def __str__(self) -> str:
        """`software 1.0: 5 of 5 hit, of 5 in all (0.58)`."""
        share = f"{self.hit} of {self.seen} hit, of {self.hit_all} in all"
        return f"{self.name} {self.value}: {share} ({self.score:.2f})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is known when factors are looked for."""

    findings: Sequence[Finding]
    counts: Mapping[Series, Count]
    """Of the time since trouble began."""
    parties: Mapping[str, int]
    moves: Sequence[Happening]
    since_us: int


@dataclass(slots=True)
class _Space:
    hit: dict[Series, float]
    """Evidence of each element that is hit, nats."""
    well: set[Series]

    @property
    def contrast(self) -> float:
        return (1.0 + len(self.well) / (len(self.hit) + len(self.well))) / 2.0


@dataclass(slots=True)
class _Sum:
    weight: float = 0.0
    score: float = 0.0
    hit: int = 0
    seen: int = 0
    hit_all: int = 0
    units: int = 0


def rank_factors(scene: Scene, ground: Ground) -> tuple[Factor, ...]:
    """Return what those who are hit have in common, best first; nothing where nobody is hit."""
    sums: dict[Attribute, _Sum] = defaultdict(_Sum)
    found = (finding.series.cut for finding in scene.findings if finding.series.pairs)
    cuts = dict.fromkeys((*SPACES, *found))
    spaces = [space for cut in cuts if (space := find_space(cut, scene)).hit]
    for space in spaces:
        _add_space(sums, space, ground, scene.parties)
    strongest = max((finding.strength for finding in scene.findings), default=0.0)
    ranked = [
        (_make(key, total, strongest), total.seen / total.units) for key, total in sums.items()
    ]
    suspects = judge_changes(scene.moves, spaces, ground, since_us=scene.since_us)
    ranked = [*map(_name_change, suspects), *ranked]
    ranked.sort(key=lambda each: (-each[0].score, each[1]))
    return tuple(factor for factor, _ in ranked if factor.score >= SCORE_MIN)[:FACTORS_MAX]


def find_space(cut: tuple[str, ...], scene: Scene) -> _Space:
    """Tell the elements of one cut apart: those that are hit, and those seen well."""
    hit = {
        finding.series: max(finding.strength, SURE_NATS)
        for finding in scene.findings
        if finding.series.cut == cut
    }
    well = set()
    for unit, count in scene.counts.items():
        if unit.cut != cut or unit in hit:
            continue
        evidence = weigh(count, local=is_local(cut))
        if evidence >= SURE_NATS and count.failed >= HIT_CALLERS_MIN:
            hit[unit] = evidence
        elif evidence <= -SURE_NATS:
            well.add(unit)
    return _Space(hit, well)


def weigh(count: Count, *, local: bool) -> float:
    """Return the evidence that more callers of an element fail than use to, in nats."""
    one = np.ones(1)
    raised = RAISED_LOCAL if local else RAISED_WIDE
    callers = count.served + count.failed
    steps = success_steps(one * callers, one * count.failed, one * USUAL_MIN, one * raised)
    return float(steps[0])


def name_party(parties: Mapping[str, int]) -> str:
    """Return the party that most failures name; empty where no party has half of them."""
    total = sum(parties.values())
    party = max(parties, key=lambda name: (parties[name], name), default="")
    return party if party and parties[party] >= PARTY_SHARE * total else ""


def _add_space(
    sums: dict[Attribute, _Sum], space: _Space, ground: Ground, parties: Mapping[str, int]
) -> None:
    having: dict[Attribute, list[float]] = defaultdict(list)
    for unit in sorted(space.hit, key=lambda unit: unit.pairs):
        for attribute in dict.fromkeys(ground.list_attributes(unit)):
            having[attribute].append(space.hit[unit])
    well: dict[Attribute, int] = defaultdict(int)
    for unit in space.well:
        for attribute in dict.fromkeys(ground.list_attributes(unit)):
            well[attribute] += 1
    evidence = sum(space.hit.values())
    blame = space.contrast * _blame(next(iter(space.hit)).cut, parties)
    for attribute, hits in having.items():
        seen = len(hits) + well[attribute]
        total = sums[attribute]
        total.weight += evidence
        total.score += evidence * blame * (len(hits) / seen) * (len(hits) / len(space.hit))
        if not total.seen:
            # What is said of it is said of the first space: of sites rather than of pairs.
            total.hit, total.seen, total.hit_all = len(hits), seen, len(space.hit)
            total.units = len(space.hit) + len(space.well)


def _blame(cut: Iterable[str], parties: Mapping[str, int]) -> float:
    party = name_party(parties)
    owners = [_OWNERS[name] for name in cut if name in _OWNERS]
    if not party or not owners or any(party in each for each in owners):
        return 1.0
    return OTHER_PARTY


def _make(key: Attribute, total: _Sum, strongest: float) -> Factor:
    coverage = total.weight / max(total.weight, strongest)
    return Factor(
        name=key[0],
        value=key[1],
        score=round(coverage * total.score / total.weight, 4),
        hit=total.hit,
        seen=total.seen,
        hit_all=total.hit_all,
    )


def _name_change(suspect: Suspect) -> tuple[Factor, float]:
    """Return a change as a factor, and how rare it is."""
    factor = Factor(
        name="change",
        value=f"{suspect.what} on {', '.join(suspect.elements)}",
        score=suspect.score,
        hit=suspect.hit,
        seen=len(suspect.elements),
        hit_all=suspect.hit_all,
    )
    return factor, suspect.rarity
