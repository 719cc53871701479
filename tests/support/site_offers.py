"""A site's offered file without the site: a staging folder and a reporter that remembers."""

import os

from tests.support.snapshots import NOW, sign_blindly, small_content, small_trust

from route112.adapters.staging import Staging
from route112.apps.station.events import Reporter
from route112.apps.station.offers import Clocks, Offers
from route112.snapshot.trust import render_trust
from route112.snapshot.writer import write_snapshot


class Remembering(Reporter):
    """A reporter whose events a test reads."""

    def __init__(self, folder):
        raw = os.open(folder / "raw.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        super().__init__("site-3", raw=raw, key="", now=lambda: NOW)
        self.events = []
        self.said = []

    def say(self, text):
        self.said.append(text)

    def tell(self, event, text, *, generation=0, reason="", ms=None):
        self.events.append((event, reason))
        super().tell(event, text, generation=generation, reason=reason, ms=ms)


class OfferWorld:
    """One offered file, and what becomes of it."""

    def __init__(self, folder, *, trust=False):
        self.folder = folder
        self.plan = folder / "plan.r112"
        self.trust = folder / "trust.json" if trust else None
        if self.trust:
            self.trust.write_bytes(render_trust(small_trust()))
        self.report = Remembering(folder)
        self.seconds = 0.0
        self.opened = 0
        """How often the file was judged."""
        self.clocks = Clocks(self._read_clock, lambda: self.seconds)
        trusted = small_trust() if trust else None
        self.staging = Staging(folder / "run", trusted, now=NOW)
        self.offers = Offers(self.plan, self.trust, self.staging, self.report, self.clocks)

    def _read_clock(self):
        self.opened += 1
        return NOW

    def write(self, generation, *, key="a", rename=True, cut=0):
        content = sign_blindly(write_snapshot(small_content(generation=generation)), key)
        path = self.folder / "new" if rename else self.plan
        path.write_bytes(content[: len(content) - cut])
        path.replace(self.plan)

    @property
    def generation(self):
        staged = self.staging.in_force
        return None if staged is None else staged.snapshot.generation
