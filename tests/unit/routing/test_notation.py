"""The one notation: one line, from the trace, without anything personal."""

import pytest
from tests.support.routing import NOW, make_order, open_small

from route112.model import Call, RouteDecision, States, Target
from route112.routing import decide, render_decision
from route112.routing.notation import (
    AUTHOR_CHARS_MAX,
    WORD_CHARS_MAX,
    render_order,
    render_target,
)

DECISION = RouteDecision(
    targets=(),
    trace=("CRRA15-29 DOWN", "rule secondary"),
    degraded=None,
    generation=42,
    in_one_pass=0,
)


def head(**fields):
    call = Call(**{"dialled": "15", **fields})
    return render_decision(call, DECISION).split(" -> ")[0]


def test_a_decision_reads_as_in_the_glossary():
    call = Call(dialled="15", commune="29019", operator="bouygues", technology="mobile")
    line = render_decision(call, DECISION, site="site-3", elapsed_ms=1.23)
    expected = "15 @29019 bouygues/mobile -> CRRA15-29 DOWN -> rule secondary [g42 site-3 1.2ms]"
    assert line == expected


def test_site_and_time_are_left_out_when_unknown():
    line = render_decision(Call(dialled="15"), DECISION)
    assert line == "15 @? -> CRRA15-29 DOWN -> rule secondary [g42]"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "15 @?"),
        ({"commune": "29019"}, "15 @29019"),
        ({"operator": "bruyere"}, "15 @? bruyere"),
        ({"technology": "voip"}, "15 @? ?/voip"),
        ({"dialled": "urn:service:sos.fire"}, "urn:service:sos.fire @?"),
        ({"dialled": "116117"}, "116117 @?"),
        ({"dialled": ""}, "? @?"),
        ({"commune": "29 -> x\n\ud800é"}, "15 @29?->?x???"),
    ],
)
def test_words_of_the_call_stay_on_the_line(fields, expected):
    assert head(**fields) == expected


def test_what_may_be_the_number_of_a_person_is_not_printed():
    assert head(dialled="0639980001") == "? @?"
    assert head(dialled="tel:+33639980001;x") == "? @?"


def test_a_long_word_is_cut():
    assert head(commune="x" * 10_000) == f"15 @{'x' * WORD_CHARS_MAX}..."


def test_neither_position_nor_street_is_printed():
    call = Call(dialled="112", commune="29019", lon_deg=-4.45, lat_deg=48.35, street="rue de Siam")
    line = render_decision(call, decide(call, open_small(), States(), now=NOW))
    assert line == "112 @29019 -> rule primary -> CRRA15-29 +33261910010 [g42]"


def test_an_order_names_its_author():
    order = make_order("d-17", "divert", "CTA18-29", to_psap="CTA18-75")
    assert render_order(order) == "order divert d-17 by prefecture 29"


@pytest.mark.parametrize(
    ("author", "printed"),
    [
        ("", "?"),
        ("duty -> officer\n29", "duty > officer 29"),
        ("préfecture\x00", "préfecture?"),
        ("x" * 500, "x" * AUTHOR_CHARS_MAX),
    ],
)
def test_an_author_cannot_break_the_line(author, printed):
    order = make_order("d", "pause", "CTA18-29")
    object.__setattr__(order, "author", author)
    assert render_order(order) == f"order pause d by {printed}"


def test_a_number_that_no_psap_owns_stands_alone():
    target = Target(
        psap="", number="+33465710001", rule="alternative", trunk="t", hops=(), ring_time_s=20
    )
    assert render_target(target) == "+33465710001"
