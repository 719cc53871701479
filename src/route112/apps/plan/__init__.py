"""
The `route112 plan` commands: import, check, compare, sign and query departmental plans.

`sources` leads from a folder on disk to a checked plan, `options` holds what commands share, and
every other module is one command, imported when it is called. Signing is in `plan_keys`.
"""

import importlib

import click

COMMANDS = {
    "build": ("plan.build:build", "Check a source folder and write it as one snapshot."),
    "orders": ("plan.orders:orders", "Give or withdraw orders on a snapshot, its plan untouched."),
    "check": ("plan.check:check", "Check a source folder or a snapshot; write nothing."),
    "lint": ("plan.lint:lint", "Check single PDAAU files, as a prefecture has them."),
    "diff": ("plan.diff:diff", "Compare two snapshots in communes, inhabitants and PSAPs."),
    "show": ("plan.show:show", "Show where each number of a commune rings, and who said so."),
    "stats": ("plan.show:stats", "Count what a snapshot holds."),
    "migration": ("plan.migration:migration", "Report the move of lines from RTC to IP."),
    "keys": ("plan_keys:keys", "Make, list, add and revoke signing keys."),
    "sign": ("plan_keys:sign", "Sign a snapshot."),
    "verify": ("plan_keys:verify", "Verify a snapshot's signature against a trust list."),
}
"""Name to `module:attribute` and summary, so that a command imports only what it needs."""

EPILOG = """\b
Examples:
  route112 plan lint PDAAU_29.ods                  is this file all right?
  route112 plan build var/fr -o fr.r112            import, check and write a snapshot
  route112 plan show fr.r112 --commune 29019       where do calls from Brest ring?
  route112 plan diff fr.r112 fr-2.r112             who is touched by the new edition?

\b
Exit codes: 0 fine, 1 refused or failed, 2 cannot run."""


class PlanGroup(click.Group):
    """The group, whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """List every command in the order of work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(
            importlib.import_module(f"route112.apps.{module}"), attribute
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list of commands from the summaries."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=PlanGroup, epilog=EPILOG)
def plan() -> None:
    """Import, check, compare, sign and query departmental plans."""
