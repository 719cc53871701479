import gc
import weakref

import pytest
from tests.support.routing import open_small
from tests.support.snapshots import DIALECT

from route112.model import Call, DialectRule, Operator
from route112.routing import dialect, read_call

BRUYERE = "127.0.2.1"


def operator(**changes):
    fields = {
        "id": "o",
        "name": "O",
        "technologies": ("voip", "pstn"),
        "default_commune": "",
        "technology": "voip",
        "sources": ("127.0.2.0/24",),
        **changes,
    }
    return Operator(**fields)


def rule(field, place, pattern, name=""):
    return DialectRule(field=field, place=place, name=name, pattern=pattern)


def ask(snapshot, uri, source=BRUYERE, **headers):
    found = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_call(snapshot, source=source, request_uri=uri, find_header=found.get)


@pytest.fixture(scope="module")
def small():
    return open_small()


def test_a_call_is_read_by_the_rules_of_its_operator(small):
    read = ask(
        small,
        "sip:15@127.0.0.1:5060;user=phone;commune=29019",
        P_Asserted_Identity='"A" <sip:+33199001234@example.invalid>',
        X_Technology="voip",
    )
    assert read is not None
    assert read.call == Call(dialled="15", commune="29019", operator="bruyere", technology="voip")
    assert read.caller == "+33199001234"
    assert read.operator.share == 4


def test_the_first_rule_that_matches_counts(small):
    read = ask(small, "sip:15@h;commune=Brest", X_Commune="insee 29019, 29103")
    assert read.call.commune == "29019"
    assert ask(small, "sip:15@h;commune=29103", X_Commune="29019").call.commune == "29103"


def test_without_a_match_number_and_technology_have_a_default_and_the_commune_is_missing(small):
    read = ask(small, "sip:+33199001234@h", X_Technology="telex")
    assert read.call == Call(dialled="+33199001234", operator="bruyere", technology="mobile")
    assert read.caller == ""


def test_a_service_urn_is_the_number_and_no_rule_is_asked():
    snapshot = open_small(
        operators=(operator(dialect=(rule("number", "request-uri", "([0-9a-z]+)"),)),)
    )
    for urn in ("urn:service:sos.fire", "URN:Service:sos.fire", "urn:nena:service:sos.fire;x=y"):
        read = ask(snapshot, urn)
        assert (read.call.dialled, read.is_test) == ("urn:service:sos.fire", False)
    assert ask(snapshot, "urn:service:test.sos").is_test
    assert ask(snapshot, "urn:x").call.dialled == "urn"
    assert len(ask(snapshot, "urn:service:" + "x" * 9_999).call.dialled) == 129


@pytest.mark.parametrize(
    ("source", "owner"),
    [
        ("127.0.2.15", "bruyere"),
        ("::ffff:127.0.2.15", "bruyere"),
        ("::1", "bruyere"),
        ("[::1]", "bruyere"),
        ("127.0.2.16", None),
        ("::2", None),
        ("", None),
        ("operator.example", None),
        ("127.0.2.1:5060", None),
    ],
)
def test_the_operator_is_told_by_the_address(small, source, owner):
    for _ in range(2):
        read = ask(small, "sip:15@h", source)
        assert (read and read.operator.id) == owner


def test_the_longest_prefix_counts_and_nonsense_holds_no_address():
    snapshot = open_small(
        operators=(
            operator(id="a", sources=("0.0.0.0/0", "nonsense")),
            operator(id="b", sources=("10.0.0.0/8",)),
            operator(id="c", sources=("10.1.0.0/16", "::/0")),
        )
    )
    owners = [ask(snapshot, "sip:15@h", source).operator.id for source in (
        "9.9.9.9", "10.2.0.1", "10.1.0.1", "2001:db8::1"
    )]  # fmt: skip
    assert owners == ["a", "b", "c", "c"]


def test_each_place_is_searched_as_it_stands():
    found = [
        rule("commune", "request-uri", "^sip:[0-9]+@h;c=([0-9]{5})"),
        rule("number", "request-uri-user", r"^[0-9]{5}\*([0-9]+)$"),
        rule("caller", "header", "^a b ([0-9]+)$", "x-folded"),
        rule("technology", "uri-parameter", "^(pstn)$", "T"),
    ]
    snapshot = open_small(operators=(operator(dialect=tuple(found)),))
    assert ask(snapshot, "sip:15@h;c=29019").call.commune == "29019"
    assert ask(snapshot, "sip:29019*15@h;t=pstn").call == Call(
        dialled="15", operator="o", technology="pstn"
    )
    headers = {"x-folded": " a\r\n \tb 123 "}
    read = read_call(snapshot, source=BRUYERE, request_uri="sip:15@h", find_header=headers.get)
    assert read is not None
    assert read.caller == "123"


@pytest.mark.parametrize("folded", [" a \t\r\n b 12 ", "a\n b\r\n 12", " a \n\t\t b\n 12\n "])
def test_a_fold_is_one_blank_whatever_stands_before_and_behind_it(folded):
    dialect = (rule("caller", "header", "^a b ([0-9]+)$", "X"),)
    snapshot = open_small(operators=(operator(dialect=dialect),))
    assert ask(snapshot, "sip:15@h", X=folded).caller == "12"


def test_values_that_are_too_long_or_hold_control_characters_match_nothing():
    snapshot = open_small(operators=(operator(dialect=(rule("caller", "header", "(a+)", "X"),)),))
    callers = {
        value: ask(snapshot, "sip:15@h", X=value).caller
        for value in ("aa", "a" * 64, "a" * 65, "a" + "b" * 511, "a" + "b" * 512, "a\0", "a\x7f")
    }
    assert list(callers.values()) == ["aa", "a" * 64, "", "a", "", "", ""]


@pytest.mark.parametrize("pattern", ["(", "a", "(a)(b)", "(a*)", "([[a])", "(a{99999999999})"])
def test_a_pattern_that_cannot_be_compiled_or_matches_nothing_is_no_match(pattern):
    snapshot = open_small(
        operators=(operator(dialect=(rule("commune", "header", pattern, "X"),)),)
    )
    assert ask(snapshot, "sip:15@h", X="bb").call.commune == ""


def test_addresses_are_forgotten_when_there_are_too_many(small, monkeypatch):
    monkeypatch.setattr(dialect, "ADDRESSES_KEPT_MAX", 2)
    for host in (*range(20), *range(20)):
        read = ask(small, "sip:15@h", f"127.0.2.{host}")
        assert (read is not None) == (host < 16)


def test_what_is_kept_goes_with_its_snapshot():
    snapshot = open_small()
    assert ask(snapshot, "sip:15@h") is not None
    gone = weakref.ref(snapshot)
    del snapshot
    gc.collect()
    assert gone() is None


def test_the_dialect_of_the_tests_has_every_field():
    assert {found.field for found in DIALECT} == {
        "number",
        "commune",
        "caller",
        "technology",
        "cell",
        "line",
    }


def test_a_technology_that_nobody_knows_leaves_the_next_rule_its_turn():
    rules = (
        rule("technology", "uri-parameter", "^([a-z]+)$", "T"),
        rule("technology", "header", "^(pstn|voip|mobile)$", "X-Technology"),
    )
    snapshot = open_small(operators=(operator(dialect=rules, sources=("127.0.2.0/24",)),))
    read = ask(snapshot, "sip:15@h;t=satellite", X_Technology="pstn")
    assert read.call.technology == "pstn"
    assert ask(snapshot, "sip:15@h;t=satellite").call.technology == "voip"
