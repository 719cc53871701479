import re

import pytest
import yaml

from route112.countries.fr.ground import load_ground
from route112.countries.fr.national import (
    KINDS,
    NATIONAL_DEFAULTS,
    NUMBER_RULES,
    SHORT_NUMBERS,
    quote,
    render_profile,
)


def place(national):
    for rule in NUMBER_RULES:
        match = re.fullmatch(rule.pattern, national)
        if match:
            return match.expand(rule.e164)
    return None


@pytest.mark.parametrize(
    ("start", "e164"),
    [
        ("019900", "+3319900"),
        ("026191", "+3326191"),
        ("063998", "+3363998"),
        ("0639", "+262639"),
        ("0262", "+262262"),
        ("0269", "+262269"),
        ("0692", "+262692"),
        ("0590", "+590590"),
        ("0690", "+590690"),
        ("0594", "+594594"),
        ("0694", "+594694"),
        ("0596", "+596596"),
        ("0697", "+596697"),
        ("0695", "+33695"),
        ("0508", "+508"),
        ("09", "+339"),
    ],
)
def test_each_range_has_its_country_code(start, e164):
    digits = "1" * (10 - len(start))

    assert place(start + digits) == e164 + digits


@pytest.mark.parametrize(
    "national", ["15", "3" + "1" * 3, "08" + "1" * 8, "1" * 9, "00" + "1" * 8]
)
def test_special_short_and_truncated_numbers_have_no_place(national):
    assert place(national) is None


def test_the_thirteen_numbers_have_a_urn_each():
    assert [short.number for short in SHORT_NUMBERS] == [
        "15", "17", "18", "112", "114", "115", "116000", "116111", "116117", "119", "191", "196",
        "197",
    ]  # fmt: skip
    urns = {short.number: short.urn for short in SHORT_NUMBERS}
    assert len(set(urns.values())) == 13
    assert urns["112"] == "urn:service:sos"
    assert urns["15"] == "urn:service:sos.ambulance"
    assert urns["119"] == "urn:service:counseling.children"


def test_every_kind_that_answers_is_described():
    described = {kind.name for kind in KINDS}

    assert {kind for short in SHORT_NUMBERS for kind in short.kinds} == described


def test_the_profile_is_yaml_that_says_all_of_it():
    profile = yaml.load(render_profile(load_ground()), Loader=yaml.BaseLoader)

    assert profile["country"] == "fr"
    assert profile["communes"] == "builtin:fr"
    assert profile["valid_from"] == "2026-11-01T00:00:00Z"
    assert profile["default_number"] == "112"
    assert profile["number_plan"]["national_prefix"] == "0"
    assert len(profile["number_plan"]["rules"]) == len(NUMBER_RULES)
    assert profile["number_plan"]["rules"][0]["e164"] == r"+33\1"
    assert profile["short_numbers"][3] == {
        "number": "112",
        "urn": "urn:service:sos",
        "name": "Numéro d'urgence européen",
        "kinds": ["CTA18", "PFC1518", "CRRA15", "CORG17", "CODIS18"],
    }
    finistere = next(d for d in profile["departements"] if d["code"] == "29")
    assert finistere == {
        "code": "29",
        "name": "Finistère",
        "zone": "ouest",
        "timezone": "Europe/Paris",
        "neighbours": ["22", "56"],
    }
    assert profile["national_defaults"] == NATIONAL_DEFAULTS


def test_a_quoted_scalar_stays_text():
    assert yaml.safe_load(quote("0199001234")) == "0199001234"
    assert yaml.safe_load(quote('l\'"été"')) == 'l\'"été"'
