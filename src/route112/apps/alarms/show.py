"""Alarms as people and machines read them; no caller is in them."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from route112.adapters.watch_store import Told, Unsent
from route112.watch.alarms import Alarm, Factor, State, Works
from route112.watch.findings import Finding

COLUMNS = ("id", "state", "since", "what", "party", "departements", "inhabitants", "first factor")
NAMED_MAX = 6
"""Departements that a line names before it counts the rest."""
FINDINGS_SHOWN_MAX = 20
UNSENT_SHOWN_US = 86_400_000_000
"""What a channel gave up is said for so long."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def render_time(time_us: int) -> str:
    """Return a time in UTC to the second; empty for none."""
    if not time_us:
        return ""
    return (_EPOCH + timedelta(microseconds=time_us)).strftime("%Y-%m-%dT%H:%M:%SZ")


def name_departements(alarm: Alarm) -> str:
    """Return the departements that are hit, or how many there are of them."""
    codes = alarm.hit.departements
    rest = f" and {len(codes) - NAMED_MAX} more" if len(codes) > NAMED_MAX else ""
    return " ".join(codes[:NAMED_MAX]) + rest


def list_cells(alarm: Alarm) -> tuple[object, ...]:
    """Return the cells of a row, in the order of COLUMNS."""
    return (
        str(alarm.id),
        alarm.state.value,
        render_time(alarm.since_us),
        alarm.title,
        alarm.party or "?",
        name_departements(alarm) or "-",
        alarm.hit.inhabitants,
        str(alarm.factors[0]) if alarm.factors else "-",
    )


def render_alarm(alarm: Alarm) -> Iterator[str]:
    """Yield the lines of one alarm, all that is known of it."""
    yield f"alarm {alarm.id} {alarm.state}: {alarm.title}"
    end = f", over {render_time(alarm.over_us)}" if alarm.over_us else ""
    end += f", goes on as alarm {alarm.into}" if alarm.into else ""
    yield f"  since   {render_time(alarm.since_us)}, told {render_time(alarm.opened_us)}{end}"
    is_known = math.isfinite(alarm.floor_s)
    floor = f"{alarm.floor_s:,.0f} s" if is_known else "not known, since no hour was learned yet:"
    yield f"  floor   {floor} until a complete failure of this series shows at all"
    yield f"  numbers {' '.join(alarm.hit.numbers) or '-'}"
    where = name_departements(alarm)
    yield f"  where   {where or '-'}, {alarm.hit.inhabitants:,} inhabitants"
    yield f"  party   {alarm.party or 'not known'}"
    for factor in alarm.factors:
        yield f"  shared  {factor}"
    for works in alarm.works:
        yield f"  served  {works.share:4.0%} of {works.served + works.failed:,} by {works.what}"
    findings = alarm.active or alarm.past
    for finding in findings[:FINDINGS_SHOWN_MAX]:
        yield f"  found   {render_finding(finding)}"
        yield from (f"          {fact}" for fact in finding.evidence)
    if (left := len(findings) - FINDINGS_SHOWN_MAX) > 0:
        yield f"          and {left} more"
    yield f"  do      docs/{alarm.runbook}"


def render_finding(finding: Finding) -> str:
    """Return a finding in one line."""
    return (
        f"{finding.kind} {finding.series} since {render_time(finding.since_us)}, expected "
        f"{finding.expected:.3g}, seen {finding.seen:.3g}, strength {finding.strength:.0f}"
    )


def render_told(told: Told) -> str:
    """Return what was told in one line: `15:04:05Z opened alarm 3 ...`."""
    alarm = told.event.alarm
    factor = f"; shared: {alarm.factors[0]}" if alarm.factors else ""
    into = f" into alarm {alarm.into}" if alarm.state is State.MERGED else ""
    return (
        f"{render_time(alarm.changed_us)} {told.event.what} alarm {alarm.id}{into}: "
        f"{alarm.title}; {alarm.hit.inhabitants:,} inhabitants{factor}"
    )


def render_unsent(unsent: Sequence[Unsent]) -> str:
    """Return in one line what people were not told by a channel that they may wait for."""
    last = unsent[-1]
    return (
        f"{len(unsent)} {'event was' if len(unsent) == 1 else 'events were'} not taken by the"
        f" {last.channel} in a day, event {last.told} at {render_time(last.wall_us)} last:"
        f" {last.why}; alarms.jsonl has all"
    )


def dump_told(told: Told) -> dict[str, object]:
    """Return what was told for machines."""
    return {
        "event": told.id,
        "what": told.event.what.value,
        "told": render_time(told.wall_us),
        "alarm": dump_alarm(told.event.alarm),
    }


def dump_alarm(alarm: Alarm) -> dict[str, object]:
    """Return an alarm for machines; times in UTC, microseconds kept where they may be reckoned."""
    return {
        "id": alarm.id,
        "state": alarm.state.value,
        "kind": alarm.kind.value,
        "title": alarm.title,
        "series": dict(alarm.series.pairs),
        "since": render_time(alarm.since_us),
        "since_us": alarm.since_us,
        "opened": render_time(alarm.opened_us),
        "opened_us": alarm.opened_us,
        "changed": render_time(alarm.changed_us),
        "over": render_time(alarm.over_us),
        "into": alarm.into,
        "floor_s": alarm.floor_s,
        "party": alarm.party,
        "numbers": alarm.hit.numbers,
        "departements": alarm.hit.departements,
        "inhabitants": alarm.hit.inhabitants,
        "factors": [_dump_factor(factor) for factor in alarm.factors],
        "works": [_dump_works(works) for works in alarm.works],
        "findings": [_dump_finding(finding) for finding in alarm.active],
        "past": [_dump_finding(finding) for finding in alarm.past],
        "runbook": f"docs/{alarm.runbook}",
    }


def _dump_factor(factor: Factor) -> dict[str, object]:
    return {
        "name": factor.name,
        "value": factor.value,
        "score": factor.score,
        "hit": factor.hit,
        "seen": factor.seen,
        "hit_all": factor.hit_all,
    }


def _dump_works(works: Works) -> dict[str, object]:
    return {
        "what": works.what,
        "served": works.served,
        "failed": works.failed,
        "share": round(works.share, 4),
    }


def _dump_finding(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind.value,
        "series": dict(finding.series.pairs),
        "since": render_time(finding.since_us),
        "at": render_time(finding.at_us),
        "expected": finding.expected,
        "seen": finding.seen,
        "strength": round(finding.strength, 2),
        "floor_s": finding.floor_s,
        "party": finding.party,
        "evidence": finding.evidence,
    }
