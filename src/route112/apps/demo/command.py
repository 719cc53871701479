"""`route112 demo`: plans in, a signed snapshot out, and real calls through a real Kamailio."""

import signal
import time
from pathlib import Path

import click

from route112.adapters.processes import SIP_OK, ChildError, Children, ask_options
from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.demo.calls import place_calls
from route112.apps.demo.choice import CALLS_MAX, PICKS, choose_calls, read_expected
from route112.apps.demo.country import DemoFolder, build_snapshot, write_country
from route112.apps.demo.psaps import (
    Place,
    check_free,
    list_missing_programs,
    list_places,
    start_psaps,
)
from route112.apps.demo.report import Stage, echo_report, print_report, say, show
from route112.apps.demo.site import start_site

EPILOG = """\b
Examples:
  route112 demo                      twelve calls; everything stays in var/demo
  route112 demo --calls 50           more of the country
  route112 demo --keep               leave it running, to place calls of your own

\b
Everything is synthetic and on loopback (127.0.0.0/8). Exit codes: 0 every call rang at the
expected answering point, 1 one did not, 2 the demo cannot run."""


@click.command(epilog=EPILOG)
@click.option(
    "--dir",
    "path",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="Where country, snapshot and logs are kept.",
)
@click.option(
    "--calls",
    "count",
    type=click.IntRange(1, CALLS_MAX),
    default=len(PICKS),
    show_default=True,
    help="Calls to place.",
)
@click.option("--keep", is_flag=True, help="Leave the site running until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def demo(path: Path, count: int, *, keep: bool, as_json: bool) -> None:
    """Build the demo country and place real calls through Kamailio."""
    began = time.monotonic()
    if missing := list_missing_programs():
        fail(
            f"{' and '.join(missing)} not found in /usr/sbin, /usr/bin or /bin",
            "`make demo` installs them (Debian: kamailio kamailio-python3-modules sip-tester)",
        )
    folder = DemoFolder(path.resolve())
    try:
        folder.run.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{path} cannot be used: {error.strerror}", "Name another folder with --dir")
    stage = prepare(folder, count)
    try:
        with Children() as children:
            site = put_up(children, stage)
            say(f"Placing {len(stage.calls)} calls")
            outcomes = place_calls(children, stage.calls, site=site, folder=folder.run)
            seconds = time.monotonic() - began
            (echo_report if as_json else print_report)(stage, outcomes, seconds)
            if keep:
                wait_for_end(site)
    except ChildError as error:
        fail(str(error), f"Look into {show(folder.run)}; `ss -lnptu` shows who uses a port")
    if not all(outcome.right for outcome in outcomes):
        raise click.exceptions.Exit(EXIT_REFUSED)


def prepare(folder: DemoFolder, count: int) -> Stage:
    """Make or reuse the country, build and sign the snapshot, and choose the calls."""
    began = time.monotonic()
    wrote = write_country(folder)
    made = (
        f"written in {time.monotonic() - began:.1f} s"
        if wrote
        else "there already, written by this version"
    )
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
    rows = tuple(read_expected(folder.source / "expected.csv.gz"))
    chosen = choose_calls(rows, snapshot, count)
    if len(chosen) < count:
        fail(
            f"the expected table has only {len(chosen)} calls that hold at every hour",
            f"Ask for fewer with --calls, or remove {show(folder.stamp)} to start afresh",
        )
    return Stage(folder=folder, built=built, chosen=chosen)


def put_up(children: Children, stage: Stage) -> Place:
    """Start the PSAPs that the calls may ring, and the site."""
    snapshot, run = stage.built.snapshot, stage.folder.run
    first = list_places(snapshot, (row.targets[0] for _, row in stage.chosen))
    behind = (number for _, row in stage.chosen for number in row.targets[1:])
    places = tuple(dict.fromkeys((*first, *list_places(snapshot, behind, hops_max=1))))
    check_free(places)
    for old in run.iterdir():
        if old.is_file():
            old.unlink()
    start_psaps(children, run, places)
    site = start_site(children, run, plan=stage.folder.snapshot)
    if ask_options(site.host, site.port) != SIP_OK:
        raise ChildError(f"the site's Python does not answer, see {show(run / 'kamailio.log')}")
    say(f"Kamailio decides on {site}; {len(places)} trunk ends answer as PSAPs (SIPp)")
    return site


def wait_for_end(site: Place) -> None:
    """Wait until somebody ends the demo."""
    say(f"Running until Ctrl-C: sip:15@{site}, commune in the header X-Commune")
    try:
        signal.pause()
    except KeyboardInterrupt:
        say("Ended")
