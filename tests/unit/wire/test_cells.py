from dataclasses import replace

import pytest
from tests.support.workbooks import make_profile, make_territory

from route112.model import NumberRule
from route112.wire.cells import (
    Reading,
    Refusal,
    Repair,
    find_code_width,
    read_commune_code,
    read_long_number,
    read_short_number,
)

PROFILE = make_profile()
TERRITORY = make_territory()


def read_code(text):
    return read_commune_code(text, TERRITORY, width=5)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("29019", "29019"),
        (" 29019 ", "29019"),
        ("29019.0", "29019"),
        ("29019,0", "29019"),
        ("'29019", "29019"),
        ("2a004", "2A004"),
        ("29 019", "29019"),
        ("29019\u200b", "29019"),
        ("29030", "29030"),
        ("75101", "75101"),
        ("97105", "97105"),
        (" 01004", "01004"),
    ],
)
def test_commune_codes_as_people_write_them(text, code):
    assert read_code(text) == Reading(code)


@pytest.mark.parametrize("text", ["1004", "1004.0"])
def test_a_commune_code_that_lost_its_zero_is_mended_and_reported(text):
    reading = read_code(text)
    assert reading.value == "01004"
    assert reading.note == Repair(
        "commune-code-lost-zero",
        "commune codes lost their leading zero, first in this cell",
        "Format the column as text and type the codes in full",
    )


@pytest.mark.parametrize("text", ["99999", "004", "29", "Brest", "290190", "2901A"])
def test_an_unknown_commune_is_refused(text):
    assert read_code(text) == Reading(
        "",
        Refusal(
            "unknown-commune",
            "no commune of today or of the past has this code",
            "Look the code up in the official table of communes",
        ),
    )


def test_a_missing_code_is_said_to_be_missing():
    assert read_code("").note == Refusal(
        "no-commune-code",
        "the row has a target but no commune code",
        "Undo merged cells, and repeat the value on every row",
    )


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "#DIV/0!", "#VALEUR!", "Err:502", "#NOM?"])
def test_formula_errors_are_named(text):
    assert read_code(text).note.message == (
        "the cell holds a formula error where the code of a commune is expected"
    )
    assert read_long_number(text, PROFILE).note.code == "formula-error"
    assert read_short_number(text, PROFILE).note.code == "formula-error"


@pytest.mark.parametrize("text", ["2026-01-02", "2026-01-02 00:00:00", "02/01/2026"])
def test_dates_are_named(text):
    assert read_long_number(text, PROFILE).note == Refusal(
        "date-in-cell",
        "the cell holds a date where a long number is expected",
        "Format the column as text, and type the value again",
    )


def test_the_width_of_codes_comes_from_the_territory():
    assert find_code_width(TERRITORY) == 5


@pytest.mark.parametrize("text", ["1) 15", "1.7", "1/8", "11 (urgences) 4", "15 (et 112)", "-17"])
def test_digits_are_never_glued_to_a_short_number(text):
    assert read_short_number(text, PROFILE).note.message == (
        "this is not one of the short numbers of the country"
    )


def test_a_number_that_is_no_short_number_is_refused():
    assert read_short_number("99", PROFILE).note == Refusal(
        "unknown-short-number",
        "this is not one of the short numbers of the country",
        "Write one of 15, 17, 18, 112, 114, 115, 116117",
    )
    assert read_short_number(" ", PROFILE).note.message == "the row has no short number"
    assert read_short_number("112.0", PROFILE) == Reading("112")


@pytest.mark.parametrize(
    "text",
    [
        "0261910015",
        "02 61 91 00 15",
        "02.61.91.00.15",
        "02-61-91-00-15",
        "02/61/91/00/15",
        "02\u00a061\u202f91 00 15",
        "02–61–91–00–15",
        "+33261910015",
        "+33 2 61 91 00 15",
        "+33 (0)2 61 91 00 15",
        "(+33) 2 61 91 00 15",
        "(02) 61 91 00 15",
        "0033261910015",
        "00 33 2 61 91 00 15",
        "'0261910015",
        "0261910015.0",
    ],
)
def test_long_numbers_as_people_write_them(text):
    assert read_long_number(text, PROFILE) == Reading("+33261910015")


@pytest.mark.parametrize("text", ["261910015", "261910015.0", "2.61910015E+08", "2,61910015e8"])
def test_a_number_that_lost_its_zero_is_mended_and_reported(text):
    reading = read_long_number(text, PROFILE)
    assert reading.value == "+33261910015"
    assert reading.note == Repair(
        "number-lost-zero",
        "numbers lost their leading 0, first in this cell",
        "Format the column as text and type the numbers in full",
    )


def test_a_number_that_lost_its_plus_is_mended_and_reported():
    reading = read_long_number("33261910015", PROFILE)
    assert reading.value == "+33261910015"
    assert reading.note.message == (
        "international numbers lost their plus sign, first in this cell"
    )


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            "15",
            "short-number-target",
            "the target is a short number, so calls to it would come back for ever",
        ),
        (
            "116 117",
            "short-number-target",
            "the target is a short number, so calls to it would come back for ever",
        ),
        (
            "02 61 91 00",
            "truncated-number",
            "the target is truncated: it has 8 digits where 10 are needed",
        ),
        (
            "026191001",
            "truncated-number",
            "the target is truncated: it has 9 digits where 10 are needed",
        ),
        ("+33 2 61 91", "truncated-number", None),
        (
            "02 61 91 00 15 / 02 61 91 00 16",
            "number-too-long",
            "the target has 20 digits where 10 are needed",
        ),
        (
            "00 61 91 00 15",
            "outside-number-plan",
            "the target is outside the number plan of the country",
        ),
        ("00 61 91 00 15", "outside-number-plan", None),
        (
            "+44 2 61 91 00 15",
            "outside-number-plan",
            "the target is a number of another country, not of +33",
        ),
        ("CODIS 29", "not-a-number", "the target is not a telephone number"),
        ("02 61 91 00 15 (CODIS)", "not-a-number", None),
        ("-", "not-a-number", None),
        ("+", "not-a-number", None),
        ("-261910015", "not-a-number", "the target is not a telephone number"),
        ("−02 61 91 00 15", "not-a-number", None),
        ("02619(0)10015", "not-a-number", "the target is not a telephone number"),
        ("0(0)261910015", "not-a-number", None),
        ("02(61)910015", "not-a-number", None),
        ("48.3903941", "not-a-number", "the target is not a telephone number"),
        ("+888 261 91 00", "outside-number-plan", None),
        ("٠٢٦١٩١٠٠١٥", "not-a-number", None),
        (
            "2.6191E+08",
            "digits-lost",
            "the spreadsheet shows the number in scientific notation, and digits are lost",
        ),
        ("1e99", "digits-lost", None),
    ],
)
def test_targets_that_are_refused(text, code, message):
    reading = read_long_number(text, PROFILE)
    assert reading.value == ""
    assert reading.note.code == code
    assert isinstance(reading.note, Refusal)
    assert reading.note.remedy
    assert message in (None, reading.note.message)


def test_a_rule_that_makes_no_international_number_accepts_nothing():
    rule = NumberRule(name="odd", pattern=r"02(61)?.*|0.*", e164=r"+33\1")
    profile = replace(PROFILE, number_plan=(rule,))
    assert read_long_number("0261910015", profile).note.code == "outside-number-plan"


OVERSEAS = replace(
    PROFILE,
    number_plan=(
        NumberRule(name="island", pattern=r"0((?:261|262)91\d{4})", e164=r"+261\1"),
        NumberRule(name="small island", pattern=r"0199(00\d{4})", e164=r"+199\1"),
        *PROFILE.number_plan,
    ),
)


@pytest.mark.parametrize(
    ("text", "e164"),
    [
        ("+261 261 91 00 15", "+261261910015"),
        ("00261261910015", "+261261910015"),
        ("(+261) 261 91 00 15", "+261261910015"),
        ("+199 00 12 34", "+199001234"),
        ("00 199 001234", "+199001234"),
        ("0261910015", "+261261910015"),
        ("0199001234", "+199001234"),
        ("04 65 71 00 15", "+33465710015"),
    ],
)
def test_numbers_that_the_plan_gives_another_country_code(text, e164):
    assert read_long_number(text, OVERSEAS) == Reading(e164)
    assert read_long_number(e164, OVERSEAS) == Reading(e164)


def test_other_numbers_with_such_a_country_code_are_refused():
    for text in ("+261 465 71 00 15", "+199 00 12 3", "+261"):
        assert read_long_number(text, OVERSEAS).note.message == (
            "the target is a number of another country, not of +33"
        )
