"""
Read a call out of a message, in the dialect of the operator that sent it.

The operator is told by the address that the message came from, its rules by its profile in the
snapshot. Nothing of a message is trusted: whatever cannot be read leaves its field empty, and
`decide` places the call all the same. Only an address of no operator has no answer.

Patterns were checked when the plan was built (see `route112.wire.documents.patterns`); what is
worked out of a snapshot is kept beside it and is bounded.
"""

import ipaddress
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple
from weakref import WeakKeyDictionary

from route112.model import DIALECT_VALUE_CHARS_MAX, Call, DialectRule, Operator
from route112.routing.callers import place_call
from route112.routing.places import DIALLED_CHARS_MAX
from route112.routing.request_uri import (
    RequestUri,
    is_test_call,
    read_request_uri,
    replace_foreign,
)
from route112.snapshot.reader import Snapshot

FIELD_CHARS_MAX = 64
"""Characters of a commune, caller, number or technology; a longer one is no match."""
ADDRESSES_KEPT_MAX = 4_096
"""Addresses whose operator is remembered for one snapshot."""
PATTERNS_KEPT_MAX = 4_096
"""Compiled patterns that are kept, for all snapshots together."""
TECHNOLOGIES = ("pstn", "voip", "mobile")

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FOLD = re.compile(r"(?:(?<![ \t])[ \t]+)?\r?\n[ \t]+")
"""Begins at the first of a row of blanks only: a search costs no more than its text is long."""

FindHeader = Callable[[str], str | None]
"""Gives the first header of a name, compact forms included; None where it is not there."""


class ReadCall(NamedTuple):
    """What a message says."""

    call: Call
    operator: Operator
    caller: str = ""
    """As the operator writes it; empty where unknown. For records only."""
    is_test: bool = False
    """It asks for a test service: no answering point may ring."""


class _Rule(NamedTuple):
    """A rule that can be asked."""

    place: str
    name: str
    search: "Callable[[str], re.Match[str] | None]"


_Rules = Mapping[str, tuple[_Rule, ...]]
"""By field, in the order of the profile."""


def read_call(
    snapshot: Snapshot, *, source: str, request_uri: str, find_header: FindHeader
) -> ReadCall | None:
    """
    Read a call in the dialect of its operator.

    Args:
        source: numeric address that the message came from, without its port.
        request_uri: as it stands in the start line.
        find_header: asked for the headers that rules name.
    Returns: the call, its operator and caller; None where the source is of no operator.
    Raises: nothing of its own, for any text.
    Cost: some 10 us with a handful of rules.
    Source: docs/formats/snapshot.md, *Dialects*.
    """
    memory = _MEMORIES.get(snapshot)
    if memory is None:
        memory = _MEMORIES[snapshot] = _Memory(snapshot)
    known = memory.find(source)
    if known is None:
        return None
    operator, rules = known
    uri = read_request_uri(request_uri)

    def find(field: str) -> str:
        for rule in rules.get(field, ()):
            value = _read_place(rule, uri, find_header)
            if value is None or (found := _match(rule, value)) is None:
                continue
            if field != "technology" or found in TECHNOLOGIES:
                return found
        return ""

    dialled = uri.service or find("number") or uri.user or ""
    call = Call(
        dialled=dialled[: DIALLED_CHARS_MAX + 1],
        commune=find("commune"),
        operator=operator.id,
        technology=find("technology") or operator.technology,
    )
    if "cell" in rules or "line" in rules:
        call = place_call(call, snapshot, cell=find("cell"), line=find("line"))
    return ReadCall(
        call=call, operator=operator, caller=find("caller"), is_test=is_test_call(uri.service)
    )


def _read_place(rule: _Rule, uri: RequestUri, find_header: FindHeader) -> str | None:
    if rule.place == "header":
        value = find_header(rule.name)
        if value is None:
            return None
        if "\n" in value:
            value = _FOLD.sub(" ", value)
        return replace_foreign(value.strip(" \t\r\n"))
    if rule.place == "uri-parameter":
        return uri.find_parameter(rule.name)
    return uri.user if rule.place == "request-uri-user" else uri.whole


def _match(rule: _Rule, value: str) -> str | None:
    if len(value) > DIALECT_VALUE_CHARS_MAX:
        return None
    if not value.isprintable() and _CONTROL.search(value):
        return None
    found = rule.search(value)
    text = found[1] if found else None
    return text if text and len(text) <= FIELD_CHARS_MAX else None


@lru_cache(maxsize=PATTERNS_KEPT_MAX)
def _compile(pattern: str) -> "re.Pattern[str] | None":
    """Compile a pattern; None for one that cannot be, and for one without its group."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None
    return compiled if compiled.groups == 1 else None


def _compile_rules(rules: Iterable[DialectRule]) -> _Rules:
    table: dict[str, tuple[_Rule, ...]] = {}
    for rule in rules:
        compiled = _compile(rule.pattern)
        if compiled is not None:
            name = rule.name.lower() if rule.place == "uri-parameter" else rule.name
            made = _Rule(rule.place, name, compiled.search)
            table[rule.field] = (*table.get(rule.field, ()), made)
    return table


_Known = tuple[Operator, _Rules]


class _Memory:
    """The operators of one snapshot, by the addresses that they send from."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._rules: dict[str, _Known] = {}
        """By operator id; bounded by the operators of the snapshot."""
        self._operators = {operator.id: operator for operator in snapshot.operators}
        self._index = _index_sources(
            tuple((operator.id, operator.sources) for operator in snapshot.operators)
        )
        self._kept: dict[str, _Known | None] = {}

    def find(self, source: str) -> _Known | None:
        """Return the operator that sends from an address, and its rules."""
        if source in self._kept:
            return self._kept[source]
        if len(self._kept) >= ADDRESSES_KEPT_MAX:
            self._kept.clear()
        found = self._kept[source] = self._look_up(source)
        return found

    def _look_up(self, source: str) -> _Known | None:
        owner = find_owner(self._index, source)
        if owner is None:
            return None
        if owner not in self._rules:
            operator = self._operators[owner]
            self._rules[owner] = operator, _compile_rules(operator.dialect)
        return self._rules[owner]


Index = Mapping[int, tuple[tuple[int, Mapping[int, str]], ...]]
"""By IP version, longest prefix first: how many bits to shift away, and who owns what is left."""


@lru_cache(maxsize=8)
def _index_sources(owners: tuple[tuple[str, tuple[str, ...]], ...]) -> Index:
    """Index networks by operator id; text that is no network holds no address."""
    tables: dict[int, dict[int, dict[int, str]]] = {4: {}, 6: {}}
    for owner, sources in owners:
        for source in sources:
            try:
                network = ipaddress.ip_network(source)
            except ValueError:
                continue
            shift = network.max_prefixlen - network.prefixlen
            table = tables[network.version].setdefault(shift, {})
            table.setdefault(int(network.network_address) >> shift, owner)
    return {version: tuple(sorted(shifts.items())) for version, shifts in tables.items()}


def find_owner(index: Index, source: str) -> str | None:
    """Return the id of the operator whose network holds an address, or None."""
    try:
        address = ipaddress.ip_address(source.strip("[]"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    for shift, table in index[address.version]:
        owner = table.get(int(address) >> shift)
        if owner is not None:
            return owner
    return None


_MEMORIES: WeakKeyDictionary[Snapshot, _Memory] = WeakKeyDictionary()
"""One for each open snapshot; goes with it."""
