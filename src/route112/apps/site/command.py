"""`route112 site run`: what a person types, checked, and what they read."""

import asyncio
import os
import re
import time
from pathlib import Path

import click

from route112.adapters.clock import utc_now
from route112.adapters.kamailio_rpc import SOCKET_PATH_BYTES_MAX
from route112.adapters.record_spool import Recorder, prepare_folder
from route112.adapters.staging import Staging, StagingError
from route112.adapters.supervision import SupervisionError, lock_folder
from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.plan.options import FILE, FOLDER
from route112.apps.site.disk import DiskWatch
from route112.apps.site.events import Reporter
from route112.apps.site.kamailio import Kamailio, KamailioError, Surroundings
from route112.apps.site.listen import LISTENS_MAX, Listen, find_obstacle, parse_listen
from route112.apps.site.native import NativeError, NativeTables
from route112.apps.site.offers import Clocks, Offers, describe, read_trust
from route112.apps.site.recording import Recording
from route112.apps.site.setup import (
    KAMAILIO_FOLDER,
    Setup,
    TemplateError,
    Tls,
    clear_leftovers,
    make_environment,
)
from route112.apps.site.supervisor import Supervisor
from route112.apps.site.warming import Warming
from route112.snapshot.trust import TrustError, TrustList

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,31}")
SOCKET_NAME_LENGTH_MAX = 20
"""Characters of the longest name of a socket in the run directory."""

EPILOG = """\b
Examples:
  route112 site run --plan fr.r112 --trust trust.json
  route112 site run --plan fr.r112 --listen 127.0.1.1:5060 --listen udp:[::1]:5060 --name site-3
  route112 site run --plan fr.r112 --listen tls:192.0.2.5 \\
      --tls-cert site.pem --tls-key site.key --tls-ca ca.pem

\b
Ctrl-C or SIGTERM ends the site. Renaming another file over FILE, or SIGHUP, offers a new
snapshot; a bad or older one is refused and the one in force stays. If this command itself is
killed, Kamailio serves on; the same command takes it over again.
Exit codes: 0 ended when asked, 1 no snapshot that may be served, 2 cannot run."""


class ListenType(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases only
    """An address to listen on."""

    name = "addr"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Listen, ...]:
        """Return the listeners of one option."""
        try:
            return parse_listen(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.group(epilog=EPILOG)
def site() -> None:
    """Run one site: take calls and ring answering points."""


@site.command(epilog=EPILOG)
@click.option("--plan", type=FILE, required=True, help="Snapshot to serve; watched while it runs.")
@click.option(
    "--listen",
    "listens",
    type=ListenType(),
    multiple=True,
    metavar="ADDR",
    help="[udp:|tcp:|tls:]HOST[:PORT], may be repeated; without a transport UDP and TCP. "
    "[default: 127.0.0.1:5060, this machine only]",
)
@click.option("--name", default="site-1", show_default=True, help="Name in records and traces.")
@click.option("--run-dir", type=FOLDER, help="State, records and sockets.  [default: var/NAME]")
@click.option("--trust", type=FILE, help="Trust list that snapshots must be signed by.")
@click.option("--tls-cert", type=FILE, help="Certificate chain of the site, PEM.")
@click.option("--tls-key", type=FILE, help="Its private key, PEM.")
@click.option("--tls-ca", type=FILE, help="Authority of operators, trunks and this site, PEM.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option(
    "--shm-mb",
    type=click.IntRange(64, 65_536),
    default=512,
    show_default=True,
    help="Shared memory: 17 kB for each ringing call, twice.",
)
@click.option(
    "--pkg-mb",
    type=click.IntRange(16, 1_024),
    default=64,
    show_default=True,
    help="Memory of each process; below 18 the demo country does not load.",
)
@click.option("--template", type=FILE, help="Other configuration template.", hidden=True)
@click.option("--for", "seconds_max", type=click.FloatRange(0), help="End after so many seconds.")
@click.option("--json-events", is_flag=True, help="Print each event as JSON on standard output.")
def run(  # noqa: PLR0913  one parameter for each option
    *,
    plan: Path,
    listens: tuple[tuple[Listen, ...], ...],
    name: str,
    run_dir: Path | None,
    trust: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_ca: Path | None,
    workers: int,
    shm_mb: int,
    pkg_mb: int,
    template: Path | None,
    seconds_max: float | None,
    json_events: bool,
) -> None:
    """Run one site until it is told to stop."""
    places = tuple(dict.fromkeys(place for group in listens for place in group))
    setup = Setup(
        name=check_name(name),
        plan=plan,
        trust=trust,
        run_dir=check_run_dir(run_dir or Path("var") / name),
        listens=check_listens(places or parse_listen("127.0.0.1:5060")),
        tls=check_tls(places, (tls_cert, tls_key, tls_ca)),
        workers=workers,
        shm_mb=shm_mb,
        pkg_mb=pkg_mb,
        template=template or KAMAILIO_FOLDER / "site.cfg",
    )
    try:
        lock = lock_folder(setup.run_dir)
    except SupervisionError as error:
        fail(str(error), "End that one first, or name another folder with --run-dir")
    try:
        serve(setup, seconds_max=seconds_max, as_json=json_events)
    except KamailioError as error:
        fail(error.message, error.remedy)
    except (SupervisionError, NativeError, TemplateError, OSError) as error:
        fail(str(error), f"Look into {setup.run_dir}")
    finally:
        os.close(lock)


def check_name(name: str) -> str:
    """Return the name of a site, or end the command."""
    if not NAME.fullmatch(name):
        fail(f"{name!r} is no name of a site", "Use letters, digits, dots and dashes: site-3")
    return name


def check_run_dir(path: Path) -> Path:
    """Make the run directory, or end the command."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{path} cannot be used: {error.strerror}", "Name another folder with --run-dir")
    path = path.resolve()
    length_max = SOCKET_PATH_BYTES_MAX - SOCKET_NAME_LENGTH_MAX
    if len(os.fsencode(path)) > length_max:
        fail(
            f"{path} is too long for a local socket",
            f"Name a folder of at most {length_max} characters with --run-dir",
        )
    return path


def check_listens(places: tuple[Listen, ...]) -> tuple[Listen, ...]:
    """Return where to listen, or end the command."""
    if len(places) > LISTENS_MAX:
        fail(f"{len(places)} addresses to listen on", f"A site has at most {LISTENS_MAX}")
    for place in places:
        if obstacle := find_obstacle(place):
            fail(
                f"--listen {place} cannot be had: {obstacle}",
                "Name an address of this machine; `ip address` shows them",
            )
    return places


def check_tls(places: tuple[Listen, ...], files: tuple[Path | None, ...]) -> Tls | None:
    """Return the files of TLS where it is listened for, or end the command."""
    wanted = any(place.transport == "tls" for place in places)
    certificate, key, authority = files
    if certificate is None or key is None or authority is None:
        if wanted or any(files):
            fail(
                "TLS needs a certificate, its key and an authority",
                "Give --tls-cert, --tls-key and --tls-ca together",
            )
        return None
    tls = Tls(certificate.resolve(), key.resolve(), authority.resolve())
    try:
        tls.make_context()
    except OSError as error:  # ssl.SSLError is one
        fail(f"the files of TLS do not fit: {error}", "Check --tls-cert, --tls-key and --tls-ca")
    return tls


def serve(setup: Setup, *, seconds_max: float | None, as_json: bool) -> None:
    """Put the parts of a site together and run them."""
    clear_leftovers(setup.run_dir)
    clocks = Clocks(utc_now, time.monotonic)
    raw = prepare_folder(setup.records, site=setup.name, now_us=utc_now())
    report = Reporter(setup.name, raw=raw.descriptor, key=raw.key, now=utc_now, as_json=as_json)
    staging = open_staging(setup, report)
    offers = Offers(setup.plan, setup.trust, staging, report, clocks)
    offers.take()
    staged = staging.in_force
    if staged is None:
        fail(
            f"{setup.name} has no snapshot that it may serve",
            "Offer a good one with --plan; `route112 plan build` writes one",
            code=EXIT_REFUSED,
        )
    report.generation = staged.snapshot.generation
    report.say(f"serves {describe(staged.snapshot, utc_now())} from {staged.path}")
    report.say(f"listens on {' '.join(map(str, setup.listens))}{warn_reach(setup.listens)}")
    native = NativeTables(
        setup.native_file,
        setup.rpc_socket,
        report,
        now=utc_now,
        monotonic_s=time.monotonic,
    )
    environment = make_environment(setup, current=staging.current, record_key=raw.key)
    asyncio.run(
        Supervisor(
            offers=offers,
            staging=staging,
            native=native,
            make_kamailio=lambda wake: Kamailio(
                setup,
                report,
                surroundings=Surroundings(environment, raw.descriptor, raw.key),
                monotonic_s=time.monotonic,
                wake=wake,
            ),
            warming=Warming(setup.listens, setup.workers),
            disk=DiskWatch(setup.run_dir, report),
            recording=Recording(
                lambda: Recorder(setup.records, site=setup.name, complain=report.say), report
            ),
            report=report,
            clocks=clocks,
        ).run(seconds_max=seconds_max)
    )


def open_staging(setup: Setup, report: Reporter) -> Staging:
    """Open what the site accepted before, or end the command."""
    trusted: TrustList | None = None
    if setup.trust is None:
        report.say("signatures are not checked; name a trust list with --trust")
    else:
        try:
            trusted = read_trust(setup.trust)
        except (OSError, TrustError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            fail(
                f"{setup.trust} is no trust list: {reason}", "Write one with `route112 plan keys`"
            )
    try:
        staging = Staging(setup.run_dir, trusted, now=utc_now())
    except StagingError as error:
        fail(str(error), "Name another folder with --run-dir")
    if staging.damage:
        report.say(f"what was in force cannot be served: {staging.damage}")
    return staging


def warn_reach(listens: tuple[Listen, ...]) -> str:
    """Say who reaches these addresses."""
    if all(listen.is_loopback for listen in listens):
        return " (this machine only)"
    return " (OTHER MACHINES REACH IT: only sources named by an operator profile are served)"
