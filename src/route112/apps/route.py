"""`route112 route`: where one call would ring, and why."""

import difflib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from route112.adapters.clock import utc_now
from route112.adapters.source_folder import read_plain
from route112.apps._console import Failure, Refusal, echo_json, fail, print_table
from route112.apps.plan.communes import read_commune
from route112.apps.plan.options import FILE, json_option, open_snapshot
from route112.model import Call, RouteDecision, ServiceState, States, UtcTime
from route112.routing import decide, list_sources, render_decision
from route112.routing.callers import place_call
from route112.routing.request_uri import is_test_call, read_request_uri
from route112.snapshot.errors import SnapshotError
from route112.snapshot.reader import Snapshot

LAT_DEG_MAX = 90
LON_DEG_MAX = 180
NEAR_MATCHES_MAX = 3
"""Ids that are offered for one that is not known."""
COMPLETIONS_MAX = 100
"""Ids that a shell is offered."""

EPILOG = """\b
Examples:
  route112 route 15 --commune 29019 --plan fr.r112
  route112 route 18 --commune 29019 --plan fr.r112 --down CTA18-29 --down CTA18-22
  route112 route 112 --commune 97411 --plan fr.r112 --at 2026-12-24T23:30:00+04:00
  route112 route 15 --operator dolmen --cell 999701a00e548200 --plan fr.r112
  route112 route urn:service:sos.police --commune 29019 --position 48.39,-4.48 --plan fr.r112

\b
Nothing rings. The answer is what a site would do, with the orders of the snapshot that are in
force at that time. Exit codes: 0 answered, also degraded; 2 unusable input."""


def _complete_psap(ctx: click.Context, _param: object, incomplete: str) -> list[CompletionItem]:
    path = ctx.params.get("plan")
    if not isinstance(path, Path):
        return []
    try:
        known = list_psap_ids(open_snapshot(path))
    except Failure:
        return []
    found = [psap_id for psap_id in known if psap_id.startswith(incomplete.upper())]
    return [CompletionItem(psap_id) for psap_id in found[:COMPLETIONS_MAX]]


@click.command(epilog=EPILOG)
@click.argument("number")
@click.option("--commune", default="", help="Code of the caller's commune; an old one is fine.")
@click.option("--cell", default="", help="Cell of the caller, where no commune is told.")
@click.option("--line", default="", help="Number of the calling line, where no cell is told.")
@click.option("--plan", type=FILE, required=True, help="Snapshot that answers.")
@click.option("--operator", default="", help="Id of the operator that hands the call over.")
@click.option(
    "--technology",
    type=click.Choice(["pstn", "voip", "mobile"]),
    help="Access technology; for the trace only.",
)
@click.option("--position", metavar="LAT,LON", help="Position in degrees, WGS 84.")
@click.option("--street", default="", help="Street, for communes that are split by streets.")
@click.option(
    "--down",
    "down",
    multiple=True,
    metavar="PSAP",
    shell_complete=_complete_psap,
    help="Take a PSAP as measured down; may be repeated.",
)
@click.option("--at", metavar="ISO8601", help="Instant of the call, with its zone  [default: now]")
@click.option("--trust", type=FILE, help="Trust list that the signature is checked against.")
@json_option
def route(  # noqa: PLR0913  one parameter for each option
    *,
    number: str,
    commune: str,
    cell: str,
    line: str,
    plan: Path,
    operator: str,
    technology: str | None,
    position: str | None,
    street: str,
    down: tuple[str, ...],
    at: str | None,
    trust: Path | None,
    as_json: bool,
) -> None:
    """Say where one call would ring, and why."""
    refuse_test(number)
    lat_deg, lon_deg = (None, None) if position is None else parse_position(position)
    now = utc_now() if at is None else parse_instant(at)
    snapshot = open_plan(plan)
    check_trust(snapshot, plan, trust)
    call = Call(
        dialled=number,
        commune=find_commune(snapshot, commune),
        operator=find_operator(snapshot, operator),
        technology=technology or "",
        lon_deg=lon_deg,
        lat_deg=lat_deg,
        street=street,
    )
    call = find_caller(call, snapshot, cell=cell, line=line)
    states = States(dict.fromkeys(find_psaps(snapshot, down), ServiceState.DOWN))
    decision = decide(call, snapshot, states, now=now)
    if as_json:
        echo_json(decision)
    else:
        echo_decision(call, decision, snapshot, now)


def refuse_test(number: str) -> None:
    """End the command for a test call: there is nobody to name."""
    if is_test_call(read_request_uri(number).service):
        fail(
            f"{number} is a test call: no answering point is rung (test-call)",
            "A site answers it 404; name the service without test.: urn:service:sos",
        )


def parse_position(text: str) -> tuple[float, float]:
    """Return latitude and longitude, or end the command."""
    try:
        lat_deg, lon_deg = (float(part) for part in text.split(","))
    except ValueError:
        fail(f"{text!r} is no position", "Write LAT,LON in degrees: 48.39,-4.48")
    if not (abs(lat_deg) <= LAT_DEG_MAX and abs(lon_deg) <= LON_DEG_MAX):
        fail(f"{text!r} is not on Earth", "Write the latitude first: 48.39,-4.48")
    return lat_deg, lon_deg


def parse_instant(text: str) -> UtcTime:
    """Return an instant in UTC, or end the command."""
    example = "2026-11-22T18:00:00+01:00"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is no time", f"Write it as ISO 8601 with its zone: {example}")
    if moment.tzinfo is None:
        fail(f"{text!r} has no time zone", f"Add Z for UTC, or the offset: {example}")
    return UtcTime((moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1))


def open_plan(path: Path) -> Snapshot:
    """Open the snapshot, or end the command: without it there is nothing to ask."""
    try:
        return open_snapshot(path)
    except Refusal as refusal:
        raise Failure(refusal.message, refusal.remedy) from refusal


def check_trust(snapshot: Snapshot, plan: Path, trust: Path | None) -> None:
    """Check the signature against a trust list, or say that nobody did."""
    if trust is None:
        click.echo("signature not checked; name a trust list with --trust", err=True)
        return
    from route112.snapshot.keys import verify_opened
    from route112.snapshot.trust import TRUST_SIZE_MAX, TrustError, parse_trust

    try:
        trusted = parse_trust(read_plain(trust, TRUST_SIZE_MAX))
    except (OSError, TrustError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        fail(f"{trust} is no trust list: {reason}", "Write one with `route112 plan keys`")
    try:
        verify_opened(snapshot, trusted, now=utc_now(), floor=None)
    except SnapshotError as error:
        fail(
            f"{plan} is refused ({error.reason_code}): {error.message}",
            "Ask who built it for a file that one of your trusted keys has signed",
        )


def find_caller(call: Call, snapshot: Snapshot, *, cell: str, line: str) -> Call:
    """Return the call with the commune of its cell or line, or end the command."""
    if (cell or line) and not call.operator:
        fail(
            "a cell or line is in the table of one operator, and none is named",
            "Name it with --operator",
        )
    placed = place_call(call, snapshot, cell=cell, line=line)
    if (cell or line) and placed is call and not call.commune:
        click.echo(f"neither is in the tables of {call.operator}: no commune", err=True)
    return placed


def list_psap_ids(snapshot: Snapshot) -> list[str]:
    """List the ids of all answering points, ascending."""
    return [snapshot.psap(index).id for index in range(snapshot.psaps_count)]


def find_psaps(snapshot: Snapshot, ids: Sequence[str]) -> Sequence[str]:
    """Return the ids if the snapshot knows them all, or end the command with near ones."""
    for psap_id in ids:
        if snapshot.find_psap(psap_id) is None:
            known = list_psap_ids(snapshot)
            near = difflib.get_close_matches(psap_id.upper(), known, n=NEAR_MATCHES_MAX)
            remedy = f"Did you mean {' or '.join(near)}?" if near else "Ids look like CRRA15-29"
            fail(f"the snapshot has no PSAP {psap_id!r}", remedy)
    return ids


def find_commune(snapshot: Snapshot, text: str) -> str:
    """Return the code of a commune as the importer reads it; an unknown one is said, and kept."""
    code = read_commune(snapshot, text)
    if code and snapshot.find_commune(code) is None:
        click.echo(
            f"the snapshot has no commune {code!r}; the call is routed without one", err=True
        )
    return code


def find_operator(snapshot: Snapshot, operator_id: str) -> str:
    """Return the id if the snapshot knows the operator, or end the command with near ones."""
    if operator_id and snapshot.operator(operator_id) is None:
        known = [operator.id for operator in snapshot.operators]
        near = difflib.get_close_matches(operator_id.lower(), known, n=NEAR_MATCHES_MAX)
        remedy = f"Did you mean {' or '.join(near)}?" if near else "Ids stand in operators/*.yaml"
        fail(f"the snapshot has no operator {operator_id!r}", remedy)
    return operator_id


def echo_decision(call: Call, decision: RouteDecision, snapshot: Snapshot, now: UtcTime) -> None:
    """Print a decision for people: the line, the targets, why it is degraded, the source."""
    click.echo(render_decision(call, decision))
    rows = []
    for place, target in enumerate(decision.targets, start=1):
        index = snapshot.find_psap(target.psap)
        name = "" if index is None else snapshot.psap(index).name
        hops = " ".join(hop.address for hop in target.hops)
        rows.append(
            (
                place,
                target.psap or "-",
                name,
                target.number,
                target.rule,
                target.trunk,
                hops,
                target.ring_time_s,
            )
        )
    columns = ("try", "PSAP", "name", "number", "rule", "trunk", "next hops", "ring s")
    click.echo()
    print_table("", columns, rows)
    click.echo()
    if decision.degraded:
        click.echo(f"degraded: {decision.degraded}")
    sources = list_sources(call, snapshot, now=now)
    for source in sources:
        place_in_file = ":".join(filter(None, (source.file, source.sheet, str(source.row))))
        click.echo(f"mapping from {place_in_file}")
    if not sources:
        click.echo("mapping from no row of a file: inherited or fallback")
