"""`route112 up`: start a topology, and keep it running."""

import asyncio
import errno
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import click

from route112.adapters.clock import utc_now
from route112.adapters.kemi.probes import list_hops
from route112.adapters.supervision import SupervisionError, lock_folder
from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.country_run.detach import run_detached
from route112.apps.country_run.exercise import Extras, check_extras
from route112.apps.country_run.footprint import find_taken
from route112.apps.country_run.loop import HURT, Loop, NotReadyError, Order
from route112.apps.country_run.members import Ground, Member, list_members
from route112.apps.country_run.options import find_run_dir, run_dir_option
from route112.apps.country_run.planned import (
    PLANS,
    PlannerTyped,
    check_planner,
    find_planner,
    list_planner_paths,
    own_plan,
    planner_run_options,
    prepare_plans,
)
from route112.apps.country_run.supervisor import EXERCISE_VARIABLE
from route112.apps.demo.ends import list_trunk_ends
from route112.apps.plan.options import FILE, open_snapshot
from route112.apps.station.disk import describe_lack, describe_room
from route112.apps.topology import load_topology
from route112.snapshot.reader import Snapshot
from route112.wire.topology.places import LOOPS_MAX

READY_SECONDS_MAX = 30.0
SHM_MB = 512
TOPOLOGY = "topology.yaml"
CURRENT = "current"
"""In a member's folder: names the snapshot that it keeps."""

EPILOG = """\b
Examples:
  route112 up --plan fr.r112 --psaps              the demo country's topology, on loopback
  route112 up topology.yaml --plan fr.r112 --trust trust.json --detach
  route112 up topology.yaml --plan fr.r112 --only site-3

\b
Without TOPOLOGY the demo country's is taken. Ctrl-C or SIGTERM ends everything. If this command
itself is killed, its members serve on: the same command takes them over, `route112 down` ends
them. Exit codes: 0 ended when asked (--detach: everything runs), 1 something did not answer in
time, 2 cannot run, 130 (--detach) ended by Ctrl-C before everything ran."""


@click.command(epilog=EPILOG)
@click.argument("topology", type=FILE, required=False)
@click.option("--plan", type=FILE, required=True, help="Snapshot that every member serves.")
@click.option("--trust", type=FILE, help="Trust list that snapshots must be signed by.")
@run_dir_option
@click.option("--psaps", is_flag=True, help="Play the answering points at the ends of all trunks.")
@click.option("--exercise", is_flag=True, help="Mark the run: faults may be put in.")
@click.option(
    "--disk-mb",
    type=click.IntRange(0, 65_536),
    default=0,
    help="In an exercise: a disk in memory for each site and edge, which a fault may fill.",
)
@click.option(
    "--fake-clocks", is_flag=True, help="In an exercise: a clock for each, which may be set."
)
@planner_run_options
@click.option("--only", "ids", multiple=True, metavar="ID", help="Run this one; may be repeated.")
@click.option("--detach", is_flag=True, help="Return when all of it answers; it runs on.")
@click.option(
    "--ready-within",
    type=click.FloatRange(1, 600),
    default=READY_SECONDS_MAX,
    show_default=True,
    help="Seconds until everything has to answer.",
)
@click.option(
    "--shm-mb",
    type=click.IntRange(64, 65_536),
    default=SHM_MB,
    show_default=True,
    help="Shared memory of each site and edge.",
)
@click.option("--lock", type=int, hidden=True, help="Handle that holds the run directory already.")
def up(**typed: Any) -> None:  # noqa: ANN401
    """
    Start all sites, edges and redirect servers of a topology, and keep them running.

    Each is a process group of its own with a folder and a log below the run directory. One that
    ends is started again, whatever its exit code was, after 0.2 s at first and 10 s at last.
    """
    options = Options(**typed)
    folder = find_run_dir(options.run_dir)
    for file in (options.plan, options.trust, options.topology, options.profile):
        if file is not None and not file.is_file():
            fail(f"{file} is not there", "Name a file that is")
    check_exercise(options)
    check_planner(options)
    try:
        lock = lock_folder(folder, inherited=options.lock)
    except (SupervisionError, OSError) as error:
        fail(str(error), "End that one with `route112 down`, or name another --run-dir")
    if options.detach:
        arguments = list_arguments(options)
        sys.exit(run_detached(arguments, folder, lock=lock, ready_within=options.ready_within))
    try:
        order = make_order(options, folder)
        if (taken := find_taken(order.members, folder)) is not None:
            fail(str(taken), taken.remedy)
        if lack := describe_lack(count_fresh(order), order.plan, folder):
            fail(lack, describe_room(folder))
        for kept in begin_plans(order):
            say(kept)
        say(f"starting {len(order.members)} of {order.name} in {folder}")
        asyncio.run(Loop(order, say=say, now=utc_now).run())
        say("ended")
    except NotReadyError as error:
        fail(str(error), f"Everything was ended again; logs are in {folder}", code=EXIT_REFUSED)
    except (SupervisionError, OSError) as error:
        is_full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        fail(str(error), describe_room(folder) if is_full else f"Look into {folder}")
    finally:
        os.close(lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(PlannerTyped):
    """What was typed after `up`."""

    topology: Path | None
    plan: Path
    run_dir: Path | None
    psaps: bool
    exercise: bool
    ids: tuple[str, ...]
    detach: bool
    ready_within: float
    shm_mb: int
    disk_mb: int = 0
    fake_clocks: bool = False
    lock: int | None = None


def begin_plans(order: Order) -> Iterator[str]:
    """Give each station a plan of its own where a planner runs; yield what people should know."""
    if order.has_planner:
        own = [own_plan(member.folder) for member in order.members if member.kind in HURT]
        named = (Path(word) for member in order.members for word in member.argv)
        own += [path for path in named if path.parent.name == PLANS]
        yield from prepare_plans(dict.fromkeys(own), order.plan)


def check_exercise(options: Options) -> None:
    """End the command where a fault's means were asked for and cannot be had."""
    extras = Extras(disk_mb=options.disk_mb, fake_clocks=options.fake_clocks)
    if extras != Extras() and not options.exercise:
        fail("--disk-mb and --fake-clocks are for exercises", "Add --exercise, or leave them out")
    if missing := check_extras(extras):
        fail(missing, "Leave it out, or see docs/faults.md")


def list_arguments(options: Options) -> list[str]:
    """List what is typed for the same run in the foreground."""
    paths = {
        "--trust": options.trust,
        "--run-dir": options.run_dir,
        **list_planner_paths(options),
    }
    flags = {
        "--psaps": options.psaps,
        "--exercise": options.exercise,
        "--fake-clocks": options.fake_clocks,
        "--planner": options.planner,
    }
    arguments = ["up"] if options.topology is None else ["up", str(options.topology)]
    arguments += ["--plan", str(options.plan)]
    for name, path in paths.items():
        arguments += [] if path is None else [name, str(path)]
    arguments += [name for name, is_set in flags.items() if is_set]
    arguments += [] if options.https is None else ["--https", options.https]
    arguments += ["--disk-mb", str(options.disk_mb)] if options.disk_mb else []
    arguments += [part for id_ in options.ids for part in ("--only", id_)]
    arguments += ["--ready-within", f"{options.ready_within:g}"]
    return [*arguments, "--shm-mb", str(options.shm_mb)]


def make_order(options: Options, folder: Path) -> Order:
    """Read what is to run, or end the command."""
    snapshot = open_snapshot(options.plan)
    file = (options.topology or write_demo(folder, snapshot)).resolve()
    found = load_topology(file)
    ground = Ground(
        plan=options.plan.resolve(),
        trust=None if options.trust is None else options.trust.resolve(),
        topology=file,
        stamp=hashlib.sha256(file.read_bytes()).hexdigest(),
        run_dir=folder,
        shm_mb=options.shm_mb,
        exercise=options.exercise,
        probes=found.probes,
        planner=find_planner(options),
    )
    ends = list_trunk_ends(snapshot) if options.psaps else ()
    if options.exercise:
        say("EXERCISE: faults may be put in; nothing here may carry real calls")
    return Order(
        name=found.name,
        topology=file,
        plan=ground.plan,
        run_dir=folder,
        members=choose_members(tuple(list_members(found, ground, ends=ends)), options.ids),
        exercise=options.exercise,
        extras=Extras(disk_mb=options.disk_mb, fake_clocks=options.fake_clocks),
        ready_seconds_max=options.ready_within,
        environment=make_environment(exercise=options.exercise),
        has_planner=options.planner,
    )


def count_fresh(order: Order) -> int:
    """Count the members that will keep a snapshot on this disk, and have none yet."""
    if order.extras.disk_mb:
        return 0
    stations = (member for member in order.members if member.kind in HURT)
    return sum(not (member.folder / CURRENT).exists() for member in stations)


def choose_members(members: tuple[Member, ...], ids: tuple[str, ...]) -> tuple[Member, ...]:
    """Return the members that were asked for, all without any, or end the command."""
    unknown = sorted(set(ids) - {member.id for member in members})
    if unknown:
        known = ", ".join(member.id for member in members)
        fail(f"--only {unknown[0]}: there is no such member", f"There are {known}")
    return tuple(member for member in members if not ids or member.id in ids)


def write_demo(folder: Path, snapshot: Snapshot) -> Path:
    """Write the demo country's topology into the run directory; raises OSError."""
    from route112.countries.fr.sites import TOPOLOGY as DEMO
    from route112.countries.fr.sites import add_probes, render_topology

    path = folder / TOPOLOGY
    gateways = {hop.address: hop for hop in list_hops(snapshot) if hop.technology != "ip"}
    topology = add_probes(DEMO, islice(gateways.values(), LOOPS_MAX))
    path.write_bytes(render_topology(topology))
    return path


def make_environment(*, exercise: bool) -> Mapping[str, str]:
    """Return the environment of all members."""
    environment = {name: text for name, text in os.environ.items() if name != EXERCISE_VARIABLE}
    # A log is a file: what is said stands there at once.
    environment["PYTHONUNBUFFERED"] = "1"
    return environment | ({EXERCISE_VARIABLE: "1"} if exercise else {})


def say(text: str) -> None:
    """Tell people what happens."""
    click.echo(f"up: {text}", err=True)
