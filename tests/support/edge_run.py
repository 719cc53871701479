"""One real edge between callers, sites that are real or played, and PSAPs."""

import asyncio
import json
import os
import signal
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from tests.support.edge_table import attempt, make_rows, write_rows
from tests.support.sipp_psaps import find_free_port, find_program
from tests.support.site import ANSWERS, Psap, Site, render_reply
from tests.support.site_run import list_session

from route112.adapters.clock import utc_now
from route112.adapters.kamailio_rpc import ask_kamailio
from route112.adapters.processes import Child, Children, ask_options
from route112.apps.edge.setup import (
    EdgeSetup,
    Hop,
    list_edge_arguments,
    render_edge,
    render_edge_tls,
)
from route112.wire.record_lines import parse_line

EDGE = "127.0.2.5"
CLIENT = "127.0.3.1"
EDGE_PORTS = range(5061, 5100)
"""Not the default port, which Kamailio leaves out of a Record-Route."""
SITE_HOSTS = tuple(f"127.0.1.{index}" for index in range(1, 7))
PSAP_HOSTS = {"brest": "127.0.65.1", "gateway": "127.0.65.2", "paris": "127.0.65.3"}
NUMBERS = {"brest": "+33261910020", "gateway": "+33261910030", "paris": "+33199000020"}
WAIT_SECONDS_MAX = 20.0
TICK_S = 0.0625
"""Kamailio's timers fire up to this much too early."""
SLACK_S = 0.35


def assert_in(seconds, least, slack=SLACK_S):
    """Assert that something came when a timer said, on a machine that others use too."""
    assert least - TICK_S - 0.01 <= seconds <= least + slack, seconds


def measure_delay(call):
    """Return when a caller heard of somebody: two workers may carry a 200 before its 180."""
    return next(reply.at_s for reply in call.replies if reply.status >= 180) - call.began_s


class PlayedSite(Psap):
    """A site that misbehaves as told: a behaviour is a tuple of delay and status, as of a PSAP."""

    def __init__(self, host, **options):
        self.headers = ()
        """Added to each reply."""
        self.unheard = ()
        """Methods of requests that never reach it."""
        super().__init__(host, **options)

    def _take(self, content, send):
        extra = "".join(f"{line}\r\n" for line in self.headers).encode()

        def send_more(reply):
            with suppress(OSError):  # the site died meanwhile
                send(reply.replace(b"Content-Length:", extra + b"Content-Length:"))

        super()._take(content, send_more)

    def _answer(self, message, send):
        if message.start.split()[0] in self.unheard:
            return
        key = (message.get("Call-ID"), message.get("Via"))
        if message.start.startswith("INVITE") and key in self._finals and self.says_100():
            send(render_reply(message, 100))  # it was lost, or is under way
        super()._answer(message, send)

    def says_100(self):
        """Tell whether the first thing that it says is a proof of life."""
        return self.behaviour[:1] == ((0, 100),)

    def final_of(self, call):
        """Return the final status that it gave to a call; None without one."""
        return next(
            (status for key, status in self._finals.items() if key[0] == call.call_id), None
        )

    def calls(self):
        """Call-IDs of the INVITEs that it has received, each once, in order."""
        return list(dict.fromkeys(message.get("Call-ID") for message in self.invites()))


@dataclass
class EdgeRun:
    """Kamailio as an edge, and what stands around it."""

    setup: EdgeSetup
    children: Children
    sites: list
    psaps: dict
    places: dict = field(default_factory=dict)
    callers: list = field(default_factory=list)
    child: Child | None = None
    resends: bool = True
    """Callers send again what nobody answers: an edge leaves alone what waited too long."""

    @property
    def address(self):
        """Host and port over UDP and IPv4."""
        return self.places["udp", False]

    @property
    def log_file(self):
        return self.setup.run_dir / "kamailio.log"

    def start(self):
        setup = self.setup
        setup.config.write_text(render_edge(setup, record_key=""), encoding="utf-8")
        if setup.tls is not None:
            setup.tls_config.write_text(render_edge_tls(setup.tls), encoding="utf-8")
        argv = [*list_edge_arguments(setup, find_program("kamailio")), "-DD", "-E"]
        self.child = self.children.start("edge", argv, log=self.log_file)
        self.children.wait_until(
            lambda: ask_options(*self.address) is not None,
            timeout_s=WAIT_SECONDS_MAX,
            what="the edge answers",
        )

    def ask(self, method, *parameters):
        """Ask Kamailio by RPC."""
        return asyncio.run(ask_kamailio(self.setup.rpc_socket, method, *parameters))

    def leave_alone(self, seconds, *names):
        """Have sites left alone, as they may ask for themselves."""
        until_s = utc_now() // 1_000_000 + seconds
        for name in names:
            self.ask("htable.sets", "off", name, str(until_s))

    def read_row(self, table, key):
        """Return the value of a row of an htable."""
        found = json.loads(bytes(self.ask("htable.get", table, key)))
        return found["item"]["value"]

    def records(self, kind, call=None):
        """Return the records of a kind, of one call or of all."""
        lines = self.log_file.read_bytes().splitlines(keepends=True)
        found = (parse_line(line) for line in lines if b"R1 " in line)
        return [
            record
            for record in found
            if record is not None and record.kind == kind and call in (None, record.call)
        ]

    def of(self, kind, call):
        """Return the records of a kind of one call."""
        return self.records(kind, call.call_id)

    def end_of(self, call, timeout_s=2.0):
        """Wait for the end of a call's record."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if ends := self.of("end", call):
                return ends[0]
            time.sleep(0.02)
        raise AssertionError(f"no end on record for {call.call_id}")

    def events(self):
        """List what happened to breakers: event and site."""
        found = [(record.get("event"), record.get("to")) for record in self.records("site")]
        return [(event, site) for event, site in found if event.startswith("breaker-")]

    def log(self):
        return self.log_file.read_text(encoding="utf-8", errors="replace")


def list_rows(psaps, **changes):
    """Make the edge's rows: 17 and all else ring at Brest, then Paris; 18 at a gateway, then Brest."""
    hops = {name: psap.address for name, psap in psaps.items()}
    brest = attempt(NUMBERS["brest"], hops["brest"], "CIC17-29")
    paris = attempt(NUMBERS["paris"], hops["paris"], "CIC17-75")
    gateway = attempt(NUMBERS["gateway"], hops["gateway"], "CTA18-29", answer_ms=6000)
    routes = {"0": (paris,), "1": (brest, paris), "2": (gateway, brest, paris)}
    return make_rows(routes, **{"communes": {"29019": "1.1.2.1"}} | changes)


@contextmanager
def open_edge(folder, sites, psaps, *, six=False, rows=None, hops=None, **changes):
    """
    Start an edge in front of sites; end it.

    Args:
        sites: `PlayedSite` or `Site`, in the operator's order.
        rows: of its table; by default those of `list_rows`.
        hops: where it finds the sites; by default where they are.
    """
    folder.mkdir(exist_ok=True)
    port = find_free_port(EDGE, EDGE_PORTS)
    listens = [Hop(f"{EDGE}:{port}", name) for name in ("udp", "tcp")]
    places = {("udp", False): (EDGE, port), ("tcp", False): (EDGE, port)}
    if six:
        listens = [*(Hop(f"[::1]:{port}", name) for name in ("udp", "tcp")), *listens]
        places |= {("udp", True): ("::1", port), ("tcp", True): ("::1", port)}
    if changes.get("tls"):
        listens.append(Hop(f"{EDGE}:{port + 1}", "tls"))
        places["tls", False] = (EDGE, port + 1)
    setup = EdgeSetup(
        name="edge-test",
        operator="bruyere",
        run_dir=folder,
        listens=tuple(listens),
        clients=("127.0.3.0/28", "::1/128"),
        sites=tuple(
            (f"site-{index}", hop) for index, hop in enumerate(hops or map(find_hop, sites), 1)
        ),
        in_turn=False,
        workers=2,
        shm_mb=64,
        pkg_mb=16,
    )
    setup = replace(setup, **changes)
    write_rows(setup.table_file, list_rows(psaps) if rows is None else rows)
    with Children() as children:
        run = EdgeRun(setup, children, list(sites), psaps, places)
        try:
            run.start()
            yield run
        finally:
            for caller in run.callers:
                caller.close()


def find_hop(site):
    """Say where a real or played site listens."""
    if isinstance(site, Site):
        return Hop("{}:{}".format(*site.places["udp", False]))
    return Hop(site.address, site.transport)


@contextmanager
def open_psaps():
    """Open the PSAPs that `list_rows` names."""
    psaps = {name: Psap(host) for name, host in PSAP_HOSTS.items()}
    try:
        yield psaps
    finally:
        for psap in psaps.values():
            psap.close()


@contextmanager
def play_sites(count):
    """Play sites, all well at first."""
    sites = [PlayedSite(host) for host in SITE_HOSTS[:count]]
    try:
        yield sites
    finally:
        for site in sites:
            site.close()


def reset(sites, psaps):
    """Let all be well again."""
    for end in (*sites, *psaps.values()):
        end.behaviour = ANSWERS
        end.headers = ()


def kill(child):
    """Kill a Kamailio with all of its processes, as the end of a machine does."""
    leader = child.popen.pid
    os.killpg(leader, signal.SIGKILL)
    child.popen.wait()
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while list_session(leader):
        assert time.monotonic() < deadline
        time.sleep(0.01)
