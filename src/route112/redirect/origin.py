"""
Which operator sent a request, and what it dialled from where, in its dialect.

Source: docs/formats/snapshot.md, *Dialects*.
"""

import re
import warnings
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import NamedTuple

VALUE_CHARS_MAX = 512
"""A longer value matches no rule."""
TEXT_CHARS_MAX = 64
"""A longer text found in a value is no match."""
DIALLED_CHARS_MAX = 128
"""A longer number is unknown."""
_MAPPED = 0xFFFF
"""Upper 96 bits of an IPv4 address inside an IPv6 one."""
_FORBIDDEN = frozenset(map(chr, (*range(32), 127)))
_URI = re.compile(
    "(?is)(?:sips?:(?:(?P<user>[^@]*)@(?P<host>.*)|(?P<bare>.*))|tel:(?P<tel>.*)"
    "|urn:(?:|nena:|emergency:)service:(?P<service>[^;?#]*).*)"
)
_UNSOUND_ESCAPE = re.compile("%(?!2[0-9A-F]|[3-6][0-9A-F]|7[0-9A-E])", re.IGNORECASE)
"""Finds an escape of anything but a printable ASCII character."""


class Network(NamedTuple):
    """Addresses of one operator."""

    bits: int
    """Length of the prefix."""
    width: int
    """Bits of an address: 32 or 128."""
    prefix: int
    operator: int


class Rule(NamedTuple):
    """A rule of a dialect that can be asked."""

    field: str
    place: str
    name: str
    pattern: "re.Pattern[str]"


class Spoken(NamedTuple):
    """What an INVITE asks for."""

    dialled: str
    commune: str
    is_test: bool = False
    """A test service, which rings nobody."""
    cell: str = ""
    line: str = ""


def make_network(text: str, operator: int) -> Network | None:
    """Read a network in CIDR notation; None for text that is none."""
    address, _, length = text.partition("/")
    number = _read_address(address)
    if number is None or not re.fullmatch("[0-9]{1,3}", length) or int(length) > number[1]:
        return None
    value, width = number
    return Network(int(length), width, value >> (width - int(length)), operator)


def make_rule(field: str, place: str, *, name: str, pattern: str) -> Rule | None:
    """Compile a rule; None for one that can never match."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compiled = re.compile(pattern)
        except (re.error, OverflowError, RecursionError):
            return None
    return Rule(field, place, name.lower(), compiled) if compiled.groups == 1 else None


def _read_address(text: str) -> tuple[int, int] | None:
    """Return an address as a number and its width in bits."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    value = int(address)
    if address.version == 6 and value >> 32 == _MAPPED:  # noqa: PLR2004  IP version
        return value & 0xFFFFFFFF, 32
    return value, address.max_prefixlen


def find_operator(networks: Iterable[Network], source: str) -> int | None:
    """Return the place of the operator that sends from an address; `networks`: longest first."""
    number = _read_address(source.partition("%")[0])
    if number is None:
        return None
    value, width = number
    for network in networks:
        if network.width == width and value >> (width - network.bits) == network.prefix:
            return network.operator
    return None


def listen(rules: Iterable[Rule], uri: str, find_header: Callable[[str], str | None]) -> Spoken:
    """
    Read out of a request what is dialled, and where the caller is.

    Args:
        uri: the request URI, a question mark for each byte that is not ASCII.
        find_header: asked with a name in small letters for the first header of that name.
    """
    parts = _take_apart(uri)
    values = {"request-uri": uri, "request-uri-user": parts.user}
    found: dict[str, str] = {}
    for rule in rules:
        if rule.field in found or rule.field not in ("number", "commune", "cell", "line"):
            continue
        if rule.place == "header":
            value = find_header(rule.name)
        elif rule.place == "uri-parameter":
            value = parts.parameters.get(rule.name)
        else:
            value = values[rule.place]
        if value is None or len(value) > VALUE_CHARS_MAX or not _FORBIDDEN.isdisjoint(value):
            continue
        match = rule.pattern.search(value)
        if match and match[1] and len(match[1]) <= TEXT_CHARS_MAX:
            found[rule.field] = match[1]
    if parts.labels:
        found["number"] = ".".join(("urn:service:" + parts.labels[0], *parts.labels[1:]))
    dialled = found.get("number", parts.user or "")
    is_test = bool(parts.labels) and parts.labels[0].lower() == "test"
    return Spoken(
        dialled[: DIALLED_CHARS_MAX + 1],
        found.get("commune", ""),
        is_test,
        found.get("cell", ""),
        found.get("line", ""),
    )


class _Parts(NamedTuple):
    user: str | None
    parameters: dict[str, str]
    labels: tuple[str, ...]
    """Of a service, the outermost first."""


def _take_apart(uri: str) -> _Parts:
    match = _URI.fullmatch(uri)
    if match is None:
        return _Parts(None, {}, ())
    if match["service"] is not None:
        return _Parts(None, {}, tuple(_resolve_escapes(match["service"]).split(".")))
    if match["tel"] is not None:
        user, _, rest = match["tel"].partition(";")
    else:
        user, rest = match["user"] or "", match["host"] or match["bare"] or ""
        user = user.partition(";")[0].partition(":")[0]
        rest = rest.partition("?")[0].partition(";")[2]
    parameters: dict[str, str] = {}
    for parameter in rest.split(";"):
        name, equals, value = parameter.partition("=")
        if equals:
            parameters.setdefault(name.lower(), value)
    return _Parts(_resolve_escapes(user), parameters, ())


def _resolve_escapes(text: str) -> str:
    """Resolve percent-escapes, all of them or, where one is unsound, none."""
    first, *others = text.split("%")
    if not others or _UNSOUND_ESCAPE.search(text):
        return text
    return first + "".join(chr(int(other[:2], 16)) + other[2:] for other in others)
