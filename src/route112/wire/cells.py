"""
What people write in the cells of a plan, normalised: commune codes, short and long numbers.

Each reader answers with a `Reading`: the value, and beside it nothing, a `Repair` (the value
was mended, with certainty) or a `Refusal` (there is no value). Nothing here knows a country:
widths of codes, prefixes and lengths come from the territory and the profile.
"""

import re
from dataclasses import dataclass

from route112.model import Profile, Territory
from route112.wire.short_numbers import find_short_number

DIGITS_MAX = 15
"""Longest number of the international plan."""


@dataclass(frozen=True, slots=True)
class Repair:
    """A mending that is certain, in words for the author of the cell."""

    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a cell cannot be taken, in words for its author."""

    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cell says; the value is empty exactly when it is refused."""

    value: str
    note: Repair | Refusal | None = None


_E164 = re.compile(rf"\+[1-9][0-9]{{4,{DIGITS_MAX - 1}}}")
_FLOAT = re.compile(r"(\d+)[.,]0+")
_SCIENTIFIC = re.compile(r"(\d)(?:[.,](\d+))?[eE]\+?(\d{1,2})")
_ERROR_VALUE = re.compile(r"#[\w/ÀÉ.]+[!?]?|Err:\d+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?|\d{1,2}/\d{1,2}/\d{2,4}")
_DECIMAL = re.compile(r"[1-9][0-9]*\.[0-9]+")
"""A fraction: pairs of digits with dots between them begin with the national prefix or a plus."""
_MINUS = ("-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212")
_BRACKETS = re.compile(r"^\((\+?[0-9]+)\)")
"""Brackets that may stand around the first digits, and nowhere else: `(02) 61 ...`."""
_NOISE = re.compile(r"[\s.\-/_ \u2010-\u2015\u2212\u200b\u200e\u200f\u202a-\u202f\u2060\ufeff]")
_MERGED_REMEDY = "Undo merged cells, and repeat the value on every row"


def read_commune_code(text: str, territory: Territory, *, width: int) -> Reading:
    """
    Read the code of a commune of today or of the past, as the territory spells it.

    Args: `width`: length of the territory's codes, to which a lost zero is added again.
    """
    if refusal := _refuse_broken_value(text, "the code of a commune"):
        return Reading("", refusal)
    code = text.strip().strip("'").strip().upper()
    if match := _FLOAT.fullmatch(code):
        code = match[1]
    code = re.sub(r"[\s\u200b\ufeff]", "", code)
    if code in territory.communes or code in territory.merged:
        return Reading(code)
    padded = code.rjust(width, "0")
    if len(code) == width - 1 and (padded in territory.communes or padded in territory.merged):
        return Reading(
            padded,
            Repair(
                "commune-code-lost-zero",
                "commune codes lost their leading zero, first in this cell",
                "Format the column as text and type the codes in full",
            ),
        )
    return Reading(
        "",
        Refusal(
            "unknown-commune",
            "no commune of today or of the past has this code",
            "Look the code up in the official table of communes",
        )
        if code
        else Refusal(
            "no-commune-code", "the row has a target but no commune code", _MERGED_REMEDY
        ),
    )


def find_code_width(territory: Territory) -> int:
    """Return the length of the longest commune code."""
    return max((len(code) for code in territory.communes), default=0)


def read_short_number(text: str, profile: Profile) -> Reading:
    """Read one of the profile's short numbers out of `15`, `15 (SAMU)`, `N° 18` or `112.0`."""
    if refusal := _refuse_broken_value(text, "a short number"):
        return Reading("", refusal)
    number = find_short_number(text, profile)
    if number:
        return Reading(number)
    known = ", ".join(short.number for short in profile.short_numbers)
    if not text.strip():
        return Reading(
            "", Refusal("no-short-number", "the row has no short number", _MERGED_REMEDY)
        )
    return Reading(
        "",
        Refusal(
            "unknown-short-number",
            "this is not one of the short numbers of the country",
            f"Write one of {known}",
        ),
    )


def read_long_number(text: str, profile: Profile) -> Reading:
    """
    Read a target and return it in E.164.

    Accepts national and international spellings with the usual separators, and mends what
    spreadsheets do to numbers: a lost leading zero, a lost plus sign, a trailing `.0`.
    """
    if refusal := _refuse_broken_value(text, "a long number"):
        return Reading("", refusal)
    compact, refusal = _compact(text, profile)
    if refusal:
        return Reading("", refusal)
    if profile.find_short_number(compact):
        return Reading(
            "",
            Refusal(
                "short-number-target",
                "the target is a short number, so calls to it would come back for ever",
                "Write the long number of the centre that answers",
            ),
        )
    abroad = _find_abroad(compact, profile)
    national, repair = (abroad, None) if abroad else _to_national(compact, profile)
    if len(national) != profile.national_length:
        return Reading("", _refuse_length(compact, profile))
    if e164 := _to_e164(national, profile):
        return Reading(e164, repair)
    return Reading(
        "",
        Refusal(
            "outside-number-plan",
            "the target is outside the number plan of the country",
            "Check the number with the centre, and write it in full",
        ),
    )


def _to_e164(national: str, profile: Profile) -> str:
    """Translate a national number by the first rule that matches; empty if none does."""
    for rule in profile.number_plan:
        if match := re.fullmatch(rule.pattern, national):
            number = match.expand(rule.e164)
            if _E164.fullmatch(number):
                return number
    return ""


def _find_abroad(compact: str, profile: Profile) -> str:
    """Find the national number whose E.164 form has another country code, as overseas."""
    digits = compact[1:] if compact.startswith("+") else compact.removeprefix("00")
    if digits == compact or digits.startswith(profile.country_code):
        return ""
    for rule in profile.number_plan:
        code = re.split(r"\\", rule.e164, maxsplit=1)[0].removeprefix("+")
        if not digits.startswith(code):
            continue
        for rest in (digits[len(code) :], digits):
            national = profile.national_prefix + rest
            if (
                len(national) == profile.national_length
                and _to_e164(national, profile) == f"+{digits}"
            ):
                return national
    return ""


def _refuse_broken_value(text: str, wanted: str) -> Refusal | None:
    bare = text.strip()
    if _ERROR_VALUE.fullmatch(bare):
        return Refusal(
            "formula-error",
            f"the cell holds a formula error where {wanted} is expected",
            "Mend the formula, or type the value itself",
        )
    if _DATE.fullmatch(bare):
        return Refusal(
            "date-in-cell",
            f"the cell holds a date where {wanted} is expected",
            "Format the column as text, and type the value again",
        )
    return None


def _compact(text: str, profile: Profile) -> tuple[str, Refusal | None]:
    """Reduce a number to digits, with a plus sign in front if it is international."""
    bare = text.strip().lstrip("'").strip()
    if match := _FLOAT.fullmatch(bare):
        bare = match[1]
    elif match := _SCIENTIFIC.fullmatch(bare):
        fraction, exponent = match[2] or "", int(match[3])
        if len(fraction) != exponent:
            return "", Refusal(
                "digits-lost",
                "the spreadsheet shows the number in scientific notation, and digits are lost",
                "Format the column as text, and type the number again",
            )
        bare = match[1] + fraction
    is_negative = bare[:1] in _MINUS
    compact = _BRACKETS.sub(r"\1", _NOISE.sub("", bare))
    # `+33 (0)2 ...`: the prefix in brackets is dialled at home only.
    for start in ("+", "00"):
        code = start + profile.country_code
        compact = re.sub(rf"^{re.escape(code)}\({profile.national_prefix}\)", code, compact)
    if is_negative or _DECIMAL.fullmatch(bare) or not re.fullmatch(r"\+?[0-9]+", compact):
        return "", Refusal(
            "not-a-number",
            "the target is not a telephone number",
            "Write one long number in this cell, and notes in a column of their own",
        )
    return compact, None


def _to_national(compact: str, profile: Profile) -> tuple[str, Repair | None]:
    prefix, country = profile.national_prefix, profile.country_code
    body = profile.national_length - len(prefix)
    if compact.startswith("+"):
        digits = compact[1:]
        return (
            (prefix + digits[len(country) :], None) if digits.startswith(country) else ("", None)
        )
    if compact.startswith("00" + country):
        return prefix + compact[2 + len(country) :], None
    if len(compact) == body and not compact.startswith(prefix):
        return prefix + compact, Repair(
            "number-lost-zero",
            f"numbers lost their leading {prefix}, first in this cell",
            "Format the column as text and type the numbers in full",
        )
    if len(compact) == len(country) + body and compact.startswith(country):
        return prefix + compact[len(country) :], Repair(
            "number-lost-plus",
            "international numbers lost their plus sign, first in this cell",
            "Format the column as text and type the numbers in full",
        )
    return compact, None


def _refuse_length(compact: str, profile: Profile) -> Refusal:
    digits = compact.lstrip("+")
    wanted = profile.national_length
    if compact.startswith("+") and not digits.startswith(profile.country_code):
        return Refusal(
            "outside-number-plan",
            f"the target is a number of another country, not of +{profile.country_code}",
            "Write the number of a centre of this country",
        )
    if len(digits) < wanted:
        return Refusal(
            "truncated-number",
            f"the target is truncated: it has {len(digits)} digits where {wanted} are needed",
            "Type the number in full",
        )
    return Refusal(
        "number-too-long",
        f"the target has {len(digits)} digits where {wanted} are needed",
        "Write one long number in this cell",
    )
