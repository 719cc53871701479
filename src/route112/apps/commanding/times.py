"""Spans and instants as people type and read them."""

import re
from datetime import UTC, datetime, timedelta

from route112.apps._console import fail
from route112.apps.route import parse_instant
from route112.model import UtcTime

_UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
_SPAN = re.compile(r"([0-9]{1,6}) ?(s|min|h|d)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = 1_000_000


def parse_span_s(text: str, option: str) -> int:
    """Return the seconds of `90s`, `30min`, `2h` or `1d`; or end the command."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        fail(f"{option} {text!r} is no span", "Write 90s, 30min, 2h or 1d")
    return int(match[1]) * _UNITS[match[2]]


def parse_when(text: str, option: str, now: UtcTime) -> UtcTime:
    """Return an instant, or a span from now on; or end the command."""
    if _SPAN.fullmatch(text.strip()):
        return UtcTime(now + parse_span_s(text, option) * _US)
    return parse_instant(text)


def show_instant(time_us: int, now: UtcTime) -> str:
    """Return `14:32:10Z`, with its day where that is another one."""
    moment = _EPOCH + timedelta(microseconds=time_us)
    today = (_EPOCH + timedelta(microseconds=now)).date()
    form = "%H:%M:%SZ" if moment.date() == today else "%Y-%m-%d %H:%M:%SZ"
    return moment.strftime(form)


def show_span(seconds: float) -> str:
    """Return `45 s`, `12 min` or `3 h`."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
