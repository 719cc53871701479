"""Callers' numbers lose their end, whatever their form."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from route112.countries import read_builtin_profile
from route112.wire.documents.profile import parse_profile
from route112.wire.record_numbers import (
    HIDDEN_DIGITS_MIN,
    SHOWN_DIGITS_MAX,
    mask_dialled,
    mask_number,
    spell_number,
)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+33639981234", "+33 6 39 98 .. .."),
        ("+33199001234", "+33 1 99 00 .. .."),
        ("+12125550123", "+1 21 25 5. .. .."),
        ("+352621123", "+352 62 .. .."),
        ("+999123456789012", "+999 12 34 5. .. .. .."),
        ("+3361", "+33 .."),
        ("0639981234", "06 .. .. .. .."),
        ("15", ".."),
        ("anonymous", "anonymous"),
        ("Anonymous", "anonymous"),
        ("", ""),
        ("sip:alice@example.org", "(hidden)"),
        ("+", "(hidden)"),
    ],
)
def test_the_end_is_hidden(number, shown):
    assert mask_number(number) == shown


@pytest.mark.parametrize(
    ("dialled", "shown"),
    [
        ("15", "15"),
        ("116000", "116000"),
        ("urn:service:sos.ambulance", "urn:service:sos.ambulance"),
        ("1234567", "1 2. .. .."),
        ("sip:+33639981234@h", "sip:+33 6 39 98 .. ..@h"),
        ("06 39 98 12 34", "06 .. .. .. .."),
        ("", ""),
    ],
)
def test_a_short_number_stays_and_a_long_one_is_hidden(dialled, shown):
    assert mask_dialled(dialled) == shown


@given(st.from_regex(r"\+?[0-9]{1,24}", fullmatch=True) | st.text(max_size=30))
def test_never_more_than_its_share_is_shown(number):
    shown = mask_number(number)
    assert shown in ("anonymous", "", "(hidden)") or sum(c.isdigit() for c in shown) <= max(
        0, sum(c.isdigit() for c in number) - min(HIDDEN_DIGITS_MIN, len(number) - 4)
    )
    assert sum(character.isdigit() for character in shown) <= 3 + SHOWN_DIGITS_MAX


@pytest.mark.parametrize(
    ("number", "spelt"),
    [
        ("+33639981234", "+33639981234"),
        (" 0639981234 ", "+33639981234"),
        ("0033639981234", "+33639981234"),
        ("33639981234", "33639981234"),
        ("441632960", "441632960"),
        ("639981234", "639981234"),
        ("+33 (0)6 39 98 12 34", "+33639981234"),
        ("00352621123", "+352621123"),
        ("+999123456789", "+999123456789"),
        ("000000", "000000"),
        ("3699", "3699"),
        ("alice", "alice"),
        ("", ""),
    ],
)
def test_one_number_has_one_spelling(number, spelt):
    profile, _ = parse_profile(read_builtin_profile("fr"), file="profile.yaml")
    assert spell_number(number, profile) == spelt


def test_without_a_profile_no_country_is_assumed():
    assert spell_number("0639981234", None) == "0639981234"
    assert spell_number("0033639981234", None) == "0033639981234"


def test_what_is_dialled_for_a_plus_sign_is_said_by_the_profile():
    profile, _ = parse_profile(read_builtin_profile("fr"), file="profile.yaml")
    other = replace(profile, international_prefix="0011")
    assert spell_number("0011613998123", other) == "+613998123"
    silent = replace(profile, international_prefix="")
    assert spell_number("0011613998123", silent) == "0011613998123"
