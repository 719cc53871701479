"""The `route112` command: a group whose subcommands load only when they are called."""

import contextlib
import errno
import importlib
import io
import os
import sys
from pathlib import Path
from typing import Any

import click

from route112 import __version__

COMMANDS = {
    "activate": (
        "route112.apps.commanding.activate:activate",
        "Bring a new plan into force, station by station.",
    ),
    "alarms": (
        "route112.apps.alarms.command:alarms",
        "Show what is wrong: who is hit, since when, and what it has in common.",
    ),
    "approve": (
        "route112.apps.commanding.approve:approve",
        "Agree to what somebody else asked for; without HASH, show what waits.",
    ),
    "backup": (
        "route112.apps.backup.command:backup",
        "Write all that a planner and a watch know into one file.",
    ),
    "call": ("route112.apps.call:call", "Place a call and show what happened, step by step."),
    "callbacks": (
        "route112.apps.callbacks.command:callbacks",
        "Show who did not get through, and who calls them back.",
    ),
    "change": (
        "route112.apps.commanding.change:change",
        "Let the change that runs go back, or go on; adopt what no change brought.",
    ),
    "country": (
        "route112.apps.country:country",
        "Write a demo country: a source folder with invented answering points.",
    ),
    "demo": (
        "route112.apps.demo.command:demo",
        "Run a whole country, place calls through it, and break one thing after another.",
    ),
    "down": (
        "route112.apps.country_run.down:down",
        "End everything that `up` started.",
    ),
    "edge": (
        "route112.apps.edge:edge",
        "Run an operator's edge: hand calls to sites, ring answering points when none serves.",
    ),
    "fault": (
        "route112.apps.fault.command:fault",
        "Break one thing on purpose in a country that runs as an exercise.",
    ),
    "history": (
        "route112.apps.commanding.history:history",
        "Show what was changed, by whom, why, and how it ended.",
    ),
    "order": (
        "route112.apps.commanding.order:order",
        "Divert an answering point's calls, pause it, let it resume.",
    ),
    "planner": (
        "route112.apps.planner.command:planner",
        "Decide changes, and bring emergency orders to all stations.",
    ),
    "plan": (
        "route112.apps.plan:plan",
        "Import, check, compare, sign and query departmental plans.",
    ),
    "records": (
        "route112.apps.records.commands:records",
        "Keep, show and search the records of a site's calls.",
    ),
    "report": (
        "route112.apps.alarms.report:report",
        'Say that something does not work: "we receive nothing".',
    ),
    "psap": (
        "route112.apps.psap:psap",
        "Play answering points that answer, are busy, or stay silent.",
    ),
    "receiver": (
        "route112.apps.receiver.command:receiver",
        "Bring a station what its planner says that it shall have.",
    ),
    "redirect": (
        "route112.apps.redirect:redirect",
        "Answer calls with the numbers to ring: the last resort of an operator.",
    ),
    "replay": (
        "route112.apps.replay.command:replay",
        "Play an evening against a whole country, and say what became of every call.",
    ),
    "restore": (
        "route112.apps.backup.restore:restore",
        "Bring back what `backup` wrote, into empty places, whole or not at all.",
    ),
    "route": ("route112.apps.route:route", "Say where one call would ring, and why."),
    "site": ("route112.apps.site:site", "Run one site: take calls and ring answering points."),
    "states": (
        "route112.apps.states:states",
        "Show what is measured of sites, trunks and PSAPs, with source and age.",
    ),
    "status": (
        "route112.apps.country_run.status:status",
        "Show what `up` runs: generations, calls per second, breakers.",
    ),
    "topology": (
        "route112.apps.topology:topology",
        "Say which sites and edges share which fate.",
    ),
    "up": (
        "route112.apps.country_run.up:up",
        "Start all sites, edges and redirect servers of a topology, and keep them running.",
    ),
    "watch": (
        "route112.apps.watch.command:watch",
        "Follow the records of all stations, and keep who did not get through.",
    ),
}
"""Name to `module:attribute` and summary: help imports nothing, a command only what it needs."""

UNPRINTABLE = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG)
"""What a full or broken disk answers while a report is printed."""

EPILOG = """\b
Examples:
  route112 country demo fr var/fr         write the demo country
  route112 plan build var/fr -o fr.r112   import, check and write a snapshot
  route112 route 15 --commune 29019 --plan fr.r112

\b
Shell completion:
  eval "$(_ROUTE112_COMPLETE=bash_source route112)"     (or zsh_source, fish_source)

Exit codes: 0 fine, 1 refused or failed, 2 cannot run."""


class LazyGroup(click.Group):
    """A click group that imports a subcommand's module on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """List every command without importing any."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from the summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="route112")
def cli() -> None:
    """Deliver each emergency call to the right answering point, whatever breaks."""


def main(arguments: list[str] | None = None) -> Any:  # noqa: ANN401
    """
    Run the command line; a closed pipe (`| head`) and Ctrl-C end it quietly.

    Letters that a stream cannot write become question marks, and a full disk behind it one line:
    what a command did must not look like a failure because its report could not be printed.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        return cli(args=arguments, prog_name="route112")
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except SystemExit:
        _drop_unprintable()
        raise
    except OSError as error:
        if error.errno not in UNPRINTABLE:
            raise
        _drop_unprintable()
        with contextlib.suppress(OSError):
            click.echo(f"route112: the output cannot be printed: {error.strerror}", err=True)
            click.echo("  Make room where it goes; what -o names is whole, or untouched", err=True)
        sys.exit(2)


def _drop_unprintable() -> None:
    """Let go of what cannot be printed, or the interpreter fails on it once more at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  until the end
