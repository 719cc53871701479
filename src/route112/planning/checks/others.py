"""Answering points behind which nobody stands: when one of them is out, its calls reach nobody."""

from collections import defaultdict
from collections.abc import Iterator

from route112.model import Departement, OrderKind, Problem, ShortNumber
from route112.planning.checks.orders import name_file
from route112.planning.checks.subject import Subject, report_warning
from route112.planning.fallbacks import Fallbacks
from route112.planning.lines import LINES_PER_ROUTE_MAX
from route112.snapshot.content import NONE


def check_others(subject: Subject) -> Iterator[Problem]:
    """
    Find keys whose lines and fallbacks, at some hour, are all of one answering point.

    Behind every other key stands a second one within four targets, which a pass then has: nobody
    owns more than three lines.
    """
    found: dict[str, tuple[set[str], set[int]]] = defaultdict(lambda: (set(), set()))
    for (psap, number), communes in _find_alone(subject).items():
        numbers, touched = found[psap]
        numbers.add(number)
        touched.update(communes)
    order = [short.number for short in subject.plan.profile.short_numbers]
    for psap, (numbers, communes) in sorted(found.items()):
        named = ", ".join(sorted(numbers, key=order.index))
        yield report_warning(
            "nobody-behind",
            f"nobody stands behind {psap} for {named}: when it is out as a whole, these calls "
            f"reach no answering point; {subject.count(communes)}",
            "Name a helper elsewhere as its secondary, or neighbours of the departement in "
            "profile.yaml",
            file=subject.psaps_file,
            row=subject.plan.psaps[psap].row,
            value=psap,
        )


def _find_alone(subject: Subject) -> dict[tuple[str, str], set[int]]:
    """Return the communes of those keys, by PSAP and short number."""
    resolution = subject.resolution
    fallbacks = Fallbacks(subject.plan)
    departements = {each.code: each for each in subject.plan.profile.departements}
    owners = _find_owners(subject)
    behind: dict[tuple[str, str], set[str]] = {}
    alone: dict[tuple[str, str], set[int]] = defaultdict(set)
    for route, keys in subject.find_keys(owners.keys()).items():
        for key in keys:
            commune, column = divmod(key, len(resolution.short_numbers))
            short = resolution.short_numbers[column]
            departement = departements.get(resolution.communes[commune].departement)
            if departement is None:  # another check reports it
                continue
            place = (departement.code, short.number)
            if place not in behind:
                behind[place] = _list_behind(subject, fallbacks, departement, short)
            for psap in owners[route]:
                if behind[place] <= {psap}:
                    alone[psap, short.number].add(commune)
    return alone


def _find_owners(subject: Subject) -> dict[int, set[str]]:
    """Return, by route, the PSAPs that have all lines of one of its variants."""
    lines = subject.resolution.lines
    found = {}
    for index, route in enumerate(subject.resolution.routes):
        owners = [{lines[line].psap for line in variant.lines} for variant in route]
        if single := {min(each) for each in owners if len(each) == 1}:
            found[index] = single
    return found


def _list_behind(
    subject: Subject, fallbacks: Fallbacks, departement: Departement, short: ShortNumber
) -> set[str]:
    names = {
        *fallbacks.list_neighbours(departement, short),
        fallbacks.find_default(departement.code, short),
        subject.plan.profile.national_defaults.get(short.number),
    }
    return {name for name in names if name is not None and name in subject.plan.psaps}


def check_ordered_lines(subject: Subject) -> Iterator[Problem]:
    """Find alternatives that, with three lines of their PSAP, are all targets of a call."""
    full = {
        subject.resolution.lines[variant.lines[0]].psap
        for route in set(subject.resolution.mapping_route) - {NONE}
        for variant in subject.resolution.routes[route]
        if len(variant.lines) == LINES_PER_ROUTE_MAX
        and len({subject.resolution.lines[line].psap for line in variant.lines}) == 1
    }
    ahead = [order for order in subject.plan.orders if subject.now < order.expires]
    for order in ahead:
        foreign = order.to_number and order.to_number not in subject.resolution.lines
        if order.kind == OrderKind.ALTERNATIVE and foreign and order.psap in full:
            yield report_warning(
                "override-leaves-nobody",
                f"the override {order.id!r} puts {order.to_number} in front of three lines of "
                f"{order.psap}, which are all targets that a call has: when {order.psap} is out "
                "and nobody answers there, nobody else is tried",
                f"Divert {order.psap} to a PSAP that helps once its own lines are out",
                file=name_file(subject, order),
                value=order.id,
            )
