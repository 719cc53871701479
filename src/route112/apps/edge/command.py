"""`route112 edge run`: what a person types, checked, and what they read."""

import os
from pathlib import Path

import click

from route112.adapters.tables.edge import REORDERING
from route112.apps._console import fail
from route112.apps.edge.setup import TEMPLATE, WIRING
from route112.apps.edge.station import ENVIRONMENT, EdgeStation, list_listens, list_sites
from route112.apps.plan.options import FILE, FOLDER
from route112.apps.station.exercise import is_exercise
from route112.apps.station.serving import (
    Craft,
    check_listens,
    check_run_dir,
    check_tls,
    run_station,
)
from route112.apps.station.translating import translate_beside
from route112.apps.topology import load_topology
from route112.model import Wiring
from route112.model.topology import TlsPaths, Topology
from route112.snapshot.reader import Snapshot

EPILOG = """\b
Examples:
  route112 edge run --plan fr.r112 --topology var/fr/topology.yaml --name bruyere-edge-1

\b
Ctrl-C or SIGTERM ends the edge, and with it the conversations that go through it. Renaming
another file over the one of --plan, or SIGHUP, offers a new snapshot; a bad or older one is
refused and the one in force stays. The topology is read at the start only. If this command itself
is killed, Kamailio serves on; the same command takes it over again.
Exit codes: 0 ended when asked, 1 no snapshot that may be served or a topology that is refused,
2 cannot run."""


@click.group(epilog=EPILOG)
def edge() -> None:
    """Run an operator's edge: hand calls to sites, ring answering points when none serves."""


@edge.command(epilog=EPILOG)
@click.option("--plan", type=FILE, required=True, help="Snapshot to serve; watched while it runs.")
@click.option(
    "--topology",
    "topology_file",
    type=FILE,
    required=True,
    help="Where the edge listens, who sends to it, and its sites.",
)
@click.option("--name", required=True, help="Id of the edge in the topology.")
@click.option("--run-dir", type=FOLDER, help="State, records and sockets.  [default: var/NAME]")
@click.option("--trust", type=FILE, help="Trust list that snapshots must be signed by.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option(
    "--shm-mb",
    type=click.IntRange(64, 65_536),
    default=512,
    show_default=True,
    help="Shared memory: 31 kB for each ringing call.",
)
@click.option(
    "--pkg-mb",
    type=click.IntRange(16, 1_024),
    default=128,
    show_default=True,
    help="Memory of each process; below 18 the demo country does not load.",
)
@click.option(
    "--metrics",
    metavar="ADDR",
    help="Answer Prometheus at [HOST:]PORT; without a host on this machine only.",
)
@click.option("--template", type=FILE, help="Other configuration template.", hidden=True)
@click.option("--for", "seconds_max", type=click.FloatRange(0), help="End after so many seconds.")
@click.option("--json-events", is_flag=True, help="Print each event as JSON on standard output.")
def run(  # noqa: PLR0913  one parameter for each option
    *,
    plan: Path,
    topology_file: Path,
    name: str,
    run_dir: Path | None,
    trust: Path | None,
    workers: int,
    shm_mb: int,
    pkg_mb: int,
    metrics: str | None,
    template: Path | None,
    seconds_max: float | None,
    json_events: bool,
) -> None:
    """Run one edge until it is told to stop."""
    topology = load_topology(topology_file)
    found = topology.find_edge(name)
    if found is None:
        fail(f"{topology_file} has no edge {name!r}", _suggest_edges(topology))
    operator, node = found
    named = f"{topology_file}, {name}:"
    listens = check_listens(list_listens(node), named=named)
    station = EdgeStation(
        name=name,
        plan=plan,
        trust=trust,
        run_dir=check_run_dir(run_dir or Path("var") / name),
        listens=listens,
        tls=check_tls(listens, _find_files(node.tls, topology_file.parent), named=f"{named} tls"),
        workers=workers,
        shm_mb=shm_mb,
        pkg_mb=pkg_mb,
        template=template or TEMPLATE,
        operator=operator.id,
        clients=operator.clients,
        probes=() if topology.probes is None else topology.probes.sources,
        sites=tuple(list_sites(topology, operator, node)),
        in_turn=operator.spread == "round-robin",
        wiring=choose_wiring(topology, topology_file),
    )
    craft = Craft(
        translate=translate_beside("edge", operator.id, reordering=REORDERING),
        make_environment=lambda _current, _record_key: ENVIRONMENT,
        remark=lambda snapshot: _remark(snapshot, operator.id),
    )
    run_station(station, craft, seconds_max=seconds_max, as_json=json_events, metrics=metrics)


def choose_wiring(topology: Topology, file: Path) -> Wiring:
    """Return how sites are treated, or end the command: what saves calls is left out in play."""
    if topology.wiring is None:
        return WIRING
    if not is_exercise(os.environ):
        fail(
            f"{file} names another wiring, {topology.wiring.name}, and this is no exercise",
            "Remove `wiring` from the topology, or run it with `route112 up --exercise`",
        )
    return topology.wiring


def _suggest_edges(topology: Topology) -> str:
    names = [edge.id for edge in topology.list_edges()]
    return f"Name one of {', '.join(names)}" if names else "Give an operator of it an edge"


def _find_files(tls: TlsPaths | None, folder: Path) -> tuple[Path | None, ...]:
    """Return the files of TLS; relative ones stand beside the topology."""
    if tls is None:
        return None, None, None
    return folder / tls.certificate, folder / tls.key, folder / tls.ca


def _remark(snapshot: Snapshot, operator: str) -> str:
    """Say what is wrong between a plan and a topology."""
    if snapshot.operator(operator) is not None:
        return ""
    return (
        f"the plan has no operator {operator}: sites will refuse its calls, and this edge places "
        "them without a dialect and a default commune"
    )
