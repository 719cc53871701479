"""`route112 records`: keep, show and search what a site wrote down of its calls."""

import asyncio
import contextlib
import signal
import time
from collections import deque
from pathlib import Path

import click
import msgspec

from route112.adapters.clock import utc_now
from route112.adapters.record_spool import (
    Bounds,
    Folder,
    Position,
    Recorder,
    RecorderRunningError,
    follow,
    read_records,
)
from route112.apps._console import echo_json, fail
from route112.apps.records.audit import REASON_CHARS_MAX, REASON_CHARS_MIN, append_audit
from route112.apps.records.search import FOREVER_US, Filter, find_calls
from route112.apps.records.show import (
    CALL_COLUMNS,
    SCENARIO_COLUMN,
    align,
    dump_call,
    dump_record,
    list_call_cells,
    render_record,
)
from route112.apps.records.verifying import verify
from route112.apps.route import parse_instant
from route112.apps.scenario_time import FILE, find_scenario_time
from route112.wire.documents.scenario_time import ScenarioTime
from route112.wire.record_calls import OUTCOMES, PARTIES, CallHistory
from route112.wire.record_lines import Record

FOLDER = click.Path(path_type=Path, file_okay=False)
LINES_DEFAULT = 20
LINES_MAX = 1_000_000
CALLS_SHOWN_MAX = 10_000
"""Calls that one query prints."""
POLL_SECONDS = 0.2
MIB_MIN, MIB_MAX = 16, 1 << 20

EPILOG = """\b
Examples:
  route112 records tail var/site-1/records --follow
  route112 records query var/site-1/records --open            outcome unknown: call back
  route112 records query var/site-1/records --outcome failed --party carrier
  route112 records verify var/site-1/records                  is it still what was written?
  route112 records keep var/site-1/records --site site-1      seal what the site writes

\b
DIR is the records folder of a site, or the run directory that holds it as `records`. Callers'
numbers are masked. In the folder of a replay all times, `--since` and `--until` are those of the
scenario. Exit codes: 0 fine, also when nothing was found; 1 refused; 2 cannot run."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


@click.group(epilog=EPILOG)
def records() -> None:
    """Keep, show and search the records of a site's calls."""


records.add_command(verify)


@records.command(epilog="Example:\n  route112 records tail var/site-1/records --follow")
@click.argument("directory", metavar="DIR", type=FOLDER)
@click.option(
    "--follow", "-f", "follows", is_flag=True, help="Go on with what comes, until Ctrl-C."
)
@click.option(
    "--lines",
    "-n",
    type=click.IntRange(0, LINES_MAX),
    default=LINES_DEFAULT,
    show_default=True,
    help="Newest records to begin with.",
)
@json_option
def tail(directory: Path, lines: int, *, follows: bool, as_json: bool) -> None:
    """Show the newest records, one line each."""
    folder = find_folder(directory)
    scenario = find_scenario(folder)
    newest: deque[Record] = deque(maxlen=lines)
    position: Position | None = None
    try:
        for record in read_records(folder.path):
            newest.append(record)
            position = Position(record.writer, record.sequence)
        for record in newest:
            _echo_record(record, scenario, as_json=as_json)
        if follows:
            for record in follow(folder.path, since=position, wait=_wait):
                scenario = scenario or find_scenario(folder)  # a replay may begin meanwhile
                _echo_record(record, scenario, as_json=as_json)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        fail(f"{directory} cannot be read: {error.strerror}", "Read it as the user of the site")


@records.command(
    epilog="""\b
Examples:
  route112 records query DIR --open
  route112 records query DIR --number 15 --outcome failed --since 2026-11-22T18:00:00+01:00
  route112 records query DIR --open --clear-numbers --reason "call back, incident 12"

\b
Exit codes: 0 fine, also when nothing was found; 2 cannot run, or may not show numbers."""
)
@click.argument("directory", metavar="DIR", type=FOLDER)
@click.option("--call", default="", help="Call-ID; also shows each record of the call.")
@click.option("--number", default="", help="Short number or service URN, as dialled.")
@click.option("--psap", default="", help="Decided, rung or reached answering point.")
@click.option("--operator", default="", help="Id of the operator that handed the call over.")
@click.option("--outcome", type=click.Choice(OUTCOMES), help="What became of the call.")
@click.option("--party", type=click.Choice(PARTIES), help="Who failed.")
@click.option("--since", metavar="ISO8601", help="Calls that began then or later.")
@click.option("--until", metavar="ISO8601", help="Calls that began then or earlier.")
@click.option(
    "--open", "only_open", is_flag=True, help="Attempts without an end, older than 60 s."
)
@click.option("--clear-numbers", is_flag=True, help="Show callers in clear; needs --reason.")
@click.option("--reason", default="", help="Why numbers are shown in clear; it is kept.")
@json_option
def query(  # noqa: PLR0913  one parameter for each option
    *,
    directory: Path,
    call: str,
    number: str,
    psap: str,
    operator: str,
    outcome: str | None,
    party: str | None,
    since: str | None,
    until: str | None,
    only_open: bool,
    clear_numbers: bool,
    reason: str,
    as_json: bool,
) -> None:
    """Search calls: one line each, with outcome and failing party."""
    _check_reason(reason, clear=clear_numbers)
    folder = find_folder(directory)
    scenario = find_scenario(folder)
    wanted = Filter(
        call=call,
        number=number,
        psap=psap,
        operator=operator,
        outcome=outcome or "",
        party=party or "",
        since_us=0 if since is None else _read_instant(since, scenario),
        until_us=FOREVER_US if until is None else _read_instant(until, scenario),
        only_open=only_open,
    )
    try:
        found = find_calls(folder.path, wanted, now_us=utc_now())
    except OSError as error:
        fail(f"{directory} cannot be read: {error.strerror}", "Read it as the user of the site")
    shown = found[-CALLS_SHOWN_MAX:]
    if clear_numbers:
        _audit(folder, reason, wanted, shown)
    if as_json:
        echo_json([dump_call(each, clear=clear_numbers, scenario=scenario) for each in shown])
    else:
        _echo_calls(shown, scenario, clear=clear_numbers, with_records=bool(call))
    if len(found) > len(shown):
        click.echo(f"the newest {len(shown):,} of {len(found):,} calls; narrow it down", err=True)


@records.command(epilog="Example:\n  route112 records keep var/site-1/records --site site-1")
@click.argument("directory", metavar="DIR", type=FOLDER)
@click.option(
    "--site", default="site", show_default=True, help="Name in the recorder's own lines."
)
@click.option(
    "--bound-mib",
    type=click.IntRange(MIB_MIN, MIB_MAX),
    default=Bounds().bytes_max >> 20,
    show_default=True,
    help="Disk that records may take, in MiB; the oldest go beyond it.",
)
def keep(directory: Path, site: str, bound_mib: int) -> None:
    """Seal what a site writes, until SIGTERM; one process for each records folder."""
    folder = find_folder(directory)
    try:
        recorder = Recorder(
            folder.path,
            site=site,
            complain=lambda text: click.echo(text, err=True),
            bounds=Bounds(bytes_max=bound_mib << 20),
        )
    except RecorderRunningError as error:
        fail(str(error), "Stop the other one first; a site keeps its own records")
    except OSError as error:
        fail(f"{directory} cannot be kept: {error.strerror}", "Run it as the user of the site")
    asyncio.run(_keep(recorder))


async def _keep(recorder: Recorder) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, recorder.stop)
    await recorder.run()


def find_folder(directory: Path) -> Folder:
    """Return the records folder that a directory is or holds, or end the command."""
    folders = [Folder(path) for path in (directory, directory / "records")]
    found = next((folder for folder in folders if folder.segments.is_dir()), None)
    if found is None:
        fail(
            f"{directory} is no records folder",
            "Name the `records` folder in the run directory of a site",
        )
    return found


def find_scenario(folder: Folder) -> ScenarioTime | None:
    """Return what time stands for in a replay, None where it is itself, or end the command."""
    try:
        return find_scenario_time(folder.path)
    except (OSError, ValueError) as error:
        fail(
            f"the {FILE} of this run cannot be read: {error}",
            "Remove it to see the records on real time",
        )


def _read_instant(text: str, scenario: ScenarioTime | None) -> int:
    """Return an instant of the wall clock; in a replay the text is one of what is played."""
    given = parse_instant(text)
    return given if scenario is None else scenario.find_wall(given)


def _check_reason(reason: str, *, clear: bool) -> None:
    length = len(reason.strip())
    if clear and not REASON_CHARS_MIN <= length <= REASON_CHARS_MAX:
        fail("numbers in clear need a reason", 'Add --reason "call back, incident 12"; it is kept')
    if reason and not clear:
        fail("--reason without --clear-numbers", "Leave it out; masked numbers need no reason")


def _audit(folder: Folder, reason: str, wanted: Filter, shown: list[CallHistory]) -> None:
    try:
        append_audit(
            folder.audit,
            reason=reason.strip(),
            asked=wanted.describe(),
            calls=[call.call for call in shown],
        )
    except OSError as error:
        fail(
            f"{folder.audit} cannot be written: {error.strerror or error}; nothing is shown",
            "Run it as the user of the site; access to numbers is audited",
        )


def _echo_record(record: Record, scenario: ScenarioTime | None, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(dump_record(record, scenario), order="sorted"))
    else:
        click.echo(render_record(record, scenario))


def _echo_calls(
    calls: list[CallHistory], scenario: ScenarioTime | None, *, clear: bool, with_records: bool
) -> None:
    if not calls:
        click.echo("no calls")
        return
    columns = CALL_COLUMNS if scenario is None else (SCENARIO_COLUMN, *CALL_COLUMNS[1:])
    rows = [columns, *(list_call_cells(call, clear=clear, scenario=scenario) for call in calls)]
    for line in align(rows):
        click.echo(line)
    if with_records:
        for call in calls:
            click.echo()
            for record in call.records:
                click.echo(render_record(record, scenario))


def _wait() -> bool:
    with contextlib.suppress(InterruptedError):
        time.sleep(POLL_SECONDS)
    return True
