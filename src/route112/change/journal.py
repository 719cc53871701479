"""The journal: each event is a chained line; reading it back is how a planner goes on."""

import dataclasses
import re
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from route112.change import events
from route112.change.events import Event
from route112.change.values import Kind, Outcome, Step
from route112.model import OrderKind
from route112.wire.chained import (
    ChainedLine,
    ChainEnd,
    begin_chain,
    parse_chain,
    render_chained,
)

JOURNAL = begin_chain("journal")
"""What the first line of a journal stands behind."""
_SEPARATOR = ","
_AT = "at_us"
_NUMBER = re.compile(r"[0-9]{1,18}")
_CLOSED: Mapping[tuple[type, str], type] = {
    (events.ChangeBegun, "kind"): Kind,
    (events.StepBegun, "step"): Step,
    (events.ChangeEnded, "outcome"): Outcome,
    (events.OrderGiven, "kind"): OrderKind,
}
"""Texts of which only some are possible."""


def _name(event: type) -> str:
    """`ChangeBegun` is a line of kind `change-begun`."""
    return re.sub(r"(?<!^)([A-Z])", r"-\1", event.__name__).lower()


EVENTS: Mapping[str, type] = types.MappingProxyType(
    {_name(each): each for each in get_args(Event)}
)


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal says, as far as it can be believed."""

    events: tuple[Event, ...]
    end: ChainEnd
    size: int
    """Bytes of these events."""
    torn: int
    """Bytes of a line that was being written when its writer ended."""
    flaw: str
    """What is not as it was written; empty: nothing."""


def render_event(event: Event, after: ChainEnd) -> tuple[bytes, ChainEnd]:
    """Return the line of an event with its line end, and where the journal then ends."""
    fields: dict[str, str | int] = {}
    for field in dataclasses.fields(event):
        value = getattr(event, field.name)
        if isinstance(value, tuple):
            assert not any(_SEPARATOR in each or not each for each in value), value
            value = _SEPARATOR.join(value)
        if field.name != _AT:
            fields[field.name] = value
    return render_chained(_name(type(event)), fields, time_us=event.at_us, after=after)


def parse_journal(content: bytes, *, after: ChainEnd = JOURNAL) -> Journal:
    """Read and verify a journal, or what was appended to it; total."""
    chain = parse_chain(content, after=after)
    happened: list[Event] = []
    for line in chain.lines:
        event = _parse_event(line)
        if event is None:
            flaw = f"line {line.end.number}: it is no event of this version"
            return Journal(tuple(happened), chain.end, chain.size, 0, flaw)
        happened.append(event)
    return Journal(tuple(happened), chain.end, chain.size, chain.torn, chain.flaw)


def _parse_event(line: ChainedLine) -> Event | None:
    kind = EVENTS.get(line.kind)
    if kind is None:
        return None
    values: dict[str, Any] = {_AT: line.time_us}
    wanted = [field for field in dataclasses.fields(kind) if field.name != _AT]
    if [field.name for field in wanted] != list(line.fields):
        return None
    for field in wanted:
        value = _parse_value(kind, field, line.fields[field.name])
        if value is None:
            return None
        values[field.name] = value
    event: Event = kind(**values)
    return event


def _parse_value(
    kind: type, field: "dataclasses.Field[Any]", text: str
) -> str | int | tuple[str, ...] | None:
    if field.type is int:
        return int(text) if _NUMBER.fullmatch(text) else None
    if field.type is not str:
        return tuple(text.split(_SEPARATOR)) if text else ()
    closed = _CLOSED.get((kind, field.name))
    if closed is not None and text not in list(closed):  # type: ignore[call-overload]
        return None
    return text
