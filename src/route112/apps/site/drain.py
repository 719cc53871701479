"""`route112 site drain` and `site return`: have a site take no new calls, and take them again."""

import asyncio
import os
import pwd
import time
from pathlib import Path

import click

from route112.adapters.clock import utc_now
from route112.adapters.kamailio_rpc import RpcError
from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.duty.draining import (
    Drain,
    count_ringing,
    drain,
    give_back,
    is_drained,
    read_drain,
    takes_calls,
)
from route112.apps.plan.options import FOLDER

RUN_DIR = Path("var") / "country"
POLL_SECONDS = 0.2
WAIT_SECONDS = 60.0
"""A call may ring for a minute before somebody answers."""
REASON_CHARACTERS_MAX = 200

DRAIN_EPILOG = """\b
Examples:
  route112 site drain site-2 --reason "new line card"
  route112 site drain site-2 --run-dir /var/lib/route112 --reason "reconnection, order 4711"

\b
New calls are answered 503 with Retry-After, and edges pass them to other sites; calls that ring
there go on. It stays drained, whatever is started again, until `route112 site return`.
Exit codes: 0 nothing rings there any more, 1 refused or something still rings, 2 cannot run."""
RETURN_EPILOG = """\b
Examples:
  route112 site return site-2

\b
Edges pass calls to it again within five seconds.
Exit codes: 0 it takes calls, 1 it does not yet, 2 cannot run."""


@click.command("drain", epilog=DRAIN_EPILOG)
@click.argument("site")
@click.option(
    "--run-dir",
    type=FOLDER,
    metavar="DIR",
    help=f"Folder that the run directory of the site is in.  [default: {RUN_DIR}]",
)
@click.option("--reason", required=True, help="Why; it stands in the records of the site.")
@click.option("--last", is_flag=True, help="Even where no other site of the run takes calls.")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0, 600),
    default=WAIT_SECONDS,
    show_default=True,
    help="Seconds to wait until nothing rings there any more.",
)
def drain_site(*, site: str, run_dir: Path | None, reason: str, last: bool, wait_s: float) -> None:
    """Have a site take no new calls; those that ring there go on."""
    folder = find_site(site, run_dir)
    if not reason.strip() or len(reason) > REASON_CHARACTERS_MAX or not reason.isprintable():
        fail("the reason cannot be kept", f"Say it in 1 to {REASON_CHARACTERS_MAX} characters")
    if not last and not is_drained(folder) and is_last(site, (run_dir or RUN_DIR).resolve()):
        fail(
            f"no other site takes calls than {site}",
            "Look at `route112 status`; --last drains it all the same",
            code=EXIT_REFUSED,
        )
    try:
        drain(folder, Drain(since_us=utc_now(), author=_name_user(), reason=reason.strip()))
    except OSError as error:
        fail(
            f"{folder} cannot be written: {error.strerror}",
            "Make room there, or do it as its user",
        )
    ringing = asyncio.run(_wait_empty(folder / "rpc.sock", wait_s))
    if ringing is None:
        fail(
            f"{site} does not say that it takes no calls",
            f"It does so once its supervisor runs; look into {folder / 'log'}",
            code=EXIT_REFUSED,
        )
    if ringing:
        fail(
            f"{site} takes no new calls; {ringing} still ring there",
            "The same command waits on",
            code=EXIT_REFUSED,
        )
    click.echo(f"{site} takes no new calls, and none rings there")


@click.command("return", epilog=RETURN_EPILOG)
@click.argument("site")
@click.option(
    "--run-dir",
    type=FOLDER,
    metavar="DIR",
    help=f"Folder that the run directory of the site is in.  [default: {RUN_DIR}]",
)
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0, 600),
    default=10.0,
    show_default=True,
    help="Seconds to wait until it takes calls.",
)
def return_site(*, site: str, run_dir: Path | None, wait_s: float) -> None:
    """Have a drained site take calls again."""
    folder = find_site(site, run_dir)
    why = read_drain(folder)
    try:
        give_back(folder)
    except OSError as error:
        fail(f"{folder} cannot be written: {error.strerror}", "Do it as the user of the site")
    if not asyncio.run(_wait_open(folder / "rpc.sock", wait_s)):
        fail(
            f"{site} does not say that it takes calls",
            f"It does so once its supervisor runs; look into {folder / 'log'}",
            code=EXIT_REFUSED,
        )
    was = f"; it was drained for: {why.reason}" if why is not None and why.reason else ""
    click.echo(f"{site} takes calls{was}")


def find_site(site: str, run_dir: Path | None) -> Path:
    """Return the run directory of a site, or end the command."""
    folder = (run_dir or RUN_DIR).resolve() / site
    if Path(site).name != site or not (folder / "site.cfg").exists():
        fail(
            f"{folder} is no run directory of a site",
            "Name the folder that has it with --run-dir; `route112 status` lists members",
        )
    return folder


def _name_user() -> str:
    uid = os.getuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def is_last(site: str, run_dir: Path) -> bool:
    """Tell whether other sites of the run are known, and none of them takes calls."""
    # A site that runs for weeks reads this module, too, and asks nobody.
    from route112.apps.country_run.members import Kind
    from route112.apps.country_run.state import read_state
    from route112.apps.country_run.survey import survey

    state = read_state(run_dir)
    members = () if state is None else state.members
    others = tuple(entry for entry in members if entry.kind == Kind.SITE and entry.id != site)
    samples = asyncio.run(survey(others, now_s=time.monotonic()))
    return bool(samples) and not any(sample.state == "up" for sample in samples)


async def _wait_empty(rpc_socket: Path, wait_s: float) -> int | None:
    """Return how many calls ring there when all are over or time is; None: it did not say."""
    ends_s = time.monotonic() + wait_s
    ringing: int | None = None
    while True:
        try:
            ringing = None if await takes_calls(rpc_socket) else await count_ringing(rpc_socket)
        except RpcError:
            ringing = None
        if ringing == 0 or time.monotonic() >= ends_s:
            return ringing
        await asyncio.sleep(POLL_SECONDS)


async def _wait_open(rpc_socket: Path, wait_s: float) -> bool:
    ends_s = time.monotonic() + wait_s
    while True:
        try:
            is_open = await takes_calls(rpc_socket)
        except RpcError:
            is_open = False
        if is_open or time.monotonic() >= ends_s:
            return is_open
        await asyncio.sleep(POLL_SECONDS)
