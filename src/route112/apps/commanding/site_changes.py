"""`route112 site upgrade|maintain|evacuate`: what is done with one site while the others serve."""

from pathlib import Path
from typing import Any

import click

from route112.apps.commanding.client import open_planner, planner_options, stamp
from route112.apps.commanding.following import choose_seconds, follow_asked
from route112.apps.commanding.telling import tell_outcome
from route112.apps.commanding.times import parse_span_s
from route112.apps.plan.options import json_option

_TAIL = """
\b
A second person has to agree, with `route112 approve`. The planner does each step only when the
one before has proved itself, and goes back by itself when one fails (docs/change.md). On a
terminal its steps are shown. Exit codes: 0 asked for, or done; 1 refused, went back, is stuck, or
its end was not seen; 2 cannot run."""


def _options(command: Any) -> Any:  # noqa: ANN401  of click
    for option in (
        click.option(
            "--for", "for_", default="", metavar="SPAN",
            help="Follow it so long at most  [default: to its end on a terminal, else 0s]",
        ),
        click.option("--reason", required=True, help="Why; it is kept."),
    ):  # fmt: skip
        command = option(command)
    return click.argument("site")(planner_options(json_option(command)))


@click.command(
    epilog="\b\nExample:\n"
    '  route112 site upgrade site-3 --version 1.4 --reason "fixes the recorder"\n' + _TAIL
)
@click.option("--version", required=True, help="Version of the software that shall run there.")
@click.option("--soak", default="60s", show_default=True, help="How long it is watched after.")
@_options
def upgrade(*, version: str, soak: str, **options: Any) -> None:  # noqa: ANN401
    """Drain a site, exchange its software, prove it by test calls, give it back."""
    soak_s = parse_span_s(soak, "--soak")
    _begin("upgrade", options, version=version, soak_s=soak_s)


@click.command(
    epilog='\b\nExample:\n  route112 site maintain site-3 --reason "more capacity"\n'
    '  route112 change resume --reason "cards are in"\n' + _TAIL
)
@_options
def maintain(**options: Any) -> None:  # noqa: ANN401
    """Drain a site for work by people, once the others have proved that they carry its load."""
    _begin("maintenance", options)


@click.command(
    epilog='\b\nExample:\n  route112 site evacuate site-3 --reason "its hosting closes"\n' + _TAIL
)
@_options
def evacuate(**options: Any) -> None:  # noqa: ANN401
    """Leave a site for good: load proof, drained, nothing left that points to it, stopped."""
    _begin("evacuation", options)


def _begin(kind: str, options: dict[str, Any], **fields: Any) -> None:  # noqa: ANN401  of JSON
    files: dict[str, Path | None] = {name: options[name] for name in ("cert", "key", "ca")}
    seconds_max = choose_seconds(options["for_"], as_json=options["as_json"])
    planner = open_planner(options["planner_name"], **files)
    body = stamp(options["reason"], kind=kind, stations=[options["site"]], **fields)
    told = planner.ask("POST", "/changes", body)
    tell_outcome(told, as_json=options["as_json"])
    follow_asked(planner, told, seconds_max)
