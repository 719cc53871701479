"""
Which alarms hold a change.

All that are open do, but for two kinds. What merely falls due, and touches nobody yet, would hold
the very change that renews it. And a station that is taken out of service looks like one that
fails: what is wrong with it alone, and was seen before it was back, is the work's own.
"""

from route112.apps.planner.seams import NOBODY_WATCHES
from route112.apps.planner.senses.view import BlindError, View
from route112.change import Change, Kind, State, Step
from route112.watch.alarms import Alarm
from route112.watch.findings import Finding

TEXT_MAX = 120
"""Characters of an alarm in a journal."""
OUT_OF_SERVICE = frozenset(
    (
        *(Step.DRAIN, Step.SWAP, Step.WORK, Step.UNPOINT, Step.STOP),
        *(Step.TEST, Step.RETURN, Step.DRAIN_BACK, Step.SWAP_BACK),
    )
)
"""Steps in which the station at work takes no calls, or is about to."""


def list_holding(view: View, state: State, now_us: int) -> tuple[str, ...]:
    """Say what holds a change now; where nobody watches, that does."""
    try:
        alarms = view.list_alarms(now_us)
    except BlindError as error:
        return (f"{NOBODY_WATCHES}: {error}"[:TEXT_MAX],)
    return tuple(
        f"{alarm.id}: {alarm.title}"[:TEXT_MAX]
        for alarm in alarms
        if not is_exempt(alarm, state.change)
    )


def is_exempt(alarm: Alarm, change: Change | None) -> bool:
    """Tell whether an open alarm is no reason to hold a change."""
    if alarm.active and all(finding.is_due for finding in alarm.active):
        return True
    if change is None or change.kind is Kind.PLAN:
        return False
    found = alarm.active or alarm.past
    return bool(found) and all(_is_of_work(finding, change) for finding in found)


def _is_of_work(finding: Finding, change: Change) -> bool:
    """Tell whether a finding is about the station at work, and because of the work."""
    pairs = finding.series
    if change.station not in (pairs.get("site"), pairs.get("edge")):
        return False
    if finding.at_us < change.begun_us:
        return False
    if change.step in OUT_OF_SERVICE:
        return True
    return change.step is Step.GATE and finding.at_us <= change.since_us
