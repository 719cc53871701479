"""
Somebody says "we receive nothing": a finding at once, for as long as it is not old.

In 2021 answering points knew it first, and it took an hour until that counted. A report needs no
proof: it opens an alarm, or stands beside what was measured.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import Series

KEPT_US = 1_800_000_000
"""How long a report counts after it was made; who still receives nothing says so again."""
STRENGTH = 10.0
"""What a report counts for beside what was measured, nats."""
DIMENSIONS = ("number", "operator", "departement", "psap")
"""What a report can be about, in the order of a series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What somebody said."""

    id: int
    at_us: int
    """Watch time, microseconds since 1970."""
    series: Series
    text: str
    who: str
    """Who says so; a desk or a role, never a caller."""


def judge_reports(reports: Iterable[Report], active: Iterable[Finding], now_us: int) -> Change:
    """
    Return which reports are news, and which are too old to count.

    Args:
        reports: in the order in which they came; old ones may be among them.
        active: findings that are open now, of any kind.
    """
    grouped: dict[Series, list[Report]] = {}
    for report in reports:
        if now_us - report.at_us < KEPT_US:
            grouped.setdefault(report.series, []).append(report)
    known = {each.series: each for each in active if each.kind is FindingKind.REPORT}
    found = [_make(series, those) for series, those in grouped.items()]
    return Change(
        begun=tuple(
            each
            for each in found
            if each.series not in known or known[each.series].evidence != each.evidence
        ),
        over=tuple((FindingKind.REPORT, series) for series in known if series not in grouped),
    )


def _make(series: Series, reports: list[Report]) -> Finding:
    return Finding(
        kind=FindingKind.REPORT,
        series=series,
        since_us=reports[0].at_us,
        at_us=reports[-1].at_us,
        expected=0.0,
        seen=float(len(reports)),
        strength=STRENGTH,
        floor_s=0.0,
        evidence=tuple(f"{report.who}: {report.text}" for report in reports),
    )
