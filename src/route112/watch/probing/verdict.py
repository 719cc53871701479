"""What one test call shows: whether it was answered, whether it was heard, and who failed."""

import enum
from dataclasses import dataclass

from route112.watch.probing.paths import Path
from route112.watch.values import BUSY, WELL

ANSWERED = 200
PACKETS_MIN = 3
"""Audio packets that have to come back; fewer are none."""


class Failing(enum.StrEnum):
    """Where a test call ended that did not do what it should."""

    NOBODY = ""
    EDGE = "edge"
    """The edge said nothing, or would not have it."""
    SITE = "site"
    """The edge heard nothing of the site in time, or the site would not have it."""
    TRUNK = "trunk"
    """The site rang the next hop, and it did not answer."""
    AUDIO = "audio"
    """It answered, and no audio came back."""
    BUSY = BUSY
    """The site has calls to think of: nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the prober saw of one test call."""

    path: Path
    call: str
    """Call-ID."""
    at_us: int
    """When it was placed: wall clock, microseconds since 1970."""
    status: int
    """Final SIP status; 0: none."""
    failed: str
    """What edge or site say of it: the value of X-Route112-Failed; empty: nothing."""
    ring_ms: int | None
    """Until the ringing, or the answer where nothing rang; None: neither."""
    sent: int
    """Audio packets sent."""
    heard: int
    """Audio packets that came."""
    is_mirrored: bool
    """Whoever answered sends back what it hears, so that what comes has gone both ways."""
    is_passed: bool
    """A station said that it had sent the call on."""

    @property
    def failing(self) -> Failing:
        """Return where it ended."""
        if self.status == ANSWERED:
            return Failing.NOBODY if self.heard >= PACKETS_MIN else Failing.AUDIO
        word = self.failed.partition(";")[0]
        if word in (Failing.EDGE, Failing.SITE, Failing.TRUNK, Failing.BUSY):
            return Failing(word)
        # An edge sends its 100 when it has passed the call on: what comes after it is of a site.
        return Failing.SITE if self.is_passed else Failing.EDGE

    @property
    def said(self) -> str:
        """Return it as it stands in a record: one of `PROBE_WORDS`."""
        return self.failing or WELL

    @property
    def audio(self) -> str:
        """Return `both`, `heard` (one way at least), `none`; empty where nobody answered."""
        if self.status != ANSWERED:
            return ""
        if self.heard < PACKETS_MIN:
            return "none"
        return "both" if self.is_mirrored else "heard"
