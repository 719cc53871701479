"""
The figures of one station for Prometheus (docs/metrics.md): what its supervisor knows by itself.

What is asked is answered from memory and two looks at the file system. Only shared memory is asked
of Kamailio, now and then, whether somebody wants to know or not: no question from outside reaches
Kamailio.
"""

import asyncio
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from route112.adapters.kamailio_rpc import RpcError, read_counters
from route112.adapters.metrics.endpoint import MetricsEndpoint
from route112.adapters.source_folder import read_plain
from route112.adapters.staging import Staging
from route112.apps.station.events import Reporter
from route112.apps.station.figures.tally import Tally
from route112.apps.station.kamailio import Kamailio
from route112.apps.station.native import NativeTables
from route112.apps.station.recording import Recording
from route112.apps.station.setup import Station

MEMORY_SECONDS = 5.0
"""Between two questions for shared memory."""
CERTIFICATE_BYTES_MAX = 1 << 20
MEMORY_STATES = ("total", "used", "real_used", "max_used", "free")
PREFIX = "route112_station"
_US = 1e6
_COUNTERS = (
    ("attempts", "by", "Calls that were taken, by who decided where they go"),
    ("ended", "outcome", "Calls that ended, by what the caller got"),
    ("refused", "reason", "INVITEs that were refused instead"),
    ("degraded", "reason", "Decisions that do not go where the plan says"),
    ("tries_failed", "cause", "Targets that were rung and failed"),
    ("passed", "to", "Calls that an edge passed to a site"),
    ("returned", "to", "Those of them that the site did not serve"),
    ("events", "event", "Events of the station"),
)


@dataclass(frozen=True, slots=True)
class Parts:
    """Of a station, what knows something."""

    station: Station
    tally: Tally
    staging: Staging
    native: NativeTables
    recording: Recording
    kamailio: Kamailio


class StationCollector(Collector):
    """Says all figures as they are when it is asked."""

    def __init__(self, parts: Parts) -> None:
        self.memory: Mapping[str, int] = {}
        """Bytes of shared memory by state; empty: not known."""
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        tally = self._parts.tally
        for name, label, text in _COUNTERS:
            family = CounterMetricFamily(f"{PREFIX}_{name}", text, labels=[label])
            for value, count in getattr(tally, name).items():
                family.add_metric([value], count)
            yield family
        yield _gauge("breaker_open", "1 while no call goes there", "to", tally.breakers.items())
        yield from self._collect_snapshot()
        yield from self._collect_process()

    def _collect_snapshot(self) -> Iterator[Metric]:
        parts = self._parts
        if (staged := parts.staging.in_force) is not None:
            snapshot = staged.snapshot
            yield _plain("generation", "Of the snapshot in force", snapshot.generation)
            yield _plain(
                "valid_until_timestamp_seconds",
                "When the edition in force ends",
                snapshot.valid_until / _US,
            )
        if since_s := _find_time(parts.staging.current):
            yield _plain("in_force_timestamp_seconds", "Since when it is in force", since_s)
        if parts.native.table is not None:
            table = parts.native.table
            yield _plain("native_generation", "Of the native table", table.generation)
        yield _plain(
            "native_behind_seconds",
            "How long Kamailio has used a native table that is out of date",
            parts.native.behind_s,
        )

    def _collect_process(self) -> Iterator[Metric]:
        parts = self._parts
        yield _gauge("info", "Name of the station", "station", [(parts.station.name, 1)])
        yield _plain("kamailio_ready", "1 while Kamailio answers", int(parts.kamailio.ready))
        yield CounterMetricFamily(
            f"{PREFIX}_kamailio_starts", "Starts of Kamailio", value=parts.kamailio.starts
        )
        backlog = parts.recording.backlog_bytes
        yield _plain("recorder_runs", "1 while records are sealed", int(backlog is not None))
        if backlog is not None:
            yield _plain("records_backlog_bytes", "Records that are not sealed yet", backlog)
        if (free := _find_room(parts.station.run_dir)) is not None:
            yield _plain("disk_free_bytes", "Room on the disk of the run directory", free)
        tls = parts.station.tls
        if tls is not None and (ends_s := _find_end(tls.certificate)):
            text = "When the first certificate of its chain ends"
            yield _plain("certificate_ends_timestamp_seconds", text, ends_s)
        memory = self.memory.items()
        yield _gauge("shared_memory_bytes", "Shared memory of Kamailio", "state", memory)


class Metrics:
    """The endpoint of a station, and what has to be asked for it."""

    def __init__(self, place: tuple[str, int], parts: Parts, report: Reporter) -> None:
        self.collector = StationCollector(parts)
        self.endpoint = MetricsEndpoint(
            place, self.collector, complain=report.say, monotonic_s=time.monotonic
        )
        self._socket = parts.station.rpc_socket
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to answer; needs a running loop."""
        self.endpoint.begin()
        self._task = asyncio.get_running_loop().create_task(self._ask())

    async def end(self) -> None:
        """Answer no more."""
        await self.endpoint.end()
        if self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            await asyncio.wait((task,))

    async def _ask(self) -> None:
        while True:
            try:
                found = await read_counters(self._socket, "shmem:")
                self.collector.memory = {
                    state: found[name]
                    for state in MEMORY_STATES
                    if (name := f"{state}_size") in found
                }
            except RpcError:  # it starts, or is gone: `kamailio_ready` says so
                self.collector.memory = {}
            await asyncio.sleep(MEMORY_SECONDS)


def _plain(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", text, value=value)


def _gauge(
    name: str, text: str, label: str, values: Iterable[tuple[str, float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=[label])
    for value, number in values:
        family.add_metric([value], number)
    return family


def _find_time(path: Path) -> float | None:
    """Return when a file was put there; None where it is not."""
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _find_end(path: Path) -> float | None:
    """Return when a chain of certificates ends; None where it cannot be read."""
    try:
        chain = x509.load_pem_x509_certificates(read_plain(path, CERTIFICATE_BYTES_MAX))
    except (OSError, ValueError):
        return None
    return min(each.not_valid_after_utc.timestamp() for each in chain)


def _find_room(folder: Path) -> int | None:
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize
