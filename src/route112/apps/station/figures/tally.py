"""What a station's own records count up to, taken as the recorder reads them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

LABELS_MAX = 64
"""Different values of one label; those met later are `other`. Our own lines have some dozens."""
OTHER = "other"
NONE = "none"
"""Stands for a value that is empty or missing."""
WAY_OUT = "way-out"
"""What stands for the way out among breakers."""
_COUNTED = {
    b"attempt": ("attempts", b" by="),
    b"end": ("ended", b" outcome="),
    b"refused": ("refused", b" reason="),
    b"failed": ("tries_failed", b" cause="),
    b"pass": ("passed", b" to="),
    b"returned": ("returned", b" to="),
    b"site": ("events", b" event="),
}
"""Kind of record to the counter and the field that tells its values apart."""
_BREAKERS = {
    "breaker-open": True,
    "breaker-closed": False,
    "way-out-open": True,
    "way-out-closed": False,
}


@dataclass(slots=True)
class Tally:
    """Counts of one station since its supervisor began."""

    since: int = 0
    """Offset in the raw file before which nothing is counted: an earlier supervisor did."""
    attempts: Counter[str] = field(default_factory=Counter)
    """By who decided: `python`, `native`."""
    ended: Counter[str] = field(default_factory=Counter)
    """By outcome."""
    refused: Counter[str] = field(default_factory=Counter)
    """By reason."""
    tries_failed: Counter[str] = field(default_factory=Counter)
    """Targets that failed, by cause."""
    passed: Counter[str] = field(default_factory=Counter)
    """Of an edge, by site."""
    returned: Counter[str] = field(default_factory=Counter)
    """The same, of those that a site did not serve."""
    degraded: Counter[str] = field(default_factory=Counter)
    """Decisions that do not go where the plan says, by why."""
    events: Counter[str] = field(default_factory=Counter)
    breakers: dict[str, bool] = field(default_factory=dict)
    """Whether each is open, of those that told so: sites of an edge, `WAY_OUT` of a site."""

    def take(self, start: int, to: int, pieces: Sequence[bytes]) -> None:
        """
        Count the records of a part of the raw file. Never raises.

        Args:
            start: offset of the part; one that begins before `since` was counted before.
            to: offset behind it.
            pieces: canonical records, as `wire.record_lines.cut_line` has them.
        """
        if start < self.since:
            return
        self.since = to
        for piece in pieces:
            kind = piece.split(b" ", 2)[1]
            if kind == b"decision":
                if why := _find(piece, b" degraded="):
                    _add(self.degraded, why)
            elif kind in _COUNTED:
                name, label = _COUNTED[kind]
                _add(getattr(self, name), value := _find(piece, label) or NONE)
                if value in _BREAKERS:
                    self._note_breaker(_find(piece, b" to=") or WAY_OUT, value)

    def _note_breaker(self, name: str, event: str) -> None:
        if name in self.breakers or len(self.breakers) < LABELS_MAX:
            self.breakers[name] = _BREAKERS[event]


def _find(piece: bytes, label: bytes) -> str:
    """Return the value of a field; empty where it is missing."""
    start = piece.find(label)
    if start < 0:
        return ""
    start += len(label)
    end = piece.find(b" ", start)
    value = piece[start : end if end >= 0 else len(piece)]
    return "" if value == b"<null>" else value.decode("ascii", "replace")


def _add(counter: Counter[str], value: str) -> None:
    counter[value if value in counter or len(counter) < LABELS_MAX else OTHER] += 1
