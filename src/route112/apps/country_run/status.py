"""`route112 status`: what runs, what it serves, and what it refuses."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.live import Live

from route112.adapters.clock import utc_now
from route112.apps._console import EXIT_REFUSED, echo_json, fail, terminal
from route112.apps.country_run.options import RUN_DIR, run_dir_option
from route112.apps.country_run.state import UpState, read_state
from route112.apps.country_run.survey import Sample, survey
from route112.apps.country_run.table import make_table, measure_rate
from route112.apps.fault.faults import describe_faults
from route112.apps.plan.options import json_option
from route112.model import UtcTime

SAMPLE_SECONDS = 1.0
"""Between the two looks that calls per second are counted from."""
EPILOG = """\b
Examples:
  route112 status
  route112 status --watch
  route112 status --json

\b
`python` is the generation that decisions are made by, `native` the one of the native table in
use. Calls per second are INVITEs that arrived within one second, retransmissions among them.
Exit codes: 0 everything runs, 1 something is down or does not answer, 2 nothing was started."""


@click.command(epilog=EPILOG)
@run_dir_option
@json_option
@click.option("--watch", is_flag=True, help="Show it anew every second, until Ctrl-C.")
def status(*, run_dir: Path | None, as_json: bool, watch: bool) -> None:
    """Show what `up` runs: generations, calls per second, breakers."""
    folder = (run_dir or RUN_DIR).resolve()
    if watch:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(show_on(folder, as_json=as_json))
        return
    state, before, after = asyncio.run(look_twice(folder))
    if as_json:
        echo_json(make_report(state, before, after, now=utc_now(), faults=look_faults(folder)))
    else:
        print_table(terminal(), state, before, after, faults=look_faults(folder))
    if not is_whole(state, after):
        raise click.exceptions.Exit(EXIT_REFUSED)


def load_state(folder: Path) -> UpState:
    """Return what runs in a folder, or end the command."""
    state = read_state(folder)
    if state is None:
        fail(f"nothing was started in {folder}", "Start it with `route112 up`")
    return state


async def look_twice(folder: Path) -> tuple[UpState, Sequence[Sample], Sequence[Sample]]:
    """Look, wait a second, and look again."""
    before = await survey(load_state(folder).members, now_s=time.monotonic())
    await asyncio.sleep(SAMPLE_SECONDS)
    state = load_state(folder)
    return state, before, await survey(state.members, now_s=time.monotonic())


async def show_on(folder: Path, *, as_json: bool) -> None:
    """Show it anew every second: in place on a terminal, a line of JSON or a table elsewhere."""
    screen = terminal()
    state, before, after = await look_twice(folder)
    is_live = screen.is_terminal and not as_json
    with Live(console=screen, auto_refresh=False) if is_live else nullcontext() as live:
        while True:
            if live is not None:
                live.update(
                    make_table(
                        state,
                        before,
                        after,
                        now=utc_now(),
                        width=screen.width,
                        faults=look_faults(folder),
                    ),
                    refresh=True,
                )
            elif as_json:
                report = make_report(
                    state, before, after, now=utc_now(), faults=look_faults(folder)
                )
                click.echo(msgspec.json.encode(report, order="sorted").decode())
            else:
                print_table(screen, state, before, after, faults=look_faults(folder))
            await asyncio.sleep(SAMPLE_SECONDS)
            before, state = after, load_state(folder)
            after = await survey(state.members, now_s=time.monotonic())


def look_faults(folder: Path) -> tuple[str, ...]:
    """Say which faults of an exercise are in force."""
    return describe_faults(folder, now_us=utc_now())


def print_table(
    screen: Console,
    state: UpState,
    before: Sequence[Sample],
    after: Sequence[Sample],
    *,
    faults: Sequence[str] = (),
) -> None:
    """Print the table as wide as the terminal is."""
    table = make_table(state, before, after, now=utc_now(), width=screen.width, faults=faults)
    screen.print(table)


def is_whole(state: UpState, samples: Sequence[Sample]) -> bool:
    """Tell whether `up` and all members do their work, at each of their addresses."""
    return state.up.is_alive() and all(sample.is_whole for sample in samples)


def make_report(
    state: UpState,
    before: Sequence[Sample],
    after: Sequence[Sample],
    *,
    now: UtcTime,
    faults: Sequence[str] = (),
) -> dict[str, Any]:
    """Return all of it for machines."""
    rates = measure_rate(before, after)
    return {
        "name": state.name,
        "exercise": state.exercise,
        "faults": list(faults),
        "topology": state.topology,
        "plan": state.plan,
        "up": {"pid": state.up.pid, "alive": state.up.is_alive(), "ready": state.is_ready},
        "at_us": now,
        "pss_kb": sum(sample.footprint.pss_kb for sample in after),
        "processes": sum(sample.footprint.processes for sample in after),
        "members": [
            {
                "id": sample.entry.id,
                "kind": sample.entry.kind,
                "address": sample.entry.address,
                "folder": sample.entry.folder,
                "state": sample.state,
                "options": sample.status,
                "silent_at": sample.silent.split(", ") if sample.silent else [],
                "pid": None if sample.entry.leader is None else sample.entry.leader.pid,
                "started_us": sample.entry.started_us,
                "restarts": sample.entry.restarts,
                "kamailio_restarts": sample.entry.kamailio_restarts,
                "last_end": sample.entry.last_end,
                "python_generation": sample.python_generation,
                "native_generation": sample.native_generation,
                "invites": sample.invites,
                "calls_per_s": rates.get(sample.entry.id),
                "ringing": sample.ringing,
                "refused": sample.refused,
                "breakers": sample.breakers,
                "processes": sample.footprint.processes,
                "pss_kb": sample.footprint.pss_kb,
            }
            for sample in after
        ],
    }
