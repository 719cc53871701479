"""Both messages as bytes: one line each, small, and anything else is None."""

import re

from route112.replication.values import (
    GENERATION_MAX,
    NOTHING,
    AtGate,
    Refused,
    Report,
    Wanted,
)
from route112.wire.record_lines import parse_piece, render_fields

MESSAGE_BYTES_MAX = 2_048
CALLS_MAX = 10_000_000
STATUS_MAX = 699
FLAW_CHARS_MAX = 200
_HASH = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_REASON = re.compile(r"[a-z][a-z0-9-]{0,63}")
_NUMBER = re.compile(r"[0-9]{1,16}")
_VERSION = re.compile(r"[0-9A-Za-z.+-]{0,64}")


def render_wanted(wanted: Wanted) -> bytes:
    """Return the planner's answer."""
    fields: dict[str, str | int] = {"g": wanted.number, "hash": wanted.content_hash}
    gate: dict[str, str | int] = {"gate": 1} if wanted.at_gate else {}
    return _render("wanted", fields | {"size": wanted.size} | gate)


def parse_wanted(content: bytes) -> Wanted | None:
    """Read the planner's answer; None where it is none."""
    fields = _parse("wanted", content)
    number, size = _get_number(fields, "g"), _get_number(fields, "size")
    if number is None or size is None:
        return None
    is_at_gate = fields.get("gate") == "1"
    wanted = Wanted(number, fields.get("hash", ""), size, is_at_gate)
    if wanted == NOTHING or (number and _HASH.fullmatch(wanted.content_hash)):
        return wanted
    return None


def render_report(report: Report) -> bytes:
    """Return what a station says."""
    refused = report.refused or Refused(0, "", "")
    return _render(
        "report",
        {
            "station": report.station,
            "g": report.number,
            "hash": report.content_hash,
            "version": report.version,
            "serving": int(report.serving),
            "calls": report.calls,
            "refused": refused.number,
            "refused_hash": refused.content_hash,
            "refused_reason": refused.reason,
            **_list_gate(report.at_gate),
        },
    )


def _list_gate(at_gate: AtGate | None) -> dict[str, str | int]:
    if at_gate is None:
        return {}
    return {
        "options": "" if at_gate.status is None else at_gate.status,
        "differences": "" if at_gate.differences is None else at_gate.differences,
        "flaw": at_gate.flaw[:FLAW_CHARS_MAX],
    }


def parse_report(content: bytes) -> Report | None:
    """Read what a station says; None where it is no report."""
    fields = _parse("report", content)
    numbers = [_get_number(fields, name) for name in ("g", "calls", "refused")]
    number, calls, refused_number = numbers
    if number is None or calls is None or refused_number is None or calls > CALLS_MAX:
        return None
    if not _NAME.fullmatch(fields.get("station", "")) or fields.get("serving") not in ("0", "1"):
        return None
    if not _VERSION.fullmatch(fields.get("version", "!")):
        return None
    content_hash = fields.get("hash", "")
    refused = Refused(
        refused_number, fields.get("refused_hash", ""), fields.get("refused_reason", "")
    )
    if not _is_hash(number, content_hash) or not _is_refusal(refused):
        return None
    at_gate = _parse_gate(fields) if "options" in fields else None
    if at_gate is None and "options" in fields:
        return None
    return Report(
        station=fields["station"],
        number=number,
        content_hash=content_hash,
        refused=refused if refused.number else None,
        version=fields["version"],
        serving=fields["serving"] == "1",
        calls=calls,
        at_gate=at_gate,
    )


def _parse_gate(fields: dict[str, str]) -> AtGate | None:
    """Read how a station at a gate is; None where that is nonsense."""
    names, flaw = ("options", "differences"), fields.get("flaw", "")
    status, differences = (_get_number(fields, name) for name in names)
    if any(fields.get(name, "!") and _get_number(fields, name) is None for name in names):
        return None
    if (
        (status or 0) > STATUS_MAX
        or len(flaw) > FLAW_CHARS_MAX
        or not (flaw.isascii() and flaw.isprintable())
    ):
        return None
    return AtGate(status=status, differences=differences, flaw=flaw)


def _is_refusal(refused: Refused) -> bool:
    if not refused.number:
        return refused == Refused(0, "", "")
    is_hash = _is_hash(refused.number, refused.content_hash)
    return is_hash and _REASON.fullmatch(refused.reason) is not None


def _is_hash(number: int, text: str) -> bool:
    """Tell whether a hash is there exactly where there is a generation."""
    return _HASH.fullmatch(text) is not None if number else not text


def _get_number(fields: dict[str, str], name: str) -> int | None:
    text = fields.get(name, "")
    if not _NUMBER.fullmatch(text) or int(text) > GENERATION_MAX:
        return None
    return int(text)


def _render(kind: str, fields: dict[str, str | int]) -> bytes:
    return f"R1 {kind} t=0{render_fields(fields)}\n".encode("ascii")


def _parse(kind: str, content: bytes) -> dict[str, str]:
    """Return the fields of a message; none where it is another one."""
    if len(content) > MESSAGE_BYTES_MAX or content[-1:] != b"\n":
        return {}
    record = parse_piece(content[:-1])
    return dict(record.fields) if record.kind == kind else {}
