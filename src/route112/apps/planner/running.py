"""One planner from its first start to its end: engine, desk and API in one process."""

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette

from route112.access import Verdict
from route112.apps.certificates.ends import TlsFiles
from route112.apps.planner.api import build_app, finish_allowed, note_noise
from route112.apps.planner.certificates import KEEP_S, CertificateBook
from route112.apps.planner.desk import AccessDesk
from route112.apps.planner.engine import Engine, JournalError
from route112.apps.planner.engine.beats import Beat
from route112.apps.planner.serving import MODE_GROUP, Listener, bind_tcp, bind_unix, load_tls
from route112.change.asking import AddStations, Refusal

SOCKET = "socket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Https:
    """Where other machines reach a planner."""

    host: str
    port: int
    certificate: Path
    key: Path
    client_authority: Path
    beyond_loopback: bool = False

    @property
    def files(self) -> TlsFiles:
        """Return its files."""
        return TlsFiles(self.certificate, self.key, self.client_authority)


class EndedError(Exception):
    """Something that never ends has ended; whoever supervises starts the planner again."""


def begin_journal(
    engine: Engine, plan: Path, stations: Sequence[str], *, idle: Collection[str] = ()
) -> str:
    """
    Take what is in force when a planner begins for the first time; say what people should know.

    Later it brings what is in force to stations that the topology has gained.

    Args:
        idle: sites that no operator sends calls to, as one that was evacuated: not added.
    Raises: CandidateError, JournalError.
    """
    if not engine.state.stations:
        granted = engine.found(plan, tuple(stations))
        if isinstance(granted, Refusal):
            raise JournalError(f"the journal cannot begin: {granted.text}")
        return f"the journal begins: {len(stations)} stations have {plan}"
    known = set(engine.state.stations)
    new = [each for each in stations if each not in known]
    gone = sorted(known - set(stations))
    left = ", ".join(each for each in new if each in idle)
    parts = [f"{left}: no operator has it among its sites, so it gets nothing"] if left else []
    if added := tuple(each for each in new if each not in idle):
        parts.append(f"{', '.join(added)}: {_add(engine, added)}")
    parts += [f"{', '.join(gone)}: in the journal, and not in the topology"] if gone else []
    return "; ".join(parts) or f"goes on with {len(known)} stations"


def _add(engine: Engine, stations: tuple[str, ...]) -> str:
    """Add them, and say what became of it: those that are there are served all the same."""
    try:
        granted = engine.wish(AddStations(stations=stations))
    except JournalError as error:
        return f"not added: {error}"
    if isinstance(granted, Refusal):
        return f"not added: {granted.text}"
    return "new in the topology, and shall have what is in force"


async def serve(  # noqa: PLR0913  one for each way in
    engine: Engine,
    desk: AccessDesk,
    folder: Path,
    *,
    https: Https | None,
    people_socket: Path | None = None,
    say: Callable[[str], None],
    seconds_max: float | None,
) -> None:
    """
    Serve until SIGTERM, SIGINT, or for some seconds.

    Args:
        people_socket: a second socket, for the group of its folder.
    Raises: ListenError, EndedError.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if seconds_max is not None:
        loop.call_later(seconds_max, stopping.set)
    book = CertificateBook(folder, None if https is None else https.files)
    app = build_app(engine, desk, folder=folder, note_end=book.note)
    allowed = desk.list_allowed()
    listener = Listener(app, refuse=lambda identity: note_noise(app, identity))
    places = _list_places(folder, https, people_socket, say)
    tasks = [asyncio.create_task(listener.serve(bound, tls)) for bound, tls in places]
    tasks.append(asyncio.create_task(engine.run()))
    tasks.append(asyncio.create_task(_finish(app, allowed, say)))
    say(f"answers at {folder / SOCKET}" + (f" and {https.host}:{https.port}" if https else ""))
    keeping = _begin_keeping(book, engine, say)
    waiting = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((waiting, *tasks), return_when=asyncio.FIRST_COMPLETED)
    finally:
        keeping.end(0.0)
        listener.close()
        ended = [task for task in tasks if task.done()]
        for task in (waiting, *tasks):
            task.cancel()
        await asyncio.gather(waiting, *tasks, return_exceptions=True)
        _clear(folder / SOCKET, people_socket)
    for task in ended:
        raise EndedError(f"the planner cannot go on: {task.exception()}")


def _begin_keeping(book: CertificateBook, engine: Engine, say: Callable[[str], None]) -> Beat:
    """Have it written down whose certificate ends when; nothing waits for that."""

    def keep() -> None:
        book.keep(engine.state.stations)

    keeping = Beat("certificates", keep, every_s=KEEP_S, say=say)
    keeping.begin()
    return keeping


def _list_places(
    folder: Path, https: Https | None, people_socket: Path | None, say: Callable[[str], None]
) -> list[tuple[socket.socket, Callable[[], ssl.SSLContext] | None]]:
    """Return where it listens, and by which TLS. Raises: ListenError."""
    places: list[tuple[socket.socket, Callable[[], ssl.SSLContext] | None]] = []
    if https is not None:
        places.append((_bind_https(https), load_tls(https.files, say=say)))
    places.append((bind_unix(folder / SOCKET), None))
    if people_socket is not None:
        places.append((bind_unix(people_socket, mode=MODE_GROUP), None))
    return places


async def _finish(app: Starlette, allowed: Sequence[Verdict], say: Callable[[str], None]) -> None:
    """Carry out what the planner before had allowed; a task that never ends, like the others."""
    await finish_allowed(app, allowed, say=say)
    await asyncio.Event().wait()


def _clear(*sockets: Path | None) -> None:
    """Take socket files away; one that stays is taken away at the next start."""
    for path in filter(None, sockets):
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _bind_https(https: Https) -> socket.socket:
    return bind_tcp(https.host, https.port, beyond_loopback=https.beyond_loopback)
