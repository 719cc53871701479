"""
Lines of which each holds all before it: the journal of changes and the audit log.

    C1 <kind> n=<number> t=<microseconds> <name>=<value> ... sha256=<seal>

The seal is the hash of the seal before it, a space, and the line up to ` sha256=`. The first line
stands behind a seal that names what the file is for, so that no file passes for another. So no
line can be altered, removed, added or moved unseen but the last ones; whoever keeps the newest
seal elsewhere sees that, too. The norm is docs/formats/chained-lines.md.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from route112.wire.record_lines import escape, render_fields

LINE_BYTES_MAX = 16_384
"""Bytes of a line with its end; whoever writes one bounds its values."""

_VALUE = rb"[!#$&-<>-~]*(?:%[0-9A-Fa-f]{2}[!#$&-<>-~]*)*"
_LINE = re.compile(
    rb"(C1 ([a-z][a-z-]{0,31}) n=([0-9]{1,18}) t=([0-9]{1,18})"
    rb"((?: [a-z][a-z0-9_]{0,31}=" + _VALUE + rb")*)) sha256=([0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """Where a chain ends, which is all that its next line has to know."""

    number: int
    """Of the last line; 0: there is none yet."""
    seal: str


@dataclass(frozen=True, slots=True)
class ChainedLine:
    """One line that fits behind the one before."""

    kind: str
    time_us: int
    fields: Mapping[str, str]
    """Decoded, in their order."""
    end: ChainEnd
    """Number and seal of this very line."""


@dataclass(frozen=True, slots=True)
class ReadChain:
    """What a file of chained lines says, as far as it can be believed."""

    lines: tuple[ChainedLine, ...]
    end: ChainEnd
    size: int
    """Bytes of these lines."""
    torn: int
    """Bytes behind them without a line end: they were being written when their writer ended, and
    nothing was done because of them."""
    flaw: str
    """What does not fit, with its line; empty: everything does. Nothing behind it is read."""


def begin_chain(purpose: str) -> ChainEnd:
    """Return what the first line of a file with this purpose stands behind."""
    return ChainEnd(
        0, hashlib.sha256(f"C1 begin purpose={escape(purpose)}\n".encode()).hexdigest()
    )


def render_chained(
    kind: str, fields: Mapping[str, str | int], *, time_us: int, after: ChainEnd
) -> tuple[bytes, ChainEnd]:
    """Return the next line of a chain with its line end, and where the chain then ends."""
    number = after.number + 1
    text = f"C1 {kind} n={number} t={time_us}{render_fields(fields)}".encode("ascii")
    seal = _seal(after.seal, text)
    line = text + f" sha256={seal}\n".encode("ascii")
    assert len(line) <= LINE_BYTES_MAX, f"{len(line)} bytes in one line of kind {kind}"
    assert _LINE.fullmatch(line[:-1]), "a kind or a field is misnamed"
    return line, ChainEnd(number, seal)


def parse_chain(content: bytes, *, after: ChainEnd) -> ReadChain:
    """
    Read chained lines and verify each; total.

    Args:
        content: of a file, or what was appended to it.
        after: `begin_chain`, or where the part before `content` ended.
    """
    lines: list[ChainedLine] = []
    start, end, flaw = 0, after, ""
    while not flaw and (stop := content.find(b"\n", start)) >= 0:
        read = _parse_line(content[start:stop], end)
        if isinstance(read, str):
            flaw = f"line {end.number + 1}: {read}"
            break
        lines.append(read)
        start, end = stop + 1, read.end
    torn = 0 if flaw else len(content) - start
    return ReadChain(tuple(lines), end, start, torn, flaw)


def _parse_line(line: bytes, before: ChainEnd) -> ChainedLine | str:
    """Return a line, or what does not fit."""
    found = _LINE.fullmatch(line) if len(line) < LINE_BYTES_MAX else None
    if found is None:
        return "it is no whole line of this format"
    text, kind, number, time, words, seal = found.groups()
    if int(number) != before.number + 1:
        return f"it says that it is line {int(number)}"
    if _seal(before.seal, text) != seal.decode():
        return "it was altered, or does not follow the line before it"
    fields = dict(_split(word) for word in words.decode().split(" ")[1:])
    return ChainedLine(kind.decode(), int(time), fields, ChainEnd(int(number), seal.decode()))


def _split(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name, unquote(value, errors="replace")


def _seal(before: str, text: bytes) -> str:
    return hashlib.sha256(before.encode("ascii") + b" " + text).hexdigest()
