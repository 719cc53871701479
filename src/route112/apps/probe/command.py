"""`route112 watch probe`: what a person types."""

import asyncio
import ipaddress
import json
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from route112.adapters.clock import utc_now
from route112.adapters.kemi.probes import list_hops
from route112.adapters.record_spool import RecorderRunningError
from route112.apps._console import EXIT_REFUSED, echo_json, fail
from route112.apps.plan.options import open_snapshot
from route112.apps.probe.keeping import MEMBER, Book, Kept, Latest, load_kept
from route112.apps.probe.prober import Prober
from route112.apps.probe.running import Running, find_rung
from route112.apps.probe.table import echo_table
from route112.apps.topology import load_topology
from route112.apps.watch.options import for_option, ground_options, make_complain
from route112.model.topology import Topology, find_version
from route112.watch.findings import Change, Finding
from route112.watch.probing.pace import CALLS_PER_S_MAX, PACE_S, Pace, Turns
from route112.watch.probing.paths import Ways, list_ways

RATE_MAX = 200.0
PACE_MAX_S = 86_400.0

complain = make_complain("watch probe")

EPILOG = """\b
Examples:
  route112 watch probe --topology T --plan fr.r112 --run-dir var/country
  route112 watch probe --topology T --plan fr.r112 --run-dir var/country --once
  route112 watch probe --topology T --plan fr.r112 --run-dir var/country --show

\b
The topology's `probes` says who may place test calls and which loop numbers gateways have. No
answering point is rung: behind IP its test responder answers, at most every 15 minutes; behind a
gateway its loop number does. Without --once each result is told when it changes, and with --json
each result is a line. One prober at a time writes into a run directory.
Exit codes: 0 ended when asked (--once, --show: no path failed), 1 a path failed, or the topology
or the snapshot is refused, 2 cannot run."""


@click.command(epilog=EPILOG)
@ground_options(
    topology="Edges and sites.",
    plan="Snapshot: the next hops of its trunks.",
    run_dir="Where results are kept.",
)
@click.option("--once", is_flag=True, help="Test each path once, show the table, and end.")
@click.option("--show", is_flag=True, help="Test nothing: show what a running prober has found.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@click.option(
    "--every",
    "pace_s",
    type=click.FloatRange(1.0, PACE_MAX_S),
    default=PACE_S,
    show_default=True,
    help="Seconds between two test calls over a path with a loop number.",
)
@click.option(
    "--rate-max",
    type=click.FloatRange(0.1, RATE_MAX),
    default=CALLS_PER_S_MAX,
    show_default=True,
    help="Test calls a second, in all; paths that are too many are tested less often.",
)
@for_option
def probe(  # noqa: PLR0913  one parameter for each option
    *,
    topology_file: Path,
    plan: Path,
    run_dir: Path,
    once: bool,
    show: bool,
    as_json: bool,
    pace_s: float,
    rate_max: float,
    seconds_max: float | None,
) -> None:
    """Place test calls over every edge, site and trunk, and hear whether audio comes back."""
    if show:
        kept = load_kept(run_dir)
        if kept is None:
            fail(f"{run_dir} has no results of test calls", "Run it without --show first")
        end_with(kept, as_json=as_json)
    topology = load_topology(topology_file)
    local = find_local(topology, topology_file)
    ways = list_ways(topology, list_hops(open_snapshot(plan)))
    if not ways.count:
        fail("no path can be tested", "Name loop numbers of gateways in `probes` of the topology")
    pace = Pace(ways, pace_s=pace_s, calls_per_s_max=rate_max)
    order = Order(ways, pace, once=once, as_json=as_json, seconds_max=seconds_max)
    edges = {
        edge.id: {find_version(address): address for address in edge.addresses}
        for edge in topology.list_edges()
    }
    try:
        (run_dir / MEMBER).mkdir(parents=True, exist_ok=True)
        kept = asyncio.run(run(order, run_dir, local=local, edges=edges))
    except RecorderRunningError as error:
        fail(f"{run_dir} has a prober already: {error}", "Stop that one, or use --show")
    except OSError as error:
        fail(
            f"test calls cannot be placed: {error.strerror or error}",
            f"The addresses {', '.join(local.values())} have to be this machine's",
        )
    if once:
        end_with(kept, as_json=as_json)
    if not as_json:
        click.echo(sum_up(kept))


@dataclass(frozen=True, slots=True)
class Order:
    """What is tested, and how."""

    ways: Ways
    pace: Pace
    once: bool
    as_json: bool
    seconds_max: float | None


def find_local(topology: Topology, file: Path) -> Mapping[int, str]:
    """Return an own address of each IP version that edges take test calls from, or end."""
    if topology.probes is None:
        fail(
            f"{file} lets nobody place test calls",
            'Add `probes: {sources: ["192.0.2.7"]}` with the address of this machine',
        )
    hosts: dict[int, str] = {}
    for source in topology.probes.sources:
        network = ipaddress.ip_network(source)
        hosts.setdefault(network.version, str(network[min(1, network.num_addresses - 1)]))
    return hosts


async def run(
    order: Order,
    run_dir: Path,
    *,
    local: Mapping[int, str],
    edges: Mapping[str, Mapping[int, str]],
) -> Kept:
    """Test until it is over; return what is known then."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if order.seconds_max is not None:
        loop.call_later(order.seconds_max, stop.set)
    book = Book(run_dir, order.ways, order.pace, now_us=utc_now, complain=complain)
    async with Prober(local, edges) as prober:
        book.begin()
        teller = Teller(as_json=order.as_json, quiet=order.once)
        running = Running(
            prober, book, tell=teller.tell, tell_change=teller.tell_change, complain=complain
        )
        turns = Turns(
            order.ways, order.pace, now_s=loop.time(),
            rung_s=find_rung(book, now_s=loop.time()), once=order.once,
        )  # fmt: skip
        await running.run(turns, stop)
        await book.end()
    return book.save()


class Teller:
    """Prints what comes of test calls while they go on."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self._as_json = as_json
        self._quiet = quiet
        self._said: dict[object, str] = {}

    def tell(self, latest: Latest) -> None:
        """Print a result: as JSON each, for people where it is another than before."""
        before, self._said[latest.path] = self._said.get(latest.path, "well"), latest.said
        if self._quiet:
            return
        if self._as_json:
            echo_line(describe_latest(latest))
        elif latest.said != before:
            why = f" ({latest.failed})" if latest.failed else ""
            click.echo(f"{latest.said:<6} {latest.path}{why}")

    def tell_change(self, change: Change) -> None:
        """Print what was found of a link."""
        if self._quiet:
            return
        for finding in change.begun:
            if self._as_json:
                echo_line({"begun": describe_finding(finding)})
            else:
                click.echo(f"FOUND  {finding.series}: {finding.evidence[-1]}")
        for _, series in change.over:
            if self._as_json:
                echo_line({"over": dict(series.pairs)})
            else:
                click.echo(f"over   {series}")


def describe_latest(latest: Latest) -> dict[str, object]:
    """Return a result for machines."""
    return {name: getattr(latest, name) for name in latest.__struct_fields__}


def describe_finding(finding: Finding) -> dict[str, object]:
    """Return a finding for machines."""
    return {
        "series": dict(finding.series.pairs),
        "since_us": finding.since_us,
        "at_us": finding.at_us,
        "floor_s": finding.floor_s,
        "party": finding.party,
        "evidence": finding.evidence,
    }


def end_with(kept: Kept, *, as_json: bool) -> None:
    """Show all paths, and end the command."""
    if as_json:
        echo_json(kept)
    else:
        echo_table(kept, now_us=utc_now())
    is_bad = any(each.said not in ("", "well", "busy") for each in kept.paths)
    raise click.exceptions.Exit(EXIT_REFUSED if is_bad else 0)


def sum_up(kept: Kept) -> str:
    """Say how far it got."""
    tested = [each for each in kept.paths if each.said]
    bad = sum(each.said not in ("well", "busy") for each in tested)
    return (
        f"{len(tested):,} of {len(kept.paths):,} paths have been tested, {bad:,} of them failed;"
        " --show shows them all"
    )


def echo_line(value: object) -> None:
    """Print one JSON line at once."""
    click.echo(json.dumps(value))
