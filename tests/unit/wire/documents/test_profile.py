import re

import pytest

from route112.adapters.kemi.lines import ANSWER_MS
from route112.apps.site.setup import KAMAILIO_FOLDER
from route112.model import TARGETS_MAX, Departement, NumberRule, PsapKind, ShortNumber
from route112.wire.documents.profile import RING_TIME_S_MAX, parse_profile

TEXT = r"""
country: fr
edition: "2026-11"
valid_from: 2026-11-01T00:00:00Z
valid_until: 2027-12-31T00:00:00Z
communes: builtin:fr
number_plan:
  country_code: "33"
  national_prefix: "0"
  national_length: 10
  rules:
    - {name: geographic, pattern: '0([1-59]\d{8})', e164: '+33\1'}
short_numbers:
  - {number: "15", urn: "urn:service:sos.ambulance", name: SAMU, kinds: [CRRA15]}
default_number: "15"
kinds:
  - {name: CRRA15, title: "Réception et régulation", ring_time_s: 30}
departements:
  - {code: "29", name: Finistère, zone: ouest, timezone: Europe/Paris, neighbours: ["56"]}
  - {code: "56", name: Morbihan, zone: ouest, timezone: Europe/Paris}
national_defaults: {"15": CRRA15-29}
"""


def parse(text=TEXT):
    profile, problems = parse_profile(text.encode(), file="profile.yaml")
    return profile, [str(problem).replace("error: profile.yaml", "", 1) for problem in problems]


def test_a_profile():
    profile, problems = parse()
    assert problems == []
    assert (profile.country, profile.edition, profile.communes) == ("fr", "2026-11", "builtin:fr")
    assert profile.valid_from == 1793491200000000
    assert profile.valid_until > profile.valid_from
    assert (profile.country_code, profile.national_prefix, profile.national_length) == (
        "33", "0", 10,
    )  # fmt: skip
    assert profile.number_plan == (
        NumberRule(name="geographic", pattern=r"0([1-59]\d{8})", e164=r"+33\1"),
    )
    assert profile.short_numbers == (
        ShortNumber(number="15", urn="urn:service:sos.ambulance", name="SAMU", kinds=("CRRA15",)),
    )
    assert profile.default_number == "15"
    assert profile.kinds == (
        PsapKind(name="CRRA15", title="Réception et régulation", ring_time_s=30),
    )
    assert profile.departements[0] == Departement(
        code="29", name="Finistère", zone="ouest", timezone="Europe/Paris", neighbours=("56",)
    )
    assert profile.departements[1].neighbours == ()
    assert profile.national_defaults == {"15": "CRRA15-29"}


def test_a_country_without_a_national_prefix():
    profile, problems = parse(TEXT.replace('  national_prefix: "0"\n', ""))
    assert problems == []
    assert profile.national_prefix == ""


def test_what_is_dialled_for_a_plus_sign():
    text = TEXT.replace("  national_length", '  international_prefix: "00"\n  national_length')
    profile, problems = parse(text)
    assert (problems, profile.international_prefix) == ([], "00")
    assert parse(TEXT)[0].international_prefix == ""


def test_how_long_an_order_may_hold():
    profile, problems = parse(f"{TEXT}order_days_max: 31\n")
    assert problems == []
    assert profile.order_days_max == 31
    assert parse(TEXT)[0].order_days_max == 0


def test_what_is_usual_and_when_it_is_not():
    days = (
        f"usual_day: {{workday: {[1.5] * 24}, weekend: {[2] * 24}}}\nholidays: [01-01, easter+1]"
    )
    profile, problems = parse(f"{TEXT}{days}")
    assert problems == []
    assert profile.holidays == ("01-01", "easter+1")
    assert (profile.usual_workday, profile.usual_weekend) == ((1.5,) * 24, (2.0,) * 24)


def test_how_long_contacts_and_alternative_numbers_are_trusted():
    profile, problems = parse(f"{TEXT}confirmed_within_days: {{contact: 90, alternative: 183}}")
    assert problems == []
    assert (profile.contact_days, profile.alternative_days) == (90, 183)
    profile, _ = parse(TEXT)
    assert (profile.contact_days, profile.alternative_days) == (0, 0)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("country: fr", "confirmed_within_days: {contact: 0, alternative: 1}\ncountry: fr",
         (":2 confirmed_within_days.contact '0': the value is not a whole number from 1 to 3,660."
          " Correct the value.")),
        ("country: fr", "country: FR",
         ":2 country 'FR': the value is not two small letters. Correct the value."),
        ("edition:", "editon:",
         ":2 edition: the field edition is missing. Add the field."),
        (r"'0([1-59]\d{8})'", "'0([1'",
         (":12 number_plan.rules[0].pattern: the pattern is not a regular expression."
         " Correct it.")),
        (r"'0([1-59]\d{8})'", "'" + "a" * 201 + "()'",
         ":12 number_plan.rules[0].pattern: the pattern is over 200 characters. Shorten it."),
        (r"'+33\1'", "33",
         (":12 number_plan.rules[0].e164: the form is not +, digits and groups such as \\1."
         " Correct it.")),
        (r"'+33\1'", r"'+33\2'",
         (":12 number_plan.rules[0].e164: the form names a group that the pattern does not have."
         " Correct it.")),
        ("ring_time_s: 30", "ring_time_s: 61",
         (":17 kinds[0].ring_time_s '61': the value is not a whole number from 1 to 60."
         " Correct the value.")),
        ("ouest, timezone: Europe/Paris}", "ouest, timezone: Paris}",
         (":20 departements[1].timezone 'Paris': no time zone has this name."
         " Write Europe/Paris.")),
        ("2027-12-31", "2020-12-31",
         ":5 valid_until: the profile ends before it begins. Correct the dates."),
        ('default_number: "15"', 'default_number: "112"',
         ":15 default_number '112': the number is not one of short_numbers. Correct it."),
        ("kinds: [CRRA15]", "kinds: [X]",
         (":14 short_numbers 'X': 15 names a kind that `kinds` does not have."
         " Correct the kind, or add it.")),
        ('["56"]', '["29"]',
         (":19 departements '29': 29 has a neighbour that is no other one."
         " Correct the neighbour.")),
        ('code: "56"', 'code: "29"',
         ":19 departements '29': 29 is there twice. Remove one of them."),
        ("CRRA15-29}", "nobody}",
         (":21 national_defaults 'nobody': 15 is no short number, or nobody no id of a PSAP."
         " Write `number: KIND-DEPARTEMENT`.")),
        ('{"15": CRRA15-29}', "{}",
         (":21 national_defaults '15': 15 has no national default."
         " Add the PSAP that answers when nothing else can be told.")),
        ("country: fr", "holidays: [01-32]\ncountry: fr",
         ":2 holidays '01-32': the entry is no day. Write 05-01, 2027-06-14 or easter+39."),
        ("country: fr", f"usual_day: {{workday: {[1] * 24}, weekend: {[1] * 23}}}\ncountry: fr",
         ":2 usual_day.weekend: these are not 24 numbers above 0. Write one for each hour."),
        ("country: fr", f"usual_day: {{workday: {[-1] * 24}, weekend: {[0] * 24}}}\ncountry: fr",
         ":2 usual_day.workday: these are not 24 numbers above 0. Write one for each hour."),
        ("country: fr", "country: [",
         ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(old, new, expected):
    assert old in TEXT
    profile, problems = parse(TEXT.replace(old, new))
    assert profile is None
    assert problems[0].startswith(expected)


def read_limits(name):
    """Read the bounds that a configuration of Kamailio defines, and how long a call may last there."""
    text = (KAMAILIO_FOLDER / name).read_text(encoding="utf-8")
    limits = {key: int(value) for key, value in re.findall(r"#!define (\w+) (\d+)\n", text)}
    assert 'modparam("tm", "max_inv_lifetime", CALL_MS)' in text
    kept_s = int((re.findall(r'"inside=>[^"]*autoexpire=(\d+);', text) or [0])[0])
    return limits, kept_s * 1_000


def test_the_longest_ring_time_of_every_target_fits_into_the_times_of_a_call():
    site, _ = read_limits("site.cfg")
    edge, kept_ms = read_limits("edge.cfg")
    ring_ms, answer_ms = RING_TIME_S_MAX * 1_000, max(ANSWER_MS.values())
    direct_ms = TARGETS_MAX * (2 * answer_ms + ring_ms)
    rings_ms = direct_ms - 2 * answer_ms  # from the ringing of the first one on
    assert site["RING_DEADLINE_MS"] + rings_ms < site["CALL_MS"]
    assert rings_ms < edge["RING_MS"]
    first_ms = 2 * edge["FIRST_MS"] + edge["ANSWER_MS"]
    assert first_ms + edge["RING_MS"] + direct_ms < edge["CALL_MS"]
    assert edge["ANSWER_MS"] + edge["RING_MS"] < kept_ms
