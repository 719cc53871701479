"""
A link whose test calls keep failing is a finding: two of the last three.

A test call over edge, site and next hop says something of two links, edge+site and site+trunk, and
of the edge by itself: what is before the failing place worked, what is behind it was not tried. So
a link is judged from all paths over it, sooner than any one path could be.
"""

import math
from collections import deque
from dataclasses import dataclass, field

from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.probing.verdict import Failing
from route112.watch.series import Series
from route112.watch.values import BUSY, WELL, SeenCall

LATEST = 3
"""Test calls of a link that count."""
FAILED_MIN = 2
"""Of them, for a finding."""
USUAL_FAILED = 0.001
"""Part of test calls that fail where nothing is wrong: a datagram lost in each of its repeats."""
BROKEN_FAILED = 0.9
LINKS_MAX = 50_000
"""Links that are remembered; further ones are not judged."""
PARTIES = {
    Failing.EDGE: "edge",
    Failing.SITE: "site",
    Failing.TRUNK: "carrier",
    Failing.AUDIO: "carrier",
}
WORDS = {
    Failing.EDGE: "the edge did not take it",
    Failing.SITE: "the site did not take it",
    Failing.TRUNK: "the next hop did not answer",
    Failing.AUDIO: "answered without audio",
}
_US_PER_S = 1_000_000


@dataclass(slots=True)
class _Link:
    """The latest test calls of a link."""

    latest: deque[SeenCall] = field(default_factory=lambda: deque(maxlen=LATEST))
    failed: deque[Failing] = field(default_factory=lambda: deque(maxlen=LATEST))
    """Of the same calls, empty for one that was well."""
    is_found: bool = False

    def add(self, call: SeenCall, failing: Failing) -> None:
        """Take one more."""
        self.latest.append(call)
        self.failed.append(failing)

    @property
    def is_bad(self) -> bool:
        """Tell whether too many of them failed."""
        return sum(map(bool, self.failed)) >= FAILED_MIN

    @property
    def gap_s(self) -> float:
        """Return the seconds between two of them."""
        first, last = self.latest[0].began_us, self.latest[-1].began_us
        return (last - first) / _US_PER_S / max(len(self.latest) - 1, 1)


class ProbeWatch:
    """A `Detector` of links whose test calls fail."""

    def __init__(self) -> None:
        self._links: dict[Series, _Link] = {}
        self._changed: dict[Series, None] = {}

    def add_arrival(self, call: SeenCall) -> None:
        """Pass over: a test call says something when it is over."""

    def add_end(self, call: SeenCall) -> None:
        """Take what whoever placed a test call says of it."""
        if call.probe in ("", BUSY):
            return
        failing = Failing.NOBODY if call.probe == WELL else Failing(call.probe)
        hop = call.tries[0].hop
        links = (
            (Series((("edge", call.edge),)), (Failing.EDGE,)),
            (Series((("edge", call.edge), ("site", call.site))), (Failing.SITE,)),
            (Series((("site", call.site), ("trunk", hop))), (Failing.TRUNK, Failing.AUDIO)),
        )
        for series, failures in links:
            self._add(series, call, failing if failing in failures else Failing.NOBODY)
            if failing in failures:
                return

    def tick(self, now_us: int) -> Change:
        """Judge the links that were tried since."""
        begun, over = [], []
        for series in self._changed:
            link = self._links[series]
            if link.is_bad and not link.is_found:
                begun.append(_describe(series, link, now_us=now_us))
            elif link.is_found and not link.is_bad:
                over.append((FindingKind.GREY, series))
            link.is_found = link.is_bad
        self._changed.clear()
        return Change(begun=tuple(begun), over=tuple(over))

    def _add(self, series: Series, call: SeenCall, failing: Failing) -> None:
        link = self._links.get(series)
        if link is None:
            if len(self._links) >= LINKS_MAX:
                return
            link = self._links[series] = _Link()
        link.add(call, failing)
        self._changed[series] = None


def _describe(series: Series, link: _Link, *, now_us: int) -> Finding:
    failed = [(call, why) for call, why in zip(link.latest, link.failed, strict=True) if why]
    count, well = len(failed), len(link.latest) - len(failed)
    strength = count * math.log(BROKEN_FAILED / USUAL_FAILED) + well * math.log(
        (1 - BROKEN_FAILED) / (1 - USUAL_FAILED)
    )
    return Finding(
        kind=FindingKind.GREY,
        series=series,
        since_us=failed[0][0].began_us,
        at_us=now_us,
        expected=float(len(link.latest)),
        seen=float(well),
        strength=strength,
        floor_s=FAILED_MIN * link.gap_s,
        party=PARTIES[failed[-1][1]],
        evidence=tuple(
            f"test call {call.edge} -> {call.site} -> {call.tries[0].hop}: {WORDS[why]}"
            for call, why in failed
        ),
    )
