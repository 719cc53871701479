r"""
Operator profiles as text of a Kamailio configuration: who may send, in which dialect, how much.

Written apart from `routing.dialect`, which it never imports; both follow *Dialects* in
docs/formats/snapshot.md. Patterns are POSIX extended regular expressions here. A rule becomes a
substitution that puts MARK on both sides of the group; what stands between two marks is the value:

    $vn(value) = $hdr(X-Commune);
    $var(pattern) = "/^([0-9]{5})$/\x01\1\x01/s";
    route(MATCH);

`MATCH` refuses values that are too long or hold control characters, the mark among them. The
configuration of a site calls `SOURCE`, which finds the operator of `$var(address)`, and `DIALECT`,
which finds `$var(number)`, `$var(commune)`, `$var(caller)` and `$var(technology)`.
"""

import ipaddress
import re
from collections.abc import Iterator, Sequence

from route112.model import DIALECT_VALUE_CHARS_MAX, DialectRule, Operator

MARK = "\x01"
"""Never part of a value that is looked at."""
CALLS_FREE_PERCENT = 70
"""Below this load an operator may use what others leave unused."""
CALL_BYTES = 2 * 17_000
"""Shared memory of one ringing call, twice what was measured."""
FIELD_CHARS_MAX = 64
"""Characters of what a rule finds; a longer one is no match."""
FIELDS = ("number", "commune", "caller", "technology")

TECHNOLOGIES = ("pstn", "voip", "mobile")
_MATCH = f"""route[MATCH] {{
	$var(found) = "";
	if ($vn(value) == $null) return 1;
	if ($(vn(value){{s.len}}) > {DIALECT_VALUE_CHARS_MAX} || $vn(value) =~ "[[:cntrl:]]") return 1;
	$var(found) = $(vn(value){{re.subst,$var(pattern)}});
	$var(found) = $(var(found){{s.select,1,{MARK}}});
	if ($(var(found){{s.len}}) > {FIELD_CHARS_MAX}) $var(found) = "";
	return 1;
}}"""
"""From `$vn(value)` and `$var(pattern)` to `$var(found)`; empty where a rule does not match."""
_DELIMITERS = "/#~!@%&,:;"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TEXT = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def count_calls(shm_mb: int) -> int:
    """Return how many calls may ring at once with `shm_mb` MiB of shared memory."""
    return max(1, shm_mb * 1_048_576 * 3 // 4 // CALL_BYTES)


def render_operators(operators: Sequence[Operator], *, calls_max: int) -> str:
    """
    Render the routes SOURCE and DIALECT, and the bounds of admission.

    Args:
        operators: of the snapshot.
        calls_max: calls that may ring at once, see `count_calls`.
    """
    shares = sum(operator.share for operator in operators) or 1
    lines = [
        f"#!define CALLS_MAX {calls_max}",
        f"#!define CALLS_FREE {calls_max * CALLS_FREE_PERCENT // 100}",
        f"#!define CALLS_NEW {max(1, calls_max // (len(operators) + 1))}",
        "",
        "route[SOURCE] {",
        *_list_sources(operators, calls_max=calls_max, shares=shares),
        "\treturn -1;",
        "}",
        "",
        "route[DIALECT] {",
    ]
    lines += [
        f'\tif ($avp(op) == "{operator.id}") route(DIALECT_{index});'
        for index, operator in enumerate(operators)
        if operator.dialect or operator.technology
    ]
    lines += ["\treturn 1;", "}", "", _MATCH]
    for index, operator in enumerate(operators):
        if operator.dialect or operator.technology:
            lines += ["", f"route[DIALECT_{index}] {{", *_list_rules(operator), "}"]
    return "\n".join(lines)


def _list_sources(operators: Sequence[Operator], *, calls_max: int, shares: int) -> Iterator[str]:
    """List one test for each network, the narrowest first."""
    networks = sorted(
        (
            (ipaddress.ip_network(source), operator)
            for operator in operators
            for source in operator.sources
        ),
        key=lambda pair: (-pair[0].prefixlen, str(pair[0])),
    )
    for network, operator in networks:
        assert _TEXT.fullmatch(operator.id), f"{operator.id!r} cannot stand in a configuration"
        limit = max(1, calls_max * operator.share // shares)
        yield f'\tif (is_in_subnet("$var(address)", "{network}")) {{'
        yield f'\t\t$avp(op) = "{operator.id}";'
        yield f"\t\t$avp(limit) = {limit};"
        yield "\t\treturn 1;"
        yield "\t}"


def _list_rules(operator: Operator) -> Iterator[str]:
    for field in FIELDS:
        for rule in operator.dialect:
            place = _render_place(rule)
            if rule.field != field or not place:
                continue
            yield f'\tif ($var({field}) == "") {{'
            yield f"\t\t$vn(value) = {place};"
            yield f'\t\t$var(pattern) = "{_render_pattern(rule.pattern)}";'
            yield "\t\troute(MATCH);"
            if field == "technology":
                known = " || ".join(f'$var(found) == "{name}"' for name in TECHNOLOGIES)
                yield f"\t\tif ({known}) $var(technology) = $var(found);"
            else:
                yield f"\t\t$var({field}) = $var(found);"
            yield "\t}"
    if operator.technology:
        yield f'\tif ($var(technology) == "") $var(technology) = "{operator.technology}";'
    yield "\treturn 1;"


def _render_place(rule: DialectRule) -> str:
    """Render what a rule looks at; empty for a name that no variable can have."""
    if rule.place == "request-uri-user":
        return "$rU"
    if rule.place == "request-uri":
        return "$ru"
    if not _PLAIN_NAME.fullmatch(rule.name):
        return ""
    if rule.place == "uri-parameter":
        return f"$(ru{{uri.param,{rule.name}}})"
    return f"$hdr({rule.name})"


def _render_pattern(pattern: str) -> str:
    """Render a substitution as the text of a configuration."""
    delimiter = next((char for char in _DELIMITERS if char not in pattern), "")
    assert delimiter, f"{pattern!r} leaves no delimiter"
    text = f"{delimiter}{pattern}{delimiter}{MARK}\\1{MARK}{delimiter}s"
    return text.replace("\\", "\\\\").replace('"', '\\"')
