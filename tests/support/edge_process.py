"""An edge, its sites and their answering points as the processes that people start."""

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.support.edge_run import open_psaps
from tests.support.sipp_psaps import find_free_port
from tests.support.site_run import Run, run_site, run_station
from tests.support.snapshots import LINES, TRUNKS, small_content

from route112.apps.site.setup import KAMAILIO_FOLDER
from route112.snapshot.content import TrunkRow
from route112.snapshot.writer import write_snapshot

WORKER = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
EDGE_HOST = f"127.0.69.{WORKER}"
SITE_HOSTS = tuple(f"127.0.69.{10 * number + WORKER}" for number in (1, 2))
CLIENT = f"127.0.70.{WORKER}"
PORTS = range(5161, 5199)
NAME = "bruyere-edge-1"
HEAD = """\
name: test
sites:
"""
SITE = (
    '  - {{id: {id}, address: "{address}", place: Brest, network: n, hosting: h, vendor: v,'
    ' software: "1", power: p{tls}}}\n'
)
OPERATOR = """\
  - id: {operator}
    clients: ["{client}/32"]
    edges: [{{id: {name}, address: "{address}", place: Rennes, network: ouest-ip{tls}}}]
    sites: [{sites}]
    spread: first
"""


def write_topology(
    path: Path, edge: str, sites: dict[str, str], *, operator: str = "bruyere", tls: str = ""
) -> Path:
    """Write one edge in front of sites, all by `host:port`, all with the same files of TLS."""
    rows = [SITE.format(id=id_, address=address, tls=tls) for id_, address in sites.items()]
    operators = OPERATOR.format(
        operator=operator,
        client=CLIENT,
        name=NAME,
        address=edge,
        sites=", ".join(sites),
        tls=tls,
    )
    path.write_text(HEAD + "".join(rows) + "operators:\n" + operators, encoding="utf-8")
    return path


@dataclass
class Country:
    """A plan, its answering points, and a topology of one edge and two sites."""

    folder: Path
    psaps: dict
    port: int = field(default_factory=lambda: find_free_port(EDGE_HOST, PORTS))
    site_ports: list = field(
        default_factory=lambda: [find_free_port(host, PORTS) for host in SITE_HOSTS]
    )
    callers: list = field(default_factory=list)
    resends: bool = True
    """As of an `EdgeRun`."""

    def __post_init__(self):
        self.places = {("udp", False): (EDGE_HOST, self.port)}
        ports = zip(SITE_HOSTS, self.site_ports, strict=True)
        self.sites = {f"site-{n}": f"{host}:{port}" for n, (host, port) in enumerate(ports, 1)}
        self.topology = write_topology(
            self.folder / "topology.yaml", f"{EDGE_HOST}:{self.port}", self.sites
        )

    @property
    def plan(self):
        return self.folder / "plan.r112"

    def offer(self, generation, *, orders=()):
        """Put another plan in its place: 17 rings in Brest, 18 at a gateway, all else in Paris."""
        hops = {name: psap.hop() for name, psap in self.psaps.items()}
        trunks = tuple(
            TrunkRow(name=trunk.name, hops=(hops[name],))
            for trunk, name in zip(TRUNKS, ("brest", "gateway", "paris"), strict=True)
        )
        operators = tuple(
            replace(operator, sources=(f"{EDGE_HOST}/32",) if operator.id == "bruyere" else ())
            for operator in small_content().operators
        )
        content = small_content(
            generation=generation,
            trunks=trunks,
            operators=operators,
            orders=tuple(orders),
            lines=tuple(line for line in LINES if line.role != "order"),
        )
        aside = self.plan.with_suffix(".new")
        aside.write_bytes(write_snapshot(content))
        aside.replace(self.plan)

    @contextmanager
    def run_site(self, id_, *arguments):
        """Run one site."""
        folder = self.folder / id_
        folder.mkdir(exist_ok=True)
        argv = ["--template", KAMAILIO_FOLDER / "site.cfg", "--name", id_, "--shm-mb", "128"]
        address = self.sites[id_]
        with run_site(
            folder, self.plan, *map(str, (*argv, *arguments)),
            listen=address, port=int(address.rpartition(":")[2]),
        ) as run:  # fmt: skip
            yield run

    @contextmanager
    def run_sites(self):
        """Run both sites, and wait until they serve."""
        with ExitStack() as stack:
            runs = {id_: stack.enter_context(self.run_site(id_)) for id_ in self.sites}
            for run in runs.values():
                run.wait("start", reason="ready")
            yield runs

    @contextmanager
    def run_edge(self, *arguments, **options):
        """Run the edge."""
        argv = ["edge", "run", "--plan", str(self.plan), "--topology", str(self.topology)]
        argv += ["--name", NAME, "--shm-mb", "128", *map(str, arguments)]
        with run_station(self.folder, *argv, port=self.port, **options) as run:
            yield run


@contextmanager
def open_country(folder):
    """Open the answering points, and offer a first plan."""
    with open_psaps() as psaps:
        country = Country(folder, psaps)
        country.offer(42)
        try:
            yield country
        finally:
            for caller in country.callers:
                caller.close()


def list_records(run: Run, kind: str):
    """List the records of a kind that a station wrote, those that its recorder has sealed too."""
    from route112.adapters.record_spool import read_records

    found = read_records(run.run_dir / "records")
    return [record for record in found if record.kind == kind]


@contextmanager
def run_edges(folder: Path, plan: Path, host: str, clients: dict[str, str], *more: str):
    """
    Run an edge of each operator, in front of one site that is not there.

    Args:
        clients: address of each operator's callers, by its id.
        more: arguments of each.
    Returns: runs, by operator.
    """
    folder.mkdir()
    ports = {
        operator: find_free_port(host, range(5240 + 20 * place, 5260 + 20 * place))
        for place, operator in enumerate(clients)
    }
    silent = f"{host}:{find_free_port(host, range(5200, 5240))}"
    text = HEAD + SITE.format(id="site-1", address=silent, tls="") + "operators:\n"
    for operator, client in clients.items():
        text += OPERATOR.format(
            operator=operator, client=client, name=f"{operator}-edge-1",
            address=f"{host}:{ports[operator]}", sites="site-1", tls="",
        )  # fmt: skip
    topology = folder / "topology.yaml"
    topology.write_text(text, encoding="utf-8")
    with ExitStack() as stack:
        runs = {}
        for operator, port in ports.items():
            argv = ["edge", "run", "--plan", str(plan), "--topology", str(topology)]
            argv += ["--name", f"{operator}-edge-1", "--pkg-mb", "32", *more]
            run_dir = folder / operator
            runs[operator] = stack.enter_context(
                run_station(folder, *argv, port=port, run_dir=run_dir)
            )
            runs[operator].wait(
                "native-flip"
            )  # one at a time: each takes a processor for a second
        yield runs
