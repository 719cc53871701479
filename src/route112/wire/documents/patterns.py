"""
The regular expressions that a dialect may use: what Python and POSIX read alike, and quickly.

One translation of a snapshot runs them in Python, another in the C library's extended regular
expressions. Whatever the two could read differently is refused here, and so is whatever could
take long on a hostile value: a quantifier stands after a single character, and the number of
ways in which a pattern can be laid over a value is bounded.
"""

import re
import string

from route112.model import DIALECT_VALUE_CHARS_MAX

DIALECT_PATTERN_CHARS_MAX = 200
"""Longest pattern."""
REPEATS_MAX = 64
"""Highest number in `{n}` and `{n,m}`."""
WAYS_MAX = 300_000
"""Ways in which a pattern may be laid over the longest value: `*` twice needs `^` in front."""
_QUANTIFIER = re.compile(r"[*+?]|\{([0-9]{1,3})(?:(,)([0-9]{1,3})?)?\}")
_SPECIAL = set(".*+?()[]{}|^$\\")
_SET = re.compile(r"\[\^?([^\]\[\\^][^\]\[\\]*)\]")
_DOUBLED = re.compile(r"--|&&|\|\||~~")
_RANGES = (string.digits, string.ascii_uppercase, string.ascii_lowercase)


class _RefusedError(Exception):
    """Says what is wrong with a pattern."""


def find_pattern_fault(pattern: str) -> str | None:
    """Say what keeps a pattern out, as the end of a sentence that begins with it; or None."""
    try:
        _Reading(pattern).check()
    except _RefusedError as refusal:
        return str(refusal)
    return None


class _Reading:
    """A pattern while it is read from left to right."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._place = 0
        self._groups = 0
        self._is_open = False
        self._is_empty = False
        """Nothing stands yet in the group, or behind its last `|`."""
        self._alternates = False
        self._ways = 1 if pattern.startswith("^") else DIALECT_VALUE_CHARS_MAX

    def check(self) -> None:
        text = self._text
        if not 0 < len(text) <= DIALECT_PATTERN_CHARS_MAX:
            raise _RefusedError(f"is empty or longer than {DIALECT_PATTERN_CHARS_MAX} characters")
        if not all(" " <= char <= "~" for char in text):
            raise _RefusedError("holds something other than printable ASCII")
        self._place = int(text.startswith("^"))
        while self._place < len(text):
            self._read_one()
        if self._is_open:
            raise _RefusedError("has a group that is not closed")
        if self._groups != 1:
            raise _RefusedError(f"has {self._groups} groups; the one group is the value")

    def _read_one(self) -> None:
        """Read one piece: a bracket of the group, `|`, `$`, or a character with a quantifier."""
        char = self._text[self._place]
        if char == "(":
            self._open_group()
        elif char == ")":
            self._close_group()
        elif char == "|":
            if not self._is_open or self._is_empty:
                raise _RefusedError("has `|` outside its group, or with nothing beside it")
            self._alternates = self._is_empty = True
            self._place += 1
        elif char == "$":
            if self._place != len(self._text) - 1:
                raise _RefusedError("has `$` before its end; write `\\$` for the character")
            self._place += 1
        else:
            self._read_character(char)
            self._read_quantifier()
            self._is_empty = False

    def _open_group(self) -> None:
        if self._text.startswith("(?", self._place):
            raise _RefusedError("has a `(?...)` construct, which POSIX does not know")
        if self._is_open:
            raise _RefusedError("has a group inside its group")
        self._is_open = self._is_empty = True
        self._groups += 1
        self._place += 1

    def _close_group(self) -> None:
        if not self._is_open:
            raise _RefusedError("closes a group that is not open")
        if self._is_empty:
            raise _RefusedError("has an empty group or alternative")
        self._is_open = False
        self._place += 1
        if _QUANTIFIER.match(self._text, self._place):
            raise _RefusedError("repeats its group, which Python and POSIX read differently")
        if self._alternates and self._text[self._place :] != "$":
            raise _RefusedError("has `|` in a group that `$` does not follow")

    def _read_character(self, char: str) -> None:
        if char == "[":
            self._read_set()
        elif char == "\\":
            if self._text[self._place + 1 : self._place + 2] not in _SPECIAL:
                raise _RefusedError("has a backslash before what needs none; write [0-9] for \\d")
            self._place += 2
        elif char in _SPECIAL and char != ".":
            raise _RefusedError(f"has `{char}` where nothing can be meant by it")
        else:
            self._place += 1

    def _read_set(self) -> None:
        found = _SET.match(self._text, self._place)
        if found is None or _DOUBLED.search(found[1]):
            raise _RefusedError("has a bracket expression that is not plain, such as [0-9AB]")
        members = found[1]
        for middle in range(1, len(members) - 1):
            if members[middle] == "-" and not any(
                0 <= letters.find(members[middle - 1]) <= letters.find(members[middle + 1])
                for letters in _RANGES
            ):
                raise _RefusedError("has a range that is not inside 0-9, A-Z or a-z")
        self._place = found.end()

    def _read_quantifier(self) -> None:
        found = _QUANTIFIER.match(self._text, self._place)
        if found is None:
            return
        self._place = found.end()
        if _QUANTIFIER.match(self._text, self._place):
            raise _RefusedError("has two quantifiers in a row, which POSIX does not know")
        self._ways *= _count_ways(found)
        if self._ways > WAYS_MAX:
            raise _RefusedError(
                "repeats so much that a hostile value takes long; begin it with `^`, or repeat "
                "less"
            )


def _count_ways(quantifier: "re.Match[str]") -> int:
    """Return how many lengths the repeated character may have."""
    if quantifier[0] == "?":
        return 2
    if quantifier[0] in "*+":
        return DIALECT_VALUE_CHARS_MAX
    least = int(quantifier[1])
    most = int(quantifier[3]) if quantifier[3] else least
    if least > most or not 1 <= most <= REPEATS_MAX:
        raise _RefusedError(f"repeats {{{least},{most}}} times; up to {REPEATS_MAX} are allowed")
    if quantifier[2] and not quantifier[3]:
        return DIALECT_VALUE_CHARS_MAX
    return most - least + 1
