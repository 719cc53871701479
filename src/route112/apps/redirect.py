"""`route112 redirect`: the SIP server that tells an operator whom to ring, and rings nobody."""

import asyncio
import ipaddress
import re
import signal
from pathlib import Path

import click

from route112.adapters.redirect_server.rate_limit import REQUESTS_PER_S_MAX
from route112.adapters.redirect_server.server import RedirectServer
from route112.adapters.redirect_server.shelf import Shelf, TrustError
from route112.adapters.redirect_server.sockets import Listen, serve
from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.exposing.endpoints import read_numeric_endpoint
from route112.redirect import RefusedError

TRANSPORTS = ("udp", "tcp")
RATE_MAX = 1_000_000
PORT_MAX = 65_535
_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[0-9.]+)):(?P<port>[0-9]{1,5})")


@click.group(no_args_is_help=True)
def redirect() -> None:
    """
    Answer calls with the numbers to ring: the last resort of an operator.

    \b
    Example:
      route112 redirect run --plan fr.r112 --listen 127.0.0.1:5080
    """  # noqa: D301


@redirect.command()
@click.option(
    "--plan", "plan_file", required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Snapshot to answer from; a newer one put in its place is taken without a restart.",
)  # fmt: skip
@click.option(
    "--listen", "listens", required=True, multiple=True, metavar="ADDR",
    help="Numeric address and port, 127.0.0.1:5060 or [::1]:5060; may be repeated.",
)  # fmt: skip
@click.option(
    "--transport", "transports", type=click.Choice(TRANSPORTS), multiple=True,
    default=TRANSPORTS, show_default=True, help="Transports of every address.",
)  # fmt: skip
@click.option(
    "--trust", "trust_file", type=click.Path(path_type=Path), metavar="TRUST",
    help="Trust list, read again when it changes; without it signatures are not looked at.",
)  # fmt: skip
@click.option(
    "--rate", type=click.IntRange(1, RATE_MAX), default=REQUESTS_PER_S_MAX, show_default=True,
    help="Requests a second that one address may send.",
)  # fmt: skip
@click.option(
    "--metrics", metavar="ADDR",
    help="Answer Prometheus at [HOST:]PORT; without a host on this machine only.",
)  # fmt: skip
def run(
    *,
    plan_file: Path,
    listens: tuple[str, ...],
    transports: tuple[str, ...],
    trust_file: Path | None,
    rate: int,
    metrics: str | None,
) -> None:
    """
    Run the redirect server until it is told to end.

    It answers an INVITE with 302 and the numbers to ring in the order in which to try them, out
    of its own reading of the snapshot, by the profile of the operator that the source address
    belongs to. It needs no Kamailio, no other process and no other site.

    \b
    Example:
      route112 redirect run --plan fr.r112 --trust trust.json --listen 127.0.0.1:5080
    """  # noqa: D301
    addresses = [_read_address(text) for text in listens]
    place = None if metrics is None else read_numeric_endpoint(metrics)
    try:
        shelf = Shelf(plan_file, trust_file, _say)
    except TrustError as error:
        fail(f"{trust_file}: {error}", "Write one with `route112 plan keys`")
    except RefusedError as error:
        fail(f"{plan_file} is refused: {error}", "Offer a sound snapshot", code=EXIT_REFUSED)
    except OSError as error:
        fail(f"{error.filename} cannot be read: {error.strerror}", "Name a readable file")
    everywhere = tuple(
        Listen(host=host, port=port, transport=transport)
        for host, port in addresses
        for transport in dict.fromkeys(transports)
    )
    if trust_file is None:
        _say("no --trust: anybody may have written the snapshot")
    server = RedirectServer(shelf, log=_say, per_s=rate)
    try:
        asyncio.run(_serve(server, shelf, everywhere, place))
    except OSError as error:
        fail(f"cannot listen: {error.strerror}", "Name free addresses of this machine")


async def _serve(
    server: RedirectServer,
    shelf: Shelf,
    addresses: tuple[Listen, ...],
    place: tuple[str, int] | None,
) -> None:
    ready = asyncio.Event()
    serving = asyncio.ensure_future(serve(server, addresses, ready=ready))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    opened = asyncio.ensure_future(ready.wait())
    await asyncio.wait((serving, opened), return_when=asyncio.FIRST_COMPLETED)
    if ready.is_set():
        places = " ".join(f"{one.transport}:{one.host}:{one.port}" for one in addresses)
        _say(f"g{shelf.book.generation} is in force on {places}")
    opened.cancel()
    if place is None:
        await asyncio.wait((serving,))
    else:
        # What only an endpoint needs is imported when there is one.
        from route112.apps.exposing.redirect_metrics import serve_metrics

        await serve_metrics(place, server, shelf, until=serving, say=_say)
    if not serving.cancelled() and (error := serving.exception()) is not None:
        raise error
    counts = server.counts
    _say(f"ended: {counts.answered} answered, {counts.dropped} dropped, {counts.failed} failed")


def _read_address(text: str) -> tuple[str, int]:
    match = _ADDRESS.fullmatch(text)
    host, port = (match["six"] or match["four"], int(match["port"])) if match else ("", 0)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        port = 0
    if not 0 < port <= PORT_MAX:
        fail(f"{text!r} is no numeric address with a port", "Write 127.0.0.1:5060 or [::1]:5060")
    return host, port


def _say(line: str) -> None:
    click.echo(f"redirect: {line}", err=True)
