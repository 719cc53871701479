"""The loop of one site: offered snapshots, the native table, Kamailio, signals."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.staging import Offer, Staging, StagingError
from route112.adapters.supervision import SupervisionError
from route112.apps.site.events import Reporter, show_time
from route112.apps.site.kamailio import Kamailio, KamailioError
from route112.apps.site.native import NativeTables
from route112.apps.site.recording import Recording
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import TrustError, TrustList, parse_trust

TICK_SECONDS = 0.2
"""How often the offered file is looked at."""
STARTING_TICK_SECONDS = 0.02
"""While Kamailio is asked whether it is there yet."""
US_PER_S = 1_000_000

_Seen = tuple[tuple[int, int, int] | None, ...]
"""Inode, change and size of each file that is watched; None where it is missing."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time as arguments."""

    now: Callable[[], UtcTime]
    """Wall clock."""
    monotonic_s: Callable[[], float]


class Offers:
    """The file that the planner replaces, and what became of it."""

    def __init__(
        self, plan: Path, trust: Path | None, staging: Staging, report: Reporter, clocks: Clocks
    ) -> None:
        self.asked = True
        """Whether to judge the file even where it looks unchanged."""
        self._plan = plan
        self._trust = trust
        self._staging = staging
        self._report = report
        self._clocks = clocks
        self._seen: _Seen = ()
        self._growing = False

    def take(self) -> bool:
        """Judge the offered file where it changed; tell whether another snapshot is in force."""
        seen = tuple(_look(path) for path in (self._plan, self._trust) if path is not None)
        if not self.asked:
            if seen == self._seen and not self._growing:
                return False
            # The same file under another size is being written: judged once it stands still.
            self._growing = seen != self._seen and _is_same_file(seen, self._seen)
            self._seen = seen
            if self._growing:
                return False
        self.asked = False
        self._seen = seen
        self._read_trust()
        try:
            offer = self._staging.offer(self._plan, now=self._clocks.now())
        except StagingError as error:
            self._tell_refused(
                Offer(self._staging.in_force, reason="not-staged", message=str(error))
            )
            return False
        self._tell(offer)
        return offer.changed

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
    """Read a trust list; OSError or TrustError where it is none."""
    return parse_trust(path.read_bytes())


def _look(path: Path) -> tuple[int, int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _is_same_file(seen: _Seen, before: _Seen) -> bool:
    inodes = [[None if look is None else look[0] for look in looks] for looks in (seen, before)]
    return inodes[0] == inodes[1]


class Supervisor:
    """Runs the parts of a site in turn until it is told to stop."""

    def __init__(  # noqa: PLR0913  one parameter for each part
        self,
        *,
        offers: Offers,
        staging: Staging,
        native: NativeTables,
        make_kamailio: Callable[[Callable[[], None]], Kamailio],
        recording: Recording,
        report: Reporter,
        clocks: Clocks,
    ) -> None:
        self._offers = offers
        self._staging = staging
        self._native = native
        self._recording = recording
        self._report = report
        self._clocks = clocks
        self._wake = asyncio.Event()
        self._stopping = ""
        self._kamailio = make_kamailio(self._wake.set)
        self._starts = 0

    async def run(self, *, seconds_max: float | None = None) -> None:
        """
        Run until SIGTERM or SIGINT, or for `seconds_max`; end Kamailio on the way out.

        Raises: KamailioError, SupervisionError, NativeError, OSError, TemplateError where the
            site cannot be run at all; nothing of it is left running then.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number.name.lower())
        loop.add_signal_handler(signal.SIGHUP, self._ask_again)
        if seconds_max is not None:
            loop.call_later(seconds_max, self._stop, "time-is-over")
        self._recording.begin()
        try:
            await self._serve()
            self._report.tell("stop", f"stopped ({self._stopping})", reason=self._stopping)
        finally:
            await self._recording.end()

    async def _serve(self) -> None:
        try:
            self._native.build(self._snapshot)
            self._kamailio.prepare()
            await self._kamailio.begin()
            while not self._stopping:
                await self._step()
                await self._pause()
        finally:
            await self._kamailio.stop()

    @property
    def _snapshot(self) -> Snapshot:
        staged = self._staging.in_force
        assert staged is not None, "a site starts with a snapshot in force"
        return staged.snapshot

    def _stop(self, why: str) -> None:
        self._stopping = why
        self._wake.set()

    def _ask_again(self) -> None:
        self._offers.asked = True
        self._wake.set()

    async def _step(self) -> None:
        try:
            await self._kamailio.step()
        except (KamailioError, SupervisionError, OSError) as error:  # a disk may be full or gone
            if not self._kamailio.was_ready:
                raise
            self._report.tell("restart-failed", str(error), reason="not-started")
        if self._kamailio.starts != self._starts:
            self._starts = self._kamailio.starts
            self._native.forget()
        self._offers.take()
        await self._native.step(self._snapshot, ready=self._kamailio.ready)

    async def _pause(self) -> None:
        """Wait for the next tick, or less where something is due or wakes the loop."""
        seconds = TICK_SECONDS if self._kamailio.ready else STARTING_TICK_SECONDS
        if self._native.due is not None:
            left_s = (self._native.due - self._clocks.now()) / US_PER_S
            seconds = max(0.0, min(seconds, left_s))
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()
