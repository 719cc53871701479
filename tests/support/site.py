"""
One real site between callers and PSAPs that speak SIP by hand, message by message.

Everything that a test wants to know stands in what the ends have received, with the time of each
message. A PSAP's behaviour can be changed between two calls, so that one Kamailio serves many tests.
"""

import socket
import ssl
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from tests.support.bare_site import make_setup
from tests.support.sipp_psaps import Place, find_free_port, find_program
from tests.support.snapshots import LINES, PSAPS, ROUTES, small_content

from route112.adapters.processes import Children, ask_options
from route112.adapters.tables.native import write_native
from route112.apps.site.setup import (
    Tls,
    list_arguments,
    make_environment,
    render_config,
    render_tls,
)
from route112.apps.station.listen import Listen
from route112.model import Hop, Operator, UtcTime
from route112.native import translate
from route112.snapshot.content import TrunkRow, VariantRow
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot
from route112.wire.record_lines import parse_line

HOST = "127.0.65.100"
CALLER = "127.0.2.1"
STRANGER = "127.0.9.9"
PORTS = range(5060, 5120)
PORTS_SIX = range(5165, 5199)
"""Of PSAPs on ::1, where the site listens too."""
WAIT_S = 4.0
RESENT_S = (0.5, 1.5, 3.5)
"""When a network sends an INVITE again that nobody has answered, over UDP."""

ANSWERS = ((0, 100), (0.01, 180), (0.03, 200))
RINGS = ((0, 100), (0.01, 180))
SILENT = ()
GREY = ((0, 100),)
LATE = ((0.75, 180), (0.8, 200))


def repeats(*statuses, every_s=0.3, times=20):
    """Behave as one who sends the same again and again."""
    return tuple((step * every_s, statuses[step % len(statuses)]) for step in range(times))


def refuses(status):
    """Behave as one who says no at once."""
    return ((0, status),)


class Message:
    """A SIP message as received."""

    def __init__(self, content, at_s):
        self.at_s = at_s
        self.content = content
        head, _, self.body = content.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "surrogateescape").split("\r\n")
        self.start = lines[0]
        cut = (line.partition(":") for line in lines[1:])
        self.headers = [(name.strip(), value.strip()) for name, _, value in cut]

    def all(self, name):
        """Return the values of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name):
        """Return the first value of a header, or an empty text."""
        return (self.all(name) or [""])[0]

    @property
    def method(self):
        """Of the request, or of the one that is answered."""
        return (self.get("CSeq").split() or [""])[-1]

    @property
    def status(self):
        """Of a response; 0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def number(self):
        """User part of the request URI."""
        return self.start.split()[1].removeprefix("sip:").partition("@")[0]


def read_stream(buffer):
    """Cut whole messages off a stream's buffer."""
    messages = []
    while b"\r\n\r\n" in buffer:
        head, _, rest = buffer.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.strip().lower() in (b"content-length", b"l"):
                length = int(value)
        if len(rest) < length:
            break
        messages.append(head + b"\r\n\r\n" + rest[:length])
        buffer = rest[length:]
    return messages, buffer


class Psap:
    """An answering point: one socket, one thread, a script of replies to each INVITE."""

    def __init__(self, host, transport="udp", *, tls=None):
        self.host, self.transport, self.tls = host, transport, tls
        self.port = find_free_port(host, PORTS if ":" not in host else PORTS_SIX)
        self.behaviour = ANSWERS
        self.deaf = False
        """Whether it goes on as if there had been no CANCEL."""
        self.retry_after = ""
        """What a 503 asks for."""
        self.received = []
        self._socket = None
        self._connections = []
        self._finals = {}
        self.open()

    @property
    def address(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def open(self):
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        kind = socket.SOCK_DGRAM if self.transport == "udp" else socket.SOCK_STREAM
        self._socket = socket.socket(family, kind)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((self.host, self.port))
        if self.transport == "udp":
            run = self._run_datagrams
        else:
            self._socket.listen(16)
            run = self._run_streams
        threading.Thread(target=run, args=(self._socket,), daemon=True).start()

    def close(self):
        closed, self._socket = self._socket, None
        for own in (closed, *self._connections):
            if own is None:
                continue
            with suppress(OSError):
                own.shutdown(socket.SHUT_RDWR)
            own.close()
        self._connections.clear()

    def widen(self, size):
        """Let more bytes wait to be received, so that the end of many calls loses none itself."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def send(self, content, place):
        """Send a datagram of its own accord."""
        self._socket.sendto(content, place)

    def hop(self, technology="ip"):
        return Hop(
            address=self.address,
            transport=self.transport,
            technology=technology,
            vendor="alder",
            capacity_calls=9,
        )

    def invites(self, call_id=None):
        """Return the INVITEs received, without retransmissions."""
        seen = {}
        for message in list(self.received):
            if message.start.startswith("INVITE") and call_id in (None, message.get("Call-ID")):
                seen.setdefault(message.get("Via"), message)
        return list(seen.values())

    def count(self, method, call_id):
        return sum(
            message.start.startswith(method + " ") and message.get("Call-ID") == call_id
            for message in list(self.received)
        )

    def _run_datagrams(self, own):
        while True:
            try:
                content, peer = own.recvfrom(65_535)
            except OSError:
                return
            try:
                if content:
                    self._take(content, lambda reply, peer=peer: own.sendto(reply, peer))
            except OSError:
                if own is not self._socket:
                    return  # closed while the answer was on its way
                raise

    def _run_streams(self, own):
        while True:
            try:
                connection, _ = own.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._run_stream, args=(connection,), daemon=True).start()

    def _run_stream(self, connection):
        buffer = b""
        with suppress(OSError, ssl.SSLError):
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
                self._connections.append(connection)
            while part := connection.recv(65_535):
                messages, buffer = read_stream(buffer + part)
                for content in messages:
                    self._take(content, connection.sendall)

    def _take(self, content, send):
        try:
            self._answer(Message(content, time.monotonic()), send)
        except (ValueError, IndexError, StopIteration):
            return  # what a site lets through of a hostile message; it is among `received`

    def _answer(self, message, send):
        self.received.append(message)
        key = (message.get("Call-ID"), message.get("Via"))
        if message.start.startswith("INVITE"):
            if key in self._finals:
                return
            self._finals[key] = None
            for delay_s, status in self.behaviour:
                self._send_later(delay_s, key, message, status, send)
        elif message.start.startswith("CANCEL"):
            send(render_reply(message, 200))
            if self.deaf:
                return
            invite = next(
                found
                for found in self.received
                if found.start.startswith("INVITE") and found.get("Via") == message.get("Via")
            )
            self._send_later(0, key, invite, 487, send)
        elif not message.start.startswith(("ACK", "SIP/2.0")):
            send(render_reply(message, 200))

    def _send_later(self, delay_s, key, message, status, send):
        def act():
            if self._finals.get(key) is not None:
                return
            if status >= 200:
                self._finals[key] = status
            with suppress(OSError):
                wait = self.retry_after if status == 503 else ""
                send(render_reply(message, status, contact=self.address, retry_after=wait))

        if delay_s:
            timer = threading.Timer(delay_s, act)
            timer.daemon = True
            timer.start()
        else:
            act()


def render_reply(message, status, *, contact="", retry_after=""):
    """Render a response to a request."""
    lines = [f"SIP/2.0 {status} So"]
    for name in ("Via", "Record-Route", "From"):
        lines += [f"{name}: {value}" for value in message.all(name)]
    to = message.get("To")
    tag = "" if ";tag=" in to or status == 100 else ";tag=psap"
    lines += [f"To: {to}{tag}"]
    lines += [f"{name}: {message.get(name)}" for name in ("Call-ID", "CSeq")]
    if contact:
        lines.append(f"Contact: <sip:psap@{contact}>")
    if retry_after:
        lines.append(f"Retry-After: {retry_after}")
    lines += ["Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


@dataclass
class Call:
    """A call as its caller saw it."""

    call_id: str
    began_s: float
    uri: str
    invite: bytes = b""
    replies: list = field(default_factory=list)
    resent: int = 0
    """How often its INVITE was sent again."""

    @property
    def status(self):
        """Final status; 0 without one."""
        return next((reply.status for reply in self.replies if reply.status >= 200), 0)

    @property
    def statuses(self):
        return [reply.status for reply in self.replies]

    def seconds(self, status):
        """Return how long after the INVITE a response came."""
        return next(r.at_s for r in self.replies if r.status == status) - self.began_s


class Caller:
    """One socket of an operator's network."""

    def __init__(self, site, *, host=CALLER, transport="udp", tls=None):
        self.site, self.host, self.transport = site, host, transport
        self.resends = getattr(site, "resends", False) and transport == "udp"
        """Whether it sends again what nobody answers, as a network does."""
        site.callers.append(self)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(family, kind)
        self.socket.bind((host, 0))
        self.socket.connect(site.places[transport, family == socket.AF_INET6])
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket)
        self.port = self.socket.getsockname()[1]
        self._calls = {}
        self._buffer = b""
        self._ready = []
        self.heard = []
        """First lines of all responses to the latest `ask`."""

    @property
    def sent_by(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def render(  # noqa: PLR0913
        self, method, uri, call_id, *, headers=(), body=b"", cseq=1, to_tag="", branch=""
    ):
        branch = branch or f"z9hG4bK{call_id[:8]}{cseq}"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/{self.transport.upper()} {self.sent_by};branch={branch}",
            f'From: "Jean" <sip:+33639980001@{self.host}>;tag=caller',
            f"To: <sip:15@emergency.example>{to_tag and ';tag=' + to_tag}",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:caller@{self.sent_by}>",
            "Max-Forwards: 70",
            *headers,
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body

    def receive(self, timeout_s=WAIT_S):
        """Return the next message, or None."""
        if self._ready:
            return self._ready.pop(0)
        self.socket.settimeout(max(0.001, timeout_s))
        try:
            content = self.socket.recv(65_535)
        except (TimeoutError, ssl.SSLError):
            return None
        if self.transport != "udp":
            messages, self._buffer = read_stream(self._buffer + content)
            self._ready += [Message(one, time.monotonic()) for one in messages]
            return self.receive(timeout_s) if content else None
        return Message(content, time.monotonic())

    def begin(self, dialled="17", commune="29019", *, uri="", call_id="", headers=(), body=b""):
        """Send an INVITE."""
        call_id = call_id or f"{uuid.uuid4().hex}@{self.host}"
        uri = uri or f"sip:{dialled}@emergency.example"
        told = (f"X-Commune: {commune}",) if commune else ()
        self.invite = self.render("INVITE", uri, call_id, headers=(*told, *headers), body=body)
        self.socket.send(self.invite)
        call = self._calls[call_id] = Call(call_id, time.monotonic(), uri, self.invite)
        return call

    def listen(self, call, *, until, timeout_s=WAIT_S):
        """Collect the replies to a call until one is `until` or more, or time is over."""
        deadline = time.monotonic() + timeout_s
        while (left_s := deadline - time.monotonic()) > 0:
            if any(status >= until for status in call.statuses):
                break
            reply = self.receive(min(left_s, self._resend(call)))
            if reply is None or not reply.status or reply.method != "INVITE":
                continue
            owner = self._calls.get(reply.get("Call-ID"))
            if owner is None:
                continue
            owner.replies.append(reply)
            if reply.status >= 300:
                self.send_ack(owner, reply)
        return call

    def _resend(self, call):
        """Send an INVITE again when it is time; return how long that has to wait."""
        if not self.resends or call.replies or call.resent == len(RESENT_S):
            return WAIT_S
        left_s = call.began_s + RESENT_S[call.resent] - time.monotonic()
        if left_s > 0:
            return left_s
        call.resent += 1
        self.socket.send(call.invite)
        return self._resend(call)

    def place(self, *arguments, timeout_s=WAIT_S, **options):
        """Place a call and wait for its final response."""
        call = self.begin(*arguments, **options)
        return self.listen(call, until=200, timeout_s=timeout_s)

    def send_ack(self, call, reply):
        tag = reply.get("To").partition(";tag=")[2]
        self.socket.send(
            self.render(
                "ACK", call.uri, call.call_id, to_tag=tag, branch=f"z9hG4bK{call.call_id[:8]}1"
            )
        )

    def cancel(self, call):
        branch = f"z9hG4bK{call.call_id[:8]}1"
        self.socket.send(self.render("CANCEL", call.uri, call.call_id, branch=branch))

    def ask(self, method, uri, *, to_tag="", call_id="", cseq=2, timeout_s=WAIT_S):
        """Send another request; return the status of the response, 0 without one."""
        call_id = call_id or uuid.uuid4().hex
        request = self.render(
            method, uri, call_id, to_tag=to_tag, cseq=cseq,
            branch=f"z9hG4bK{uuid.uuid4().hex}",
        )  # fmt: skip
        self.socket.send(request)
        self.heard = []
        deadline = time.monotonic() + timeout_s
        while (left_s := deadline - time.monotonic()) > 0:
            reply = self.receive(left_s)
            if reply is None or reply.get("Call-ID") != call_id:
                continue
            self.heard.append(reply.start)
            if reply.status >= 200:
                return reply.status
        return 0

    def close(self):
        self.socket.close()


def make_operators():
    """An operator on IPv4 and IPv6, and a small one next to it."""
    return tuple(
        replace(operator, **changes)
        for operator, changes in zip(
            small_content().operators,
            ({"sources": ("127.0.2.0/28", "::1/128")}, {"sources": ("127.0.2.16/28",)}),
            strict=True,
        )
    )


@dataclass
class Site:
    """Kamailio, its PSAPs, and the folder that it runs in."""

    folder: object
    children: Children
    psaps: dict
    operators: tuple[Operator, ...] = field(default_factory=make_operators)
    calls_max: int = 0
    """0: as many as memory allows."""
    capacity_calls: int = 300
    """Of every PSAP."""
    places: dict = field(default_factory=dict)
    generation: int = 42
    child: object = None
    callers: list = field(default_factory=list)

    def content(self, generation):
        """
        Make the snapshot: 17 rings over UDP, then Paris; 18 over a gateway, then UDP; 15 over
        TCP, then TLS, then UDP; Paris 15 over IPv6.
        """
        trunks = tuple(
            TrunkRow(name=f"{name}/ip/", hops=(psap.hop("rtc" if name == "gateway" else "ip"),))
            for name, psap in self.psaps.items()
        )
        index = {name: place for place, name in enumerate(self.psaps)}
        used = dict.fromkeys(range(len(LINES)), "paris") | {
            0: "brest", 2: "tcp", 3: "six", 4: "gateway", 8: "brest", 10: "brest", 12: "tls",
        }  # fmt: skip
        lines = tuple(
            replace(line, trunk=index[used[place]])
            for place, line in enumerate(LINES)
            if line.role != "order"
        )
        night = VariantRow(lines=(2, 12, 8), rules=("primary", "secondary", "alternative"))
        routes = (*ROUTES[:2], (night,), *ROUTES[3:])
        psaps = tuple(replace(psap, capacity_calls=self.capacity_calls) for psap in PSAPS)
        return small_content(
            generation=generation, lines=lines, trunks=trunks, orders=(), routes=routes,
            operators=self.operators, psaps=psaps,
        )  # fmt: skip

    def offer(self, generation, **changes):
        """Put a snapshot in force, as the supervisor does."""
        path = self.folder / f"g{generation}.r112"
        path.write_bytes(write_snapshot(replace(self.content(generation), **changes)))
        aside = self.folder / "current.new"
        aside.write_text(f"{path}\n", encoding="utf-8")
        aside.replace(self.folder / "current")
        return path

    def start(self, *, tls=None, six=False, python=True, shm_mb=128, loop=""):
        """`loop`: number that loops back at the gateway; `CALLER` may place test calls then."""
        hosts = ("::1",) if six else ()
        port = find_free_port(HOST, PORTS, count=1 if tls is None else 2, hosts=hosts)
        listens = [Listen("udp", HOST, port), Listen("tcp", HOST, port)]
        self.places = {("udp", False): (HOST, port), ("tcp", False): (HOST, port)}
        if tls is not None:
            listens.append(Listen("tls", HOST, port + 1))
            self.places["tls", False] = (HOST, port + 1)
        if six:
            listens += [Listen("udp", "::1", port), Listen("tcp", "::1", port)]
            self.places |= {("udp", True): ("::1", port), ("tcp", True): ("::1", port)}
        plan = self.offer(self.generation)
        place = Place(HOST, port)
        setup = make_setup(self.folder, place, site="site-test", plan=plan)
        setup = replace(setup, listens=tuple(listens), shm_mb=shm_mb, tls=tls)
        if loop:
            loops = ((self.psaps["gateway"].address, loop),)
            setup = replace(setup, vouchers=(CALLER,), loops=loops)
        snapshot = Snapshot(plan.read_bytes())
        write_native(setup.native_file, translate(snapshot, now=UtcTime(0)))
        text = render_config(setup, record_key="", calls_max=self.calls_max)
        setup.config.write_text(text, encoding="utf-8")
        if tls is not None:
            setup.tls_config.write_text(render_tls(tls), encoding="utf-8")
        current = self.folder / ("current" if python else "nowhere")
        env = make_environment(setup, current=current, record_key="")
        argv = [*list_arguments(setup, find_program("kamailio")), "-DD", "-E"]
        log = self.folder / "kamailio.log"
        self.child = self.children.start("Kamailio", argv, log=log, env=env)
        self.children.wait_until(
            lambda: ask_options(HOST, port) is not None, timeout_s=8, what="Kamailio answers"
        )

    def records(self, kind, call=None):
        """Return the records of a kind, of one call or of all."""
        lines = (self.folder / "kamailio.log").read_bytes().splitlines(keepends=True)
        found = (parse_line(line) for line in lines if b"R1 " in line)
        return [
            record
            for record in found
            if record is not None and record.kind == kind and call in (None, record.call)
        ]

    def end_of(self, call, timeout_s=15.0):
        """Wait for the end of a call's record."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if ends := self.records("end", call.call_id):
                return ends[0]
            time.sleep(0.02)
        raise AssertionError(f"no end on record for {call.call_id}")

    def log(self):
        return (self.folder / "kamailio.log").read_text(encoding="utf-8", errors="replace")


NAMES = {
    "brest": ("127.0.65.1", "udp"),
    "gateway": ("127.0.65.2", "udp"),
    "paris": ("127.0.65.3", "udp"),
    "tcp": ("127.0.65.4", "tcp"),
    "tls": ("127.0.65.5", "tls"),
    "six": ("::1", "udp"),
}


@contextmanager
def open_site(
    folder,
    *,
    tls: Tls | None = None,
    server=None,
    operators=None,
    calls_max=0,
    capacity_calls=300,
    **options,
):
    """Start PSAPs and a site; end all of it."""
    psaps = {
        name: Psap(host, transport, tls=server if transport == "tls" else None)
        for name, (host, transport) in NAMES.items()
    }
    with Children() as children:
        site = Site(folder, children, psaps, calls_max=calls_max, capacity_calls=capacity_calls)
        if operators is not None:
            site.operators = operators
        try:
            site.start(tls=tls, **options)
            yield site
        finally:
            for end in (*psaps.values(), *site.callers):
                end.close()
