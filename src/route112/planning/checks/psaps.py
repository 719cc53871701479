"""Answering points: ids, numbers claimed twice, helpers that lead nowhere or share a fate."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from route112.model import Problem, Psap
from route112.planning.checks.subject import Subject, report_error, report_warning
from route112.planning.fallbacks import PSAP_ID

IDS_NAMED_MAX = 8
"""Most PSAPs that a message names before it counts the rest."""


def name_psaps(ids: Sequence[str]) -> str:
    """Name PSAPs in a message, and count those that do not fit."""
    more = len(ids) - IDS_NAMED_MAX
    return ", ".join(ids[:IDS_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def check_ids(subject: Subject) -> Iterator[Problem]:
    """Find ids that are not KIND-DEPARTEMENT[-n], or that contradict their row."""
    for psap in _sorted(subject):
        match = PSAP_ID.fullmatch(psap.id)
        said = match and (match["kind"], match["departement"])
        if said != (psap.kind, psap.departement):
            yield report_error(
                "psap-id",
                f"the id {psap.id!r} of a {psap.kind} in departement {psap.departement} is not "
                f"{psap.kind}-{psap.departement} or {psap.kind}-{psap.departement}-2",
                "Write the id as KIND-DEPARTEMENT, with -2, -3 and so on for further ones",
                file=subject.psaps_file,
                row=psap.row,
                column="id",
                value=psap.id,
            )


def check_shared_numbers(subject: Subject) -> Iterator[Problem]:
    """Find a long number that two PSAPs list as their own."""
    claims: dict[str, list[Psap]] = defaultdict(list)
    primaries = {psap.primary for psap in subject.plan.psaps.values()}
    for psap in _sorted(subject):
        own = {psap.primary, psap.alternative}
        if psap.secondary not in primaries:
            own.add(psap.secondary)
        for number in sorted(own - {""}):
            claims[number].append(psap)
    for number, owners in sorted(claims.items()):
        if len(owners) > 1:
            ids = [psap.id for psap in owners]
            yield report_error(
                "number-shared",
                f"{number} is listed by {name_psaps(ids)}: a call to one would ring at another; "
                f"{subject.count_callers(ids)}",
                "Keep it at the one where it rings; a helper's primary may stand as secondary",
                file=subject.psaps_file,
                row=owners[1].row,
                value=number,
            )


def check_loops(subject: Subject) -> Iterator[Problem]:
    """Find PSAPs whose secondaries lead back to themselves, with no alternative on the way."""
    helpers = {psap.id: _find_relief(subject, psap) for psap in _sorted(subject)}
    reported: set[str] = set()
    for start in helpers:
        chain = [start]
        while (following := helpers[chain[-1]]) is not None and following not in chain:
            chain.append(following)
        if following != start or start in reported:
            continue
        reported.update(chain)
        psap = subject.plan.psaps[start]
        if any(subject.plan.psaps[name].alternative for name in chain):
            continue
        yield report_error(
            "secondary-loop",
            f"the secondaries lead in a circle ({' -> '.join([*chain, start])}) and none of "
            f"them has an alternative; {subject.count_callers(chain)}",
            "Give one of them an alternative number, a second line of its own or another helper",
            file=subject.psaps_file,
            row=psap.row,
            column="secondary",
            value=psap.secondary,
        )


def _find_relief(subject: Subject, psap: Psap) -> str | None:
    """Return the PSAP that a PSAP's secondary rings at, or None for a second line of its own."""
    if not psap.secondary:
        return None
    if psap.secondary == psap.primary:
        return psap.id
    owner = subject.resolution.lines[psap.secondary].psap
    return None if owner == psap.id else owner


def check_shared_fate(subject: Subject) -> Iterator[Problem]:
    """Find secondaries that fail together with the primary."""
    own_line: list[str] = []
    for psap in _sorted(subject):
        if not psap.secondary or psap.secondary == psap.primary:
            continue
        line = subject.resolution.lines[psap.secondary]
        helper = subject.plan.psaps[line.psap]
        shared = [] if line.carrier != psap.carrier else [f"carrier {psap.carrier}"]
        if helper.id == psap.id:
            own_line.append(psap.id)
        elif psap.building and helper.building == psap.building:
            shared.append(f"building {psap.building}")
        if shared:
            yield report_warning(
                "secondary-shares-fate",
                f"the secondary of {psap.id} has the same {' and the same '.join(shared)} as its "
                f"primary; {subject.count_callers([psap.id])}",
                "Choose a secondary of another carrier in another building",
                file=subject.psaps_file,
                row=psap.row,
                column="secondary",
                value=psap.secondary,
            )
    if own_line:
        yield report_warning(
            "secondary-same-building",
            f"the secondary of {name_psaps(own_line)} is a second line of its own, in the same "
            f"building; {subject.count_callers(own_line)}",
            "Name a helper elsewhere, so that a fire or a power cut there stops no call",
            file=subject.psaps_file,
            column="secondary",
        )


def check_unused(subject: Subject) -> Iterator[Problem]:
    """Find PSAPs that no row, order or national default can ring."""
    lines = subject.resolution.lines
    wanted = set(subject.resolution.mapping_route)
    rung = {
        lines[number].psap
        for index, route in enumerate(subject.resolution.routes)
        if index in wanted
        for variant in route
        for number in variant.lines
    }
    rung |= set(subject.plan.profile.national_defaults.values())
    rung |= {order.to_psap for order in subject.plan.orders}
    for psap in _sorted(subject):
        if psap.id not in rung:
            yield report_warning(
                "psap-unused",
                f"no row of any plan rings {psap.id} ({psap.name})",
                "Remove it, or ask the prefecture whether its plan forgot it",
                file=subject.psaps_file,
                row=psap.row,
                value=psap.id,
            )


def _sorted(subject: Subject) -> list[Psap]:
    return [psap for _, psap in sorted(subject.plan.psaps.items())]
