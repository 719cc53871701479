"""
Figures of one process for Prometheus, served inside its own event loop.

Whoever asks is a stranger to what the process is for, so everything is bounded: how many ask at
once, how much they may say, how long an exchange may take however slowly they read, and how often
figures are rendered. A mistake in the figures is an answer 500; nothing raises into the loop.
"""

import asyncio
import contextlib
from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

CONNECTIONS_MAX = 8
"""Exchanges at once; a further connection is closed."""
REQUEST_BYTES_MAX = 8_192
"""Bytes of a request's head; a longer one is no question of Prometheus."""
EXCHANGE_SECONDS_MAX = 5.0
"""From connection to the last octet, then it is cut."""
RENDER_SECONDS = 0.5
"""Figures are rendered anew when they are older than this, whoever asks how often."""
BIND_RETRY_SECONDS = 10.0
"""After an address that could not be had."""
PATHS = ("/metrics", "/")

_TEXT = "text/plain; charset=utf-8"


class MetricsEndpoint:
    """
    Answers GET with what a collector says.

    Args:
        place: numeric host and port; a name would be looked up, and who knows for how long.
        complain: told where it listens, and once of each trouble.
        monotonic_s: a clock that is never set.
    """

    def __init__(
        self,
        place: tuple[str, int],
        collector: Collector,
        *,
        complain: Callable[[str], None],
        monotonic_s: Callable[[], float],
    ) -> None:
        self.port = 0
        """Where it listens; 0: it does not."""
        self.refused = 0
        """Connections closed because there were too many."""
        self._place = place
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(collector)
        self._complain = complain
        self._monotonic_s = monotonic_s
        self._body = b""
        self._rendered_s: float | None = None
        self._said = ""
        self._open: set[asyncio.StreamWriter] = set()
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to listen, as soon as that is possible; needs a running loop."""
        self._task = asyncio.get_running_loop().create_task(self._serve())

    async def end(self) -> None:
        """Listen no more, and cut who still reads."""
        if self._task is None:
            return
        task, self._task = self._task, None
        task.cancel()
        await asyncio.wait((task,))

    async def _serve(self) -> None:
        host, port = self._place
        while True:
            try:
                server = await asyncio.start_server(
                    self._answer, host, port, limit=REQUEST_BYTES_MAX, backlog=CONNECTIONS_MAX
                )
            except (OSError, OverflowError) as error:
                self._say(f"metrics are not served at {host} port {port}: {error}")
                await asyncio.sleep(BIND_RETRY_SECONDS)
                continue
            try:
                self.port = server.sockets[0].getsockname()[1]
                self._say(f"metrics are served at {host} port {self.port}")
                await asyncio.get_running_loop().create_future()
            finally:
                self.port = 0
                server.close()
                for writer in list(self._open):
                    writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= CONNECTIONS_MAX:
            self.refused += 1
            writer.transport.abort()
            return
        self._open.add(writer)
        try:
            async with asyncio.timeout(EXCHANGE_SECONDS_MAX):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._reply(head))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.transport.abort()
        finally:
            self._open.discard(writer)

    def _reply(self, head: bytes) -> bytes:
        method, target, *_ = [*head.split(b"\r\n", 1)[0].decode("latin-1").split(" "), "", ""]
        if method not in ("GET", "HEAD"):
            return _render("405 Method Not Allowed", b"GET asks for the figures\n")
        if target.partition("?")[0] not in PATHS:
            return _render("404 Not Found", b"the figures are at /metrics\n")
        try:
            body = self._render_figures()
        except Exception as error:  # noqa: BLE001  a defect here must not stop what matters
            self._say(f"metrics cannot be told: {error!r}")
            return _render("500 Internal Server Error", b"the figures cannot be told\n")
        reply = _render("200 OK", body, kind=CONTENT_TYPE_LATEST)
        return reply if method == "GET" else reply[: len(reply) - len(body)]

    def _render_figures(self) -> bytes:
        now_s = self._monotonic_s()
        if self._rendered_s is None or now_s - self._rendered_s >= RENDER_SECONDS:
            self._body = generate_latest(self._registry)
            self._rendered_s = now_s
        return self._body

    def _say(self, text: str) -> None:
        """Tell people once of each turn of events."""
        if text != self._said:
            self._said = text
            with contextlib.suppress(OSError):  # a closed terminal is no reason to stop
                self._complain(text)


def _render(status: str, body: bytes, *, kind: str = _TEXT) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode("latin-1") + body
