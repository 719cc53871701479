"""`route112 watch`: what a person types, and the loop."""

import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from route112.adapters.clock import utc_now
from route112.adapters.kemi.probes import list_hops
from route112.adapters.month_keys import MonthKeys
from route112.adapters.watch_store import Kept, People
from route112.adapters.watch_store.people import CLEAR_DAYS, PSEUDONYM_MONTHS
from route112.apps._console import fail
from route112.apps.alarms.channels import channel_options, open_channels, read_channels
from route112.apps.alarms.ledger import Ledger
from route112.apps.exposing.endpoints import read_endpoint
from route112.apps.plan.options import FILE, FOLDER, open_snapshot
from route112.apps.probe.command import probe
from route112.apps.topology import load_topology
from route112.apps.watch.alarming import Alarming
from route112.apps.watch.country import Country, load_country, load_thresholds, name_code
from route112.apps.watch.following.follower import Follower
from route112.apps.watch.ground import build_ground, keep_ground
from route112.apps.watch.keeping import Files, lock, open_files
from route112.apps.watch.looking.makings import Makings
from route112.apps.watch.loop import Loop, Told, complain
from route112.apps.watch.options import for_option, ground_options
from route112.apps.watch.shown import Shown
from route112.apps.watch.states.sounding import Sounding
from route112.apps.watch.states.stating import StateKeeper
from route112.apps.watch.status import status
from route112.apps.watch.upkeep.contents import Contents
from route112.apps.watch.upkeep.renewals import Where, list_renewals, renewal_options
from route112.model.topology import Topology
from route112.snapshot.reader import Snapshot
from route112.watch.states.asking import PER_S_MAX
from route112.watch.upkeep.clocks import ClockWatch

DAYS_MAX = 366
MONTHS_MAX = 120
RATE_MAX = 1_000.0

EPILOG = """\b
Examples:
  route112 watch run --topology var/fr/topology.yaml --plan fr.r112 --run-dir var/country
  route112 watch status
  route112 alarms --run-dir var/country
  route112 callbacks list --run-dir var/country"""


@click.group(epilog=EPILOG)
def watch() -> None:
    """Follow the records of all stations, and keep who did not get through."""


watch.add_command(status)
watch.add_command(probe)


@watch.command(
    epilog="""\b
Examples:
  route112 watch run --topology var/fr/topology.yaml --plan fr.r112 --run-dir var/country
  route112 watch run --topology T --plan fr.r112 --run-dir D --records /srv/site-1/records
  route112 watch run --topology T --plan fr.r112 --run-dir D --metrics 9112

\b
Without --records the records folders of all members of a country that runs in DIR are followed,
also those that come later. No call waits for watch: it reads files. When it is killed, the same
command goes on where it stopped; nothing is counted twice. Numbers stay in clear in DIR for some
days, in a file that only its owner can read.
Exit codes: 0 ended when asked, 1 the topology, the snapshot or the profile is refused, 2 cannot
run."""
)
@ground_options(
    topology="Which are edges, and where sites are.",
    plan="Snapshot: names of numbers and communes, next hops of trunks.",
    run_dir="Where watch keeps what it has seen.",
)
@click.option(
    "--profile",
    type=FILE,
    help="profile.yaml with holidays and usual hours  [default: built in, by the snapshot]",
)
@click.option(
    "--records", type=FOLDER, multiple=True, help="Records folder to follow; may be repeated."
)
@click.option(
    "--clear-days",
    type=click.IntRange(1, DAYS_MAX),
    default=CLEAR_DAYS,
    show_default=True,
    help="Days that callers' numbers are kept in clear.",
)
@click.option(
    "--pseudonym-months",
    type=click.IntRange(1, MONTHS_MAX),
    default=PSEUDONYM_MONTHS,
    show_default=True,
    help="Months that pseudonyms and their keys are kept.",
)
@click.option(
    "--metrics",
    metavar="ADDR",
    help="Answer Prometheus at [HOST:]PORT; without a host on this machine only.",
)
@click.option(
    "--thresholds",
    type=FILE,
    help="alert-thresholds.yaml of the law  [default: built in, by the snapshot]",
)
@renewal_options
@channel_options
@click.option("--no-states", is_flag=True, help="Tell sites nothing: write no states.json.")
@click.option(
    "--options-rate",
    type=click.FloatRange(0, RATE_MAX),
    default=PER_S_MAX,
    show_default=True,
    help="OPTIONS a second to sites and next hops, at most; 0: none.",
)
@for_option
def run(  # noqa: PLR0913  one parameter for each option
    *,
    topology_file: Path,
    plan: Path,
    profile: Path | None,
    run_dir: Path,
    records: tuple[Path, ...],
    clear_days: int,
    pseudonym_months: int,
    metrics: str | None,
    thresholds: Path | None,
    no_states: bool,
    options_rate: float,
    seconds_max: float | None,
    sources: Path | None,
    trust: Path | None,
    planner_folder: Path | None,
    **asked: Any,  # noqa: ANN401  those of `channel_options`
) -> None:
    """Follow records until it is told to stop."""
    channels = read_channels(**asked)
    topology = load_topology(topology_file)
    snapshot = open_snapshot(plan)
    country = load_country(snapshot, profile)
    where = Where(topology_file, sources, trust, planner_folder or run_dir / "planner")
    clocks = _list_upkeep(country, topology, where)
    alerts = load_thresholds(snapshot.country, thresholds)
    stop = _heed_signals()
    files = _make_files(run_dir)
    with lock(files), open_files(files, create=True) as store:
        People(store).set_kept(Kept(clear_days, pseudonym_months))
        People(store).respell(country.names.spell_number)
        keep_ground(store, topology, snapshot, now_us=utc_now())
        ground = build_ground(topology, snapshot)
        alarming = Alarming(store, ground, country, thresholds=alerts, wall=utc_now)
        makings = _make_makings(country, files, alarming)
        follower = _make_follower(store, topology, country, clocks)
        country.more += (Contents(run_dir, list_edges(topology)).list_deviations,)
        states = nullcontext() if no_states else _keep(files, topology, snapshot, options_rate)
        try:
            with (
                states as keeper,
                _serve(metrics) as show,
                open_channels(channels, files.store, complain=complain),
            ):
                told = Told(keeper, show, alarming, Ledger(store, files.alarms, complain=complain))
                loop = Loop(follower, files, store, records, makings, told)
                loop.run(stop, seconds_max)
        except OSError as error:
            fail(f"{files.run_dir} cannot be used: {error}", "Make room, or run it as its user")


def _heed_signals() -> threading.Event:
    """Return what is set when the process is asked to end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def list_edges(topology: Topology) -> list[str]:
    """Return the names of stations that ask no Python."""
    return [edge.id for edge in topology.list_edges()]


def _list_upkeep(country: Country, topology: Topology, where: Where) -> ClockWatch:
    """Have the country tell what has to be renewed; return who compares clocks."""
    clocks = ClockWatch(frozenset(list_edges(topology)))
    renewals = list_renewals(topology, where, now=utc_now, complain=complain)
    country.more = (*renewals, clocks.list_deviations)
    return clocks


def _make_follower(
    store: sqlite3.Connection, topology: Topology, country: Country, clocks: ClockWatch
) -> Follower:
    """Return who follows records, and have the country tell what that finds."""
    edges = list_edges(topology)
    follower = Follower(store, edges=edges, names=country.names, complain=complain)
    follower.absences.stations = {*edges, *(site.id for site in topology.sites)}
    country.list_refusals = follower.list_refusals
    country.more += (follower.absences.list_deviations,)
    follower.watch(clocks)
    return follower


def _make_files(run_dir: Path) -> Files:
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{run_dir} cannot be made: {error.strerror}", "Name a folder that you may write in")
    return Files(run_dir)


def _make_makings(country: Country, files: Files, alarming: Alarming) -> Makings:
    return Makings(
        country=country,
        maker=name_code(),
        name_caller=MonthKeys(files.keys).name,
        make_detectors=alarming.make_detectors,
        told=alarming.take,
        made=lambda watching: alarming.attach(watching.detectors),
        changed=alarming.note_change,
    )


@contextmanager
def _keep(
    files: Files, topology: Topology, snapshot: Snapshot, options_rate: float
) -> Iterator[StateKeeper]:
    """Give who keeps states, and asks by OPTIONS for them."""
    with closing(Sounding(topology, list_hops(snapshot), per_s_max=options_rate)) as sounding:
        keeper = StateKeeper(
            files.run_dir, edges=list_edges(topology), sound=sounding.step, complain=complain
        )
        with closing(keeper):
            yield keeper


@contextmanager
def _serve(address: str | None) -> Iterator[Callable[[Shown], None]]:
    """Answer Prometheus where asked to; give what has to be told what is shown."""
    if address is None:
        yield lambda _shown: None
        return
    host, port = read_endpoint(address)
    # What only an endpoint needs is imported when there is one.
    from route112.apps.watch.metrics import Board, serve

    board = Board()
    with ExitStack() as stack:
        try:
            bound = stack.enter_context(serve(host, port, board))
        except OSError as error:
            fail(f"nothing can be served at {address}: {error.strerror}", "Name a free address")
        complain(f"Prometheus is answered at port {bound}")
        yield board.show
