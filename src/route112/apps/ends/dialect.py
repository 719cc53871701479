"""
An operator's dialect, spoken: writes number, place and technology where its rules look.

A rule says how to read; here one is needed that says how to write. A value is tried with the
literal text around the rule's group, in the request URI also with the commune beside the number
(`29019*15`), and only what the rules read back as it was meant is used.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from route112.apps.ends.callers import CallOrder
from route112.apps.ends.whereabouts import NOWHERE, Whereabouts
from route112.model import DialectRule, Operator
from route112.wire.sip.compose import Header

SEPARATORS = ("*", "#", "-", ".", "_", "")
"""What may stand between commune and number in a request URI."""

_IDENTITIES = ("p-asserted-identity", "p-preferred-identity")
"""Headers that hold the URI of whoever calls."""
_AROUND = re.compile(
    r"\^?(?P<before>[^()\[\]{}|?*+.^$\\]*)\(.*\)(?P<after>[^()\[\]{}|?*+.^$\\]*)\$?"
)


class DialectError(ValueError):
    """A rule looks where nothing can be written."""


def speak(order: CallOrder, operator: Operator, whereabouts: Whereabouts = NOWHERE) -> CallOrder:
    """
    Write an order as `operator` would.

    Args:
        whereabouts: what the operator says instead of a commune, if its rules look for that.
    Raises: DialectError, naming the rule that cannot be satisfied.
    """
    spoken = replace(order, operator=operator.id, dialled=_write_user(order, operator.dialect))
    said = [("X-Operator", "")]
    values = {
        "commune": order.commune,
        "cell": whereabouts.cells.get(order.commune, ""),
        "line": whereabouts.find_line(order.commune, order.caller),
        "technology": order.technology,
    }
    for field, value in values.items():
        header, parameter = _write(field, value, spoken.dialled, operator.dialect)
        said += header
        spoken = replace(spoken, uri_parameters=(*spoken.uri_parameters, *parameter))
        said.append((f"X-{field.capitalize()}", ""))
    given = {name.lower() for name, _ in order.headers}
    own = {name.lower(): (name, value) for name, value in reversed(said)}
    headers = [header for name, header in own.items() if name not in given]
    return replace(spoken, headers=(*order.headers, *headers))


def read_value(rules: Sequence[DialectRule], place: str, name: str, field: str, text: str) -> str:
    """Return what the first matching rule of a field reads from one place; empty for nothing."""
    for rule in rules:
        if (rule.field, rule.place, rule.name.lower()) == (field, place, name.lower()):
            match = re.search(rule.pattern, text)
            if match:
                return match[1]
    return ""


def _write_user(order: CallOrder, rules: Sequence[DialectRule]) -> str:
    """Find the user part from which number and, where it stands there, commune are read."""
    place = "request-uri-user"
    commune_too = order.commune and _is_only_place(rules, "commune", place)
    if order.dialled.lower().startswith("urn:"):
        return order.dialled
    for user in _list_users(order):
        number = read_value(rules, place, "", "number", user)
        commune = read_value(rules, place, "", "commune", user)
        if number == order.dialled and (commune == order.commune or not commune_too):
            return user
    raise DialectError(f"no request URI says {order.dialled} @{order.commune} in this dialect")


def _list_users(order: CallOrder) -> Iterator[str]:
    yield order.dialled
    for separator in SEPARATORS:
        yield f"{order.commune}{separator}{order.dialled}"
        yield f"{order.dialled}{separator}{order.commune}"


def _is_only_place(rules: Sequence[DialectRule], field: str, place: str) -> bool:
    places = {rule.place for rule in rules if rule.field == field}
    return places == {place}


def _write(
    field: str, value: str, user: str, rules: Sequence[DialectRule]
) -> tuple[list[Header], list[Header]]:
    """Return the header or the URI parameter that says `value`; neither where none has to."""
    mine = [rule for rule in rules if rule.field == field]
    if not value or not mine or read_value(rules, "request-uri-user", "", field, user) == value:
        return [], []
    for rule in mine:
        around = _AROUND.fullmatch(rule.pattern)
        text = f"{around['before']}{value}{around['after']}" if around else value
        if rule.name.lower() in _IDENTITIES:
            text = f"<tel:{value}>"
        if read_value(rules, rule.place, rule.name, field, text) == value:
            if rule.place == "header":
                return [(rule.name, text)], []
            if rule.place == "uri-parameter":
                return [], [(rule.name, text)]
    raise DialectError(f"no header or parameter says {field} {value} in this dialect")
