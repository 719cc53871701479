"""Series of an ordinary country that a benchmark watches, and how its counts are dealt."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from benchmarks.support.year import Counts

from route112.countries.fr.ground import load_ground
from route112.simulation.week_parts import SLOTS_PER_MINUTE, draw_networks, draw_paths, draw_trunks
from route112.simulation.weeks import HOURS, Land, Week
from route112.simulation.weeks import Counts as Integers
from route112.watch.cusum import Floats

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
EDGES = ("ajonc", "bruyere", "genet", "lande")
SITES = 6
TRUNKS = 2
"""Gateways by which each departement is reached."""
PATHS = {(edge, f"site-{site}"): 1.0 for edge in EDGES for site in range(1, SITES + 1)}
CUTS = {
    "country": (),
    "number": ("number",),
    "operator": ("operator",),
    "technology": ("technology",),
    "network": ("operator", "technology"),
    "operator x number": ("number", "operator"),
    "technology x number": ("number", "technology"),
    "network x number": ("number", "operator", "technology"),
    "departement": ("departement",),
    "departement x number": ("number", "departement"),
    "site": ("site",),
    "edge x site": ("edge", "site"),
    "trunk": ("trunk",),
}
"""Dimensions of each family of series."""
LOCAL_FAMILIES = ("departement", "departement x number", "trunk")
NO_DROUGHT = ("trunk",)
"""Series in which only what became of calls is counted."""


@dataclass(frozen=True, slots=True)
class View:
    """Some series at one resolution; the first ones are the country and its numbers."""

    families: tuple[str, ...]
    parents: tuple[int, ...]
    looks: int
    """In an hour."""
    is_counted: tuple[bool, ...]
    """Not where another view has the same series."""

    @property
    def leaders(self) -> int:
        """How many of the first series are parents."""
        return 1 + len(NUMBERS)

    @property
    def cuts(self) -> list[tuple[str, ...]]:
        """Return the dimensions of each series."""
        return [CUTS[name] for name in self.families]


def make_land() -> Land:
    """Return the country: 109 departements by their people, five numbers, six networks."""
    people: dict[str, int] = defaultdict(int)
    for commune in load_ground().communes:
        people[commune.departement] += commune.population
    total = sum(people.values())
    weights = {code: max(count, 1) / total for code, count in people.items()}
    return Land(calls_per_s=CALLS_PER_S, departements=weights, numbers=NUMBERS, networks=NETWORKS)


def lay_out(land: Land) -> tuple[View, View]:
    """Return the quick series, looked at every five seconds, and the others, each minute."""
    numbers = list(range(1, 1 + len(NUMBERS)))
    count = len(land.departements)
    leaders = [("country", [0]), ("number", numbers)]
    quick = [
        ("operator", [0] * _group(0).shape[1]),
        ("technology", [0] * _group(1).shape[1]),
        ("network", [0] * len(NETWORKS)),
        ("operator x number", numbers * _group(0).shape[1]),
        ("technology x number", numbers * _group(1).shape[1]),
        ("network x number", numbers * len(NETWORKS)),
    ]
    slow = [
        ("departement", [0] * count),
        ("departement x number", numbers * count),
        ("site", [0] * SITES),
        ("edge x site", [0] * len(PATHS)),
        ("trunk", [0] * count * TRUNKS),
    ]
    return (
        _make_view(leaders, quick, looks=60 * SLOTS_PER_MINUTE, counted=True),
        _make_view(leaders, slow, looks=60, counted=False),
    )


def deal_hours(land: Land, week: Week, *, seed: int) -> Iterator[tuple[Counts, Counts]]:
    """Yield the counts of each hour of a week, for both views."""
    slots, networks = draw_networks(land, week, seed=seed)
    paths = draw_paths(week, PATHS, seed=seed)
    trunks = draw_trunks(land, week, trunks=TRUNKS, seed=seed)
    for hour in range(HOURS):
        quick, slow = {}, {}
        for name in ("places", "callers", "failed"):
            few = slice(hour * 60, hour * 60 + 60)
            many = slice(few.start * SLOTS_PER_MINUTE, few.stop * SLOTS_PER_MINUTE)
            quick[name] = _spread_quick(getattr(slots, name)[many], getattr(networks, name)[many])
            slow[name] = _spread_slow(
                getattr(week, name)[few].reshape(60, len(land.departements), -1),
                getattr(paths, name)[few],
                getattr(trunks, name)[few],
            )
        yield Counts(**quick), Counts(**slow)


def _spread_quick(by_number: Integers, by_network: Integers) -> Floats:
    """Return slots x series from slots x numbers, and slots x numbers x networks."""
    # A place that calls by two networks of one operator is one place of that operator.
    groups = [np.minimum(by_network @ _group(column), by_number[:, :, None]) for column in (0, 1)]
    groups.append(by_network)
    return _join(
        by_number.sum(axis=1)[:, None],
        by_number,
        *(group.sum(axis=1) for group in groups),
        *(group.transpose(0, 2, 1) for group in groups),
    )


def _spread_slow(cells: Integers, paths: Integers, trunks: Integers) -> Floats:
    """Return minutes x series."""
    by_site = paths.reshape(len(paths), len(EDGES), SITES).sum(axis=1)
    return _join(
        cells.sum(axis=(1, 2))[:, None],
        cells.sum(axis=1),
        cells.sum(axis=2),
        cells,
        by_site,
        paths,
        trunks,
    )


def _group(column: int) -> Integers:
    """Return which network is of which operator (0) or technology (1): networks x groups."""
    values = [network[column] for network in NETWORKS]
    names = sorted(set(values))
    return np.array([[int(value == name) for name in names] for value in values])


def _join(*parts: Integers) -> Floats:
    return np.concatenate([each.reshape(len(each), -1) for each in parts], axis=1).astype(float)


def _make_view(
    leaders: Sequence[tuple[str, list[int]]],
    others: Sequence[tuple[str, list[int]]],
    *,
    looks: int,
    counted: bool,
) -> View:
    parts = [*leaders, *others]
    families = tuple(name for name, parents in parts for _ in parents)
    first = sum(len(parents) for _, parents in leaders)
    return View(
        families=families,
        parents=tuple(each for _, parents in parts for each in parents),
        looks=looks,
        is_counted=tuple(counted or index >= first for index in range(len(families))),
    )
