"""`route112 planner status`: whether a planner runs, and whose certificate ends when."""

from pathlib import Path

import click

from route112.adapters.clock import utc_now
from route112.apps._console import EXIT_REFUSED, echo_json, fail
from route112.apps.certificates.ends import ENDS_FILE, End, is_due, read_ends
from route112.apps.plan.options import FOLDER, json_option
from route112.apps.planner.running import SOCKET
from route112.apps.planner.standby import answers

EPILOG = """\b
Example:
  route112 planner status --folder var/planner

\b
A planner sees its own certificates and those that stations show it. One that ends within 30 days
is due. Exit codes: 0 a planner runs and nothing is due, 1 one of both is not so, 2 cannot tell."""


@click.command(epilog=EPILOG)
@click.option(
    "--folder", type=FOLDER, default="var/planner", show_default=True, help="Of `planner run`."
)
@json_option
def status(*, folder: Path, as_json: bool) -> None:
    """Say whether a planner runs, and when certificates of it and its stations end."""
    try:
        ends, is_running = read_ends(folder / ENDS_FILE), answers(folder / SOCKET)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        fail(f"{folder / ENDS_FILE} cannot be read: {reason}", "Name the --folder of a planner")
    now_us = utc_now()
    if as_json:
        echo_json(
            {
                "is_running": is_running,
                "certificates": [
                    {
                        "owner": each.owner,
                        "what": each.what,
                        "ends_us": each.ends_us,
                        "is_due": is_due(each.ends_us, now_us),
                    }
                    for each in ends
                ],
            }
        )
    else:
        click.echo(f"{'a' if is_running else 'no'} planner answers at {folder / SOCKET}")
        for each in ends:
            click.echo(f"{each.owner}: {each.what} {each.say(now_us)}")
    if not is_running or _list_due(ends, now_us):
        raise click.exceptions.Exit(EXIT_REFUSED)


def _list_due(ends: tuple[End, ...], now_us: int) -> list[End]:
    return [each for each in ends if is_due(each.ends_us, now_us)]
