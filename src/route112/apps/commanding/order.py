"""`route112 order`: emergency orders, given and taken back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from route112.adapters.clock import utc_now
from route112.apps._console import echo_json, print_table
from route112.apps.commanding.client import Planner, clean, open_planner, planner_options, stamp
from route112.apps.commanding.following import follow_orders
from route112.apps.commanding.telling import WAITS, tell_outcome
from route112.apps.commanding.times import parse_when, show_instant
from route112.apps.plan.options import json_option

EPILOG = """\b
Examples:
  route112 order pause CRRA15-29 --expires 2h --reason "flooded"
  route112 order divert CRRA15-29 --to CRRA15-56 --number 15 --expires 6h --reason "flooded"
  route112 order alternative CRRA15-29 --expires 2026-12-01T18:00:00+01:00 --reason "lines cut"
  route112 order prefect CTA18-29 --decree 29-2026-7 --to CTA18-56 --expires 1d --reason "storm"
  route112 order resume CRRA15-29 --reason "dry again"
  route112 order list

\b
An order waits 15 minutes for a second person, who types `route112 approve HASH`, and is then in
force everywhere within seconds, whatever else goes on. An answering point's own identity pauses
and resumes itself alone. An order is over by itself at --expires. Exit codes: 0 it waits or is
given, 1 refused, 2 cannot run, for instance because no planner answers."""

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(epilog=EPILOG)
def order() -> None:
    """Divert an answering point's calls, pause it, let it resume."""


def _giving_options(command: Command) -> Command:
    """Add what every order has that is given."""
    for option in (
        click.option("--reason", required=True, help="Why; it is kept, and shown with each call."),
        click.option(
            "--starts", default="", metavar="WHEN", help="As --expires  [default: at once]"
        ),
        click.option(
            "--expires",
            required=True,
            metavar="WHEN",
            help="90s, 30min, 2h, 1d from now, or 2026-12-01T18:00:00+01:00; 7 days at most.",
        ),
        click.option("--number", default="", help="Of this short number only."),
        click.argument("psap"),
    ):
        command = option(command)
    return _asking_options(command)


def _asking_options(command: Command) -> Command:
    return planner_options(json_option(command))


def _list_command(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    example = next(line for line in EPILOG.splitlines() if f"order {name}" in line).strip()
    return order.command(name, epilog=f"\b\nExample:\n  {example}")


@_list_command("pause")
@_giving_options
def pause(**options: Any) -> None:  # noqa: ANN401
    """Ring PSAP only where nothing else is left."""
    _give("pause", options)


@_list_command("divert")
@click.option("--to", "to_psap", required=True, help="Answering point that helps.")
@_giving_options
def divert(**options: Any) -> None:  # noqa: ANN401
    """Ring another answering point first for PSAP's calls."""
    _give("divert", options, to_psap=options["to_psap"])


@_list_command("alternative")
@click.option("--to-number", default="", help="E.164  [default: PSAP's alternative number]")
@_giving_options
def alternative(**options: Any) -> None:  # noqa: ANN401
    """Ring PSAP at its alternative number, or at the one named, first."""
    _give("alternative", options, to_number=options["to_number"])


@_list_command("prefect")
@click.option(
    "--decree", required=True,
    help="Reference of the prefect's decision, 100 characters at most; 390 are left for --reason.",
)  # fmt: skip
@click.option("--to", "to_psap", default="", help="Answering point that helps.")
@click.option("--to-number", default="", help="E.164, where no answering point is named.")
@_giving_options
def prefect(**options: Any) -> None:  # noqa: ANN401
    """Carry out a prefect's decision on PSAP."""
    decree = clean(options["decree"], "--decree")
    targets = {name: options[name] for name in ("to_psap", "to_number")}
    _give("prefect", options, decree=decree, **targets)


@_list_command("resume")
@click.argument("psap")
@click.option("--order", "id_", default="", help="The order that ends  [default: all its pauses]")
@click.option("--reason", required=True, help="Why; it is kept.")
@_asking_options
def resume(**options: Any) -> None:  # noqa: ANN401
    """End orders on PSAP before they are over."""
    body = stamp(options["reason"], kind="resume", psap=options["psap"], order=options["id_"])
    _ask(_open(options), body, as_json=options["as_json"])


@_list_command("list")
@_asking_options
def list_(**options: Any) -> None:  # noqa: ANN401
    """List the orders in force."""
    orders = _open(options).ask("GET", "/orders").json["orders"]
    if options["as_json"]:
        echo_json(orders)
        return
    if not orders:
        click.echo("no order is in force")
        return
    now = utc_now()
    columns = ("order", "kind", "psap", "number", "to", "expires", "author", "approver", "reason")
    rows = [
        (
            each["id"],
            each["kind"],
            each["psap"],
            each["short_number"] or "all",
            each["to_psap"] or each["to_number"],
            show_instant(each["expires_us"], now),
            each["author"],
            each["approver"],
            each["reason"],
        )
        for each in orders
    ]
    print_table("", columns, rows)


def _give(kind: str, options: dict[str, Any], **fields: str) -> None:
    now = utc_now()
    starts = options["starts"]
    body = stamp(
        options["reason"],
        kind=kind,
        psap=options["psap"],
        short_number=options["number"],
        starts_us=parse_when(starts, "--starts", now) if starts else 0,
        expires_us=parse_when(options["expires"], "--expires", now),
        **fields,
    )
    _ask(_open(options), body, as_json=options["as_json"])


def _ask(planner: Planner, body: dict[str, Any], *, as_json: bool) -> None:
    told = planner.ask("POST", "/orders", body)
    tell_outcome(told, as_json=as_json)
    if told.status != WAITS and not as_json:
        withdrawn = tuple(told.json["withdrawn"])
        follow_orders(planner, given=told.json["order"], withdrawn=withdrawn)


def _open(options: dict[str, Any]) -> Planner:
    names: dict[str, Path | None] = {name: options[name] for name in ("cert", "key", "ca")}
    return open_planner(options["planner_name"], **names)
