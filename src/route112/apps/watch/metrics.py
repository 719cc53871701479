"""
What watch shows, for Prometheus.

One endpoint for the whole country: what stands in the records of all stations, by edge and site.
What a station knows of itself is told by its own supervisor (`station.figures`). Labels are those
of the board, which are bounded and name nobody; docs/metrics.md lists all figures.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from route112.apps.watch.shown import Shown
from route112.watch.findings import FindingKind
from route112.watch.series import DIMENSIONS
from route112.watch.watching.board import CUTS, TRY_CUTS

LABELS = tuple(name for name in DIMENSIONS if any(name in cut for cut in (*CUTS, *TRY_CUTS)))
"""Labels of a series; an empty one: the series is of all of them together."""
_PREFIX = "route112_watch"


class Board(Collector):
    """What was shown last; set by the loop, read by the endpoint's thread."""

    def __init__(self) -> None:
        self._shown: Shown | None = None

    def show(self, shown: Shown) -> None:
        """Have this shown to whoever asks."""
        self._shown = shown

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        shown = self._shown
        if shown is None:
            return
        yield from _collect_own(shown)
        for is_tries, word in ((False, "attempts"), (True, "tries")):
            yield from _collect_series(shown, word, is_tries=is_tries)


@contextmanager
def serve(host: str, port: int, board: Board) -> Iterator[int]:
    """Answer Prometheus while the context lasts; gives the port. Raises OSError."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(board)
    server: WSGIServer
    thread: threading.Thread
    server, thread = start_http_server(port, addr=host, registry=registry)
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _collect_own(shown: Shown) -> Iterator[Metric]:
    """Yield how watch itself fares."""
    counters = (
        ("records", "Records that were taken", shown.records),
        ("calls", "Calls that were joined from them", shown.calls),
        ("records_missing", "Records that never came", shown.missing),
        ("test_calls", "Test calls", shown.tests),
        ("test_calls_answered", "Test calls that were answered", shown.tests_answered),
        ("webhook_given_up", "Events that the webhook did not take", shown.unsent),
        ("series_without_room", "Times that a series was met for which there was no room",
         shown.unshown),
    )  # fmt: skip
    for name, text, value in counters:
        yield CounterMetricFamily(f"{_PREFIX}_{name}", text, value=value)
    looked_s = (shown.watch_us or 0) / 1e6
    gauges = (
        ("looked_timestamp_seconds", "Last second that was looked at, by the clock of calls",
         looked_s),
        ("sources", "Records folders that are followed", shown.sources),
        ("sources_unreadable", "Those of them that cannot be read", len(shown.trouble)),
        ("records_awaited", "Records that are waited for: later ones are there", shown.gaps),
        ("backlog", "1 while there is more to be read", int(shown.has_backlog)),
    )  # fmt: skip
    for name, text, number in gauges:
        yield GaugeMetricFamily(f"{_PREFIX}_{name}", text, value=number)
    found = GaugeMetricFamily(f"{_PREFIX}_findings", "Findings that are open", labels=["kind"])
    for kind in FindingKind:
        found.add_metric([kind.value], shown.open.get(kind.value, 0))
    yield found


def _collect_series(shown: Shown, word: str, *, is_tries: bool) -> Iterator[Metric]:
    """Yield the figures of calls, or of tries."""
    rows = [
        ([dict(each.pairs).get(label, "") for label in LABELS], each)
        for each in shown.series
        if each.is_tries == is_tries
    ]
    counted = (
        (word, f"All {word}", "attempts"),
        (f"{word}_ended", f"{word} whose end is known".capitalize(), "ended"),
        (f"{word}_answered", f"{word} that were answered".capitalize(), "answered"),
    )
    callers = (
        ("attempts_anonymous", "Attempts without a number", "anonymous"),
        ("callers", "Callers, each once in two minutes", "callers"),
        ("callers_failed", "Callers who did not get through", "failed"),
    )
    for name, text, of in counted if is_tries else (*counted, *callers):
        family = CounterMetricFamily(f"{_PREFIX}_{name}", text, labels=LABELS)
        for labels, each in rows:
            family.add_metric(labels, getattr(each.total, of))
        yield family
    parties = CounterMetricFamily(
        f"{_PREFIX}_{word}_failed", f"Failed {word} by who failed", labels=[*LABELS, "party"]
    )
    for labels, each in rows:
        for party, count in each.total.parties.items():
            parties.add_metric([*labels, party], count)
    yield parties
    if not is_tries:
        usual = GaugeMetricFamily(
            f"{_PREFIX}_usual_places_per_second", "Places that use to call now", labels=LABELS
        )
        floor = GaugeMetricFamily(
            f"{_PREFIX}_floor_seconds", "How long a whole silence takes to show", labels=LABELS
        )
        for labels, each in rows:
            if each.usual_per_min is not None:
                usual.add_metric(labels, each.usual_per_min / 60)
            if each.floor_s is not None:
                floor.add_metric(labels, each.floor_s)
        yield from (usual, floor)
