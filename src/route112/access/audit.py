"""
The audit log: each verdict is a chained line, written before anything is done because of it.

The log is also the memory of what waits for a second person and of what was used: `restore_desk`
reads it back, so that whoever is killed between a verdict and the next one forgets nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from route112.access.people import Identity
from route112.access.requests import (
    HASH,
    Desk,
    Reason,
    Request,
    Ruling,
    Verdict,
    hash_request,
    is_well_formed,
    note,
)
from route112.model import UtcTime
from route112.wire.chained import (
    ChainedLine,
    ChainEnd,
    begin_chain,
    parse_chain,
    render_chained,
)

AUDIT = begin_chain("audit")
"""What the first line of an audit log stands behind."""
_ARGUMENT = "a_"


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit log says, as far as it can be believed."""

    verdicts: tuple[Verdict, ...]
    end: ChainEnd
    size: int
    """Bytes of these verdicts."""
    torn: int
    """Bytes of a line that was being written when its writer ended."""
    flaw: str
    """What is not as it was written; empty: nothing."""


def render_entry(verdict: Verdict, after: ChainEnd) -> tuple[bytes, ChainEnd]:
    """Return the line of a verdict with its line end, and where the log then ends."""
    # A line that cannot be read back would keep the planner from ever starting again.
    assert _is_consistent(verdict), f"no verdict says this: {verdict.ruling} {verdict.reason}"
    fields: dict[str, str | int] = {
        "what": "approval" if verdict.approves else "request",
        "by": str(verdict.by),
        "cause": verdict.reason,
        "author": verdict.author,
        "approver": verdict.approver,
        "hash": verdict.hash,
        "until": verdict.until,
    }
    if (request := verdict.request) is not None:
        fields |= {
            "verb": request.verb,
            "asker": str(request.by),
            "asked": request.asked_at,
            "nonce": request.nonce,
            "reason": request.reason,
        }
        fields |= {f"{_ARGUMENT}{name}": value for name, value in request.arguments}
    return render_chained(verdict.ruling, fields, time_us=verdict.at, after=after)


def parse_audit(content: bytes, *, after: ChainEnd = AUDIT) -> Audit:
    """Read and verify an audit log, or what was appended to it; total."""
    chain = parse_chain(content, after=after)
    verdicts: list[Verdict] = []
    for line in chain.lines:
        verdict = _parse_entry(line)
        if verdict is None:
            flaw = f"line {line.end.number}: it says what no verdict says"
            return Audit(tuple(verdicts), chain.end, chain.size, 0, flaw)
        verdicts.append(verdict)
    return Audit(tuple(verdicts), chain.end, chain.size, chain.torn, chain.flaw)


def restore_desk(verdicts: Iterable[Verdict]) -> Desk:
    """Return what has to be remembered behind these verdicts."""
    desk = Desk()
    for verdict in verdicts:
        desk = note(desk, verdict)
    return desk


def _parse_entry(line: ChainedLine) -> Verdict | None:
    fields = line.fields
    try:
        verdict = Verdict(
            ruling=Ruling(line.kind),
            at=UtcTime(line.time_us),
            by=Identity.parse(fields["by"]),
            approves={"approval": True, "request": False}[fields["what"]],
            reason=Reason(fields["cause"]),
            request=_parse_request(line) if "verb" in fields else None,
            hash=fields["hash"],
            author=fields["author"],
            approver=fields["approver"],
            until=UtcTime(int(fields["until"])),
        )
    except (KeyError, ValueError):
        return None
    return verdict if _is_consistent(verdict) else None


def _parse_request(line: ChainedLine) -> Request:
    fields = line.fields
    return Request(
        verb=fields["verb"],
        by=Identity.parse(fields["asker"]),
        asked_at=UtcTime(int(fields["asked"])),
        nonce=fields["nonce"],
        reason=fields["reason"],
        arguments=tuple(
            (name.removeprefix(_ARGUMENT), value)
            for name, value in fields.items()
            if name.startswith(_ARGUMENT)
        ),
    )


def _is_consistent(verdict: Verdict) -> bool:
    """Tell whether the parts of a verdict fit each other."""
    request = verdict.request
    if request is None:
        return (
            verdict.ruling is Ruling.REFUSED
            and not verdict.until
            and (not verdict.hash or HASH.fullmatch(verdict.hash) is not None)
        )
    return is_well_formed(request) and verdict.hash == hash_request(request)
