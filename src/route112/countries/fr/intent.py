"""
The intent: who answers what, where and when, before anybody writes it down.

It is the single origin of the demo. One path renders it into plan files as prefectures write them
(`tables`), another writes the expected table (`expected`); neither uses the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from route112.countries.fr.ground import Ground
from route112.model import Psap

EVERY_DAY = "1234567"
WEEKDAYS = "12345"
"""ISO days of the week, Monday is 1."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Hours of the local day on some days of the week."""

    days: str
    """ISO digits of the days on which it starts."""
    opens_h: int
    closes_h: int
    """Up to this hour; of the next day where it is not after `opens_h`."""


DAY = Opening(EVERY_DAY, 8, 20)
NIGHT = Opening(EVERY_DAY, 20, 8)
WEEKDAY = Opening(WEEKDAYS, 8, 20)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a commune: either a closed ring or streets."""

    ring: tuple[tuple[float, float], ...] = ()
    """Closed, (longitude, latitude) in degrees, WGS 84."""
    streets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """Centres in try order at some hours, in some part."""

    psaps: tuple[str, ...]
    """Ids, 1 to 3; the plan names their primary lines."""
    opening: Opening | None = None
    part: Part | None = None


Answer = tuple[Variant, ...]
"""All variants of one commune and one number; together they cover the week."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who answers a number in some communes of a departement."""

    number: str
    answer: Answer
    communes: frozenset[str] | None = None
    """Codes; None: every commune that no earlier rule took."""


@dataclass(frozen=True, slots=True)
class Intent:
    """Everything that the demo says."""

    ground: Ground
    psaps: Mapping[str, Psap]
    """By id."""
    rules: Mapping[str, tuple[Rule, ...]]
    """By departement, in the order in which they are tried."""
    answers: Mapping[str, tuple[Answer, ...]]
    """By commune, one answer for each short number in the order of the profile."""
