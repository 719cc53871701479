"""Do two findings have one cause? Told from what they are about and when it began."""

from collections.abc import Collection, Iterable

from route112.watch.alarms.ground import Attribute, Ground
from route112.watch.findings import Finding
from route112.watch.series import DIMENSIONS, Series

JOIN_US = 600_000_000
"""Findings whose troubles began further apart than this have different causes, unless one is a
part of what the other says."""
TELLING = frozenset({"departement", "edge", "operator", "psap", "site", "trunk"})
"""Dimensions that say whose trouble it is where two findings have a value in common; that both
are about 15, or about mobiles, says little."""
SHARE_MIN = 0.5
"""Elements fail for one reason where at least this share of all that share something is hit."""
TOGETHER_MIN = 2
_COMPARED = frozenset({*DIMENSIONS, "zone"})


def is_part(narrow: Series, wide: Series) -> bool:
    """Tell whether all calls of one series are calls of the other."""
    return set(wide.pairs) <= set(narrow.pairs)


def is_close(left: Finding, right: Finding) -> bool:
    """Tell whether two troubles began at about the same time."""
    return abs(left.since_us - right.since_us) <= JOIN_US


def meet(left: Series, right: Series, ground: Ground) -> bool:
    """Tell whether two series can have calls in common, or have somebody in common who failed."""
    if any(name in TELLING for name, _ in set(left.pairs) & set(right.pairs)):
        return True
    mine, theirs = _spread(left, ground), _spread(right, ground)
    return all(mine[name] & theirs[name] for name in mine.keys() & theirs.keys())


def is_of_same(left: Series, right: Series) -> bool:
    """Tell whether two series name one thing: of what is only due nothing else says so much."""
    return not set(left.pairs).isdisjoint(right.pairs)


def list_together(
    finding: Finding, others: Iterable[Finding], ground: Ground
) -> Collection[Series]:
    """List the series that fail with a finding: half of all that hang on one thing are hit."""
    if len(finding.series.pairs) != 1:
        return ()
    (own,) = finding.series.pairs
    close = {
        other.series.pairs[0]
        for other in others
        if other.series.cut == finding.series.cut and is_close(finding, other)
    } | {own}
    found: set[Attribute] = set()
    for attribute in ground.attributes.get(own, ()):
        having = {
            pair
            for pair, attributes in ground.attributes.items()
            if pair[0] == own[0] and attribute in attributes
        }
        hit = close & having
        if len(hit) >= TOGETHER_MIN and len(hit) >= SHARE_MIN * len(having):
            found |= hit
    return {Series((pair,)) for pair in found}


def _spread(series: Series, ground: Ground) -> dict[str, set[str]]:
    """Return what a series fixes, with what follows: an answering point is in a departement."""
    found: dict[str, set[str]] = {}
    pairs = list(series.pairs)
    for name, value in pairs:
        found.setdefault(name, set()).add(value)
        pairs += [
            each for each in ground.attributes.get((name, value), ()) if each[0] in _COMPARED
        ]
    return found
