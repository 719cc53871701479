"""`route112 call`: place a call and show what happened, step by step."""

import asyncio
import socket
from collections import Counter
from pathlib import Path

import click

from route112.adapters.sip import Address, CallResult, Step, TlsFiles
from route112.apps._console import EXIT_REFUSED, echo_json, fail
from route112.apps.ends.callers import CALLS_MAX, RATE_MAX, Callers, CallOrder, number_orders
from route112.apps.ends.dialect import DialectError, speak
from route112.apps.ends.options import parse_address, read_tls, tls_options
from route112.apps.ends.whereabouts import can_tell, list_whereabouts
from route112.apps.plan.options import FILE, open_snapshot
from route112.wire.sip.compose import Header
from route112.wire.sip.messages import MESSAGE_BYTES_MAX

ANSWERED = 200

EPILOG = """\b
Examples:
  route112 call 15 --commune 29019 --to 127.0.1.1:5060
  route112 call 112 --commune 97411 --operator bruyere --to tls:[::1]:5061 \\
      --tls-cert operator.crt --tls-key operator.key --tls-ca ca.crt
  route112 call 15 --commune 29019 --operator dolmen --plan fr.r112 --to 127.0.2.3
  route112 call 18 --commune 29019 --to 127.0.1.1 --count 200 --rate 20 --log callers.jsonl

\b
The commune travels in X-Commune and the operator in X-Operator, or as --dialect has it; with
--plan also as a cell or a line of the commune, where the operator tells no more.
Exit codes: 0 every call was answered, 1 one was not, 2 nothing could be sent."""


@click.command(epilog=EPILOG)
@click.argument("number")
@click.option("--to", required=True, metavar="ADDR", help="Site, edge or PSAP: [udp:]HOST[:PORT].")
@click.option("--commune", default="", help="Code of the caller's commune.")
@click.option("--operator", default="", help="Id of the operator that hands the call over.")
@click.option(
    "--caller",
    default="+999000001",
    show_default=True,
    help="Number of the caller; with --count above 1 each call has another one instead, from "
    "+999000001 on.",
)
@click.option(
    "--transport",
    type=click.Choice(["udp", "tcp", "tls"]),
    default="udp",
    show_default=True,
    help="Where --to names none.",
)
@click.option(
    "--dialect",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="operators/*.yaml that says how this operator hands calls over.",
)
@click.option(
    "--plan",
    type=FILE,
    help="Snapshot with the profile, cells and lines of --operator; instead of --dialect.",
)
@click.option("--from", "local", metavar="ADDR", help="Own address  [default: a free port]")
@click.option("--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="One more.")
@click.option(
    "--body",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File sent instead of the SDP offer; its type is given by --header.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 300),
    default=32.0,
    show_default=True,
    help="Seconds until CANCEL.",
)
@click.option(
    "--hold",
    type=click.FloatRange(0, 86_400),
    default=1.0,
    show_default=True,
    help="Seconds of talking until BYE.",
)
@click.option("--count", type=click.IntRange(1, CALLS_MAX), default=1, help="Calls to place.")
@click.option(
    "--rate",
    type=click.FloatRange(0.01, RATE_MAX),
    default=10.0,
    show_default=True,
    help="Calls per second.",
)
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="File of JSON lines.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
@tls_options
def call(  # noqa: PLR0913  one parameter for each option
    *,
    number: str,
    to: str,
    commune: str,
    operator: str,
    caller: str,
    transport: str,
    dialect: Path | None,
    plan: Path | None,
    local: str | None,
    headers: tuple[str, ...],
    body: Path | None,
    timeout: float,
    hold: float,
    count: int,
    rate: float,
    log: Path | None,
    as_json: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_ca: Path | None,
) -> None:
    """Place a call and show what happened, step by step."""
    target = parse_address("--to", to, transport=transport)
    order = CallOrder(
        dialled=number,
        to=target,
        commune=commune,
        operator=operator,
        caller=caller,
        headers=tuple(parse_header(text) for text in headers),
        body=None if body is None else read_body(body),
        timeout_s=timeout,
        hold_s=hold,
    )
    if dialect is not None:
        order = speak_dialect(order, dialect)
    elif plan is not None:
        order = speak_plan(order, plan)
    tls = read_tls(tls_cert, tls_key, tls_ca)
    own = find_own(target) if local is None else parse_address("--from", local)
    own = Address(target.transport, own.host, own.port)
    orders = (order,) if count == 1 else number_orders(order, count)
    report(place_or_fail(orders, own, rate=rate, log=log, tls=tls, quiet=as_json), as_json)


def place_or_fail(
    orders: tuple[CallOrder, ...],
    local: Address,
    *,
    rate: float,
    log: Path | None,
    tls: TlsFiles | None,
    quiet: bool,
) -> tuple[CallResult, ...]:
    """Place calls, or end the command when nothing could be sent."""
    try:
        return asyncio.run(place(orders, local, rate=rate, log=log, tls=tls, quiet=quiet))
    except OSError as error:
        why = error.strerror or error
        fail(f"no call could be placed: {why}", "Look at --from, --log and the TLS files")
    except ValueError as error:
        fail(f"no call could be placed: {error}", "Look at NUMBER, --header and the TLS files")


def report(results: tuple[CallResult, ...], as_json: bool) -> None:
    """Print what has not been printed while it happened; end with 1 unless all were answered."""
    if as_json:
        echo_json(results[0] if len(results) == 1 else results)
    elif len(results) > 1:
        echo_counts(results)
    if any(result.status != ANSWERED for result in results):
        raise click.exceptions.Exit(EXIT_REFUSED)


async def place(
    orders: tuple[CallOrder, ...],
    local: Address,
    *,
    rate: float,
    log: Path | None,
    tls: TlsFiles | None,
    quiet: bool,
) -> tuple[CallResult, ...]:
    """Place one call with its steps on standard output, or many without them."""
    async with Callers(local, log=log, tls=tls) as callers:
        if len(orders) > 1:
            callers.check(orders[0])
            return await callers.run_all(orders, rate=rate)
        result = await callers.run(orders[0], on_step=None if quiet else echo_step)
        if not quiet:
            click.echo(describe(result))
        return (result,)


def echo_step(step: Step) -> None:
    """Print one step with its time since the INVITE."""
    click.echo(f"{step.ms:9.1f} ms  {step.name:<9} {step.text}".rstrip())


def describe(result: CallResult) -> str:
    """Say in one line what came of a call."""
    if result.status != ANSWERED:
        why = f" ({result.reason})" if result.reason else ""
        final = f"{result.status} {result.phrase}" if result.status else "no final response"
        return f"not answered: {final}{why}"
    assert result.answered_us is not None
    ringing = ""
    if result.ringing_us is not None:
        ringing = f", rang after {(result.ringing_us - result.placed_us) / 1e3:.0f} ms"
    heard = f"{result.audio_packets} audio packets" if result.audio_packets else "no audio"
    after_ms = (result.answered_us - result.placed_us) / 1e3
    who = result.answered_by or "somebody who does not say who"
    return f"answered by {who} after {after_ms:.0f} ms{ringing}; {heard}"


def echo_counts(results: tuple[CallResult, ...]) -> None:
    """Print what came of many calls."""
    counts = Counter(result.status for result in results)
    for status, calls in sorted(counts.items()):
        click.echo(f"{calls:>7,}  {status or 'no final response'}")
    click.echo(f"{counts[ANSWERED]:,} of {len(results):,} calls answered")


def speak_dialect(order: CallOrder, path: Path) -> CallOrder:
    """Write an order as the operator of a file would, or end the command."""
    from route112.wire.yaml_documents import parse_operator

    operator, problems = parse_operator(path.read_bytes(), file=str(path))
    if operator is None:
        fail(str(problems[0]), "`route112 plan check` reads the whole source folder")
    try:
        return speak(order, operator)
    except DialectError as error:
        fail(f"{path}: {error}", "Leave --dialect out and say it with --header")


def speak_plan(order: CallOrder, path: Path) -> CallOrder:
    """Write an order as its operator in a snapshot would, or end the command."""
    snapshot = open_snapshot(path)
    operator = snapshot.operator(order.operator)
    if operator is None:
        known = ", ".join(each.id for each in snapshot.operators)
        fail(f"{path} has no operator {order.operator!r}", f"Name one with --operator: {known}")
    whereabouts = list_whereabouts(snapshot, operator.id)
    if order.commune and not can_tell(operator, whereabouts, order.commune):
        fail(
            f"{operator.id} has no word for {order.commune}: no cell and no line of it is there",
            "Take another commune, or leave --commune out: the default commune answers",
        )
    try:
        return speak(order, operator, whereabouts)
    except DialectError as error:
        fail(f"{path}: {error}", "Leave --plan out and say it with --header")


def parse_header(text: str) -> Header:
    """Read `Name: value`, or end the command."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or set(text) & set("\r\n"):
        fail(f"--header {text!r} is no header", "Write 'Name: value'")
    return name.strip(), value.strip()


def read_body(path: Path) -> bytes:
    """Read a body that fits into a message, or end the command."""
    content = path.read_bytes()
    if len(content) >= MESSAGE_BYTES_MAX:
        fail(f"{path} is too large for a SIP message", f"At most {MESSAGE_BYTES_MAX:,} bytes")
    return content


def find_own(target: Address) -> Address:
    """Return the address of this machine that `target` would see; nothing is sent."""
    family = socket.AF_INET6 if ":" in target.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((target.host, target.port))
        except OSError as error:
            fail(f"{target.place} cannot be reached: {error.strerror}", "Look at --to")
        return Address(target.transport, probe.getsockname()[0], 0)
