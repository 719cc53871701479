"""Short numbers in the text of people: `15`, `15 (SAMU)`, `N° 18`, `116 000`, `112.0`."""

import re

from route112.model import Profile

_FLOAT = re.compile(r"([0-9]+)[.,]0")
_GROUPS = re.compile(r"(?<![0-9])[0-9]{3}(?:\s[0-9]{3})+(?![0-9])")
"""Digits as they are grouped in `116 000`; no other group is put together."""
_TOKEN = re.compile(r"[-\u2010-\u2015\u2212]?[0-9]+(?:[^\sA-Za-z()]+[0-9]+)*%?")
"""Digits with the signs between them: `1/8`, `1.7` and `-17` are no short numbers."""
_JOINING = re.compile(r"\b(?:et|ou|a|à|au|and|or|to)\s*$", re.IGNORECASE)
_WORD_BEFORE = re.compile(r"[^\W\d_]\s?$")


def find_short_number(text: str, profile: Profile) -> str:
    """
    Return the short number that a text names, or nothing unless it is certain.

    It stands before all other digits, and other digits belong to a word in front of them, such
    as the departement in `15 - SAMU 29`.
    """
    bare = text.strip()
    if match := _FLOAT.fullmatch(bare):
        bare = match[1]
    bare = _GROUPS.sub(lambda group: _join_group(group[0], profile), bare)
    tokens = list(_TOKEN.finditer(bare))
    if not tokens or not profile.find_short_number(tokens[0][0]):
        return ""
    number = tokens[0][0]
    for token in tokens[1:]:
        before = bare[: token.start()]
        if token[0] == number:
            continue
        if profile.find_short_number(token[0]) or _JOINING.search(before):
            return ""
        if not _WORD_BEFORE.search(before):
            return ""
    return number


def _join_group(group: str, profile: Profile) -> str:
    joined = "".join(group.split())
    return joined if profile.find_short_number(joined) else group
