"""Operator profiles become rows that the configuration of a site reads as Python reads messages."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.snapshots import DIALECT, small_content

from route112.apps.site.setup import KAMAILIO_FOLDER
from route112.model import DIALECT_VALUE_CHARS_MAX, DialectRule, Operator
from route112.native import operators
from route112.native import operators as module
from route112.native.operators import MARK, count_calls, list_operators
from route112.routing.dialect import FIELD_CHARS_MAX, TECHNOLOGIES
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

OPERATORS = small_content().operators
TEMPLATE = Path(KAMAILIO_FOLDER / "site.cfg").read_text(encoding="utf-8")


def make_operator(**changes):
    return replace(OPERATORS[0], **({"dialect": (), "technology": "", "sources": ()} | changes))


def rows(*operators):
    listed = list(list_operators(operators))
    assert len(dict(listed)) == len(listed), "a key stands once"
    return dict(listed)


def test_each_network_names_its_operator_and_its_share_the_narrowest_first():
    wide = make_operator(sources=("127.0.2.0/28", "::1/128"), share=3)
    narrow = Operator(
        id="genet", name="G", technologies=("voip",), default_commune="", sources=("127.0.2.4/32",)
    )
    assert rows(wide, narrow) == {
        "operators": "2",
        "shares": "4",
        "s:0": "::1/128|bruyere|3",
        "s:1": "127.0.2.4/32|genet|1",
        "s:2": "127.0.2.0/28|bruyere|3",
    }


def test_without_operators_everybody_is_a_stranger_and_nothing_is_divided_by_nothing():
    assert rows() == {"operators": "0", "shares": "1"}


def test_rules_keep_their_order_and_have_their_patterns_beside_them():
    found = rows(make_operator(dialect=DIALECT, technology="mobile"))
    rules = [found[f"r:bruyere:{index}"] for index in range(len(DIALECT))]
    names = [rule.name for rule in DIALECT]
    names[1] = f"/;commune=([^;]*)/{MARK}\\1{MARK}/is"
    assert rules == [
        f"{rule.field}|{rule.place}|{name}" for rule, name in zip(DIALECT, names, strict=True)
    ]
    patterns = [found[f"p:bruyere:{index}"] for index in range(len(DIALECT))]
    assert all(rule.pattern in text for rule, text in zip(DIALECT, patterns, strict=True))
    assert f"r:bruyere:{len(DIALECT)}" not in found
    assert found["t:bruyere"] == "mobile"


def test_an_operator_without_rules_and_technology_has_none():
    assert set(rows(make_operator())) == {"operators", "shares"}


def test_a_name_that_no_variable_can_have_is_left_to_python_and_leaves_no_gap():
    bad = DialectRule(field="commune", place="header", name="X)", pattern="([0-9]+)")
    good = replace(bad, name="X-Commune")
    found = rows(make_operator(dialect=(bad, good)))
    assert found["r:bruyere:0"] == "commune|header|X-Commune"
    assert "r:bruyere:1" not in found


def render(pattern):
    rule = DialectRule(field="commune", place="request-uri", pattern=pattern)
    return rows(make_operator(dialect=(rule,)))["p:bruyere:0"]


def test_a_pattern_becomes_a_substitution_with_marks():
    assert render("^([0-9]{5})$") == f"/^([0-9]{{5}})$/{MARK}\\1{MARK}/s"
    assert render('a"([/])') == f'#a"([/])#{MARK}\\1{MARK}#s'


def test_a_pattern_that_leaves_no_delimiter_is_a_mistake():
    with pytest.raises(AssertionError, match="leaves no delimiter"):
        render(f"({module._DELIMITERS})")


def test_an_id_that_could_end_its_text_is_a_mistake():
    with pytest.raises(AssertionError, match="cannot stand in a row"):
        rows(make_operator(id="a|b", sources=("127.0.2.0/28",)))


def test_calls_follow_from_shared_memory():
    assert count_calls(512) == 10_066
    assert count_calls(0) == 1


def test_the_configuration_has_the_limits_and_words_of_the_documents():
    assert f"#!define VALUE_CHARS_MAX {DIALECT_VALUE_CHARS_MAX}\n" in TEMPLATE
    assert f"#!define FIELD_CHARS_MAX {FIELD_CHARS_MAX}\n" in TEMPLATE
    assert f'"^({"|".join(TECHNOLOGIES)})$"' in TEMPLATE
    fields = set(re.findall(r'^\t\tcase "(\w+)":$', TEMPLATE, re.MULTILINE))
    assert fields >= {rule.field for rule in DIALECT}


def test_cells_and_lines_are_rows_of_their_operator(monkeypatch):
    snapshot = Snapshot(write_snapshot(small_content()))
    rows = dict(operators.list_callers(snapshot))
    assert rows["k:bruyere:208-01-0a"] == "29019"
    assert rows["k:genet:208-01-0a"] == "75056"
    assert (rows["l:bruyere:33298455"], rows["lmax:bruyere"]) == ("75056", "8")
    assert len(rows) == 12
    monkeypatch.setattr(operators, "CALLERS_MAX", 9)
    assert dict(operators.list_callers(snapshot)) == {"k:genet:208-01-0a": "75056"}
