"""A planner that is asked over its real sockets, and whoever asks it."""

import asyncio
import contextlib
import getpass
import http.client
import json
import secrets
import socket
import ssl
import threading
import time
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID
from tests.support.certificates import write_authority
from tests.support.planned import PROFILE, STATIONS, Idle, Quiet, write_plan
from tests.support.snapshots import make_test_key

from route112.access import parse_audit
from route112.adapters.clock import utc_now
from route112.apps.certificates.ends import TlsFiles
from route112.apps.planner.api import build_app, finish_allowed, note_noise
from route112.apps.planner.desk import AccessDesk
from route112.apps.planner.engine import Engine
from route112.apps.planner.engine.engine import Means
from route112.apps.planner.serving import Limits, Listener, bind_tcp, bind_unix, load_tls
from route112.apps.planner.web.guard import Rates

OWN = getpass.getuser()
PEOPLE = f"""
people:
  - id: first
    system_users: ["{OWN}"]
    roles: [crisis, planner, reader]
  - id: second
    certificates: ["CN=second,O=prefecture"]
    roles: [operator, crisis]
  - id: desk-29
    certificates: ["CN=desk-29"]
    psap: CRRA15-29
  - id: reader
    certificates: ["CN=reader"]
    roles: [reader]
"""
STATIONS_YAML = """
stations:
  - id: site-1
    certificates: ["CN=site-1"]
"""
SUBJECTS = ("second", "desk-29", "reader", "site-1", "stranger")
HOUR_US = 3_600_000_000


@dataclass
class Answer:
    status: int
    headers: dict
    content: bytes

    @property
    def json(self):
        return json.loads(self.content)

    @property
    def reason(self):
        return self.json["type"].removeprefix("urn:route112:")


def stamp(**fields):
    """What each request has that changes something."""
    return {
        "asked_us": utc_now(),
        "nonce": secrets.token_hex(16),
        "reason": "flooded",
    } | fields


def pause(**fields):
    """An order."""
    order = {"kind": "pause", "psap": "CRRA15-29", "expires_us": utc_now() + HOUR_US}
    return stamp(**order | fields)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("planner", timeout=60.0)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Commanded:
    """A planner with an engine, a desk and both kinds of sockets, in a thread."""

    def __init__(self, folder, *, tls=True, people=PEOPLE, subjects=(), **parts):
        self.folder, self.planner = folder, folder / "planner"
        self.socket = self.planner / "socket"
        self._limits, self._rates, self._tls = parts.get("limits"), parts.get("rates"), tls
        self._senses = parts.get("senses") or Quiet()
        self._people, self._subjects = people, (*SUBJECTS, *subjects)
        if not self.planner.exists():
            self._begin()

    def _begin(self):
        self.planner.mkdir()
        (self.planner / "people.yaml").write_text(self._people)
        (self.planner / "stations.yaml").write_text(STATIONS_YAML)
        write_plan(self.folder / "fr.r112")
        if self._tls:
            authority = self.authority = write_authority(self.folder / "ca.pem")
            authority.issue("planner")
            for name in self._subjects:
                prefecture = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "prefecture")
                authority.issue(name, *([prefecture] if name == "second" else []))

    def start(self):
        means = Means(PROFILE, make_test_key("a"), None)
        self.engine = Engine(self.planner, means, senses=self._senses, hands=Idle())
        if not self.engine.state.stations:
            self.engine.found(self.folder / "fr.r112", STATIONS)
        self.desk = AccessDesk(self.planner)
        self.ends, self.said = {}, []
        self.app = build_app(
            self.engine,
            self.desk,
            folder=self.planner,
            note_end=lambda station, *shown: self.ends.update({station: shown}),
        )
        self.app.state.ground.rates = self._rates or Rates(burst=1_000)
        self.listener = Listener(
            self.app, limits=self._limits, refuse=lambda who: note_noise(self.app, who)
        )
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._ready = threading.Event()
        self._thread.start()
        assert self._ready.wait(10.0)
        return self

    async def _serve(self):
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        served = [self.listener.serve(bind_unix(self.socket))]
        if self._tls:
            tcp, ca = bind_tcp("127.0.0.1", 0), self.folder / "ca.pem"
            self.port = tcp.getsockname()[1]
            files = TlsFiles(*(self.folder / f"planner.{each}" for each in ("pem", "key")), ca)
            served.append(self.listener.serve(tcp, load_tls(files, say=self.said.append)))
        tasks = [asyncio.create_task(each) for each in (self.engine.run(), *served)]
        self.finished = []
        await finish_allowed(self.app, self.desk.list_allowed(), say=self.finished.append)
        self._ready.set()
        await self._stop.wait()
        self.listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60.0)
        assert not self._thread.is_alive()
        self.engine.close()
        self.desk.close()

    def connect(self, via=""):
        """Connect as the system user, or with a certificate."""
        if not via:
            return UnixConnection(self.socket)
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.load_cert_chain(self.folder / f"{via}.pem", self.folder / f"{via}.key")
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60.0, context=context)

    def ask(self, method, path, body=None, *, via="", headers=None):
        connection = self.connect(via)
        try:
            headers = dict(headers or {})
            if body is not None and not isinstance(body, bytes):
                body = json.dumps(body).encode()
                headers.setdefault("Content-Type", "application/json")
            # A body that is refused unread is not taken to its end.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def send(self, content, *, seconds=5.0):
        """Send bytes as they are; return what comes until the other end closes, or time is over."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
            asking.settimeout(seconds)
            asking.connect(str(self.socket))
            asking.sendall(content)
            got = b""
            try:
                while part := asking.recv(65_536):
                    got += part
            except (TimeoutError, ConnectionResetError):
                return got
            return got

    @property
    def audit(self):
        """The verdicts on the disk."""
        found = parse_audit((self.planner / "audit.log").read_bytes())
        assert not found.flaw
        return found.verdicts

    @property
    def last(self):
        """The last line of the log, in words."""
        verdict = self.audit[-1]
        request = verdict.request
        return (
            str(verdict.ruling),
            str(verdict.reason),
            request and request.verb,
            str(verdict.by),
        )


@contextlib.contextmanager
def commanded(folder, **options):
    planner = Commanded(folder, **options).start()
    try:
        yield planner
    finally:
        planner.stop()


def until(truth, seconds=60.0):
    end = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


__all__ = ["Answer", "Commanded", "Limits", "commanded", "pause", "stamp", "until"]
