import re

import pytest
from tests.support.snapshots import small_content

from route112.edgetable.dialect import DELIMITER, MARK, list_rules, render_substitution
from route112.model import DialectRule, Operator


def find_by(row, value):
    """What Kamailio finds by a substitution: it is the text between the first two marks."""
    assert row[0] == DELIMITER
    pattern, replacement, flags = re.split(rf"(?<!\\){DELIMITER}", row[1:])
    assert flags == ""
    parts = re.sub(pattern, replacement.replace(MARK, "\0"), value, count=1).split("\0")
    return parts[1] if len(parts) > 1 else ""


def operator(*rules, **changes):
    fields = {"id": "x", "name": "X", "technologies": (), "default_commune": "", **changes}
    return Operator(**fields, dialect=rules)


def header(name, pattern="(.+)"):
    return DialectRule(field="caller", place="header", name=name, pattern=pattern)


def test_rules_are_numbered_in_their_order_and_say_where_they_look():
    rows = dict(list_rules(small_content().operators[0]))
    assert [rows[f"x:{index}"] for index in range(7)] == [
        "number|request-uri-user|",
        "commune|uri-parameter|commune",
        "commune|header|X-Commune",
        "caller|header|P-Asserted-Identity",
        "technology|header|X-Technology",
        "cell|header|X-Cell",
        "line|header|X-Line",
    ]
    assert rows["y:2"] == "\x1e([0-9][0-9AB][0-9]{3})\x1e\x1f\\1\x1f\x1e"
    assert rows["tech"] == "mobile"
    assert set(rows) == {"tech", *(f"{row}:{index}" for row in "xy" for index in range(7))}


def test_an_operator_without_rules_has_no_rows():
    assert dict(list_rules(operator())) == {}


@pytest.mark.parametrize(
    ("pattern", "value", "found"),
    [
        ("([0-9]{5})", "insee=29019; x=75056", "29019"),
        ("^([0-9]+)$", "15", "15"),
        ("^([0-9]+)$", "15x", ""),
        ("/([a-z]+)#~!@%&,:;", "/abc#~!@%&,:;", "abc"),
        (r"(a)\\", "a\\", "a"),
        (r"(a)\\", "a", ""),
        (r"([^/]+)\.", "b/c.d", "c"),
    ],
)
def test_a_substitution_marks_what_the_group_found(pattern, value, found):
    assert find_by(render_substitution(pattern), value) == found


def test_a_rule_that_nothing_can_match_is_no_row_and_leaves_no_gap():
    rules = (header("A|B"), header("A B"), header("Naïve"), header("X", "(\x01)"), header("Good!"))
    rows = dict(list_rules(operator(*rules)))
    assert rows.keys() == {"x:0", "y:0"}
    assert rows["x:0"] == "caller|header|Good!"
