"""Who is touched by an alarm, and what still works from where."""

from collections.abc import Mapping, Sequence

from route112.watch.alarms.factors import Scene, find_space
from route112.watch.alarms.ground import Ground
from route112.watch.alarms.sightings import Count
from route112.watch.alarms.values import Hit, Works
from route112.watch.findings import Finding
from route112.watch.series import UNKNOWN, Series

WORKS_MAX = 40
"""Rows of what still works."""
_SHOWN = (("operator", "technology"), ("number",))
_ELEMENTS = frozenset({"site", "edge", "trunk", "psap"})


def tell_hit(findings: Sequence[Finding], scene: Scene, ground: Ground) -> Hit:
    """
    Say who is touched.

    Callers who fail say it best; where none is seen, the findings do. An element that fails while
    others take over for it touches nobody, nor does what is only due. A PSAP stands for
    its departement and for what the plan sends to it.
    """
    if all(finding.is_due for finding in findings):
        return Hit()
    numbers = _list_hit("number", findings, scene)
    departements = _list_hit("departement", findings, scene) | {
        place
        for finding in findings
        if (psap := finding.series.get("psap"))
        and (place := ground.get(("psap", psap), "departement"))
    }
    is_wide = any(_ELEMENTS.isdisjoint(finding.series.cut) for finding in findings)
    if not departements and is_wide:
        departements = set(ground.inhabitants)
    if not numbers:
        numbers = {
            number
            for finding in findings
            for number in ground.answers.get(finding.series.get("psap"), ())
        }
    if not numbers and (is_wide or departements):
        numbers = set(ground.numbers)
    return Hit(
        numbers=tuple(sorted(numbers, key=lambda number: (len(number), number))),
        departements=tuple(sorted(departements)),
        inhabitants=sum(ground.inhabitants.get(code, 0) for code in departements),
    )


def list_works(
    counts: Mapping[Series, Count], sites: Mapping[str, Count], ground: Ground
) -> tuple[Works, ...]:
    """
    List how callers fare by origin, number and site, and tries by kind of line, best first.

    A call that a site forgot was never tried over a line: that all tries go well says no more.
    """
    rows = {str(unit): count for unit, count in counts.items() if unit.cut in _SHOWN} | dict(sites)
    for unit, count in counts.items():
        line = ground.get(unit.pairs[0], "line") if unit.cut == ("trunk",) else ""
        if line:
            known = rows.setdefault(f"tries over {line}", Count())
            known.served += count.served
            known.failed += count.failed
    found = [
        Works(what=what, served=count.served, failed=count.failed) for what, count in rows.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.share, each.what)))[:WORKS_MAX]


def _list_hit(name: str, findings: Sequence[Finding], scene: Scene) -> set[str]:
    counted = {unit.get(name) for unit in find_space((name,), scene).hit}
    named = {finding.series.get(name) for finding in findings}
    return (counted | named) - {"", UNKNOWN}
