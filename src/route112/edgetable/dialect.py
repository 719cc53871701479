r"""
The rules of an operator's dialect as rows, for a configuration that cannot be read anew.

A rule is two rows. `x:0` says what it finds and where: `field|place|name`. `y:0` is what
`{re.subst}` of Kamailio takes: the pattern, a POSIX extended expression, and a replacement that
sets MARK on both sides of the group, so that what stands between the first two marks is the value:

    x:1   commune|header|X-Commune
    y:1   <RS>^([0-9]{5})$<RS><US>\1<US><RS>

Neither RS nor US can stand in a pattern, which is printable, nor in a value that is looked at:
the configuration looks at none with a control character.

Source: docs/formats/snapshot.md, *Dialects*.
"""

import re
from collections.abc import Iterator

from route112.model import Operator

MARK = "\x1f"
"""US, the unit separator: stands on both sides of the value that a pattern found."""
DELIMITER = "\x1e"
"""RS, the record separator: stands between the parts of a substitution."""

_NAME = re.compile(r"[!-{}~]{0,64}")
"""What can be called so in a message, but the `|` that parts a row, which no name has."""
_PATTERN = re.compile(r"[ -~]+")


def list_rules(operator: Operator) -> Iterator[tuple[str, str]]:
    """List the rows of an operator's rules in their order; a rule that never matches is no row."""
    rules = [
        rule
        for rule in operator.dialect
        if _NAME.fullmatch(rule.name) and _PATTERN.fullmatch(rule.pattern)
    ]
    for index, rule in enumerate(rules):
        yield f"x:{index}", f"{rule.field}|{rule.place}|{rule.name}"
        yield f"y:{index}", render_substitution(rule.pattern)
    if operator.technology:
        yield "tech", operator.technology


def render_substitution(pattern: str) -> str:
    """Return the substitution that sets marks around what the group of a pattern found."""
    # A backslash at the end would take the delimiter's meaning away.
    closed = pattern + "{1}" if pattern.endswith("\\") else pattern
    return f"{DELIMITER}{closed}{DELIMITER}{MARK}\\1{MARK}{DELIMITER}"
