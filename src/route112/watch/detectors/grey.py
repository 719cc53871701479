"""
Grey: an element that looks well and does not do its work, while its siblings do.

Trials (`trials`) of edges, sites, trunks and answering points, and of the ways between them, are
compared with those of their siblings in the same minutes (`comparing`): that nearly all fail, and
that some do.
"""

from collections.abc import Iterator

from route112.watch.detectors.budget import CALLS_PER_WEEK, find_threshold
from route112.watch.detectors.comparing import Comparison, Work
from route112.watch.detectors.trials import (
    AGAIN,
    ANSWER,
    HAND,
    REACH,
    TAKE,
    Trial,
    list_trials,
)
from route112.watch.findings import FindingKind
from route112.watch.values import SeenCall

TESTS_PER_CALL = 20.0
"""Likelihood ratios that a call adds: of an edge, of two sites with their paths, of two targets
with station, trunk and path, of one answering point and its trunk, for each alternative."""
THRESHOLD = find_threshold(CALLS_PER_WEEK * TESTS_PER_CALL)
"""19.4: see `budget`."""
RAISED = (0.25, 0.9)
"""Shares of failures that are looked for: some, and nearly all."""
WORKS = {
    HAND: Work("calls not passed on", usual=0.02, raised=RAISED),
    TAKE: Work("calls not taken", usual=0.03, raised=RAISED),
    REACH: Work("targets not reached", usual=0.03, raised=RAISED),
    # Most of those who cannot be reached cannot be reached by any trunk.
    AGAIN: Work("targets missed again", usual=0.7, raised=(0.98,), accused=("trunk",)),
    # Callers hang up while it rings far more often than paths fail.
    ANSWER: Work("rang, and nobody answered", usual=0.3, raised=RAISED[-1:]),
}


class GreyWatch(Comparison):
    """Elements that do not do their work. A `Detector`."""

    def __init__(self) -> None:
        super().__init__(FindingKind.GREY, WORKS, threshold=THRESHOLD)

    def list_trials(self, call: SeenCall) -> Iterator[Trial]:
        """List what was asked of whom."""
        yield from list_trials(call)
