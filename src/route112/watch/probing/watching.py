"""
A link whose test calls keep failing is a finding: two of the last three.

A test call over edge, site and next hop says something of two links, edge+site and site+trunk, and
of the edge by itself: what is before the failing place worked, what is behind it was not tried. So
a link is judged from all paths over it, sooner than any one path could be.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.probing.paths import Path
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


@dataclass(frozen=True, slots=True)
class Passage:
    """One test call, as it went over a link."""

    at_us: int
    path: Path
    failing: Failing
    """Empty where this link let it pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLink:
    """A link that is not quite well, for whoever goes on later."""

    pairs: tuple[tuple[str, str], ...]
    """Of its series."""
    latest: tuple[Passage, ...]
    is_found: bool


@dataclass(slots=True)
class _Link:
    """The latest test calls of a link."""

    latest: deque[Passage] = field(default_factory=lambda: deque(maxlen=LATEST))
    is_found: bool = False

    @property
    def failed(self) -> list[Passage]:
        """Those of them that it did not let pass."""
        return [each for each in self.latest if each.failing]

    @property
    def is_bad(self) -> bool:
        """Tell whether too many of them failed."""
        return len(self.failed) >= FAILED_MIN

    @property
    def gap_s(self) -> float:
        """Return the seconds between two of them."""
        first, last = self.latest[0].at_us, self.latest[-1].at_us
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
        path = Path(call.edge, call.site, call.tries[0].hop)
        for series, failures in list_links(path):
            is_here = failing in failures
            shown = failing if is_here else Failing.NOBODY
            self._add(series, Passage(call.began_us, path, shown))
            if is_here:
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

    def export(self) -> list[KeptLink]:
        """Return all links that are not quite well."""
        return [
            KeptLink(pairs=series.pairs, latest=tuple(link.latest), is_found=link.is_found)
            for series, link in self._links.items()
            if link.failed
        ]

    def restore(self, kept: Iterable[KeptLink]) -> None:
        """Go on where another one stopped: what it has found is not said again."""
        for each in kept:
            link = self._links[Series(each.pairs)] = _Link(is_found=each.is_found)
            link.latest.extend(each.latest)

    def _add(self, series: Series, passage: Passage) -> None:
        link = self._links.get(series)
        if link is None:
            if len(self._links) >= LINKS_MAX:
                return
            link = self._links[series] = _Link()
        link.latest.append(passage)
        self._changed[series] = None


def list_links(path: Path) -> tuple[tuple[Series, tuple[Failing, ...]], ...]:
    """Return the links of a path in the order of the call, and what fails at each."""
    return (
        (Series((("edge", path.edge),)), (Failing.EDGE,)),
        (Series((("edge", path.edge), ("site", path.site))), (Failing.SITE,)),
        (Series((("site", path.site), ("trunk", path.hop))), (Failing.TRUNK, Failing.AUDIO)),
    )


def _describe(series: Series, link: _Link, *, now_us: int) -> Finding:
    failed = link.failed
    count, well = len(failed), len(link.latest) - len(failed)
    strength = count * math.log(BROKEN_FAILED / USUAL_FAILED) + well * math.log(
        (1 - BROKEN_FAILED) / (1 - USUAL_FAILED)
    )
    return Finding(
        kind=FindingKind.GREY,
        series=series,
        since_us=failed[0].at_us,
        at_us=now_us,
        expected=float(len(link.latest)),
        seen=float(well),
        strength=strength,
        floor_s=FAILED_MIN * link.gap_s,
        party=PARTIES[failed[-1].failing],
        evidence=tuple(f"test call {each.path}: {WORDS[each.failing]}" for each in failed),
    )
