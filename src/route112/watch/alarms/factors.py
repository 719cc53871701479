"""
What do those who are hit have in common that those who are well have not? Factors, ranked.

Elements are compared with their siblings: sites with sites, gateways with gateways, pairs of
number and departement with each other. In each such space

    precision   of those that have the attribute, and of whom something is known, the share hit;
    recall      of what is hit, the share that has it;
    contrast    (1 + share of the space that is well) / 2: where everything is hit, nothing is
                told apart;
    party       1, or 1/2 for an attribute of somebody whom the failures do not name.

`score = precision x recall x contrast x party`, and over several spaces the mean, each weighed by
the evidence of what is hit in it. Equal scores: the rarer attribute first. A change of the last
hour is judged by time instead: `recall x contrast x closeness`, where closeness is 1 within five
minutes before the trouble began and falls to 0 at an hour; being rare in time it wins ties.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from route112.watch.alarms.ground import Attribute, Ground
from route112.watch.alarms.sightings import SPACES, Count, Move
from route112.watch.alarms.traces import MINUTE_US
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
FACTORS_MAX = 8
"""Factors that an alarm names."""
SCORE_MIN = 0.05
CLOSE_US = 5 * MINUTE_US
"""A change is as close as can be when trouble began within this time after it."""
EARLY_US = 2 * MINUTE_US
"""Trouble may seem to begin so much before the change that made it: both are estimates."""
CHANGE_US = 60 * MINUTE_US
"""A change is suspected for so long."""
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
    moves: Sequence[Move]
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
    ranked = [(_make(key, total), total.seen / total.units) for key, total in sums.items()]
    if change := _judge_change(scene, spaces):
        ranked.insert(0, change)
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
        if evidence >= SURE_NATS:
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


def _make(key: Attribute, total: _Sum) -> Factor:
    return Factor(
        name=key[0],
        value=key[1],
        score=round(total.score / total.weight, 4),
        hit=total.hit,
        seen=total.seen,
        hit_all=total.hit_all,
    )


def _judge_change(scene: Scene, spaces: Sequence[_Space]) -> tuple[Factor, float] | None:
    """Return the newest change that may have done it, and how rare it is in time."""
    before = [
        move for move in scene.moves if -EARLY_US <= scene.since_us - move.at_us <= CHANGE_US
    ]
    if not before or not spaces:
        return None
    generation = max(move.generation for move in before)
    moved = {move.site for move in before if move.generation == generation}
    elapsed_us = max(
        0, scene.since_us - min(move.at_us for move in before if move.generation == generation)
    )
    closeness = min(1.0, (CHANGE_US - elapsed_us) / (CHANGE_US - CLOSE_US))
    sites = [space for space in spaces if next(iter(space.hit)).cut == ("site",)]
    # Where no site is hit, a change of any site may have sent the calls of all the wrong way.
    hit = {unit.get("site") for space in sites for unit in space.hit}
    recall = len(hit & moved) / len(hit) if hit else 1.0
    contrast = max(space.contrast for space in spaces)
    factor = Factor(
        name="change",
        value=f"snapshot g{generation} on {', '.join(sorted(moved))}",
        score=round(max(0.0, recall * contrast * closeness), 4),
        hit=len(hit & moved),
        seen=len(moved),
        hit_all=len(hit),
    )
    return factor, elapsed_us / CHANGE_US
