"""Operator profiles become routes of a configuration that reads messages as Python does."""

import re
from dataclasses import replace

import pytest
from tests.support.snapshots import DIALECT, small_content

from route112.model import DialectRule, Operator
from route112.native import dialect_cfg
from route112.native.dialect_cfg import MARK, count_calls, render_operators

OPERATORS = small_content().operators


def make_operator(**changes):
    return replace(OPERATORS[0], dialect=(), technology="", sources=(), **changes)


def test_each_network_names_its_operator_and_its_share_the_narrowest_first():
    wide = replace(OPERATORS[0], sources=("127.0.2.0/28", "::1/128"), share=3)
    narrow = Operator(
        id="genet", name="G", technologies=("voip",), default_commune="", sources=("127.0.2.4/32",)
    )
    text = render_operators((wide, narrow), calls_max=1_000)
    found = re.findall(r'is_in_subnet\("\$var\(address\)", "(.*?)"\)', text)
    assert found == ["::1/128", "127.0.2.4/32", "127.0.2.0/28"]
    assert re.findall(r'\$avp\(op\) = "(\w+)";\n\t\t\$avp\(limit\) = (\d+);', text) == [
        ("bruyere", "750"),
        ("genet", "250"),
        ("bruyere", "750"),
    ]


def test_without_operators_everybody_is_a_stranger():
    text = render_operators((), calls_max=10)
    assert "route[SOURCE] {\n\treturn -1;\n}" in text
    assert "#!define CALLS_NEW 10\n" in text


def test_rules_are_asked_in_order_and_the_first_match_counts():
    text = render_operators(OPERATORS, calls_max=10)
    values = re.findall(r'if \(\$var\((\w+)\) == ""\) {\n\t\t\$vn\(value\) = (.*);', text)
    assert values == [
        ("number", "$rU"),
        ("commune", "$(ru{uri.param,commune})"),
        ("commune", "$hdr(X-Commune)"),
        ("caller", "$hdr(P-Asserted-Identity)"),
        ("technology", "$hdr(X-Technology)"),
    ]
    assert 'if ($var(technology) == "") $var(technology) = "mobile";' in text


def test_an_operator_without_rules_and_technology_has_no_route():
    text = render_operators((make_operator(),), calls_max=10)
    assert "DIALECT_0" not in text


def test_the_whole_request_uri_is_a_place():
    rule = DialectRule(field="commune", place="request-uri", pattern="insee=([0-9]+)")
    text = render_operators((replace(make_operator(), dialect=(rule,)),), calls_max=10)
    assert "$vn(value) = $ru;" in text


def test_a_name_that_no_variable_can_have_is_left_to_python():
    rule = DialectRule(field="commune", place="header", name="X)", pattern="([0-9]+)")
    text = render_operators((replace(make_operator(), dialect=(rule,)),), calls_max=10)
    assert "X)" not in text


def render(pattern):
    return dialect_cfg._render_pattern(pattern)


def test_a_pattern_becomes_a_substitution_with_marks():
    assert render("^([0-9]{5})$") == f"/^([0-9]{{5}})$/{MARK}\\\\1{MARK}/s"
    assert render(r"(\+[0-9]+)") == f"/(\\\\+[0-9]+)/{MARK}\\\\1{MARK}/s"
    assert render('a"([/])') == f'#a\\"([/])#{MARK}\\\\1{MARK}#s'


def test_a_pattern_that_leaves_no_delimiter_is_a_mistake():
    with pytest.raises(AssertionError, match="leaves no delimiter"):
        render(f"({dialect_cfg._DELIMITERS})")


def test_an_id_that_could_end_its_text_is_a_mistake():
    bad = replace(OPERATORS[0], id='a"b')
    with pytest.raises(AssertionError, match="cannot stand in a configuration"):
        render_operators((bad,), calls_max=10)


def test_calls_follow_from_shared_memory():
    assert count_calls(512) == 11_842
    assert count_calls(0) == 1


def test_fields_are_those_of_the_model():
    assert {rule.field for rule in DIALECT} == set(dialect_cfg.FIELDS)
