"""`route112 plan orders`: the next generation of a snapshot, by orders alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from route112.adapters.clock import utc_now
from route112.adapters.source_folder import read_plain
from route112.apps._console import EXIT_REFUSED, echo_json, echo_problems, fail
from route112.apps.plan.options import (
    FILE,
    SNAPSHOT_BYTES_MAX,
    json_option,
    open_snapshot,
    passphrase_options,
)
from route112.apps.plan_keys import sign_content, write_file
from route112.model import Order, Problem, Profile
from route112.planning.orders.revision import Revision, revise_orders
from route112.planning.orders.touched import OrdersError
from route112.snapshot.reader import Snapshot
from route112.wire.yaml_documents import parse_overrides, parse_profile

EPILOG = """\b
Examples:
  route112 plan orders fr.r112 --profile fr/profile.yaml --add storm.yaml -o next.r112 --key a.key
  route112 plan orders fr.r112 --profile fr/profile.yaml --withdraw storm-29 -o next.r112

\b
The plan is copied as it is: only the orders differ, and only on the PSAPs that the orders given or
withdrawn name. Orders that are over are left out. The checks are those of `plan build`, and so are
the bytes. The files are written as those of overrides/. Exit codes: 0 written, 1 refused, 2 cannot
run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersOptions:
    """What was typed after `plan orders`."""

    snapshot: Path
    profile: Path
    added: tuple[Path, ...]
    withdrawn: tuple[str, ...]
    output: Path
    generation: int | None
    key_file: Path | None
    passphrase_file: Path | None
    ask_passphrase: bool
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("snapshot", type=FILE)
@click.option("--profile", type=FILE, required=True, help="profile.yaml of the same edition.")
@click.option(
    "--add", "added", type=FILE, multiple=True, help="File of orders to give; may be repeated."
)
@click.option(
    "--withdraw", "withdrawn", multiple=True, metavar="ID",
    help="Order of SNAPSHOT to end; may be repeated.",
)  # fmt: skip
@click.option("-o", "--output", type=FILE, required=True, help="Snapshot to write.")
@click.option(
    "--generation",
    type=click.IntRange(min=1),
    help="Number of the snapshot  [default: one above that of SNAPSHOT]",
)
@click.option("--key", "key_file", type=FILE, help="Private key that signs; without it unsigned.")
@passphrase_options
@json_option
def orders(**options: Any) -> None:  # noqa: ANN401
    """Give or withdraw orders on SNAPSHOT, and write the generation that follows it."""
    run_orders(OrdersOptions(**options))


def run_orders(options: OrdersOptions) -> None:
    """Check, compare, sign and write; end with exit code 1 where something refuses it."""
    if not (options.added or options.withdrawn):
        fail("no order is given or withdrawn", "Give --add FILE, --withdraw ID or both")
    parent = open_snapshot(options.snapshot)
    profile = _read_profile(options.profile)
    added, files = _read_orders(options.added)
    try:
        revision = revise_orders(
            parent,
            added=added,
            withdrawn=options.withdrawn,
            profile=profile,
            now=utc_now(),
            generation=options.generation or 0,
            order_files=files,
        )
    except (OrdersError, ValueError) as error:
        remedy = "Name the orders of SNAPSHOT as `route112 plan stats` lists them"
        fail(f"nothing was written: {error}", remedy, code=EXIT_REFUSED)
    if revision.snapshot is None:
        _refuse(options, revision.problems)
    written = revision.snapshot
    if options.key_file is not None:
        written = sign_content(
            written, options.key_file, options.passphrase_file, ask=options.ask_passphrase
        )
    write_file(options.output, written)
    _report(options, revision, Snapshot(written))


def _read_profile(path: Path) -> Profile:
    profile, problems = parse_profile(_read(path), file=str(path))
    if profile is None:
        echo_problems(problems, show_all=True)
        fail(f"{path} is no profile", "Name the profile.yaml of the sources", code=EXIT_REFUSED)
    return profile


def _read_orders(paths: tuple[Path, ...]) -> tuple[list[Order], dict[str, str]]:
    """Return the orders of some files, and the file of each."""
    found: dict[str, Order] = {}
    files: dict[str, str] = {}
    for path in paths:
        parsed, problems = parse_overrides(_read(path), file=str(path))
        if not parsed:
            echo_problems(problems, show_all=True)
            fail(f"{path} has no orders", "Write it as docs/formats/sources.md says", code=1)
        for order in parsed:
            if order.id in found:
                fail(f"two orders are called {order.id}", "Give each an id of its own", code=1)
            found[order.id], files[order.id] = order, str(path)
    return list(found.values()), files


def _read(path: Path) -> bytes:
    try:
        return read_plain(path, SNAPSHOT_BYTES_MAX)
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}", "Check the name and the permissions")


def _refuse(options: OrdersOptions, problems: tuple[Problem, ...]) -> NoReturn:
    if options.as_json:
        echo_json({"written": None, "problems": problems})
        raise click.exceptions.Exit(EXIT_REFUSED)
    echo_problems(problems, show_all=True)
    fail("nothing was written: the orders have errors", "Mend them and try again", code=1)


def _report(options: OrdersOptions, revision: Revision, written: Snapshot) -> None:
    reach = revision.reach
    assert reach is not None, "what was written was compared"
    if options.as_json:
        echo_json(
            {
                "written": str(options.output),
                "generation": written.generation,
                "content_hash": written.content_hash,
                "orders": reach.orders,
                "psaps": reach.psaps,
                "communes": reach.people.communes,
                "inhabitants": reach.people.inhabitants,
                "problems": revision.problems,
            }
        )
        return
    echo_problems(revision.problems, show_all=True)
    click.echo(
        f"{options.output}: generation {written.generation}, content {written.content_hash[:16]}, "
        f"{len(written.orders)} orders; {', '.join(reach.orders)} on {', '.join(reach.psaps)}: "
        f"{reach.people.communes:,} communes, {reach.people.inhabitants:,} inhabitants"
    )
