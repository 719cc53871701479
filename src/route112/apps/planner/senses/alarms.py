"""
Which alarms hold a change.

All that are open do, but for two kinds. What merely falls due, and touches nobody yet, would hold
the very change that renews it. And a station that is taken out of service looks like one that
fails: what is wrong with it alone, and was seen before it was back, is the work's own. It stays so
when that change is done: nothing is wrong any more then, and the alarm, which is kept open for
minutes behind that, would only hold the work at the next station.
"""

from collections.abc import Sequence

from route112.apps.planner.seams import NOBODY_WATCHES
from route112.apps.planner.senses.view import BlindError, View
from route112.change import Change, Kind, Outcome, State, Step
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
        if not is_exempt(alarm, state.change, state.history)
    )


def list_against(view: View, change: Change, now_us: int) -> tuple[str, ...]:
    """
    Say which alarms are about the station at the gate and nothing else, and newer than its change.

    Such a one speaks against the change. Waiting for its end would leave the station's callers
    with what raised it.
    """
    try:
        alarms = view.list_alarms(now_us)
    except BlindError:
        return ()
    return tuple(
        f"alarm {alarm.id}: {alarm.title}"[:TEXT_MAX]
        for alarm in alarms
        if alarm.active and all(_is_new_there(finding, change) for finding in alarm.active)
    )


def _is_new_there(finding: Finding, change: Change) -> bool:
    """A plan is in force before its gate; what began while a station was out is of the work."""
    if change.station not in (finding.series.get("site"), finding.series.get("edge")):
        return False
    if change.kind is Kind.PLAN:
        return finding.at_us > change.begun_us
    return finding.since_us > change.since_us


def is_exempt(alarm: Alarm, change: Change | None, history: Sequence[Change] = ()) -> bool:
    """
    Tell whether an open alarm is no reason to hold a change.

    Args:
        change: the one that runs.
        history: those that ended: what was of their work may be over now, and all of it is then.
    """
    if alarm.active:
        if all(finding.is_due for finding in alarm.active):
            return True
        return all(_is_of_work(finding, change) for finding in alarm.active)
    done = tuple(filter(_is_done_work, history))
    return bool(alarm.past) and all(
        _is_of_work(finding, change) or any(_was_of_work(finding, each) for each in done)
        for finding in alarm.past
    )


def _is_done_work(change: Change) -> bool:
    return change.outcome is Outcome.DONE and change.kind in (Kind.UPGRADE, Kind.MAINTENANCE)


def _was_of_work(finding: Finding, change: Change) -> bool:
    """What it ended with was the gate of the last station, which was back before that."""
    stations = (finding.series.get("site"), finding.series.get("edge"))
    is_there = any(station in change.stations for station in stations)
    return is_there and change.begun_us <= finding.at_us <= change.since_us


def _is_of_work(finding: Finding, change: Change | None) -> bool:
    """Tell whether a finding is about the station at work, and because of the work."""
    if change is None or change.kind is Kind.PLAN:
        return False
    pairs = finding.series
    if change.station not in (pairs.get("site"), pairs.get("edge")):
        return False
    if finding.at_us < change.begun_us:
        return False
    if change.step in OUT_OF_SERVICE:
        return True
    return change.step is Step.GATE and finding.at_us <= change.since_us
