"""`route112 callbacks`: what a person types."""

from pathlib import Path

import click

from route112.adapters.clock import utc_now
from route112.adapters.watch_store import People, Refused
from route112.apps._console import echo_json, fail, print_table
from route112.apps.callbacks.show import COLUMNS, dump_callback, list_cells, render_csv
from route112.apps.plan.options import FOLDER, json_option
from route112.apps.records.audit import REASON_CHARS_MAX, REASON_CHARS_MIN, append_audit
from route112.apps.watch.keeping import Files, forget, open_files
from route112.apps.watch.status import look
from route112.watch.callbacks import CallBack

SHOWN_MAX = 1_000
"""Callers of one table; `export` has all."""
IDS_MAX = 1_000
TEXT_CHARS_MAX = 200
OUTCOMES = ("reached", "no-answer", "wrong-number", "not-needed")
"""How a call back can end."""
FORMATS = ("csv", "json")

EPILOG = """\b
Examples:
  route112 callbacks list --run-dir var/country
  route112 callbacks assign 12 13 --to "desk 4" --run-dir var/country
  route112 callbacks done 12 --outcome reached --run-dir var/country
  route112 callbacks export --reason "call back, incident 12" --run-dir var/country

\b
The list is made by `route112 watch run`, and can be read while that runs or not. Numbers are
masked unless asked for with a reason. Where watch does not run, or has not read all records, who
lost a call since may not be on the list: that is said on standard error. Exit codes: 0 fine, also
when nobody is on the list; 1 an id is not on the list; 2 cannot run, or may not show numbers."""

run_dir_option = click.option(
    "--run-dir", type=FOLDER, required=True, help="Where `watch run` keeps what it has seen."
)
all_option = click.option(
    "--all", "with_all", is_flag=True, help="Also who got through later, and who is done."
)
reason_option = click.option(
    "--reason", default="", help="Why numbers are shown in clear; it is kept."
)
ids_argument = click.argument("ids", metavar="ID...", type=click.IntRange(1), nargs=-1)


@click.group(epilog=EPILOG)
def callbacks() -> None:
    """Show who did not get through, and who calls them back."""


@callbacks.command("list", epilog="Example:\n  route112 callbacks list --run-dir var/country")
@run_dir_option
@all_option
@click.option("--clear-numbers", is_flag=True, help="Show callers in clear; needs --reason.")
@reason_option
@json_option
def list_(
    *, run_dir: Path, with_all: bool, clear_numbers: bool, reason: str, as_json: bool
) -> None:
    """Show who has to be called back, whoever waits longest first."""
    if reason and not clear_numbers:
        fail("--reason without --clear-numbers", "Leave it out; masked numbers need no reason")
    if clear_numbers:
        _check_reason(reason)
    files = Files(run_dir)
    found = _load(files, with_all=with_all)
    shown = found if as_json else found[:SHOWN_MAX]
    if clear_numbers:
        _audit(files, reason, {"command": "list", "all": with_all}, shown)
    if as_json:
        echo_json([dump_callback(back, clear=clear_numbers) for back in shown])
    elif not shown:
        click.echo("nobody has to be called back")
    else:
        print_table("", COLUMNS, [list_cells(back, clear=clear_numbers) for back in shown])
    if len(found) > len(shown):
        click.echo(f"the first {len(shown):,} of {len(found):,} callers; export has all", err=True)


@callbacks.command(
    epilog='Example:\n  route112 callbacks assign 12 13 --to "desk 4" --run-dir var/country'
)
@ids_argument
@click.option("--to", "to", required=True, help="Who calls back.")
@click.option("--again", is_flag=True, help="Take them from whoever has them.")
@run_dir_option
def assign(*, ids: tuple[int, ...], to: str, again: bool, run_dir: Path) -> None:
    """Say who calls these back."""
    _check_ids(ids)
    _check_text("--to", to)
    with open_files(Files(run_dir)) as store:
        _refuse(People(store).assign(ids, to.strip(), again=again))
    click.echo(f"{len(ids):,} assigned to {to.strip()}")


@callbacks.command(
    epilog="Example:\n  route112 callbacks done 12 --outcome reached --run-dir var/country"
)
@ids_argument
@click.option("--outcome", type=click.Choice(OUTCOMES), required=True, help="How it ended.")
@click.option("--note", default="", help="What the next one has to know.")
@run_dir_option
def done(*, ids: tuple[int, ...], outcome: str, note: str, run_dir: Path) -> None:
    """Say that these were called back; who loses another attempt is on the list again."""
    _check_ids(ids)
    if note:
        _check_text("--note", note)
    with open_files(Files(run_dir)) as store:
        _refuse(People(store).close(ids, outcome=outcome, note=note.strip(), at_us=utc_now()))
    click.echo(f"{len(ids):,} done: {outcome}")


@callbacks.command(
    epilog="""\b
Example:
  route112 callbacks export --reason "call back, incident 12" --run-dir var/country > list.csv"""
)
@run_dir_option
@all_option
@reason_option
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
def export(*, run_dir: Path, with_all: bool, reason: str, form: str) -> None:
    """Print the whole list with numbers in clear; needs --reason."""
    _check_reason(reason)
    files = Files(run_dir)
    found = _load(files, with_all=with_all)
    _audit(files, reason, {"command": "export", "all": with_all, "format": form}, found)
    rows = [dump_callback(back, clear=True) for back in found]
    if form == "json":
        echo_json(rows)
    else:
        click.echo(render_csv(rows), nl=False)


def _say_what_is_missing(files: Files) -> None:
    """Say why the list may not have everybody: an empty one would look like good news."""
    shown, _, runs = look(files)
    if not runs:
        why = "watch does NOT run, or hangs"
    elif shown is not None and (shown.trouble or shown.has_backlog):
        why = "not all records could be read yet (`route112 watch status`)"
    else:
        return
    click.echo(f"{why}: who has lost a call since may not be on the list", err=True)


def _load(files: Files, *, with_all: bool) -> list[CallBack]:
    _say_what_is_missing(files)
    with open_files(files) as store:
        forget(store, files, now_us=utc_now())
        found = People(store).list_callbacks()
    return [back for back in found if with_all or back.state in ("open", "assigned")]


def _check_reason(reason: str) -> None:
    if not REASON_CHARS_MIN <= len(reason.strip()) <= REASON_CHARS_MAX:
        fail("numbers in clear need a reason", 'Add --reason "call back, incident 12"; it is kept')


def _check_ids(ids: tuple[int, ...]) -> None:
    if not 1 <= len(ids) <= IDS_MAX:
        fail(f"{len(ids)} ids", f"Name 1 to {IDS_MAX:,}, as `callbacks list` shows them")


def _check_text(option: str, text: str) -> None:
    if not text.strip() or len(text) > TEXT_CHARS_MAX or not text.isprintable():
        fail(f"{option} is no text", f"Write 1 to {TEXT_CHARS_MAX} characters on one line")


def _refuse(refused: Refused) -> None:
    if refused.assigned:
        others = ", ".join(f"{id_} ({who})" for id_, who in refused.assigned)
        fail(
            f"assigned to somebody else: {others}; nothing was changed",
            "Leave them to whoever has them, or add --again",
            code=1,
        )
    if refused.unknown:
        fail(
            f"not on the list: {', '.join(map(str, refused.unknown))}; nothing was changed",
            "`route112 callbacks list --all` shows all ids",
            code=1,
        )


def _audit(files: Files, reason: str, asked: dict[str, object], shown: list[CallBack]) -> None:
    try:
        append_audit(
            files.audit,
            reason=reason.strip(),
            asked=asked,
            calls=[f"caller {back.id}" for back in shown],
        )
    except OSError as error:
        fail(
            f"{files.audit} cannot be written: {error.strerror or error}; nothing is shown",
            "Run it as the user of watch; access to numbers is audited",
        )
