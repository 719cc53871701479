"""The snapshot that is offered to a station: watched, judged, staged."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from route112 import __version__
from route112.adapters.source_folder import read_plain
from route112.adapters.staging import Offer, Staging, StagingError
from route112.apps.station.events import Reporter, show_time
from route112.apps.station.standing import (
    VERSION_VARIABLE,
    Standing,
    stamp_file,
    write_standing,
)
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import TRUST_SIZE_MAX, TrustError, TrustList, parse_trust

RETRY_FIRST_S = 1.0
"""After a good snapshot that could not be staged, because the disk is full as a rule."""
RETRY_MAX_S = 30.0
"""Each further trial waits twice as long, but never longer than this."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time as arguments."""

    now: Callable[[], UtcTime]
    """Wall clock."""
    monotonic_s: Callable[[], float]


class Watched:
    """
    A file that others replace or write.

    It is kept open: a file that was only removed would give its number to the next one, which
    would then look like the same one, written further.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle = -1
        self._seen: tuple[int, ...] | None = ()

    def look(self) -> tuple[bool, bool]:
        """Tell whether it changed since the last look, and whether it is the same file still."""
        seen = _stamp(self.path)
        if seen == self._seen:
            return False, True
        same = bool(seen and self._seen and seen[:2] == self._seen[:2])
        self.close()
        try:
            self._handle = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:  # told by whoever reads it
            self._handle = -1
        self._seen = seen
        return True, same

    def close(self) -> None:
        """Let the file go."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size


class Offers:
    """The file that the planner replaces, and what became of it."""

    def __init__(
        self, plan: Path, trust: Path | None, staging: Staging, report: Reporter, clocks: Clocks
    ) -> None:
        self.asked = True
        """Whether to judge the file even where it looks unchanged."""
        self.trouble = ""
        """Why a good snapshot could not be staged when it was tried last."""
        self._plan = plan
        self._trust = trust
        self._watched = [Watched(path) for path in (plan, trust) if path is not None]
        self._staging = staging
        self._report = report
        self._clocks = clocks
        self._growing = False
        self._wait_s = 0.0
        self._standing: Standing | None = None
        """As it was written last."""
        self._retry_s: float | None = None
        """When a good snapshot that could not be staged is tried again."""

    def take(self) -> bool:
        """Judge the offered file where it changed; tell whether another snapshot is in force."""
        looks = [watched.look() for watched in self._watched]
        changed = any(change for change, _ in looks)
        # The same file under another size is being written: judged once it stands still.
        growing = changed and all(same for _, same in looks)
        due = self._retry_s is not None and self._clocks.monotonic_s() >= self._retry_s
        wanted = self.asked or due or ((changed or self._growing) and not growing)
        self._growing = growing and not wanted
        if not wanted:
            return False
        again = due and not (changed or self.asked)
        self.asked = False
        self._retry_s = None
        self.trouble = ""
        self._read_trust()
        file = stamp_file(self._plan)
        try:
            offer = self._staging.offer(self._plan, now=self._clocks.now())
        except StagingError as error:
            self.trouble = str(error)
            self._plan_retry(self.trouble, again=again)
            self._stand(file, "not-staged")
            return False
        self._wait_s = 0.0
        self._stand(file, offer.reason)
        self._tell(offer)
        return offer.changed

    def _plan_retry(self, message: str, *, again: bool) -> None:
        """Try again later, ever more seldom; told for each file once."""
        self._wait_s = min(self._wait_s * 2, RETRY_MAX_S) if again else RETRY_FIRST_S
        self._retry_s = self._clocks.monotonic_s() + self._wait_s
        if not again:
            message += (
                f"; tried again by itself in {RETRY_FIRST_S:g} s, "
                f"then ever more seldom, every {RETRY_MAX_S:g} s at last"
            )
            offer = Offer(self._staging.in_force, reason="not-staged", message=message)
            self._tell_refused(offer)

    def _stand(self, file: str, reason: str) -> None:
        """Leave word for whoever brings snapshots, see `standing`."""
        version = os.environ.get(VERSION_VARIABLE, __version__)
        standing = Standing(version, file if reason else "", reason)
        if standing != self._standing:
            self._standing = standing
            write_standing(self._staging.current.parent, standing)

    def _read_trust(self) -> None:
        """Take the trust list as it is now; a bad one changes nothing."""
        if self._trust is None:
            return
        try:
            self._staging.trust = read_trust(self._trust)
        except (OSError, TrustError) as error:
            self._report.say(f"the trust list stays as it was: {self._trust}: {error}")

    def _tell(self, offer: Offer) -> None:
        if offer.reason:
            self._tell_refused(offer)
        elif offer.changed and offer.in_force is not None:
            snapshot = offer.in_force.snapshot
            self._report.generation = snapshot.generation
            self._report.tell(
                "snapshot",
                f"{describe(snapshot, self._clocks.now())} is in force",
                reason="offered",
            )

    def _tell_refused(self, offer: Offer) -> None:
        stays = offer.in_force
        kept = "nothing is in force" if stays is None else f"g{stays.snapshot.generation} stays"
        self._report.tell(
            "snapshot-refused",
            f"{self._plan} is refused ({offer.reason}): {offer.message}; {kept}",
            reason=offer.reason,
        )


def describe(snapshot: Snapshot, now: UtcTime) -> str:
    """Say which snapshot it is, and until when its edition holds."""
    text = f"g{snapshot.generation} (edition {snapshot.edition}, {len(snapshot.orders)} orders"
    if now >= snapshot.valid_until:
        return f"{text}, OUT OF DATE since {show_time(snapshot.valid_until)})"
    return f"{text}, until {show_time(snapshot.valid_until)})"


def read_trust(path: Path) -> TrustList:
    """Read a trust list; OSError or TrustError where it is none; waits for nobody."""
    return parse_trust(read_plain(path, TRUST_SIZE_MAX))
