"""
Bytes to text as prefectures really send it, and text to the form that is compared.

Three encodings are met: UTF-8 (with or without a byte order mark), Windows-1252 and Latin-1;
spreadsheets also export UTF-16 with its mark. Any of them may hold accents that were
mis-decoded on the way (`NumÃ©ro`), which is mended line by line and reported.
"""

import codecs
import contextlib
import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from route112.model import fold_text

_SUSPECT = re.compile("[ÃÂâÅ][\u0080-\u00bf\u0152-\u0178\u2018-\u203a\u02c6\u02dc\u20ac\u2122]")
"""The first byte of a UTF-8 sequence read as Windows-1252, then one of its other bytes."""


INTRICATE_LINES_MAX = 2_000
"""Most lines, damaged in parts only, that are mended piece by piece; the rest stay as they are."""
_LINE_CHARS_MAX = 10_000
_DAY = re.compile(r"(?P<y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)(?:[ T]00:00(?::00)?)?")
_FRENCH_DAY = re.compile(r"(?P<d>\d\d?)[/.](?P<m>\d\d?)[/.](?P<y>\d{4})")
DAY_REMEDY = "Write it as 2027-03-15 or 15/03/2027"


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A text, and how it was obtained."""

    text: str
    encoding: str
    """`utf-8`, `utf-8-sig`, `utf-16`, `windows-1252` or `latin-1`."""
    repaired: bool
    """Whether mis-decoded accents were mended."""
    repaired_line: int = 0
    """First line that was mended, from 1."""


def decode_text(content: bytes) -> DecodedText:
    """Decode bytes of unknown encoding; never fails, since Latin-1 has a meaning for all."""
    text, encoding = _decode(content)
    mended = repair_accents(text)
    if mended == text:
        return DecodedText(text, encoding, repaired=False)
    pairs = zip(text.splitlines(), mended.splitlines(), strict=False)
    line = next((number for number, (old, new) in enumerate(pairs, 1) if old != new), 1)
    return DecodedText(mended, encoding, repaired=True, repaired_line=line)


def _decode(content: bytes) -> tuple[str, str]:
    if content.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8"]
    for encoding in (*candidates, "windows-1252"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), "latin-1"


def repair_accents(text: str) -> str:
    """Mend accents that were decoded with the wrong table; other text is returned as it is."""
    if not _SUSPECT.search(text):
        return text
    # Large, and needed for a few tables only; brings the sloppy encoding below, too.
    import ftfy

    # Line by line: a file put together from two sources is wrong in some of its lines only.
    lines = text.splitlines(keepends=True)
    intricate = 0
    for index, line in enumerate(lines):
        if not _SUSPECT.search(line):
            continue
        simple = _decode_again(line)
        if simple is None and len(line) <= _LINE_CHARS_MAX and intricate < INTRICATE_LINES_MAX:
            intricate += 1
            simple = ftfy.fix_encoding(line)
        lines[index] = line if simple is None else simple
    return "".join(lines)


def _decode_again(line: str) -> str | None:
    """Undo the wrong table where all of a line went through it; None if it did not."""
    for encoding in ("sloppy_windows_1252", "latin-1"):
        try:
            again = line.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        return again if not _SUSPECT.search(again) else _decode_again(again)
    return None


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Reduce a header, a name or a street to what is compared; see `route112.model.fold_text`."""
    return fold_text(text)


def read_day(text: str) -> str:
    """Return a day as `2027-03-15`; empty where the text is none."""
    found = _DAY.fullmatch(text) or _FRENCH_DAY.fullmatch(text)
    with contextlib.suppress(ValueError):
        if found is not None:
            return dt.date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    return ""
