"""The demo country on hosts of its own: each a network namespace, run by its units, cables between."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.support.namespaces import Namespaces
from tests.support.played import HEAD, Played
from tests.support.site_run import list_session
from tests.support.six_sites import FAULT_AT_S, FAULT_TAIL_S, TABLES
from tests.support.unit_files import HostFolder

import route112
from route112.adapters.clock import utc_now
from route112.adapters.kamailio_rpc import ask_kamailio
from route112.adapters.kemi.probes import list_hops
from route112.adapters.key_files import write_private_key
from route112.adapters.processes import ask_options
from route112.adapters.sip import Address
from route112.adapters.supervision import find_start, read_leader
from route112.apps.demo.country import DemoFolder, build_snapshot, make_keys, write_country
from route112.apps.demo.ends import list_trunk_ends
from route112.apps.ends import Callers
from route112.apps.ends.whereabouts import NOWHERE
from route112.apps.replay.crowd import OperatorEnd
from route112.apps.replay.ground import lay_ground
from route112.apps.replay.stage import (
    CALLERS_FIRST,
    Cast,
    Standing,
    find_client,
    perform,
    place_usual,
)
from route112.apps.replay.verdicts import judge_evidence
from route112.countries.fr.sites import TOPOLOGY, add_probes, render_topology
from route112.model import Scenario, UtcTime, Wiring
from route112.model.topology import Topology
from route112.planning import make_candidate
from route112.planning.candidate import Lineage
from route112.snapshot.keys import sign_snapshot
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import render_trust
from route112.snapshot.writer import write_snapshot
from route112.wire.record_lines import Record, parse_line
from route112.wire.topology import parse_topology

LOOPBACK, NETWORK = "127.0.", "10.112."
"""First octets of the demo's addresses, and of the same ones here."""
MASK = 16
ORDERS = {"bruyere": ("site-1", "site-2", "site-3"), "cormoran": ("site-3", "site-1", "site-2")}
"""Operators that have hosts here, and their sites, best first."""
PLANNER = "planner-1"
"""Host of planner and watch, where one is wanted; test calls come from there."""
SIGN_KEY = "sign.key"
DEAD_HOP = "10.112.4.99:5060"
"""A gateway that nobody runs; test calls may be placed over it."""
PSAPS = "psaps"
REDIRECT = "redirect-1"
WIRING = Wiring(name="route112")
NUMBERS = (("15", 0.3), ("17", 0.2), ("18", 0.2), ("112", 0.3))
OPTIONS = "--workers 2 --shm-mb 128"
US_PER_S = 1_000_000
CALLERS = 100_000
"""Numbers of callers for each play."""
READY_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 25.0
OK = 200


@dataclass(frozen=True, slots=True)
class Host:
    """One host, and the unit that it runs."""

    name: str
    kind: str
    """`site`, `edge` or `redirect`."""
    address: str

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        host, _, port = self.address.rpartition(":")
        return host, int(port)


@dataclass
class Hosts:
    """A country of several hosts that runs."""

    folder: Path
    network: Namespaces
    cast: Cast
    snapshot: Snapshot
    members: Mapping[str, Host]
    usual_ms: float = 0.0
    rows: list[str] = field(default_factory=lambda: [HEAD])
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    began_us: int = 0
    """When the last play began."""
    cut_us: int = 0
    """When the last play cut something."""
    healed_us: int = 0
    _plays: int = 0

    def get_folder(self, name: str) -> HostFolder:
        """Return where a host keeps its files."""
        return HostFolder(self.folder / name)

    def start(self, name: str) -> None:
        """Start the unit of a host."""
        host = self.members[name]
        folder = self.get_folder(name)
        argv = folder.make_command(host.kind, name)
        self.running[name] = self._start(name, argv, folder.path / "journal")

    def start_psaps(self) -> None:
        """Answer at the end of every trunk."""
        home = self.folder / PSAPS
        home.mkdir()
        argv = [sys.executable, "-m", "route112.apps", "psap", "run", "--log"]
        argv.append(str(home / "psaps.jsonl"))
        probes = self.cast.topology.probes
        for number in sorted({number for _, number in probes.loops} if probes else ()):
            argv += ["--loop", number]
        for end in list_trunk_ends(self.snapshot):
            argv += ["--listen", str(end)]
        self.running[PSAPS] = self._start(PSAPS, argv, home / "log")

    def _start(self, name: str, argv: list[str], log: Path) -> "subprocess.Popen[bytes]":
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(route112.__file__).parents[1]),
        }
        with log.open("ab") as file:
            return self.network.start(name, *argv, stdout=file, stderr=file, env=environment)

    def stop(self, name: str) -> None:
        """End a unit as systemd does: its main process is told; wait for it."""
        popen = self.running.pop(name)
        popen.terminate()
        popen.wait(STOP_SECONDS_MAX)

    def read_journal(self, name: str) -> str:
        """Return what a unit said."""
        return (self.get_folder(name).path / "journal").read_text()

    def is_ready(self, name: str) -> bool:
        """Tell whether a host answers OPTIONS, asked on the host itself."""
        popen = self.running[name]
        assert popen.poll() is None, self.read_journal(name)
        with self.network.inside(name):
            return ask_options(*self.members[name].place) == OK

    def wait_ready(self, *names: str) -> None:
        """Wait until hosts serve."""
        for name in names:
            wait_until(lambda name=name: self.is_ready(name), READY_SECONDS_MAX, f"{name} serves")

    def list_attempts(
        self, site: str, operator: str, *, since_us: int = 0, until_us: int | None = None
    ) -> list[int]:
        """List when a site took calls of an operator, by its records."""
        raw = self.get_folder(site).state / site / "records" / "raw.log"
        lines = (parse_line(line) for line in raw.read_bytes().splitlines(keepends=True))
        found = [line for line in lines if line is not None and line.kind == "attempt"]
        times = [read_time_us(line) for line in found if line.get("op") == operator]
        until_us = utc_now() if until_us is None else until_us
        return [at_us for at_us in times if since_us <= at_us < until_us]

    def play(
        self, name: str, *, seconds: float, rate: float, cut: Iterable[tuple[str, str]] = ()
    ) -> Played:
        """
        Place calls, for a part of whose time nothing passes between some hosts.

        A call that rings when its way is cut is answered as soon as that is whole again, because
        whoever picked up repeats his answer for half a minute; so it is cut for less than that.
        """
        self._plays += 1
        self.began_us = utc_now()
        scenario = replace(
            self.cast.scenario, ends=UtcTime(int(seconds * US_PER_S)), seed=self._plays
        )
        cast = replace(self.cast, scenario=scenario, calls=int(seconds * rate), rate=rate)
        first = CALLERS_FIRST + self._plays * CALLERS

        async def run():
            async with open_callers(self) as ends:
                standing = Standing(
                    folder=self.folder, ends=ends, usual_ms=self.usual_ms,
                    snapshot=self.snapshot, say=lambda _text: None,
                )  # fmt: skip
                cutting = asyncio.create_task(self._cut(list(cut), seconds))
                performance = await perform(cast, WIRING, standing, first=first)
                await cutting
                return performance

        performance = asyncio.run(run())
        played = Played(
            name=name, seconds=seconds, rate=rate, late_s=performance.conditions.worst_late_s,
            judgement=judge_evidence(performance.evidence, cast.ground, cast.operators),
            usual_ms=self.usual_ms,
        )  # fmt: skip
        self.rows.append(played.describe())
        return played

    async def _cut(self, pairs: list[tuple[str, str]], seconds: float) -> None:
        """Cut, and heal when the last call has been placed and its targets have been tried."""
        if not pairs:
            return
        await asyncio.sleep(FAULT_AT_S)
        self.cut_us = utc_now()
        try:
            for here, there in pairs:
                await asyncio.to_thread(self.network.cut_between, here, there)
            await asyncio.sleep(seconds + FAULT_TAIL_S - FAULT_AT_S)
        finally:
            self.healed_us = utc_now()
            for here, there in pairs:
                await asyncio.to_thread(self.network.heal_between, here, there)

    def measure_usual(self) -> None:
        """Measure how soon a call usually rings."""

        async def run():
            async with open_callers(self) as ends:
                return await place_usual(self.cast, ends)

        self.usual_ms = asyncio.run(run())

    def forget(self) -> None:
        """Have every edge think well of all sites."""
        for name, host in self.members.items():
            socket = self.get_folder(name).state / name / "rpc.sock"
            for table in TABLES if host.kind == "edge" else ():
                asyncio.run(ask_kamailio(socket, "htable.flush", table))

    def close(self) -> None:
        """End all units; where one does not end itself, its Kamailio is killed, too."""
        for popen in self.running.values():
            popen.terminate()
        for popen in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                popen.wait(STOP_SECONDS_MAX)
        for name in self.members:
            found = read_leader(self.get_folder(name).state / name / "kamailio.json")
            if found is not None and find_start(found[0]) == found[1]:
                for pid in list_session(found[0]):
                    os.kill(pid, signal.SIGKILL)


@asynccontextmanager
async def open_callers(hosts: Hosts):
    """Take an address of each operator's clients, on that operator's own host."""
    async with AsyncExitStack() as stack:
        ends = {}
        for id_ in ORDERS:
            node = hosts.cast.topology.find_operator(id_)
            callers = Callers(Address("udp", find_client(node.clients[0]), 0))
            with hosts.network.inside(id_):
                await stack.enter_async_context(callers)
            ends[id_] = OperatorEnd(
                operator=hosts.cast.operators[id_],
                callers=callers,
                edges=tuple(Address("udp", edge.host, edge.port) for edge in node.edges),
                whereabouts=hosts.cast.ground.whereabouts.get(id_, NOWHERE),
            )
        yield ends


def read_time_us(line: Record) -> int:
    """Return when a line was written: Python and Kamailio write that in two ways."""
    text = line.get("t")
    return int(float(text) * US_PER_S) if "." in text else int(text)


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def make_topology() -> Topology:
    """Make the topology: some of the demo's sites and operators, at addresses of a real network."""
    demo = replace(
        TOPOLOGY,
        sites=tuple(site for site in TOPOLOGY.sites if site.id in ORDERS["bruyere"]),
        operators=tuple(
            replace(operator, sites=ORDERS[operator.id])
            for operator in TOPOLOGY.operators
            if operator.id in ORDERS
        ),
    )
    content = render_topology(demo).replace(LOOPBACK.encode(), NETWORK.encode())
    topology, problems = parse_topology(content, file="topology.yaml")
    assert topology is not None, problems
    return topology


def sign_two_generations(country: DemoFolder) -> Snapshot:
    """Check the country and sign it with one key: what is in force, and `offered` after it."""
    subject = build_snapshot(country).subject
    key, trust = make_keys()
    country.trust.write_bytes(render_trust(trust))
    write_private_key(country.path / SIGN_KEY, key)
    lineage, first = Lineage(), b""
    for path in (country.snapshot, offered(country.path)):
        content = make_candidate(
            subject.plan, subject.resolution, timezones=subject.timezones, lineage=lineage
        )
        signed = sign_snapshot(write_snapshot(content), key)
        path.write_bytes(signed)
        first = first or signed
        lineage = Lineage(generation=lineage.generation + 1, parent=Snapshot(signed).content_hash)
    return Snapshot(first)


def offered(folder: Path) -> Path:
    """Where the next generation lies until it is offered."""
    return folder / "fr.next.r112"


def build_country(folder: Path, topology: Topology) -> tuple[Cast, Snapshot]:
    """Build the demo country's plan at those addresses, as whoever delivers it would have it."""
    country = DemoFolder(folder)
    write_country(country)
    for path in (country.source / "trunks.yaml", *(country.source / "operators").glob("*.yaml")):
        path.write_text(path.read_text().replace(f'"{LOOPBACK}', f'"{NETWORK}'))
    snapshot = sign_two_generations(country)
    (folder / "topology.yaml").write_bytes(render_topology(topology))
    scenario = Scenario(
        name="hosts", title="Hosts", starts=UtcTime(0), ends=UtcTime(US_PER_S), seed=0,
        calls=1, profile=((0.0, 1.0),), numbers=NUMBERS,
        operators=tuple((id_, 1.0) for id_ in ORDERS),
    )  # fmt: skip
    ground = lay_ground(snapshot, country.source / "expected.csv.gz", scenario)
    operators = {id_: snapshot.operator(id_) for id_ in ORDERS}
    return Cast(
        scenario=scenario, topology=topology, plan=country.snapshot, trust=country.trust,
        ground=ground, operators=operators, calls=1, rate=1.0,
    ), snapshot  # fmt: skip


def let_probe(folder: Path, topology: Topology, snapshot: Snapshot) -> Topology:
    """Let test calls be placed from the planner's host."""
    probed = add_probes(topology, list_hops(snapshot))
    assert probed.probes is not None
    loops = (*probed.probes.loops, (DEAD_HOP, probed.probes.loops[0][1]))
    probed = replace(probed, probes=replace(probed.probes, loops=loops))
    content = render_topology(probed).replace(LOOPBACK.encode(), NETWORK.encode())
    (folder / "topology.yaml").write_bytes(content)
    found, problems = parse_topology(content, file="topology.yaml")
    assert found is not None, problems
    return found


def list_members(topology: Topology) -> Iterator[Host]:
    """List the hosts that run a unit."""
    for site in topology.sites:
        yield Host(site.id, "site", site.address)
    for edge in topology.list_edges():
        yield Host(edge.id, "edge", edge.address)
    yield Host(REDIRECT, "redirect", topology.list_redirects()[0])


def list_addresses(
    topology: Topology, members: Mapping[str, Host], snapshot: Snapshot
) -> dict[str, list[str]]:
    """List the addresses of every host, that of each operator's callers included."""
    hosts = {name: [host.place[0]] for name, host in members.items()}
    for operator in topology.operators:
        hosts[operator.id] = [find_client(operator.clients[0])]
    hosts[PSAPS] = sorted({end.host for end in list_trunk_ends(snapshot)})
    return {name: [f"{host}/{MASK}" for host in found] for name, found in hosts.items()}


@contextmanager
def open_hosts(folder: Path, *, has_planner: bool = False) -> Iterator[Hosts]:
    """
    Install every host and start its unit; whatever happens, nothing of it is left.

    Args:
        has_planner: one more host, where nothing is installed yet, may place test calls.
    """
    topology = make_topology()
    cast, snapshot = build_country(folder, topology)
    members = {host.name: host for host in list_members(topology)}
    addresses = list_addresses(topology, members, snapshot)
    if has_planner:
        topology = let_probe(folder, topology, snapshot)
        assert topology.probes is not None
        (source,) = topology.probes.sources
        addresses[PLANNER] = [f"{source.partition('/')[0]}/{MASK}"]
        cast = replace(cast, topology=topology)
    with Namespaces(addresses) as network:
        hosts = Hosts(folder, network, cast, snapshot, members)
        try:
            hosts.start_psaps()
            for host in members.values():
                installed = hosts.get_folder(host.name)
                installed.install(folder)
                probes = f" --probes {installed.settings / 'topology.yaml'}" if has_planner else ""
                if host.kind != "edge":
                    installed.write_options(
                        host.kind, host.name, address=host.address,
                        options=OPTIONS + probes if host.kind == "site" else "",
                    )  # fmt: skip
                hosts.start(host.name)
            hosts.wait_ready(*(name for name, host in members.items() if host.kind != "redirect"))
            hosts.measure_usual()
            yield hosts
        finally:
            hosts.close()
