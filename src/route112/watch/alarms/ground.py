"""What the elements of a country hang on, by topology and plan: what they may have in common."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from route112.model import Commune, Hop, Psap
from route112.model.topology import Topology
from route112.watch.series import Series

Attribute = tuple[str, str]
"""Name and value: `("software", "1.0")`."""
SITE_FATES = ("place", "network", "hosting", "vendor", "software", "power")
EDGE_FATES = ("place", "network")
JOINED = " x "
"""Between the names of dimensions that are fixed together: `number x departement`."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of each value of a dimension, and who lives where."""

    attributes: Mapping[Attribute, tuple[Attribute, ...]] = field(default_factory=dict)
    """By dimension and value, `("site", "site-1")`: what it hangs on."""
    inhabitants: Mapping[str, int] = field(default_factory=dict)
    """By departement."""
    numbers: tuple[str, ...] = ()
    """Short numbers of the plan."""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By answering point, the short numbers that the plan sends to it before all others."""

    def list_attributes(self, series: Series) -> Iterator[Attribute]:
        """Yield all that a series is, part by part, and all that its parts hang on."""
        pairs = series.pairs
        for count in range(1, len(pairs) + 1):
            for some in combinations(pairs, count):
                yield name_part(some)
        for pair in pairs:
            yield from self.attributes.get(pair, ())

    def get(self, pair: Attribute, name: str) -> str:
        """Return one attribute of a value; empty where unknown."""
        return next((value for key, value in self.attributes.get(pair, ()) if key == name), "")


def name_part(pairs: Sequence[Attribute]) -> Attribute:
    """Return the attribute of being this very part: `("number x departement", "15 · ...")`."""
    return JOINED.join(name for name, _ in pairs), (
        pairs[0][1] if len(pairs) == 1 else str(Series(tuple(pairs)))
    )


def describe_topology(topology: Topology) -> dict[Attribute, tuple[Attribute, ...]]:
    """Return what sites and edges hang on."""
    found: dict[Attribute, tuple[Attribute, ...]] = {}
    for site in topology.sites:
        found["site", site.id] = tuple((fate, getattr(site, fate)) for fate in SITE_FATES)
    for operator in topology.operators:
        for edge in operator.edges:
            fates = ((fate, getattr(edge, fate)) for fate in EDGE_FATES)
            found["edge", edge.id] = (("operator", operator.id), *fates)
    return found


def describe_trunks(
    trunks: Iterable[tuple[str, Sequence[Hop]]],
) -> dict[Attribute, tuple[Attribute, ...]]:
    """
    Return what gateways and session controllers hang on.

    Args:
        trunks: name as in the snapshot, `carrier/technology/zone`, and next hops. A trunk of two
            carriers, `carrier+second/...`, says of no hop whose it is, and is left to the others.
    """
    found: dict[Attribute, dict[str, str]] = {}
    for name, hops in trunks:
        carrier = name.partition("/")[0]
        for hop in hops:
            known = found.setdefault(("trunk", hop.address), {})
            known |= {"vendor": hop.vendor, "line": hop.technology}
            if hop.zone:
                known["zone"] = hop.zone
            if "+" not in carrier:
                known["carrier"] = carrier
    return {key: tuple(known.items()) for key, known in found.items()}


def describe_psaps(psaps: Iterable[Psap]) -> dict[Attribute, tuple[Attribute, ...]]:
    """Return what answering points hang on."""
    return {
        ("psap", psap.id): (
            ("kind", psap.kind),
            ("departement", psap.departement),
            ("line", str(psap.technology)),
            ("carrier", psap.carrier),
            ("building", psap.building),
        )
        for psap in psaps
    }


def describe_departements(zones: Mapping[str, str]) -> dict[Attribute, tuple[Attribute, ...]]:
    """Return the zone of each departement."""
    return {("departement", code): (("zone", zone),) for code, zone in zones.items()}


def count_inhabitants(communes: Iterable[Commune]) -> dict[str, int]:
    """Return the inhabitants of each departement; communes count each of them once."""
    found: dict[str, int] = {}
    for commune in communes:
        found[commune.departement] = found.get(commune.departement, 0) + commune.population
    return found
