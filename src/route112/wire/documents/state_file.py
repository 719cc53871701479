"""
`states.json` (docs/formats/states.md): measured states, with source and age, for whoever routes.

Whatever is wrong with a file makes all of it worth nothing: who reads it goes on without states.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from route112.model import ServiceState
from route112.model.states import ElementState, MeasuredState, QueueState, StateKind
from route112.model.states import StateSource as Source

FILE = "states.json"
FORMAT = 1
ADVICE_BYTES_MAX = 65_536
"""Of a file that a site reads: it is parsed between two calls."""
ADVICE_MAX = 256
"""States in such a file."""
BYTES_MAX = 1_048_576
"""Of a file that people read, which has all states."""
STATES_MAX = 4_096
ID_CHARS_MAX = 64
VALID_US = 30_000_000
"""How long a file counts for something after it was written."""
VALID_US_MAX = 60_000_000
"""A file that promises more is damaged."""
SKEW_US = 5_000_000
"""A file that was written later than this from now on counts for nothing: a clock was set."""

WORDS = {
    StateKind.ELEMENT: frozenset(ElementState),
    StateKind.SERVICE: frozenset(ServiceState),
    StateKind.QUEUE: frozenset(QueueState),
}
"""What may be said of what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFile:
    """What one file says."""

    written_us: int
    """Wall clock of who wrote it, microseconds since 1970."""
    expires_us: int
    """First instant at which it counts for nothing."""
    states: tuple[MeasuredState, ...]

    def counts(self, now_us: int) -> bool:
        """Tell whether it is neither too old nor from the future."""
        return self.written_us - SKEW_US <= now_us < self.expires_us


def render_states(states: Iterable[MeasuredState], *, now_us: int) -> bytes:
    """Render a file that counts from now on."""
    return json.dumps(
        {
            "format": FORMAT,
            "written_us": now_us,
            "expires_us": now_us + VALID_US,
            "states": [asdict(state) for state in states],
        },
        separators=(",", ":"),
    ).encode("ascii")


def parse_states(content: bytes, *, bytes_max: int = ADVICE_BYTES_MAX) -> StateFile:
    """Parse a file; raises ValueError, whatever it holds."""
    if len(content) > bytes_max:
        raise ValueError(f"more than {bytes_max:,} bytes")
    try:
        read = json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(read, dict) or read.get("format") != FORMAT:
        raise ValueError(f"no states of format {FORMAT}")
    written_us, expires_us = _integer(read, "written_us"), _integer(read, "expires_us")
    if not 0 < expires_us - written_us <= VALID_US_MAX:
        raise ValueError(f"would count for {(expires_us - written_us) / 1e6:.0f} s")
    rows = read.get("states")
    if not isinstance(rows, list) or len(rows) > STATES_MAX:
        raise ValueError("no list of states, or too many")
    states = tuple(map(_parse_state, rows))
    if any(state.trial_us > written_us + SKEW_US for state in states):
        # Whoever took it would take none that is made until then.
        raise ValueError("offers a trial at a time to come")
    if len({(state.kind, state.id) for state in states}) < len(states):
        raise ValueError("says two things of one")
    return StateFile(written_us=written_us, expires_us=expires_us, states=states)


def _parse_state(row: object) -> MeasuredState:
    if not isinstance(row, dict):
        raise ValueError("a state is no object")  # noqa: TRY004  a file is damaged, whatever it is
    kind, name = StateKind(_text(row, "kind")), _text(row, "id")
    word = _text(row, "state")
    if word not in WORDS[kind]:
        raise ValueError(f"no state of a {kind}: {word!r}")
    return MeasuredState(
        kind=kind,
        id=name,
        state=word,
        source=Source(_text(row, "source")),
        since_us=_integer(row, "since_us"),
        seen_us=_integer(row, "seen_us"),
        trial_us=_integer(row, "trial_us"),
    )


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= ID_CHARS_MAX or not value.isprintable():
        raise ValueError(f"{name} is no text of 1 to {ID_CHARS_MAX} characters")
    return value


def _integer(row: dict[str, Any], name: str) -> int:
    value = row.get(name)
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError(f"{name} is no number of microseconds")
    return value
