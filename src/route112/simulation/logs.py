"""What callers and PSAPs write down: JSON lines, times in microseconds of one wall clock."""

from collections.abc import Iterator
from typing import TypeVar

import msgspec

LINES_MAX = 5_000_000
"""Lines of one log."""


class CallerLine(msgspec.Struct, frozen=True, kw_only=True):
    """One placed call; times are None where it did not happen."""

    call_id: str
    dialled: str
    commune: str = ""
    operator: str = ""
    placed_us: int
    """The INVITE left."""
    first_response_us: int | None = None
    ringing_us: int | None = None
    """First 180 to 189."""
    answered_us: int | None = None
    answered_by: str = ""
    """Number that the answering end gave as its own in its Contact; empty where it gave none."""
    ended_us: int | None = None
    status: int = 0
    """Final SIP status; 0 if there was none."""
    reason: str = ""
    caller: str = ""
    """Number of the caller; empty where it was not written down."""


class PsapLine(msgspec.Struct, frozen=True, kw_only=True):
    """One INVITE that reached a PSAP; retransmissions are not written down."""

    call_id: str
    number: str
    listen: str = ""
    """Address that it came in on."""
    rang_us: int
    """The INVITE came in."""
    answered_us: int | None = None
    status: int = 0
    """Final SIP status that was sent; 0 if none."""
    behaviour: str = ""


_Line = TypeVar("_Line", CallerLine, PsapLine)


class LogError(ValueError):
    """A line is no line of such a log."""


def render_line(line: CallerLine | PsapLine) -> bytes:
    """Render one line with its line end."""
    return msgspec.json.encode(line) + b"\n"


def parse_callers(content: bytes) -> tuple[CallerLine, ...]:
    """
    Read a callers' log.

    Raises: LogError, naming the line.
    """
    return tuple(_parse(content, CallerLine))


def parse_psaps(content: bytes) -> tuple[PsapLine, ...]:
    """
    Read a PSAPs' log.

    Raises: LogError, naming the line.
    """
    return tuple(_parse(content, PsapLine))


def _parse(content: bytes, kind: type[_Line]) -> Iterator[_Line]:
    decoder = msgspec.json.Decoder(kind)
    lines = content.splitlines()
    if len(lines) > LINES_MAX:
        raise LogError(f"more than {LINES_MAX:,} lines")
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield decoder.decode(line)
            except msgspec.MsgspecError as error:
                raise LogError(f"line {number}: {error}") from error
