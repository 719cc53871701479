"""The planner's side: whether what a station says can be, after all that was given out."""

import enum
from collections.abc import Mapping

from route112.replication.values import Report


class Oddity(enum.StrEnum):
    """What must not be: an alarm, and a person has to look."""

    WENT_BACK = "went-back"
    """A lower generation is in force than before."""
    TWO_CONTENTS = "two-contents"
    """One generation has two contents."""
    AHEAD = "ahead"
    """It has a generation that this planner never gave out."""


def check_report(
    report: Report,
    before: Report | None,
    given: Mapping[int, str],
    *,
    last_number: int,
    forgotten: range = range(0),
) -> tuple[Oddity, ...]:
    """
    Return what is odd about a report.

    Args:
        report: of one station.
        before: the same station's last one.
        given: content hash of the generations that are known, by number.
        last_number: highest generation that was ever given out.
        forgotten: numbers that may have been, by a planner whose journal was lost.
    """
    found = []
    if before is not None and report.number < before.number:
        found.append(Oddity.WENT_BACK)
    known = given.get(report.number, report.content_hash)
    twice = before is not None and before.number == report.number
    if known != report.content_hash or (
        twice and before is not None and before.content_hash != report.content_hash
    ):
        found.append(Oddity.TWO_CONTENTS)
    is_unknown = report.number in forgotten and report.number not in given
    if report.number > last_number or is_unknown:
        found.append(Oddity.AHEAD)
    return tuple(found)
