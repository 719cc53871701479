"""Callers' numbers as people may see them: enough to tell two apart, too little to call one."""

import re

from route112.model import Profile
from route112.wire.cells import read_long_number

SHOWN_DIGITS_MAX = 5
"""Digits shown after the country code."""
HIDDEN_DIGITS_MIN = 4
"""Digits hidden at least."""
HIDDEN = "(hidden)"
"""Stands for a text that is no number and may be anything, a name too."""
ANONYMOUS = "anonymous"

_LONG = re.compile(r"\+?[0-9](?:[ ./()-]{0,2}[0-9]){6,}")
"""Seven digits or more: no short number has so many."""
_NO_DIGITS = re.compile("[^+0-9]")
_INTERNATIONAL = re.compile(r"\+([1-9][0-9]{2,14})")
_DIGITS = re.compile(r"[0-9]{1,24}")
_TWO_DIGIT_CODES = re.compile("20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")


def mask_number(number: str) -> str:
    """
    Hide the end of a caller's number: `+33639981234` becomes `+33 6 39 98 .. ..`.

    Country code and at most SHOWN_DIGITS_MAX digits stay, at least HIDDEN_DIGITS_MIN go. Of a
    number that is not E.164 the first two digits stay. `anonymous` and the empty text stay; any
    other text is hidden whole. Each hidden digit is a dot.
    """
    text = number.strip()
    if text == "" or text.casefold() == ANONYMOUS:
        return text.casefold()
    if match := _INTERNATIONAL.fullmatch(text):
        code, rest = _split_country(match[1])
        return f"+{code} {_mask(rest, SHOWN_DIGITS_MAX)}".rstrip()
    return _mask(text, 2) if _DIGITS.fullmatch(text) else HIDDEN


def mask_dialled(text: str) -> str:
    """
    Hide the end of each long number in what was dialled; short numbers and service URNs stay.

    A caller can dial anything, and an operator may write a caller's own number there.
    """
    return _LONG.sub(lambda found: mask_number(_NO_DIGITS.sub("", found[0])), text)


def spell_number(number: str, profile: Profile | None) -> str:
    """
    Write a caller's number as E.164 where the country's number plan says how, else as it is.

    One phone is `+33639981234` to one operator, `0639981234` or `0033639981234` to another. What
    would have to be mended first, as a spreadsheet's numbers are, stays as it is: nobody shall be
    called back by a guess.
    """
    text = number.strip()
    if profile is None or _INTERNATIONAL.fullmatch(text):
        return text
    reading = read_long_number(text, profile)
    if reading.value:
        return reading.value if reading.note is None else text
    prefix = profile.international_prefix
    abroad = f"+{text.removeprefix(prefix)}"
    is_abroad = bool(prefix) and text.startswith(prefix)
    return abroad if is_abroad and _INTERNATIONAL.fullmatch(abroad) else text


def _split_country(digits: str) -> tuple[str, str]:
    """Split E.164 digits behind the country code: one digit, a known pair, or three."""
    length = 3
    if digits[0] in "17":
        length = 1
    elif _TWO_DIGIT_CODES.match(digits):
        length = 2
    return digits[:length], digits[length:]


def _mask(digits: str, shown_max: int) -> str:
    """Hide the end and group by two; an odd digit stands first."""
    shown = max(0, min(shown_max, len(digits) - HIDDEN_DIGITS_MIN))
    text = digits[:shown] + "." * (len(digits) - shown)
    odd = len(text) % 2
    pairs = [text[index : index + 2] for index in range(odd, len(text), 2)]
    return " ".join([text[:odd], *pairs]).strip()
