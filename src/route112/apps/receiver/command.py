"""`route112 receiver run`: what a person types, checked."""

import ssl
import time
from collections.abc import Callable
from pathlib import Path

import click

from route112.apps._console import fail
from route112.apps._signals import Asked
from route112.apps.certificates.ends import TlsFiles
from route112.apps.certificates.kept import KeptContext
from route112.apps.plan.options import FILE, FOLDER
from route112.apps.receiver.loop import TICK_S, Loop, Parts
from route112.apps.receiver.own_report import OwnReport
from route112.apps.receiver.planner_link import Place, PlannerLink, make_context

EPILOG = """\b
Examples:
  route112 receiver run --station site-1 --planner unix:var/planner/socket \\
      --run-dir var/site-1 --into var/site-1.r112
  route112 receiver run --station site-1 --planner https://192.0.2.9:8112 --run-dir var/site-1 \\
      --into fr.r112 --cert site-1.pem --key site-1.key --ca planner-ca.pem

\b
FILE of --into is the one that the station's own --plan names. It is replaced by a rename, and only
by something newer than what the station has. A planner that does not answer, or answers nonsense,
changes nothing: it is asked again each second. Exit codes: 0 ended when asked, 2 cannot run."""


@click.group(epilog=EPILOG)
def receiver() -> None:
    """Bring a station what its planner says that it shall have."""


@receiver.command(epilog=EPILOG)
@click.option("--station", required=True, help="Id of the station in the planner's journal.")
@click.option(
    "--planner", required=True, metavar="PLACE", help="unix:PATH, or https://HOST:PORT, numeric."
)
@click.option("--run-dir", type=FOLDER, required=True, help="Of the station's supervisor.")
@click.option("--into", type=FILE, required=True, help="File that the station takes offers from.")
@click.option("--cert", type=FILE, help="Certificate that says which station this is, PEM.")
@click.option("--key", type=FILE, help="Its private key, PEM.")
@click.option("--ca", type=FILE, help="Authority of the planner, PEM.")
@click.option("--for", "seconds_max", type=click.FloatRange(0), help="End after so many seconds.")
def run(  # noqa: PLR0913  one parameter for each option
    *,
    station: str,
    planner: str,
    run_dir: Path,
    into: Path,
    cert: Path | None,
    key: Path | None,
    ca: Path | None,
    seconds_max: float | None,
) -> None:
    """Ask a planner each second, and offer what is newer, until told to stop."""

    def say(text: str) -> None:
        click.echo(f"receiver {station}: {text}", err=True)

    try:
        place = Place.parse(planner, _read_tls(cert, key, ca, say))
    except ValueError as error:
        fail(f"--planner: {error}", "Write unix:var/planner/socket or https://192.0.2.9:8112")
    own = OwnReport(station, run_dir, into)
    loop = Loop(
        Parts(
            link=PlannerLink(place, station),
            read_report=own.read,
            heed=own.heed,
            into=into,
            say=say,
        )
    )
    _turn(loop, seconds_max)


def _turn(loop: Loop, seconds_max: float | None) -> None:
    began_s = time.monotonic()
    with Asked() as asked:
        while not asked.number:
            if loop.is_due:
                loop.step()
            if seconds_max is not None and time.monotonic() - began_s >= seconds_max:
                return
            time.sleep(TICK_S)


def _read_tls(
    cert: Path | None, key: Path | None, ca: Path | None, say: Callable[[str], None]
) -> Callable[[], ssl.SSLContext] | None:
    if cert is None or key is None or ca is None:
        if cert or key or ca:
            fail("TLS needs a certificate, its key and an authority", "Give --cert, --key, --ca")
        return None
    try:
        return KeptContext(TlsFiles(cert, key, ca), make_context, say=say).get
    except OSError as error:  # ssl.SSLError is one
        fail(f"the files of TLS do not fit: {error}", "Check --cert, --key and --ca")
