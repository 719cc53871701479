"""`route112 demo`: plans in, a signed snapshot out, real calls through a real site, and faults."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from route112.adapters.kemi.exercise import FILE
from route112.adapters.processes import ChildError, Children
from route112.adapters.supervision import (
    SupervisionError,
    end_orphans,
    find_group,
    lock_folder,
)
from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.demo import acts
from route112.apps.demo.country import DemoFolder, build_snapshot, write_country
from route112.apps.demo.draw import CALLS_MAX, DemoCall, draw_calls
from route112.apps.demo.ends import check_free, list_trunk_ends, open_ends
from route112.apps.demo.play import Play
from route112.apps.demo.report import Outcome, echo_report, print_next
from route112.apps.demo.screen import Screen, say, show
from route112.apps.demo.stage import Switch, choose_place, start_site
from route112.apps.demo.tally import judge_logs
from route112.apps.station.setup import SYSTEM_PATH
from route112.snapshot.reader import Snapshot

CALLS = 60

EPILOG = """\b
Examples:
  route112 demo                      sixty calls and five acts; all stays in var/demo
  route112 demo --calls 20           fewer in the first act
  route112 demo --keep               leave it running, to place calls of your own

\b
Everything is synthetic and on loopback (127.0.0.0/8). Exit codes: 0 no call lost or misrouted and
each act as told, 1 otherwise, 2 the demo cannot run."""


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
    type=click.IntRange(1, CALLS_MAX),
    default=CALLS,
    show_default=True,
    help="Calls of the first act.",
)
@click.option("--keep", is_flag=True, help="Leave site and PSAPs running until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def demo(path: Path, count: int, *, keep: bool, as_json: bool) -> None:
    """Build the demo country, place real calls through one site, and break things."""
    began = time.monotonic()
    if shutil.which("kamailio", path=SYSTEM_PATH) is None:
        fail(
            f"kamailio is not in {SYSTEM_PATH}",
            "`make demo` installs it (Debian: kamailio kamailio-python3-modules "
            "kamailio-sqlite-modules)",
        )
    folder = DemoFolder(path.resolve())
    lock = take_folder(folder)
    try:
        stage = prepare(folder, count)
        with Children() as children:
            outcome = asyncio.run(put_on(children, stage, as_json=as_json, keep=keep, began=began))
    except (ChildError, SupervisionError, OSError) as error:
        fail(str(error), f"Look into {show(folder.run)}; `ss -lnptu` shows who uses a port")
    finally:
        os.close(lock)
    if not outcome.is_good:
        raise click.exceptions.Exit(EXIT_REFUSED)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The ground of the demo."""

    folder: DemoFolder
    snapshot: Snapshot
    calls: tuple[DemoCall, ...]


def take_folder(folder: DemoFolder) -> int:
    """Make the folder and take it for this process, or end the command."""
    try:
        folder.run.mkdir(parents=True, exist_ok=True)
        return lock_folder(folder.path)
    except OSError as error:
        fail(f"{folder.path} cannot be used: {error.strerror}", "Name another folder with --dir")
    except SupervisionError as error:
        fail(str(error), "Another demo runs there; end it, or name another folder with --dir")


def prepare(folder: DemoFolder, count: int) -> Prepared:
    """Make or reuse the country, build and sign the snapshot, and draw the calls."""
    began = time.monotonic()
    made = "there already, written by this version"
    if write_country(folder):
        made = f"written in {time.monotonic() - began:.1f} s"
    say(f"Demo country {show(folder.source)}: {made}")
    began = time.monotonic()
    built = build_snapshot(folder)
    snapshot = built.snapshot
    keys = snapshot.communes_count * len(snapshot.short_numbers)
    say(
        f"Snapshot {show(folder.snapshot)}: {built.files} plans ({built.parsed} parsed, "
        f"{built.repairs:,} repairs reported), {keys:,} keys, {snapshot.psaps_count} answering "
        f"points, signed by {built.key_id}, verified, in {time.monotonic() - began:.1f} s"
    )
    calls = draw_calls(snapshot, folder.source / "expected.csv.gz", count)
    if not calls:
        fail(
            "the expected table has no call that holds at every hour",
            f"Remove {show(folder.stamp)} to start afresh",
        )
    return Prepared(folder, snapshot, calls)


async def put_on(
    children: Children, stage: Prepared, *, as_json: bool, keep: bool, began: float
) -> Outcome:
    """Put up the site and both ends of its calls, play the acts, and judge."""
    folder = stage.folder
    await clear(folder)
    check_free(list_trunk_ends(stage.snapshot))
    place = choose_place()
    switch = Switch(folder.site / FILE)
    journal = start_site(children, folder, place)
    async with open_ends(stage.snapshot, place, folder.run) as ends:
        places = len(ends.psaps.addresses)
        say(f"{place.place}: one site (`route112 site run`); {places} trunk ends answer as PSAPs")
        screen = Screen(as_json=as_json)
        play = Play(
            ends=ends, journal=journal, snapshot=stage.snapshot, screen=screen, switch=switch
        )
        await play_acts(play, stage)
        judgement = judge_logs(folder.run, play.book, usual=play.usual)
        outcome = Outcome(judgement, tuple(play.broken), time.monotonic() - began)
        if as_json:
            echo_report(outcome, folder)
        else:
            screen.table(judgement)
            print_next(outcome, folder, stage.calls[0], place.place)
        if keep:
            await wait_for_end(place.place)
    return outcome


async def play_acts(play: Play, stage: Prepared) -> None:
    """Play the acts in order."""
    calls: Sequence[DemoCall] = stage.calls
    await acts.place_all(play, calls)
    await acts.silence_psap(play, calls)
    await acts.break_python(play, calls)
    folder = stage.folder
    await acts.swap_snapshot(play, calls, offered=folder.offered, plan=folder.snapshot)


async def clear(folder: DemoFolder) -> None:
    """End what a demo that was killed together with its site left running, and its files."""
    state = folder.site / "kamailio.json"
    await end_orphans(state)
    if (group := find_group(state)) is not None:
        await group.end()
    folder.clear_run()


async def wait_for_end(place: str) -> None:
    """Wait until somebody ends the demo."""
    say(f"Running until Ctrl-C: sip:15@{place}, commune in the header X-Commune")
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    say("Ended")
