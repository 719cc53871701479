"""
What each kind of source says of one thing, kept apart: none takes back what it cannot know.

A caller's call goes deepest: who answers it is well. A test call says that a hop answers, not that
somebody is there; whether it was heard is a matter of its own. OPTIONS say least. So what is shown
is the word of the deepest source that has something against a thing, and a good sign takes back
only what its own source says, and those that see less.
"""

import enum
from dataclasses import dataclass

from route112.model.states import StateSource
from route112.watch.states.signs import Sign, Verdict

RUN_SIGNS = 3
"""Signs of the same kind, one after the other, that make a state."""
RUN_SPAN_US = 1_000_000
"""From the first of them to the latest: a hiccup of a network is shorter."""
RUN_US_MAX = 600_000_000
"""Signs further apart than this do not belong together."""


class Depth(enum.IntEnum):
    """Who speaks, the deepest first."""

    CALLS = 0
    TESTS = 1
    AUDIO = 2
    """The audio of test calls: calls that are answered say nothing of it."""
    OPTIONS = 3


SOURCES = {
    Depth.CALLS: StateSource.CALLS,
    Depth.TESTS: StateSource.TESTS,
    Depth.AUDIO: StateSource.TESTS,
    Depth.OPTIONS: StateSource.OPTIONS,
}
OVERRULES = {
    Depth.CALLS: (Depth.TESTS, Depth.OPTIONS),
    Depth.TESTS: (Depth.OPTIONS,),
    Depth.AUDIO: (),
    Depth.OPTIONS: (),
}
"""Whose bad signs a good one takes back besides its own; of OPTIONS no more than silence."""


def find_depth(sign: Sign) -> Depth:
    """Return who gave a sign."""
    if sign.is_audio:
        return Depth.AUDIO
    return Depth[sign.source.name]


@dataclass(slots=True)
class _Run:
    """Signs of one kind with nothing else between them."""

    verdict: Verdict
    first_us: int
    last_us: int
    count: int = 1

    def add(self, at_us: int) -> None:
        """Count one more; what lies too far back does not count with it."""
        if at_us - self.first_us > RUN_US_MAX:
            self.first_us, self.last_us, self.count = at_us, at_us, 0
        self.first_us = min(self.first_us, at_us)
        self.last_us = max(self.last_us, at_us)
        self.count += 1

    @property
    def is_enough(self) -> bool:
        """Tell whether it makes a state."""
        return self.count >= RUN_SIGNS and self.last_us - self.first_us >= RUN_SPAN_US


@dataclass(slots=True)
class Voice:
    """What one kind of source says of one thing."""

    seen_us: int
    """Of the latest sign, whatever it says."""
    verdict: Verdict = Verdict.GOOD
    since_us: int = 0
    """First sign of this verdict."""
    good_us: int = -1
    """Of the latest good sign; what is older says nothing against it."""
    unanswered: int = 0
    """Silent signs since the latest good one."""
    run: _Run | None = None

    def take_good(self, at_us: int) -> bool:
        """Take a good sign; return False where it is older than what is known."""
        self.unanswered = 0
        if self.run is not None and at_us <= self.run.last_us:
            if self.verdict is Verdict.GOOD and at_us >= self.run.first_us:
                self.run = None
            return False
        self.good_us = max(self.good_us, at_us)
        self._clear(at_us)
        return True

    def take_bad(self, at_us: int, verdict: Verdict) -> None:
        """Take a bad sign that is younger than any good one."""
        if self.run is None or self.run.verdict is not verdict:
            self.run = _Run(verdict, at_us, at_us)
        else:
            self.run.add(at_us)
        if self.verdict is not verdict and self.run.is_enough:
            self.verdict, self.since_us = verdict, self.run.first_us

    def overrule(self, at_us: int, *, silence_only: bool) -> None:
        """
        Take back what was said, because who sees more has seen it well since.

        Args:
            at_us: of the good sign.
            silence_only: whoever answers that it is not well is believed all the same.
        """
        if self.run is None or at_us <= self.run.last_us:
            return
        if not silence_only or Verdict.LEFT not in (self.verdict, self.run.verdict):
            self._clear(at_us)

    def _clear(self, at_us: int) -> None:
        self.run = None
        if self.verdict is not Verdict.GOOD:
            self.verdict, self.since_us = Verdict.GOOD, at_us
