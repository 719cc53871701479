"""What a watch that runs shows to others: figures of late, how far it has read, what is open."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from route112.adapters.watch_store import AlarmBook
from route112.apps.alarms.show import UNSENT_SHOWN_US, render_unsent
from route112.apps.watch.following.follower import Follower
from route112.apps.watch.looking.eyes import Eyes
from route112.watch.watching import Watching
from route112.watch.watching.board import MINUTES, TRY_CUTS, Line, Tally

WINDOW_S = MINUTES * 60
COUNT_MAX = (1 << 63) - 1
"""Of records that are waited for: a station that names any sequence makes gaps of any size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of a series, of late or of all time."""

    attempts: int
    """Tries, where the series is of a trunk or an answering point."""
    ended: int
    answered: int
    anonymous: int
    callers: int
    failed: int
    """Callers who did not get through."""
    ring_ms: int | None
    """From attempt to first ringing, on average; None: none rang."""
    answer_ms: int | None
    parties: Mapping[str, int]
    """Failed attempts by who failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSeries:
    """One series."""

    name: str
    pairs: tuple[tuple[str, str], ...]
    is_tries: bool
    late: Figures
    total: Figures
    usual_per_min: float | None
    """Places that use to call in a minute of this hour; None: not known yet."""
    floor_s: float | None
    """How long a whole silence takes to show; None: it never does, at what is usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All of it, at one instant."""

    at_us: int
    """Wall clock."""
    watch_us: int | None
    """Last second that was looked at, by the clock of the calls; None: none was yet."""
    scenario: str = ""
    """Played evening whose clock that is; empty: real time."""
    window_s: int = WINDOW_S
    series: tuple[ShownSeries, ...] = ()
    tests: int = 0
    tests_answered: int = 0
    sources: int = 0
    trouble: tuple[str, ...] = ()
    """Sources that cannot be read."""
    has_backlog: bool = False
    records: int = 0
    calls: int = 0
    gaps: int = 0
    """Records that are waited for: later ones of the same writer are there."""
    missing: int = 0
    """Records that were given up."""
    known: int = 0
    """Records that had been taken before: of a folder that was copied, or put back."""
    unsent: int = 0
    """Events that the webhook gave up, ever."""
    unsent_late: str = ""
    """Those of the last day, in a line; empty: there were none."""
    unshown: int = 0
    """Times that a series was met for which there was no room, on the board or among measures."""
    open: Mapping[str, int] = field(default_factory=dict)
    """Findings by kind."""


def describe(
    follower: Follower, eyes: Eyes, counts: Mapping[str, int], book: AlarmBook, *, now_us: int
) -> Shown:
    """Return what is shown now."""
    watching = eyes.watching
    board, measures = watching.rates.board, watching.rates.measures
    kinds = [each.kind.value for each in watching.open]
    unsent = book.list_unsent(now_us - UNSENT_SHOWN_US)
    return Shown(
        at_us=now_us,
        watch_us=watching.looked_us,
        scenario="" if eyes.clock is None else eyes.clock.scenario,
        series=tuple(_describe_series(line, watching) for line in board.list_lines()),
        tests=board.tests.attempts,
        tests_answered=board.tests.answered,
        sources=len(follower.feed.list_names()),
        trouble=tuple(follower.feed.list_trouble()),
        has_backlog=follower.feed.has_backlog,
        records=counts.get("records", 0),
        calls=counts.get("calls", 0),
        gaps=min(COUNT_MAX, follower.intake.count_gaps()),
        missing=min(COUNT_MAX, follower.intake.missing),
        known=follower.intake.refused,
        unsent=book.count_unsent(),
        unsent_late=render_unsent(unsent) if unsent else "",
        unshown=board.uncounted + measures.uncounted,
        open={kind: kinds.count(kind) for kind in sorted(set(kinds))},
    )


def _describe_series(line: Line, watching: Watching) -> ShownSeries:
    rates = watching.rates
    expected = rates.rates.expected_per_s(line.series)
    floor_s = rates.rates.floor_s(line.series) if expected else math.inf
    return ShownSeries(
        name=str(line.series),
        pairs=line.series.pairs,
        is_tries=line.series.cut in TRY_CUTS,
        late=_describe(line.sum_late(rates.board.minute)),
        total=_describe(line.sum_all()),
        usual_per_min=round(expected * 60, 2) if expected else None,
        floor_s=round(floor_s, 1) if math.isfinite(floor_s) else None,
    )


def _describe(tally: Tally) -> Figures:
    return Figures(
        attempts=tally.attempts,
        ended=tally.ended,
        answered=tally.answered,
        anonymous=tally.anonymous,
        callers=tally.callers,
        failed=tally.failed,
        ring_ms=tally.ring_ms // tally.rang if tally.rang else None,
        answer_ms=tally.answer_ms // tally.answered if tally.answered else None,
        parties=dict(sorted(tally.parties.items())),
    )
