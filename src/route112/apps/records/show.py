"""Records and calls as people and machines may see them: callers masked unless it is audited."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from route112.wire.documents.scenario_time import ScenarioTime
from route112.wire.record_calls import CallHistory
from route112.wire.record_lines import DAMAGED, Record
from route112.wire.record_numbers import mask_dialled, mask_number

TEXT_CHARS_MAX = 600
"""Characters printed of one value."""
NONE = "-"
"""Stands for what there is not, in tables."""

_ODD = re.compile(r"[^!#$&-<>-~]")
"""Whatever is not visible ASCII, and what separates or escapes in a line of records."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES = ("t", "k")
"""Fields that other places of an output tell already."""


def render_time(time_us: int) -> str:
    """Render an instant in UTC to the millisecond: `2026-11-22 18:00:00.123`."""
    moment = _EPOCH + timedelta(microseconds=min(time_us, 1 << 57))
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1_000:03d}"


def clean(text: str) -> str:
    """Make a text harmless for a terminal: one line, printable, bounded."""
    cut = text if len(text) <= TEXT_CHARS_MAX else f"{text[:TEXT_CHARS_MAX]}..."
    return "".join(char if char.isprintable() else "?" for char in cut)


def escape_call(call: str) -> str:
    """Percent-escape what could be taken for something else than a part of the Call-ID."""
    return clean(_ODD.sub(_escape, call))


def _escape(odd: re.Match[str]) -> str:
    return "".join(f"%{octet:02X}" for octet in odd[0].encode("utf-8", "surrogateescape"))


def render_instant(wall_us: int, scenario: ScenarioTime | None) -> str:
    """Render an instant of the wall clock: in a replay by the clock of what is played."""
    read = None if scenario is None else scenario.read(wall_us)
    return render_time(wall_us if read is None else read)


def render_record(record: Record, scenario: ScenarioTime | None = None) -> str:
    """Render one record on one line: time, site, kind, what it says, Call-ID."""
    when = render_instant(record.time_us, scenario) if record.time_us else NONE
    text = _SAY.get(record.kind, _say_fields)(record)
    call = f" id={escape_call(record.call)}" if record.call else ""
    return f"{when:<23}  {clean(record.get('site')) or NONE:<8} {record.kind:<8}  {text}{call}"


def dump_record(record: Record, scenario: ScenarioTime | None = None) -> dict[str, object]:
    """Return one record for JSON, its caller masked, in what was dialled, too."""
    fields: dict[str, str] = {
        name: value for name, value in record.fields.items() if name not in _TIMES
    }
    if "caller" in fields:
        fields["caller"] = mask_number(fields["caller"])
    for name, mask in (("dialled", mask_dialled), ("trace", _mask_trace)):
        if name in fields:
            fields[name] = mask(fields[name])
    if record.kind == DAMAGED:
        fields["text"] = _say_damaged(record)
    return {
        "kind": record.kind,
        "time_us": record.time_us,
        **_dump_scenario(record.time_us, scenario),
        "writer": record.writer,
        "sequence": record.sequence,
        "fields": fields,
    }


def _dump_scenario(wall_us: int, scenario: ScenarioTime | None) -> dict[str, object]:
    """Return what a run that plays a scenario has to say of an instant; nothing elsewhere."""
    return {} if scenario is None else {"scenario_us": scenario.read(wall_us)}


def dump_call(
    call: CallHistory, *, clear: bool, scenario: ScenarioTime | None = None
) -> dict[str, object]:
    """Return one call for JSON."""
    return {
        "call": call.call,
        "began_us": call.began_us,
        **_dump_scenario(call.began_us, scenario),
        "outcome": call.outcome,
        "party": call.party,
        "code": call.get("end", "code"),
        "psap": call.get("end", "psap"),
        "number": call.get("end", "number"),
        "ms": call.get("end", "ms"),
        "ring_ms": call.get("ring", "ms"),
        "dialled": mask_dialled(call.get("attempt", "dialled")),
        "commune": call.get("attempt", "commune"),
        "operator": call.get("attempt", "op") or call.get("refused", "op"),
        "technology": call.get("attempt", "tech"),
        "caller": show_caller(call, clear=clear),
        "site": call.records[0].get("site"),
        "by": call.get("decision", "by") or call.get("attempt", "by"),
        "generation": call.get("decision", "g"),
        "degraded": call.get("decision", "degraded"),
        "trace": _mask_trace(call.get("decision", "trace")),
        "reason": call.get("refused", "reason"),
        "records": len(call.records),
    }


CALL_COLUMNS = ("began (UTC)", "outcome", "code", "party", "rang s", "caller", "call")
SCENARIO_COLUMN = "began (scenario, UTC)"
"""The first column, where a scenario is played."""


def list_call_cells(
    call: CallHistory, *, clear: bool, scenario: ScenarioTime | None = None
) -> tuple[str, ...]:
    """Return one row for CALL_COLUMNS; the last cell is the one notation and the Call-ID."""
    return (
        render_instant(call.began_us, scenario),
        call.outcome,
        clean(call.get("end", "code")) or NONE,
        clean(call.party) or NONE,
        _seconds(call.get("ring", "ms")) or NONE,
        clean(show_caller(call, clear=clear)) or NONE,
        f"{_notation(call)} id={escape_call(call.call)}",
    )


def show_caller(call: CallHistory, *, clear: bool) -> str:
    """Return the caller of a call as it may be shown."""
    caller = call.get("attempt", "caller")
    return caller if clear else mask_number(caller)


def align(rows: list[tuple[str, ...]]) -> list[str]:
    """Pad every cell but the last of each row to the width of its column; never wraps."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]) - 1)]
    return [
        "  ".join(
            [*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[-1]]
        )
        for row in rows
    ]


def _notation(call: CallHistory) -> str:
    """Return the decision's line, or what is known where none was recorded."""
    if trace := call.get("decision", "trace"):
        return clean(_mask_trace(trace))
    if refused := call.find("refused"):
        return f"{clean(refused.get('src'))} refused: {clean(refused.get('reason'))}"
    attempt = call.find("attempt")
    return _say_head(attempt) if attempt is not None else "no attempt recorded"


def _mask_trace(trace: str) -> str:
    """Mask what was dialled, with which a trace begins; numbers of answering points stay."""
    dialled, place, rest = trace.partition(" @")
    return f"{mask_dialled(dialled)}{place}{rest}" if place else trace


def _say_head(record: Record) -> str:
    dialled, commune = clean(mask_dialled(record.get("dialled"))), clean(record.get("commune"))
    origin = clean(f"{record.get('op') or '?'}/{record.get('tech') or '?'}")
    return f"{dialled or '?'} @{commune or '?'} {origin}"


def _say_attempt(record: Record) -> str:
    caller = mask_number(record.get("caller")) or "unknown"
    source = clean(f"{record.get('src')}/{record.get('proto')}")
    return f"{_say_head(record)} from {caller} via {source}, by {clean(record.get('by'))}"


def _say_decision(record: Record) -> str:
    degraded = clean(record.get("degraded"))
    trace = clean(_mask_trace(record.get("trace"))) or clean(record.get("targets"))
    return f"{trace}{f', degraded: {degraded}' if degraded else ''}"


def _say_target(record: Record) -> str:
    place = clean(f"{record.get('psap') or '?'} {record.get('number')}")
    return f"{clean(record.get('n')) or '?'}: {place}"


def _say_try(record: Record) -> str:
    return f"{_say_target(record)} at {clean(record.get('hop'))}"


def _say_failed(record: Record) -> str:
    cause, code = clean(record.get("cause")), clean(record.get("code"))
    return f"{_say_try(record)}: {cause} {code} after {_seconds(record.get('ms')) or '?'} s"


def _say_ring(record: Record) -> str:
    return f"{_say_target(record)} rings after {_seconds(record.get('ms')) or '?'} s"


def _say_end(record: Record) -> str:
    where = f" by {clean(record.get('psap'))}" if record.get("psap") else ""
    party = f", party {clean(record.get('party'))}" if record.get("party") else ""
    head = f"{clean(record.get('outcome'))} {clean(record.get('code'))}"
    return f"{head}{where} after {_seconds(record.get('ms')) or '?'} s{party}"


def _say_damaged(record: Record) -> str:
    return f"{len(record.get('text'))} characters, not shown: they may hold a number"


def _say_fields(record: Record) -> str:
    hidden = {*_TIMES, "site", "call", "callx", "caller"}
    shown = [(name, value) for name, value in record.fields.items() if name not in hidden]
    return " ".join(f"{name}={clean(value)}" for name, value in shown if value)


def _seconds(milliseconds: str) -> str:
    """Render milliseconds as seconds; empty for what is no number."""
    if not (milliseconds.isascii() and milliseconds.isdigit()):
        return ""
    return f"{int(milliseconds[:12]) / 1_000:.1f}"


_SAY: dict[str, Callable[[Record], str]] = {
    "attempt": _say_attempt,
    "decision": _say_decision,
    "try": _say_try,
    "failed": _say_failed,
    "ring": _say_ring,
    "end": _say_end,
    DAMAGED: _say_damaged,
}
