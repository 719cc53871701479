"""
Reports by HTTP: `POST /reports` with a token, for whoever has no shell on this machine.

A thread of its own with an event loop of its own. A request is small and bounded in time as a
whole; what it says is kept in the store, from which watch takes it within a second.
"""

import asyncio
import contextlib
import hmac
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec

from route112.adapters.clock import utc_now
from route112.adapters.watch_store import StoreError, open_store
from route112.apps.alarms.saying import ReportError, keep_report

HEAD_BYTES_MAX = 8 * 1024
BODY_BYTES_MAX = 4 * 1024
REQUEST_S_MAX = 5.0
"""Until a request is there: whoever is slower is let go."""
KEEP_S_MAX = 15.0
"""Until it is kept and answered: watch and others write into the same store."""
CONNECTIONS_MAX = 32
"""At once; for a further one that is let go which has waited longest without a word of a token."""
STARTED_S_MAX = 5.0
PATH = "/reports"
REASONS = {
    202: "Accepted",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
    422: "Unprocessable Content",
    503: "Service Unavailable",
}


class Said(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a request."""

    text: str
    who: str
    psap: str = ""
    departement: str = ""
    number: str = ""
    operator: str = ""


class _AnswerError(Exception):
    """A request that is not taken."""

    def __init__(self, status: int, error: str, remedy: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.remedy = remedy


class Listener:
    """
    The thread.

    Args:
        address: host and port.
        token: what a request has to prove that it knows.
        path: of the store.
    """

    def __init__(
        self,
        address: tuple[str, int],
        *,
        token: str,
        path: Path,
        complain: Callable[[str], None],
    ) -> None:
        self._address = address
        self._token = token.encode()
        self._path = path
        self._complain = complain
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._ended: asyncio.Event | None = None
        self._error: OSError | None = None
        self._open = 0
        self._unproven: dict[asyncio.Task[None], None] = {}
        """Who has not shown a token yet, in the order in which they came."""
        self.port = 0
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)

    def start(self) -> None:
        """Listen; raises OSError where the address cannot be had."""
        self._thread.start()
        self._started.wait(STARTED_S_MAX)
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """End; a request that is under way is let go."""
        if self._ended is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(REQUEST_S_MAX)

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        try:
            server = await asyncio.start_server(self._answer, *self._address, limit=HEAD_BYTES_MAX)
        except OSError as error:
            self._error = error
            self._started.set()
            return
        self._ended = asyncio.Event()
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        async with server:
            await self._ended.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own = asyncio.current_task()
        assert own is not None, "a server runs it as a task"
        if self._open >= CONNECTIONS_MAX and not self._let_oldest_go():
            writer.close()
            return
        self._open += 1
        self._unproven[own] = None
        try:
            await self._take(reader, writer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # Whoever is too slow, hangs up, or has to make room has no answer coming.
            pass
        finally:
            self._open -= 1
            self._unproven.pop(own, None)
            writer.close()

    def _let_oldest_go(self) -> bool:
        """Tell whether there was somebody without a token: idle ones keep no report out."""
        oldest = next(iter(self._unproven), None)
        if oldest is None:
            return False
        del self._unproven[oldest]
        oldest.cancel()
        return True

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_S_MAX):
                report = await self._read(reader)
            async with asyncio.timeout(KEEP_S_MAX):
                status, body = 202, await asyncio.to_thread(self._keep, report)
        except _AnswerError as error:
            status = error.status
            body = {"error": str(error), "remedy": error.remedy}
        except asyncio.LimitOverrunError:
            status, body = 413, {"error": "the head is too long"}
        content = msgspec.json.encode(body)
        head = (
            f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode() + content)
        await writer.drain()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.split("\r\n")
        words = line.split(" ")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (f.partition(":") for f in fields)
        }
        if len(words) != 3 or not words[2].startswith("HTTP/1."):  # noqa: PLR2004  verb, path, version
            raise _AnswerError(400, "this is no HTTP request")
        if words[1] != PATH:
            raise _AnswerError(404, f"there is nothing but {PATH}")
        if words[0] != "POST":
            raise _AnswerError(405, "a report is sent by POST")
        self._check_token(headers.get("authorization", ""))
        if (own := asyncio.current_task()) is not None:
            self._unproven.pop(own, None)
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdecimal()):
            raise _AnswerError(411, "a Content-Length is needed")
        if len(length) > len(str(BODY_BYTES_MAX)) or int(length) > BODY_BYTES_MAX:
            raise _AnswerError(413, f"a report has {BODY_BYTES_MAX} bytes at most")
        return await reader.readexactly(int(length))

    def _check_token(self, said: str) -> None:
        scheme, _, token = said.partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(
            token.strip().encode("latin-1", "replace"), self._token
        ):
            raise _AnswerError(401, "the token is not known", "Send Authorization: Bearer TOKEN")

    def _keep(self, content: bytes) -> dict[str, object]:
        try:
            said = msgspec.json.decode(content, type=Said)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _AnswerError(400, f"the body is no report: {error}") from error
        about = {
            name: getattr(said, name) for name in ("psap", "departement", "number", "operator")
        }
        try:
            with contextlib.closing(open_store(self._path)) as store:
                id_ = keep_report(store, about, text=said.text, who=said.who, wall_us=utc_now())
        except ReportError as error:
            raise _AnswerError(422, str(error), error.remedy) from error
        except (sqlite3.Error, StoreError, OSError) as error:
            self._complain(f"a report cannot be kept: {error}")
            raise _AnswerError(503, "the report cannot be kept", "Use the telephone") from error
        return {"report": id_}
