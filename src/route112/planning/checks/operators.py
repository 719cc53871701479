"""Originating networks: can their calls be told apart, read, and placed without a commune."""

import ipaddress
from collections.abc import Iterator

from route112.model import Operator, Problem
from route112.planning.checks.subject import Subject, report_error, report_warning

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def check_operators(subject: Subject) -> Iterator[Problem]:
    """Find operators whose default commune does not exist, or whose calls cannot be read."""
    territory = subject.plan.territory
    for operator in subject.plan.operators.values():
        code = operator.default_commune
        if code and territory.merged.get(code, code) not in territory.communes:
            yield report_error(
                "operator-commune",
                f"the default commune {code!r} of operator {operator.id} does not exist",
                "Write the code of a commune of today",
                file=name_file(operator),
                column="default_commune",
                value=code,
            )
        if not any(rule.field == "number" for rule in operator.dialect):
            yield report_warning(
                "operator-no-number",
                f"no rule of operator {operator.id} finds the number that was dialled; the user "
                "part of the request URI is taken as it stands",
                "Add a rule with `field: number`",
                file=name_file(operator),
                column="dialect",
            )


def check_sources(subject: Subject) -> Iterator[Problem]:
    """Find operators that may send from nowhere, and addresses that two of them may send from."""
    owned: list[tuple[_Network, Operator]] = []
    for operator in subject.plan.operators.values():
        if not operator.sources:
            yield report_warning(
                "operator-no-source",
                f"operator {operator.id} has no source, so every call of it would be refused",
                "List the addresses that it sends from in sources",
                file=name_file(operator),
                column="sources",
            )
        owned += [(ipaddress.ip_network(source), operator) for source in operator.sources]
    for (network, owner), (inner, operator) in _list_overlaps(owned):
        yield report_error(
            "operator-sources",
            f"operators {owner.id} ({network}) and {operator.id} ({inner}) may both send from "
            f"{inner}, so that nobody could tell whose call it is",
            "Keep the addresses at one of them",
            file=name_file(operator),
            column="sources",
            value=str(inner),
        )


def name_file(operator: Operator) -> str:
    """Name the file of an operator, for messages."""
    return f"operators/{operator.id}.yaml"


_Owned = tuple[_Network, Operator]


def _list_overlaps(owned: list[_Owned]) -> Iterator[tuple[_Owned, _Owned]]:
    """Yield an outer network and one inside it wherever their operators differ."""
    outer: list[_Owned] = []
    order = sorted(
        owned,
        key=lambda one: (one[0].version, int(one[0].network_address), one[0].prefixlen, one[1].id),
    )
    for network, operator in order:
        while outer and not _holds(outer[-1][0], network):
            outer.pop()
        other = next((one for one in reversed(outer) if one[1].id != operator.id), None)
        if other is not None:
            yield other, (network, operator)
        outer.append((network, operator))


def _holds(outer: _Network, inner: _Network) -> bool:
    return outer.version == inner.version and int(outer.broadcast_address) >= int(
        inner.network_address
    )
