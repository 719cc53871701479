"""The figures of a redirect server for Prometheus (docs/metrics.md), served in its own loop."""

import asyncio
import time
from collections.abc import Callable, Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from route112.adapters.metrics.endpoint import MetricsEndpoint
from route112.adapters.redirect_server.server import RedirectServer
from route112.adapters.redirect_server.shelf import Shelf

PREFIX = "route112_redirect"


class RedirectCollector(Collector):
    """Says all figures as they are when it is asked."""

    def __init__(self, server: RedirectServer, shelf: Shelf) -> None:
        self._server = server
        self._shelf = shelf

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        counts = self._server.counts
        answers = CounterMetricFamily(
            f"{PREFIX}_answers", "Requests that were answered, by status", labels=["status"]
        )
        for status, count in counts.statuses.items():
            answers.add_metric([status], count)
        yield answers
        dropped = CounterMetricFamily(
            f"{PREFIX}_dropped", "Messages that were not answered", labels=["reason"]
        )
        dropped.add_metric(["rate"], counts.limited)
        dropped.add_metric(["noise"], counts.dropped - counts.limited)
        dropped.add_metric(["mistake"], counts.failed)
        yield dropped
        yield GaugeMetricFamily(
            f"{PREFIX}_connections", "TCP connections", value=sum(self._server.sources.values())
        )
        book = self._shelf.book
        yield GaugeMetricFamily(
            f"{PREFIX}_generation", "Of the snapshot in force", value=book.generation
        )
        yield GaugeMetricFamily(
            f"{PREFIX}_in_force_timestamp_seconds",
            "Since when it is in force",
            value=self._shelf.since_s,
        )


async def serve_metrics(
    place: tuple[str, int],
    server: RedirectServer,
    shelf: Shelf,
    *,
    until: "asyncio.Future[None]",
    say: Callable[[str], None],
) -> None:
    """Answer Prometheus until something is done; whatever becomes of that, it goes on."""
    collector = RedirectCollector(server, shelf)
    endpoint = MetricsEndpoint(place, collector, complain=say, monotonic_s=time.monotonic)
    endpoint.begin()
    try:
        await asyncio.wait((until,))
    finally:
        await endpoint.end()
