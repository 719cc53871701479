"""The loop of one station: offered snapshots, the native table, Kamailio, signals."""

import asyncio
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from route112.adapters.staging import Staged, Staging
from route112.adapters.supervision import SupervisionError
from route112.apps.duty.draining import Draining
from route112.apps.station.disk import DiskWatch
from route112.apps.station.events import Reporter
from route112.apps.station.kamailio import Kamailio, KamailioError
from route112.apps.station.native import NativeTables
from route112.apps.station.offers import Clocks, Offers
from route112.apps.station.recording import Recording

if TYPE_CHECKING:
    from route112.apps.station.figures.metrics import Metrics

TICK_SECONDS = 0.1
"""How often the offered file is looked at."""
STARTING_TICK_SECONDS = 0.02
"""While Kamailio is asked whether it is there yet."""
US_PER_S = 1_000_000


class Supervisor:
    """Runs the parts of a station in turn until it is told to stop."""

    def __init__(  # noqa: PLR0913  one parameter for each part
        self,
        *,
        offers: Offers,
        staging: Staging,
        native: NativeTables,
        make_kamailio: Callable[[Callable[[], None]], Kamailio],
        disk: DiskWatch,
        recording: Recording,
        report: Reporter,
        clocks: Clocks,
        draining: Draining | None = None,
        make_metrics: "Callable[[Kamailio], Metrics] | None" = None,
    ) -> None:
        self._offers = offers
        self._staging = staging
        self._native = native
        self._disk = disk
        self._recording = recording
        self._draining = draining
        self._report = report
        self._clocks = clocks
        self._wake = asyncio.Event()
        self._stopping = ""
        self._kamailio = make_kamailio(self._wake.set)
        self._metrics = None if make_metrics is None else make_metrics(self._kamailio)
        self._starts = self._vain = 0

    async def run(self, *, seconds_max: float | None = None) -> None:
        """
        Run until SIGTERM or SIGINT, or for `seconds_max`; end Kamailio on the way out.

        Raises: KamailioError, SupervisionError, NativeError, OSError, TemplateError where the
            station cannot be run at all; nothing of it is left running then.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number.name.lower())
        loop.add_signal_handler(signal.SIGHUP, self._ask_again)
        if seconds_max is not None:
            loop.call_later(seconds_max, self._stop, "time-is-over")
        self._recording.begin()
        if self._metrics is not None:
            self._metrics.begin()
        try:
            await self._serve()
            self._report.tell("stop", f"stopped ({self._stopping})", reason=self._stopping)
        finally:
            if self._metrics is not None:
                await self._metrics.end()
            await self._recording.end()

    async def _serve(self) -> None:
        try:
            await self._native.build(self._staged)
            self._kamailio.prepare()
            await self._kamailio.begin()
            while not self._stopping:
                await self._step()
                await self._pause()
        finally:
            await self._native.end()
            if self._draining is not None:
                await self._draining.end()
            await self._kamailio.stop()

    @property
    def _staged(self) -> Staged:
        staged = self._staging.in_force
        assert staged is not None, "a station starts with a snapshot in force"
        return staged

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
        if self._kamailio.vain != self._vain:
            self._vain = self._kamailio.vain
            self._native.distrust()
        self._disk.look()
        self._offers.take()
        self._native.step(self._staged, ready=self._kamailio.ready)
        if self._draining is not None:
            self._draining.step(self._kamailio.starts, ready=self._kamailio.ready)

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
