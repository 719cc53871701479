"""`route112 demo`: plans in, a signed snapshot out, calls through a whole country, and faults."""

import asyncio
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import click

from route112.adapters.processes import ChildError, Children
from route112.adapters.sip import Address
from route112.adapters.supervision import SupervisionError, lock_folder
from route112.apps._console import EXIT_REFUSED, fail, own_name
from route112.apps.demo import acts
from route112.apps.demo.country import DemoFolder, build_aside
from route112.apps.demo.draw import DemoCall, Draw
from route112.apps.demo.ends import check_free, list_places, list_trunk_ends, open_ends
from route112.apps.demo.journal import Journal
from route112.apps.demo.play import Play
from route112.apps.demo.report import Outcome, echo_report, list_country, print_end, show_plan
from route112.apps.demo.screen import Screen, show
from route112.apps.demo.stage import await_ready, clear, put_up
from route112.apps.fault import FaultError, Faults
from route112.apps.station.setup import SYSTEM_PATH
from route112.countries.fr.sites import TOPOLOGY
from route112.snapshot.reader import Snapshot

CALLS = 48
CALLS_MAX = 400

EPILOG = """\b
Examples:
  route112 demo                      five acts; all stays in var/demo
  route112 demo --calls 120          more calls in each act
  route112 demo --json               every verdict, for machines

\b
Everything is synthetic and on loopback (127.0.0.0/8), and needs no rights. Exit codes: 0 every act
as told, 1 otherwise, 2 the demo cannot run."""


@click.command(epilog=EPILOG)
@click.option(
    "--dir",
    "path",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="Where country, snapshot, records and logs are kept.",
)
@click.option(
    "--calls",
    "count",
    type=click.IntRange(8, CALLS_MAX),
    default=CALLS,
    show_default=True,
    help="Calls of each act.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def demo(path: Path, count: int, *, as_json: bool) -> None:
    """Run a whole country, place calls through it, and break one thing after another."""
    began_s = time.monotonic()
    if shutil.which("kamailio", path=SYSTEM_PATH) is None:
        fail(
            f"kamailio is not in {SYSTEM_PATH}",
            "`make demo` installs it (Debian: kamailio kamailio-python3-modules "
            "kamailio-sqlite-modules)",
        )
    folder = DemoFolder(path.resolve())
    lock = take_folder(folder)
    screen = Screen(as_json=as_json)
    try:
        outcome, call = put_on(folder, screen, count, began_s=began_s)
    except KeyboardInterrupt:
        screen.text("Interrupted: nothing of it runs any more.")
        raise
    except (ChildError, SupervisionError, FaultError, OSError) as error:
        fail(str(error), f"Look into {show(folder.run)}; `ss -lnptu` shows who uses a port")
    finally:
        os.close(lock)
    if as_json:
        echo_report(outcome, folder)
    else:
        print_end(screen, outcome, folder, call)
    if not outcome.is_good:
        raise click.exceptions.Exit(EXIT_REFUSED)


def take_folder(folder: DemoFolder) -> int:
    """Make the folder and take it for this process, or end the command."""
    try:
        folder.run.mkdir(parents=True, exist_ok=True)
        return lock_folder(folder.path)
    except OSError as error:
        fail(f"{folder.path} cannot be used: {error.strerror}", "Name another folder with --dir")
    except SupervisionError as error:
        fail(str(error), "Another demo runs there; end it, or name another folder with --dir")


def put_on(
    folder: DemoFolder, screen: Screen, count: int, *, began_s: float
) -> tuple[Outcome, DemoCall]:
    """
    Build the plan, run the country, play the acts, end it all, and judge.

    Raises: ChildError, SupervisionError, FaultError, OSError.
    """
    with Children() as children:
        screen.title("The plan")
        facts = build_aside(folder)
        snapshot = Snapshot(folder.snapshot.read_bytes())
        show_plan(screen, snapshot, facts, folder)
        joint = acts.find_joint(facts.warnings)
        if joint is None:
            raise ChildError("the check of the plan names nobody who hangs on one vendor")
        screen.title("The country")
        clear(folder)
        ends = list_trunk_ends(snapshot)
        refuse_taken(ends)
        with put_up(children, folder):
            draw = Draw(snapshot, folder.source / "expected.csv.gz")
            members = count_members()
            took_s = await_ready(children, folder, count=members, tell=screen.live)
            screen.text(f"{members} programs run after {took_s:.0f} s, all on loopback:")
            screen.rows(["", *list_country(TOPOLOGY, snapshot.operators, len(ends))])
            country = acts.Country(
                topology=TOPOLOGY,
                snapshot=snapshot,
                draw=draw,
                faults=Faults(folder.run),
                calls=count,
            )
            play = asyncio.run(play_acts(country, joint, folder, screen))
        judgement = play.judge()
    counts = [(act, play.count(act, judgement)) for act in play.acts]
    seconds = time.monotonic() - began_s
    return Outcome(acts=counts, judgement=judgement, seconds=seconds), draw.take(1)[0]


def refuse_taken(ends: Sequence[Address]) -> None:
    """End the command where somebody listens already where the country will."""
    try:
        check_free((*list_places(TOPOLOGY), *ends))
    except ChildError as error:
        fail(
            f"{error}: another country, a site or a test runs on this machine",
            f"`{own_name()} down` ends what `up` started; `ss -lnptu` shows whose it is",
        )


def count_members() -> int:
    """Return how many programs `up` starts: with the answering points, which are one."""
    return len(list_places(TOPOLOGY)) + 1


async def play_acts(
    country: acts.Country, joint: acts.Joint, folder: DemoFolder, screen: Screen
) -> Play:
    """Play the acts in order."""
    journal = Journal(
        folder.run,
        edges=[edge.id for edge in country.topology.list_edges()],
        sites=[site.id for site in country.topology.sites],
    )
    async with open_ends(country.snapshot, country.topology, folder.run) as ends:
        play = Play(ends=ends, run=folder.run, journal=journal, screen=screen)
        await acts.place_all(play, country)
        await acts.break_sites(play, country)
        await acts.restore_sites(play, country)
        await acts.hang_gateways(play, country, joint)
    return play
