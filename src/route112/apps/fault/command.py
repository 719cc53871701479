"""`route112 fault`: what a person types, and what they read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import click.shell_completion
import msgspec

from route112.adapters.clock import utc_now
from route112.apps._console import EXIT_REFUSED, echo_json, fail, print_table, progress
from route112.apps.country_run.options import RUN_DIR, run_dir_option
from route112.apps.country_run.state import read_state
from route112.apps.fault.book import Fault
from route112.apps.fault.faults import ALL, Faults, describe
from route112.apps.fault.ground import Ground
from route112.apps.fault.kinds import KINDS, FaultError, Setting
from route112.apps.plan.options import json_option

EPILOG = """\b
Examples:
  route112 fault list --kinds                        what there is
  route112 fault inject stop site-2                  until it is cleared
  route112 fault inject grey site-2 mode=trying share=0.3 --for 30
  route112 fault inject psap-silent CIC17-29
  route112 fault list
  route112 fault clear grey-1
  route112 fault clear                               all of them

\b
Only where `route112 up --exercise` runs. `route112 down` ends every fault, too.
Exit codes: 0 done, 1 refused (nothing of it is in force), 2 cannot run."""


@click.group(epilog=EPILOG)
def fault() -> None:
    """Break one thing on purpose in a country that runs as an exercise."""


def complete_kinds(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    """Complete kinds of faults."""
    return [
        click.shell_completion.CompletionItem(name, help=kind.summary)
        for name, kind in KINDS.items()
        if name.startswith(incomplete)
    ]


def complete_words(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    """Complete targets and settings of the kind that was typed."""
    kind = KINDS.get(context.params.get("kind") or "")
    folder = context.params.get("run_dir") or RUN_DIR
    state = read_state(Path(folder).resolve())
    if kind is None:
        return []
    words = [f"{name}=" for name in kind.settings]
    if state is not None:
        try:
            words = [*Ground(Path(folder).resolve(), state).list_targets(kind.aim), *words]
        except (click.ClickException, click.exceptions.Exit):
            words = [*words]  # a plan that cannot be read has no names to offer
    return [
        click.shell_completion.CompletionItem(word)
        for word in words
        if word.startswith(incomplete)
    ]


def complete_ids(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    """Complete faults in force."""
    folder = Path(context.params.get("run_dir") or RUN_DIR)
    try:
        ids = [one.id for one in Faults(folder).list()]
    except FaultError:
        return []
    return [
        click.shell_completion.CompletionItem(id_) for id_ in ids if id_.startswith(incomplete)
    ]


@fault.command("list", epilog=EPILOG)
@run_dir_option
@json_option
@click.option("--kinds", is_flag=True, help="List the kinds that there are, and their settings.")
@click.option("--past", is_flag=True, help="List those that have ended.")
def list_(*, run_dir: Path | None, as_json: bool, kinds: bool, past: bool) -> None:
    """List faults in force."""
    if kinds:
        show_kinds(as_json=as_json)
        return
    try:
        faults = Faults(find_folder(run_dir))
        shown = faults.list_past() if past else faults.list()
    except FaultError as error:
        fail(error.message, error.remedy)
    if as_json:
        echo_json([make_row(one) for one in shown])
        return
    now_us = utc_now()
    for one in shown:
        gone = (
            "; ITS RUNNER HAS GONE" if one.runner is not None and not one.runner.is_alive() else ""
        )
        click.echo(f"{describe(one, now_us=now_us)}{gone}; ends: {one.ended_by or one.ending}")
    if not shown:
        click.echo("no fault has ended yet" if past else "no fault is in force")


@fault.command(epilog=EPILOG)
@click.argument("kind", shell_complete=complete_kinds)
@click.argument(
    "words", nargs=-1, metavar="TARGET... [SETTING=VALUE]...", shell_complete=complete_words
)
@run_dir_option
@click.option(
    "--for", "seconds", type=click.FloatRange(0.1, 86_400), help="End it after so many seconds."
)
@json_option
def inject(
    *,
    kind: str,
    words: tuple[str, ...],
    run_dir: Path | None,
    seconds: float | None,
    as_json: bool,
) -> None:
    """Put a fault of KIND into each TARGET."""
    targets, settings = split_words(words)
    folder = find_folder(run_dir)
    faults = Faults(folder)
    try:
        id_ = faults.inject(kind, targets, settings, seconds=seconds or 0.0)
    except FaultError as error:
        state = read_state(folder)
        is_run = state is not None and state.up.is_alive()
        fail(error.message, error.remedy, code=EXIT_REFUSED if is_run else 2)
    found = next(one for one in (*faults.list(), *reversed(faults.list_past())) if one.id == id_)
    if as_json:
        echo_json(make_row(found))
    elif found.ended_us:
        click.echo(f"EXERCISE: {id_} was done; {found.ending}")
    else:
        click.echo(f"EXERCISE: {describe(found, now_us=utc_now())}; ends: {found.ending}")


@fault.command(epilog=EPILOG)
@click.argument("ids", nargs=-1, metavar="[ID]...", shell_complete=complete_ids)
@run_dir_option
@json_option
def clear(*, ids: tuple[str, ...], run_dir: Path | None, as_json: bool) -> None:
    """End the faults named, or all; one that has ended already is no error."""
    faults = Faults(find_folder(run_dir))
    cleared: list[str] = []
    try:
        chosen = [one for one in ids if one != ALL] or [one.id for one in faults.list()]
        with progress("clear", len(chosen)) as advance:
            for id_ in chosen:
                cleared += faults.clear(id_)
                advance(id_)
    except FaultError as error:
        fail(error.message, error.remedy, code=EXIT_REFUSED)
    if as_json:
        echo_json({"cleared": cleared})
    else:
        click.echo(f"cleared: {' '.join(cleared) or 'nothing was in force'}")


def find_folder(run_dir: Path | None) -> Path:
    """Return the folder of a run, or end the command."""
    folder = (run_dir or RUN_DIR).resolve()
    if not folder.is_dir():
        fail(f"{folder} is not there", "Name the folder of the run with --run-dir")
    return folder


def split_words(words: Sequence[str]) -> tuple[list[str], dict[str, object]]:
    """Tell targets from settings."""
    settings: dict[str, object] = {}
    targets = []
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            settings[name] = value
        else:
            targets.append(word)
    return targets, settings


def make_row(one: Fault) -> Mapping[str, Any]:
    """Return a fault for machines."""
    row: Mapping[str, Any] = msgspec.to_builtins(one)
    alive = one.runner is not None and one.runner.is_alive()
    return {**row, "runner_alive": alive, "notes": len(one.notes)}


def show_kinds(*, as_json: bool) -> None:
    """Show the table of kinds."""
    if as_json:
        echo_json(
            [
                {
                    "kind": name,
                    "summary": kind.summary,
                    "targets": kind.aim.value,
                    "lasts": kind.lasts.value,
                    "settings": msgspec.to_builtins(kind.settings),
                }
                for name, kind in KINDS.items()
            ]
        )
        return
    rows = [
        (
            name,
            kind.aim.value,
            kind.summary,
            " ".join(f"{key}={show_default(one)}" for key, one in kind.settings.items()) or "-",
        )
        for name, kind in KINDS.items()
    ]
    print_table("", ("kind", "targets", "what it does", "settings"), rows)


def show_default(setting: Setting) -> str:
    """Return a setting's default, or its words."""
    if isinstance(setting.default, str):
        return "|".join(setting.words) or "..."
    return f"{setting.default:g}"
