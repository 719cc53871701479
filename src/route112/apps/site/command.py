"""`route112 site run`: what a person types, checked, and what they read."""

import re
from pathlib import Path
from typing import TypedDict

import click

from route112.adapters.tables.native import REORDERING
from route112.apps._console import fail
from route112.apps.plan.options import FILE, FOLDER
from route112.apps.site.drain import drain_site, return_site
from route112.apps.site.setup import KAMAILIO_FOLDER, Setup, make_environment
from route112.apps.station.listen import Listen, parse_listen
from route112.apps.station.serving import (
    Craft,
    check_listens,
    check_run_dir,
    check_tls,
    run_station,
)
from route112.apps.station.translating import translate_beside
from route112.apps.topology import load_topology
from route112.model.topology import split_address

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")
TLS_OPTIONS = "--tls-cert, --tls-key and --tls-ca"

EPILOG = """\b
Examples:
  route112 site run --plan fr.r112 --trust trust.json
  route112 site run --plan fr.r112 --listen 127.0.1.1:5060 --listen udp:[::1]:5060 --name site-3
  route112 site run --plan fr.r112 --listen tls:192.0.2.5 \\
      --tls-cert site.pem --tls-key site.key --tls-ca ca.pem

\b
Ctrl-C or SIGTERM ends the site. Renaming another file over FILE, or SIGHUP, offers a new
snapshot; a bad or older one is refused and the one in force stays. If this command itself is
killed, Kamailio serves on; the same command takes it over again.
Exit codes: 0 ended when asked, 1 no snapshot that may be served, 2 cannot run."""


class ListenType(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases only
    """An address to listen on."""

    name = "addr"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Listen, ...]:
        """Return the listeners of one option."""
        try:
            return parse_listen(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group(epilog=EPILOG)
def site() -> None:
    """Run one site: take calls and ring answering points."""


site.add_command(drain_site)
site.add_command(return_site)


@site.command(epilog=EPILOG)
@click.option("--plan", type=FILE, required=True, help="Snapshot to serve; watched while it runs.")
@click.option(
    "--listen",
    "listens",
    type=ListenType(),
    multiple=True,
    metavar="ADDR",
    help="[udp:|tcp:|tls:]HOST[:PORT], may be repeated; without a transport UDP and TCP. "
    "[default: 127.0.0.1:5060, this machine only]",
)
@click.option("--name", default="site-1", show_default=True, help="Name in records and traces.")
@click.option("--run-dir", type=FOLDER, help="State, records and sockets.  [default: var/NAME]")
@click.option("--trust", type=FILE, help="Trust list that snapshots must be signed by.")
@click.option("--tls-cert", type=FILE, help="Certificate chain of the site, PEM.")
@click.option("--tls-key", type=FILE, help="Its private key, PEM.")
@click.option("--tls-ca", type=FILE, help="Authority of operators, trunks and this site, PEM.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option(
    "--shm-mb",
    type=click.IntRange(64, 65_536),
    default=512,
    show_default=True,
    help="Shared memory: 20 kB for each ringing call, twice.",
)
@click.option(
    "--pkg-mb",
    type=click.IntRange(16, 1_024),
    default=128,
    show_default=True,
    help="Memory of each process; below 18 the demo country does not load.",
)
@click.option(
    "--probes",
    "probes_file",
    type=FILE,
    help="Topology that says who may place test calls; read at the start.",
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
    listens: tuple[tuple[Listen, ...], ...],
    name: str,
    run_dir: Path | None,
    trust: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_ca: Path | None,
    workers: int,
    shm_mb: int,
    pkg_mb: int,
    probes_file: Path | None,
    metrics: str | None,
    template: Path | None,
    seconds_max: float | None,
    json_events: bool,
) -> None:
    """Run one site until it is told to stop."""
    places = tuple(dict.fromkeys(place for group in listens for place in group))
    setup = Setup(
        name=check_name(name),
        plan=plan,
        trust=trust,
        run_dir=check_run_dir(run_dir or Path("var") / name),
        listens=check_listens(places or parse_listen("127.0.0.1:5060"), named="--listen"),
        tls=check_tls(places, (tls_cert, tls_key, tls_ca), named=TLS_OPTIONS),
        workers=workers,
        shm_mb=shm_mb,
        pkg_mb=pkg_mb,
        template=template or KAMAILIO_FOLDER / "site.cfg",
        **read_probes(probes_file),
    )
    craft = Craft(
        translate=translate_beside("native", reordering=REORDERING),
        make_environment=lambda current, record_key: make_environment(
            setup, current=current, record_key=record_key
        ),
        drains=True,
    )
    run_station(setup, craft, seconds_max=seconds_max, as_json=json_events, metrics=metrics)


class Allowed(TypedDict, total=False):
    """What a topology says of test calls."""

    vouchers: tuple[str, ...]
    loops: tuple[tuple[str, str], ...]


def read_probes(file: Path | None) -> Allowed:
    """Return which edges vouch for test calls, and gateways' loop numbers; or end the command."""
    topology = None if file is None else load_topology(file)
    if topology is None or topology.probes is None:
        return {}
    places = [address for edge in topology.list_edges() for address in edge.addresses]
    hosts = tuple(split_address(place)[0] for place in places)
    return {"vouchers": hosts, "loops": topology.probes.loops}


def check_name(name: str) -> str:
    """Return the name of a site, or end the command."""
    if not NAME.fullmatch(name):
        fail(f"{name!r} is no name of a site", "Use letters, digits, dots and dashes: site-3")
    return name
