"""
Whether a scenario can be played in the country that there is: told before anything runs.

What a file alone shows, its reader has told. Here names are held against what they name: kinds of
faults, their settings and targets, operators, and, once the country is built, numbers, answering
points and makers of gateways.
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from route112.adapters.packet_filter import PacketFilter
from route112.apps._console import echo_problems, fail
from route112.apps.fault.kinds import KINDS, Aim, FaultError
from route112.countries.fr.sites import TOPOLOGY
from route112.model import FaultStep, Problem, Scenario, Severity
from route112.model.topology import Topology
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot
from route112.wire.problems import make_problem

NOT_PLAYED = {
    "disk-full": "it needs a disk for each member: `route112 up --exercise --disk-mb`",
    "clock-jump": "it needs clocks that can be set: `route112 up --exercise --fake-clocks`",
}
"""Kinds for which a replay does not prepare its country."""
NETWORK_KINDS = ("link-cut", "egress-cut", "loss", "delay")
WIRE_MODES = ("mute", "one-way")
NAMED_MAX = 12
"""Names that a remedy lists."""


def refuse_mistakes(scenario: Scenario, snapshot: Snapshot | None = None) -> None:
    """
    End the command where a name of a scenario names nothing.

    Args:
        snapshot: of the country, once it is built; None: what depends on it is not looked at.

    """
    problems = tuple(list_mistakes(scenario, TOPOLOGY, snapshot))
    if problems:
        echo_problems(problems)
        fail(f"{scenario.file} is refused", "Mend what is said above")


def check_network(scenario: Scenario) -> None:
    """Raise PacketFilterError where a fault of the network cannot be had on this machine."""
    if any(_is_of_network(step) for step in scenario.faults):
        PacketFilter().list()


def list_mistakes(
    scenario: Scenario, topology: Topology, snapshot: Snapshot | None = None
) -> Iterator[Problem]:
    """Yield a problem for each name that names nothing."""
    operators = {operator.id for operator in topology.operators}
    for id_, _ in scenario.operators:
        if id_ not in operators:
            yield _refuse(
                scenario, "callers.operators", id_, "no operator has this id",
                _suggest(id_, operators), row=scenario.rows.get("operators", 0),
            )  # fmt: skip
    if snapshot is not None:
        numbers = {short.number for short in snapshot.short_numbers}
        for number, _ in scenario.numbers:
            if number not in numbers:
                yield _refuse(
                    scenario, "callers.numbers", number,
                    f"it is no short number of {snapshot.country}", _suggest(number, numbers),
                    row=scenario.rows.get("numbers", 0),
                )  # fmt: skip
    for index, step in enumerate(scenario.faults):
        for field, value, message, remedy in _check_step(step, topology, snapshot):
            yield _refuse(
                scenario, f"faults[{index}].{field}", value, message, remedy,
                row=step.rows.get(field, 0),
            )  # fmt: skip


def _check_step(
    step: FaultStep, topology: Topology, snapshot: Snapshot | None
) -> Iterator[tuple[str, str, str, str]]:
    """Yield field, value, message and remedy."""
    kind = KINDS.get(step.kind)
    if kind is None:
        yield "fault", step.kind, "there is no such fault", _suggest(step.kind, KINDS.keys())
        return
    if step.kind in NOT_PLAYED:
        yield (
            "fault", step.kind, f"a replay cannot play it: {NOT_PLAYED[step.kind]}",
            "Leave it out, or try it by hand with `route112 fault`",
        )  # fmt: skip
    try:
        kind.read_settings(dict(step.settings))
    except FaultError as error:
        yield "settings", "", error.message, error.remedy
    known = _list_targets(kind.aim, topology, snapshot)
    if known is None:
        return
    for target in step.targets:
        if target not in known:
            yield (
                "targets", target, f"{step.kind} hits {kind.aim.value}, and this is none of them",
                _suggest(target, known),
            )  # fmt: skip


def _list_targets(aim: Aim, topology: Topology, snapshot: Snapshot | None) -> set[str] | None:
    """Return what a fault with this aim may hit; None where only the country can tell."""
    sites = {site.id for site in topology.sites}
    edges = {edge.id for edge in topology.list_edges()}
    redirects = {f"redirect-{number + 1}" for number in range(len(topology.list_redirects()))}
    if aim is Aim.SITE:
        return sites
    if aim is Aim.KAMAILIO:
        return sites | edges
    if aim is Aim.MEMBER:
        return sites | edges | redirects
    if snapshot is None:
        return None
    lines = [snapshot.line(index) for index in range(snapshot.lines_count)]
    if aim is Aim.PSAP:
        ids = {snapshot.psap(index).id for index in range(snapshot.psaps_count)}
        return ids | {line.number for line in lines}
    trunks = {line.trunk for line in lines} - {NONE}
    hops = (hop for trunk in trunks for hop in snapshot.trunk(trunk).hops)
    return {hop.vendor for hop in hops if hop.technology == "rtc"}


def _suggest(name: str, known: Iterable[str]) -> str:
    """Name what may have been meant, or what there is."""
    names = sorted(known)
    close = get_close_matches(name, names, n=3)
    if close:
        return f"Perhaps it is {' or '.join(close)}"
    more = f" and {len(names) - NAMED_MAX:,} more" if len(names) > NAMED_MAX else ""
    return f"There are {', '.join(names[:NAMED_MAX])}{more}"


def _is_of_network(step: FaultStep) -> bool:
    mode = dict(step.settings).get("mode", "")
    return step.kind in NETWORK_KINDS or (step.kind == "grey" and mode in WIRE_MODES)


def _refuse(
    scenario: Scenario, column: str, value: str, message: str, remedy: str, *, row: int
) -> Problem:
    return make_problem(
        Severity.ERROR, "bad-name", message, remedy,
        file=scenario.file, row=row, column=column, value=value,
    )  # fmt: skip
