"""`route112 psap run`: lines that answer as answering points do, and write down what rang."""

import asyncio
import gc
from collections.abc import Sequence
from pathlib import Path

import click

from route112.apps._console import fail
from route112.apps.ends.options import parse_listen, read_tls, tls_options, wait_for_end
from route112.apps.ends.psaps import Psaps
from route112.apps.ends.told import Follower
from route112.simulation.behaviours import Behaviour

READY = "ready"
"""First word of the line on standard error that says that every address listens."""

EPILOG = """\b
Examples:
  route112 psap run --listen 127.0.4.1:5060
  route112 psap run --listen udp:127.0.4.1:5060 --listen tcp:[::1]:5060 --behaviour busy
  route112 psap run --listen 127.0.4.1 --numbers +33261910015=silent --log psaps.jsonl

\b
An address without udp:, tcp: or tls: is listened on over UDP and TCP. Each INVITE is one JSON
line. Test calls (to urn:service:test... or a number of --loop) are answered by a machine that
sends back what it hears, and have no line. Exit codes: 0 ended as asked, 2 an address cannot be
had."""


def parse_numbers(texts: Sequence[str]) -> dict[str, Behaviour]:
    """Read `NUMBER=BEHAVIOUR` pairs, separated by commas or given in turn."""
    numbers: dict[str, Behaviour] = {}
    for pair in ",".join(texts).split(","):
        number, _, name = pair.strip().partition("=")
        if not pair.strip():
            continue
        try:
            numbers[number] = Behaviour(name)
        except ValueError:
            known = ", ".join(behaviour.value for behaviour in Behaviour)
            fail(f"--numbers {pair}: no behaviour {name!r}", f"Known are {known}")
    return numbers


@click.group(epilog=EPILOG)
def psap() -> None:
    """Play answering points that answer, are busy, or stay silent."""


@psap.command(epilog=EPILOG)
@click.option("--listen", multiple=True, required=True, metavar="ADDR", help="[udp:]HOST[:PORT].")
@click.option(
    "--behaviour",
    type=click.Choice([behaviour.value for behaviour in Behaviour]),
    default=Behaviour.ANSWER.value,
    show_default=True,
    help="What every line does.",
)
@click.option("--numbers", multiple=True, metavar="N=BEHAVIOUR,...", help="What some lines do.")
@click.option(
    "--behaviours",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of behaviours of numbers and addresses, read anew whenever it changes.",
)
@click.option(
    "--answer-after",
    type=click.FloatRange(0, 600),
    default=2.0,
    show_default=True,
    help="Seconds of ringing.",
)
@click.option(
    "--hang-up-after", type=click.FloatRange(0, 86_400), help="Seconds of talking, then BYE."
)
@click.option(
    "--loop",
    "loops",
    multiple=True,
    metavar="NUMBER",
    help="A gateway's own number that sends audio back, as test calls ask for it.",
)
@click.option("--log", type=click.Path(path_type=Path, dir_okay=False), help="File of JSON lines.")
@click.option("--for", "seconds", type=click.FloatRange(0), help="End after so many seconds.")
@tls_options
def run(  # noqa: PLR0913  one parameter for each option
    *,
    listen: tuple[str, ...],
    behaviour: str,
    numbers: tuple[str, ...],
    behaviours: Path | None,
    answer_after: float,
    hang_up_after: float | None,
    loops: tuple[str, ...],
    log: Path | None,
    seconds: float | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_ca: Path | None,
) -> None:
    """Answer calls until Ctrl-C, and write down which number rang."""
    addresses, known = parse_listen(listen), parse_numbers(numbers)
    tls = read_tls(tls_cert, tls_key, tls_ca)

    async def answer() -> None:
        async with Psaps(
            behaviour=Behaviour(behaviour),
            numbers=known,
            answer_after_s=answer_after,
            hang_up_after_s=hang_up_after,
            log=log,
            tls=tls,
        ) as psaps:
            psaps.loops = frozenset(loops)
            for address in addresses:
                await psaps.listen(address)
            gc.disable()  # calls leave no cycles; looking for some stops every line for a while
            places = " ".join(map(str, psaps.addresses))
            click.echo(f"{READY} {places} {behaviour}", err=True)
            following = None if behaviours is None else follow(behaviours, psaps)
            await wait_for_end(seconds)
            if following is not None:
                following.cancel()
            tests = f", {psaps.tests} test calls" if psaps.tests else ""
            click.echo(f"{len(psaps.lines)} calls{tests}", err=True)
            gc.enable()

    try:
        asyncio.run(answer())
    except OSError as error:
        fail(f"cannot listen: {error.strerror or error}", "`ss -lnptu` shows who uses an address")
    except ValueError as error:
        fail(f"cannot listen: {error}", "Give --tls-cert, --tls-key and --tls-ca")


def follow(path: Path, psaps: Psaps) -> "asyncio.Task[None]":
    """Have answering points do what a file says, from now on."""
    follower = Follower(path, psaps, lambda text: click.echo(text, err=True))
    follower.look()
    return asyncio.create_task(follower.follow())
