"""`route112 report`: somebody says that calls do not come, and it counts at once."""

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from route112.adapters.clock import utc_now
from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.alarms.options import EXIT_UNWATCHED, is_watched, offer, run_dir_option
from route112.apps.alarms.saying import ReportError, keep_report
from route112.apps.records.audit import name_reader
from route112.apps.watch.keeping import Files, open_files

EPILOG = """\b
Examples:
  route112 report "we receive nothing" --psap CRRA15-29 --run-dir var/country
  route112 report "callers say 112 is dead" --departement 29 --number 112 --run-dir var/country

\b
Watch takes it within a second and opens an alarm, or puts it into the one that is open; when it
does not run, it takes it when it is started. A report counts for half an hour; who still receives
nothing says so again. Write no caller's name or number. Exit codes: 0 kept, 1 the plan does not
know what it is about, 2 cannot run, 3 kept, but watch does not run."""


def complete_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Offer what the plan has, by the run directory that was named before."""
    return offer(
        ctx, incomplete, lambda book: [(name, None) for name in book.list_names(param.name or "")]
    )


@click.command(epilog=EPILOG)
@click.argument("text")
@run_dir_option
@click.option("--psap", default="", shell_complete=complete_names, help="Answering point.")
@click.option("--departement", default="", shell_complete=complete_names, help="Departement.")
@click.option("--number", default="", shell_complete=complete_names, help="Short number.")
@click.option("--operator", default="", shell_complete=complete_names, help="Operator.")
@click.option("--who", default="", help="Desk or role that says so  [default: the user].")
def report(  # noqa: PLR0913  one parameter for each option
    *,
    text: str,
    run_dir: Path,
    psap: str,
    departement: str,
    number: str,
    operator: str,
    who: str,
) -> None:
    """Say that something does not work: "we receive nothing"."""
    about = {"psap": psap, "departement": departement, "number": number, "operator": operator}
    said_by = who or str(name_reader()["login_user"] or name_reader()["user"])
    files = Files(run_dir)
    with open_files(files) as store:
        try:
            id_ = keep_report(store, about, text=text, who=said_by, wall_us=utc_now())
        except ReportError as error:
            fail(str(error), error.remedy, code=EXIT_REFUSED)
    click.echo(f"report {id_} is kept; `route112 alarms --run-dir {run_dir}` shows what follows")
    if not is_watched(files, "nobody takes the report until it does"):
        raise click.exceptions.Exit(EXIT_UNWATCHED)
