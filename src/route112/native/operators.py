r"""
Operator profiles as rows of the native table: who may send, in which dialect, how much.

Written apart from `routing.dialect`, which it never imports; both follow *Dialects* in
docs/formats/snapshot.md. As rows they change together with the routes, by the flip of one slot,
while calls ring: Kamailio cannot read its configuration anew, and a restart forgets who rings.

Patterns are POSIX extended regular expressions here. A rule becomes a substitution that puts MARK
on both sides of the group; what stands between two marks is the value:

    r:bruyere:1   commune|header|X-Commune
    p:bruyere:1   /^([0-9]{5})$/\x01\1\x01/s

The configuration of a site reads them: `SOURCE` finds the operator of `$var(address)`, `DIALECT`
finds `$var(number)`, `$var(commune)`, `$var(caller)`, `$var(technology)`, `$var(cell)` and
`$var(line)`; `PLACE_CALLER` finds the commune of the last two.
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence

from route112.model import Operator
from route112.snapshot.reader import Snapshot
from route112.snapshot.records import decode_key

MARK = "\x01"
"""Never part of a value that is looked at."""
CALL_BYTES = 2 * 20_000
"""Shared memory of one ringing call, twice what was measured."""
SOURCE_PREFIX = "s:"
"""And a number from 0, the narrowest network first: `network|operator|share`."""
RULE_PREFIX = "r:"
"""And operator, `:`, a number from 0: `field|place|name`, for a URI parameter the
substitution that finds its value instead of the name."""
PATTERN_PREFIX = "p:"
"""The same of its substitution."""
TECHNOLOGY_PREFIX = "t:"
"""And operator: technology where no rule finds one."""
CELL_PREFIX = "k:"
"""And operator, `:`, a cell in small letters: code of its commune."""
LINE_PREFIX = "l:"
"""And operator, `:`, digits that its lines begin with: code of their commune."""
LINE_LENGTH_PREFIX = "lmax:"
"""And operator: the most digits of those that are worth a try; missing where it has none."""
CALLERS_MAX = 200_000
"""Cells and lines of all operators together: Kamailio reads the whole table into the private
memory of a process, some 330 bytes a row, and keeps it twice in shared memory."""
SHARES_KEY = "shares"
OPERATORS_KEY = "operators"
"""How many there are."""

_DELIMITERS = "/#~!@%&,:;"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def count_calls(shm_mb: int) -> int:
    """Return how many calls may ring at once with `shm_mb` MiB of shared memory."""
    return max(1, shm_mb * 1_048_576 * 3 // 4 // CALL_BYTES)


def list_operators(operators: Sequence[Operator]) -> Iterator[tuple[str, str]]:
    """List the rows of `c2z` that say who sends and how."""
    yield OPERATORS_KEY, str(len(operators))
    yield SHARES_KEY, str(sum(operator.share for operator in operators) or 1)
    yield from _list_sources(operators)
    for operator in operators:
        yield from _list_rules(operator)
        if operator.technology:
            yield TECHNOLOGY_PREFIX + operator.id, operator.technology


def list_callers(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """List where cells and lines are; an operator that does not fit is left out whole."""
    codes = [*map(decode_key, snapshot.records.columns["commune_keys"]["key"])]
    room = CALLERS_MAX
    for operator in snapshot.operators:
        cells = [*snapshot.callers.list_cells(operator.id)]
        lines = [*snapshot.callers.list_lines(operator.id)]
        if len(cells) + len(lines) > room:
            continue
        room -= len(cells) + len(lines)
        for cell, commune in cells:
            yield f"{CELL_PREFIX}{operator.id}:{cell}", codes[commune]
        for digits, commune in lines:
            yield f"{LINE_PREFIX}{operator.id}:{digits}", codes[commune]
        if lines:
            longest = max(len(digits) for digits, _ in lines)
            yield LINE_LENGTH_PREFIX + operator.id, str(longest)


def _list_sources(operators: Sequence[Operator]) -> Iterator[tuple[str, str]]:
    networks = sorted(
        (
            (ipaddress.ip_network(source), operator)
            for operator in operators
            for source in operator.sources
        ),
        key=lambda pair: (-pair[0].prefixlen, str(pair[0])),
    )
    for index, (network, operator) in enumerate(networks):
        assert _ID.fullmatch(operator.id), f"{operator.id!r} cannot stand in a row"
        yield f"{SOURCE_PREFIX}{index}", f"{network}|{operator.id}|{operator.share}"


def _list_rules(operator: Operator) -> Iterator[tuple[str, str]]:
    """List the rules in their order; one whose name no variable can have is left to Python."""
    rules = [
        rule for rule in operator.dialect if not rule.name or _PLAIN_NAME.fullmatch(rule.name)
    ]
    for index, rule in enumerate(rules):
        key = f"{operator.id}:{index}"
        name = _render_parameter(rule.name) if rule.place == "uri-parameter" else rule.name
        yield RULE_PREFIX + key, f"{rule.field}|{rule.place}|{name}"
        yield PATTERN_PREFIX + key, _render_pattern(rule.pattern)


def _render_pattern(pattern: str) -> str:
    delimiter = next((char for char in _DELIMITERS if char not in pattern), "")
    assert delimiter, f"{pattern!r} leaves no delimiter"
    return f"{delimiter}{pattern}{delimiter}{MARK}\\1{MARK}{delimiter}s"


def _render_parameter(name: str) -> str:
    """Render the substitution that marks the value of the first `;name=value`, in any case."""
    plain = name.replace(".", "[.]")
    return f"/;{plain}=([^;]*)/{MARK}\\1{MARK}/is"
