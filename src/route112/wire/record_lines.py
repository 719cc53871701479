"""
Call records as lines: one marker, one kind, fields. The norm is docs/formats/records.md.

Used inside Kamailio's workers to write and everywhere else to read: standard library only, and
total. A line of the raw file is cut into pieces at each marker (`cut_line`), since a torn line is
continued by whatever was written next; a piece that is whole is a record, any other becomes a
record of kind `damaged`, never an exception.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

LINE_BYTES_MAX = 4_096
"""Bytes of a record, from its marker on; a longer one is damaged."""
PREFIX_BYTES_MAX = 256
"""Bytes of it that a writer leaves free, since Kamailio puts its own prefix before it."""
FIELDS_MAX = 64
"""Fields of one record."""
DAMAGED_BYTES_MAX = 1_024
"""Bytes of a damaged line that are kept."""
DAMAGED = "damaged"

_SAFE = "!#$&'()*+,-./:;<>?@[\\]^_`{|}~"
# No possessive quantifier would be right here: Python 3.11.2 matches too much with them.
_VALUE = rb"[!#$&-<>-~]*(?:%[0-9A-Fa-f]{2}[!#$&-<>-~]*)*"
_RECORD = re.compile(rb"R1 [a-z][a-z-]{0,31}(?: [a-z][a-z0-9_]{0,31}=" + _VALUE + rb")*")
_PLAIN = re.compile("[!#$&-<>-~]*")
_ESCAPED = re.compile("[!#-<>-~]*")
_DAMAGED_HEAD = f"R1 {DAMAGED} ".encode()
_MARKER = re.compile(rb"R1 [a-z][a-z-]{0,31}(?![^ \r\n])")
_TIME = re.compile(rb" t=(?:([0-9]{1,12})\.([0-9]{6})|([0-9]{1,18}))(?: |\Z)")
_CUT_MARK = "..."
_ABSENT = "<null>"


@dataclass(frozen=True, slots=True)
class Record:
    """One record; `writer` and `sequence` name it once it has been read from a records folder."""

    kind: str
    fields: Mapping[str, str]
    """Decoded, by name; `k` is not among them."""
    time_us: int
    """Wall clock, microseconds since 1970; 0 for a damaged record."""
    writer: str = ""
    sequence: int = 0
    """From 1 within its writer; 0 before it is known."""

    def get(self, name: str) -> str:
        """Return a field, or an empty text."""
        return self.fields.get(name, "")

    @property
    def written_us(self) -> int:
        """When it was written by its writer's clock; a reader may have put another `time_us`."""
        text = self.fields.get("t", "")
        return read_time(f" t={text}".encode("ascii", "replace")) or self.time_us

    @property
    def call(self) -> str:
        """The Call-ID; empty where the record is about no call or does not say."""
        return self.fields.get("call") or _decode_hex(self.fields.get("callx", ""))


def render_line(kind: str, fields: Mapping[str, str | int], *, key: str = "") -> str:
    """
    Render one record with its line end; ASCII, ready for one write to the raw file.

    The longest values are shortened until the line fits.

    Args:
        fields: names to values in order; `t` and `site` among them.
        key: proof of this raw file, from its first line; empty where it has none.
    """
    assert len(fields) < FIELDS_MAX, f"{len(fields)} fields in one record"
    head = f"R1 {kind} k={key}" if key else f"R1 {kind}"
    return fit_line(f"{head}{render_fields(fields)}\n")


def render_fields(fields: Mapping[str, str | int]) -> str:
    """Render fields as they stand in a line, a space before each."""
    return "".join(f" {name}={escape(str(value))}" for name, value in fields.items())


def escape(text: str) -> str:
    """Escape a value; ASCII without spaces."""
    if _PLAIN.fullmatch(text):
        return text
    # Most of what is left is words of a trace; byte by byte would take ten times as long.
    text = text.replace("%", "%25").replace(" ", "%20")
    return text if _ESCAPED.fullmatch(text) else quote(text, safe=f"{_SAFE}%", errors="replace")


def fit_line(line: str) -> str:
    """Shorten the longest values of a rendered line until it fits."""
    while len(line) > LINE_BYTES_MAX - PREFIX_BYTES_MAX:
        words = line.removesuffix("\n").split(" ")
        longest = max(range(len(words)), key=lambda index: len(words[index]))
        name, _, value = words[longest].partition("=")
        kept = unquote(value).removesuffix(_CUT_MARK)
        words[longest] = f"{name}={escape(kept[: len(kept) * 3 // 4] + _CUT_MARK)}"
        line = f"{' '.join(words)}\n"
    return line


def cut_line(line: bytes, *, key: str = "") -> tuple[bytes, ...]:
    """
    Return the records of one line of a raw file, canonical: from the marker on, without `k`.

    Only the last piece can be whole; each earlier one was torn. What cannot be read is returned
    as a record of kind `damaged` that holds its text.

    Args:
        line: with its line end or without.
        key: pieces without this proof are log text and give nothing; empty: all pieces count.
    """
    if b"R1 " not in line:
        return ()
    starts = [match.start() for match in _MARKER.finditer(line)]
    if key:
        proof = f"k={key}".encode()
        starts = [start for start in starts if _is_proven(line, start, proof)]
    if not starts:
        return ()
    ends = [*starts[1:], len(line)]
    pieces = []
    for start, end in zip(starts, ends, strict=True):
        piece = line[start:end].rstrip(b"\r\n")
        torn = end != len(line) or len(piece) > LINE_BYTES_MAX
        if key:
            piece = piece.replace(b" k=" + key.encode(), b"", 1)
        pieces.append(piece if not torn and _is_whole(piece) else _render_damaged(piece))
    return tuple(pieces)


def parse_line(line: bytes, *, key: str = "") -> Record | None:
    """
    Return the record of one line, or None for a line without the marker; never raises.

    Of a line with several pieces it is the last one; `cut_line` gives them all.
    """
    pieces = cut_line(line, key=key)
    return parse_piece(pieces[-1]) if pieces else None


def parse_piece(piece: bytes, *, writer: str = "", sequence: int = 0) -> Record:
    """Return the record of a canonical piece, as `cut_line` and segments have it; total."""
    if not _is_whole(piece):
        piece = _render_damaged(piece)
    _, kind, *words = piece.decode("ascii").split(" ")
    fields = {}
    for word in words:
        name, _, value = word.partition("=")
        if "%" in value:
            value = unquote(value, errors="replace")
        fields[name] = "" if value == _ABSENT else value
    return Record(kind, fields, read_time(piece), writer, sequence)


def read_time(piece: bytes) -> int:
    """Return the time of a canonical piece without parsing it whole; 0 where it has none."""
    found = _TIME.search(piece)
    if found is None:
        return 0
    return int(found[3] or found[1] + found[2])


def _is_proven(line: bytes, start: int, proof: bytes) -> bool:
    words = line[start : start + PREFIX_BYTES_MAX].split(b" ", 3)
    _marker, _kind, first, *_rest = [*words, b"", b""]
    return first.rstrip(b"\r\n") == proof


def _is_whole(piece: bytes) -> bool:
    """Tell whether a piece is a record, without decoding it."""
    if _RECORD.fullmatch(piece) is None:
        return False
    words = piece.split(b" ")[2:]
    if len(words) > FIELDS_MAX or len({word[: word.index(b"=")] for word in words}) < len(words):
        return False
    return _TIME.search(piece) is not None or piece.startswith(_DAMAGED_HEAD)


def _render_damaged(piece: bytes) -> bytes:
    text = quote(piece[:DAMAGED_BYTES_MAX], safe=_SAFE)
    return f"R1 {DAMAGED} text={text}".encode("ascii")


def _decode_hex(text: str) -> str:
    try:
        return bytes.fromhex(text).decode("utf-8", "backslashreplace")
    except ValueError:
        return ""
