"""
What changed shortly before? Restarts, snapshots, versions, orders: ranked as factors are.

    recall      of what is hit, the share that the change touched, in the space where it is most;
    contrast    as of factors: where everything is hit, nothing is told apart;
    closeness   1 within five minutes before the trouble began, falling to 0 at an hour.

`score = recall x contrast x closeness`. A snapshot may send calls the wrong way whichever site
decides by it: where no site is hit, it touched all.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from route112.watch.alarms.ground import Attribute, Ground
from route112.watch.alarms.traces import MINUTE_US
from route112.watch.series import DIMENSIONS, Series

CLOSE_US = 5 * MINUTE_US
"""A change is as close as can be when trouble began within this time after it."""
EARLY_US = 2 * MINUTE_US
"""Trouble may seem to begin so much before the change that made it: both are estimates."""
CHANGE_US = 60 * MINUTE_US
"""A change is suspected for so long."""
CHANGES_MAX = 3
"""Changes that an alarm names."""
SNAPSHOT = "snapshot"
"""How the change begins that every site may be hit by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that changed at one element."""

    what: str
    """`snapshot g43`, `restart`, `software 1.0 -> 1.1`, `order o1 begins`: equal where it is one
    change of several elements."""
    dimension: str
    value: str
    at_us: int
    """Watch time, microseconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One change, and how well it fits."""

    what: str
    elements: tuple[str, ...]
    score: float
    hit: int
    """Elements of it that are hit."""
    hit_all: int
    """Elements of that kind that are hit."""
    rarity: float
    """Less is rarer: in time, then in elements."""


class Space(Protocol):
    """Elements of one kind, those that are hit told apart."""

    hit: dict[Series, float]

    @property
    def contrast(self) -> float:
        """How much the space tells apart."""


def judge_changes(
    happenings: Iterable[Happening], spaces: Sequence[Space], ground: Ground, *, since_us: int
) -> list[Suspect]:
    """Return the changes that may have done it, best first."""
    grouped: dict[str, list[Happening]] = defaultdict(list)
    for each in happenings:
        if -EARLY_US <= since_us - each.at_us <= CHANGE_US:
            grouped[each.what].append(each)
    if not spaces:
        return []
    found = [_judge(group, spaces, ground, since_us) for group in grouped.values()]
    found.sort(key=lambda suspect: (-suspect.score, suspect.rarity))
    return [suspect for suspect in found if suspect.score > 0.0][:CHANGES_MAX]


def _judge(
    group: Sequence[Happening], spaces: Sequence[Space], ground: Ground, since_us: int
) -> Suspect:
    elements = {(each.dimension, each.value) for each in group}
    touched = elements | {
        attribute
        for element in elements
        for attribute in ground.attributes.get(element, ())
        if attribute[0] in DIMENSIONS
    }
    dimension = group[0].dimension
    alike = {unit.pairs[0] for space in spaces for unit in space.hit if unit.cut == (dimension,)}
    recall = max(_recall(space.hit, touched) for space in spaces)
    if alike:
        recall = len(alike & elements) / len(alike)
    elif group[0].what.startswith(SNAPSHOT):
        recall = 1.0
    elapsed_us = max(0, since_us - min(each.at_us for each in group))
    closeness = min(1.0, (CHANGE_US - elapsed_us) / (CHANGE_US - CLOSE_US))
    return Suspect(
        what=group[0].what,
        elements=tuple(sorted(value for _, value in elements)),
        score=round(max(0.0, recall * max(space.contrast for space in spaces) * closeness), 4),
        hit=len(alike & elements),
        hit_all=len(alike),
        rarity=elapsed_us / CHANGE_US + len(elements) / 1e6,
    )


def _recall(hit: Mapping[Series, float], touched: set[Attribute]) -> float:
    """Return the share of the evidence that is of units which a change touched."""
    inside = sum(weight for unit, weight in hit.items() if not touched.isdisjoint(unit.pairs))
    return inside / sum(hit.values())
