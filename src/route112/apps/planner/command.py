"""`route112 planner run`: what a person types, checked."""

import asyncio
import contextlib
import ipaddress
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from route112.adapters.clock import utc_now
from route112.adapters.key_files import KeyFileError, read_passphrase, read_private_key
from route112.adapters.source_folder import read_plain
from route112.apps._console import EXIT_REFUSED, echo_problems, fail
from route112.apps.plan.options import FILE, FOLDER
from route112.apps.planner.auditing import AuditError
from route112.apps.planner.desk import AccessDesk
from route112.apps.planner.engine import CandidateError, Engine, JournalError, Means, Shelf
from route112.apps.planner.engine.engine import JOURNAL_FILE
from route112.apps.planner.engine.journal_file import JournalReader
from route112.apps.planner.engine.shelf import read_trust
from route112.apps.planner.outlook import Later, open_country
from route112.apps.planner.running import EndedError, Https, begin_journal, serve
from route112.apps.planner.senses import Eyes
from route112.apps.planner.serving.sockets import ListenError
from route112.apps.planner.standby import Queue, await_turn
from route112.apps.planner.status import status
from route112.apps.topology import load_topology
from route112.model import Profile
from route112.model.topology import Topology
from route112.snapshot.keys import find_key_id
from route112.snapshot.trust import TrustError
from route112.wire.yaml_documents import parse_profile

PROFILE_BYTES_MAX = 16 << 20
EPILOG = """\b
Examples:
  route112 planner run --folder var/planner --topology topology.yaml --plan fr.r112 \\
      --profile fr/profile.yaml --trust trust.json --sign-key planner.key
  route112 planner run ... --https 192.0.2.9:8112 --cert p.pem --key p.key --client-ca ca.pem

\b
FILE of --plan counts at the first start only: then all stations have it in force. Who may command
stands in people.yaml of --folder, see docs/access.md; without it nobody may, and stations are
served all the same. No call needs a planner. Exit codes: 0 ended when asked, 1 a plan that is
refused, or something gave way, 2 cannot run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was typed after `planner run`."""

    folder: Path
    run_dir: Path | None
    watch: Path | None
    versions: Path | None
    topology: Path
    plan: Path
    profile: Path
    trust: Path | None
    sign_key: Path | None
    passphrase_file: Path | None
    people_socket: Path | None
    https: str | None
    cert: Path | None
    key: Path | None
    client_ca: Path | None
    beyond_loopback: bool
    standby_s: float | None
    seconds_max: float | None


@click.group(epilog=EPILOG)
def planner() -> None:
    """Decide changes, and bring emergency orders to all stations."""


planner.add_command(status)


@planner.command(epilog=EPILOG)
@click.option(
    "--folder", type=FOLDER, default="var/planner", show_default=True, help="Journal, log, files."
)
@click.option("--run-dir", type=FOLDER, help="Of the stations, where they run on this machine.")
@click.option(
    "--watch", type=FOLDER, help="Of `watch run`, on this machine.  [default: that of --run-dir]"
)
@click.option("--versions", type=FOLDER, help="A folder for each version of the software.")
@click.option("--topology", type=FILE, required=True, help="Names the stations.")
@click.option("--plan", type=FILE, required=True, help="In force when the journal begins.")
@click.option("--profile", type=FILE, required=True, help="profile.yaml of the plan's sources.")
@click.option("--trust", type=FILE, help="Trust list that candidates must be signed by.")
@click.option("--sign-key", type=FILE, help="Private key that signs; stations trust it.")
@click.option("--passphrase-file", type=FILE, help="First line opens the key.")
@click.option(
    "--people-socket", type=FILE, help="A second socket, for whoever has the group of its folder."
)
@click.option("--https", metavar="ADDR", help="HOST:PORT for other machines; numeric.")
@click.option("--cert", type=FILE, help="With --https: the planner's certificate, PEM.")
@click.option("--key", type=FILE, help="With --https: its private key, PEM.")
@click.option("--client-ca", type=FILE, help="With --https: authority of whoever may ask, PEM.")
@click.option("--beyond-loopback", is_flag=True, help="With --https: let other machines reach it.")
@click.option(
    "--standby",
    "standby_s",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="Wait while another planner has the folder, and go on where it ends; leave it to that "
    "one for so long at the start.",
)
@click.option("--for", "seconds_max", type=click.FloatRange(0), help="End after so many seconds.")
def run(**typed: Any) -> None:  # noqa: ANN401
    """Run one planner until it is told to stop."""
    run_planner(Options(**typed))


def run_planner(options: Options) -> None:
    """Run it, or end the command with what has to be mended."""
    shelf = open_shelf(options)
    topology, means = read_files(options, shelf)
    https = read_https(options)
    if options.standby_s is not None:
        journal = JournalReader(options.folder / JOURNAL_FILE)
        if not has_turn(options, means, journal):
            return
        # Who has waited, for weeks perhaps, goes on with the files of today.
        topology, means = read_files(options, shelf)
        means = replace(means, journal=journal.known)
    stations = [site.id for site in topology.sites] + [edge.id for edge in topology.list_edges()]
    found: list[Engine] = []
    senses, hands = open_country(options, topology, Later(found), say=say)
    try:
        engine = Engine(options.folder, means, senses=senses, hands=hands, say=say)
        found.append(engine)
    except (JournalError, OSError) as error:
        fail(str(error), f"Look into {options.folder}; one planner at a time has it")
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.closing(engine))
            if isinstance(senses, Eyes):
                stack.enter_context(contextlib.closing(senses))
            desk = stack.enter_context(contextlib.closing(AccessDesk(options.folder)))
            say(begin_journal(engine, options.plan, stations, idle=list_idle(topology)))
            if desk.flaw:
                say(desk.flaw)
            serving = serve(
                engine,
                desk,
                options.folder,
                https=https,
                people_socket=options.people_socket,
                say=say,
                seconds_max=options.seconds_max,
            )
            asyncio.run(serving)
    except CandidateError as error:
        fail(f"the plan is refused: {error}", "Name the one in force", code=EXIT_REFUSED)
    except EndedError as error:
        fail(str(error), f"Look into {options.folder}, and start it again", code=EXIT_REFUSED)
    except (JournalError, AuditError, ListenError) as error:
        fail(str(error), f"Look into {options.folder}")


def list_idle(topology: Topology) -> list[str]:
    """List the sites that no operator has among its own."""
    served = {site for operator in topology.operators for site in operator.sites}
    return [site.id for site in topology.sites if site.id not in served]


def read_files(options: Options, shelf: Shelf) -> tuple[Topology, Means]:
    """Read what may be replaced while a planner waits, or end the command."""
    means = Means(read_profile(options.profile), read_key(options), options.trust, shelf)
    if options.trust is not None:
        check_key(means.key, options.trust)
    return load_topology(options.topology), means


def check_key(key: Ed25519PrivateKey | None, path: Path) -> None:
    """End the command where stations with this trust list would refuse all that it signs."""
    if key is None:
        fail("stations that look at signatures take nothing unsigned", "Give --sign-key")
    try:
        trust = read_trust(path)
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}", "Check the name and the permissions")
    except TrustError as error:
        fail(f"{path}: {error}", "Name the trust list of the stations")
    own = find_key_id(key)
    if own not in {each.id for each in trust.list_usable(utc_now())}:
        fail(
            f"key {own} does not count in {path}: unknown there, revoked, or not its time",
            "Give a --sign-key that stations take, or bring the list up to date",
        )


def open_shelf(options: Options) -> Shelf:
    """Return the files of the folder, or end the command."""
    try:
        return Shelf(options.folder, options.trust)
    except OSError as error:
        fail(f"{options.folder} cannot be used: {error.strerror}", "Name another --folder")


def has_turn(options: Options, means: Means, journal: JournalReader) -> bool:
    """Wait for the turn of this planner; tell whether it has come."""
    shelf = means.shelf
    assert shelf is not None, "this command opens one"
    assert options.standby_s is not None, "only who waits comes here"
    maker = means.make_maker(shelf, utc_now)
    is_over = threading.Event()

    def read() -> None:
        flaws = []
        for candidate in shelf.list_unread():
            if is_over.is_set():
                return
            try:
                maker.prepare(candidate)
            except Exception as error:  # noqa: BLE001  it keeps no other one from being read
                flaws.append(str(error))
        while not is_over.is_set() and journal.read():
            pass
        if flaws:
            raise CandidateError("; ".join(flaws))

    queue = Queue(folder=options.folder, head_start_s=options.standby_s, read=read, say=say)
    try:
        return await_turn(queue, seconds_max=options.seconds_max)
    except OSError as error:
        fail(f"{options.folder} cannot be used: {error.strerror}", "Look into it")
    finally:
        is_over.set()


def read_profile(path: Path) -> Profile:
    """Read a profile, or end the command."""
    try:
        profile, problems = parse_profile(read_plain(path, PROFILE_BYTES_MAX), file=str(path))
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}", "Check the name and the permissions")
    if profile is None:
        echo_problems(problems, show_all=True)
        fail(f"{path} is no profile", "Name the profile.yaml of the sources", code=EXIT_REFUSED)
    return profile


def read_key(options: Options) -> Ed25519PrivateKey | None:
    """Read the key that signs, or end the command; None: there is none."""
    if options.sign_key is None:
        return None
    try:
        file = options.passphrase_file
        return read_private_key(options.sign_key, None if file is None else read_passphrase(file))
    except KeyFileError as error:
        fail(error.message, error.remedy)


def read_https(options: Options) -> Https | None:
    """Return where other machines reach it, or end the command; None: nowhere."""
    files = (options.cert, options.key, options.client_ca)
    if options.https is None:
        if any(files) or options.beyond_loopback:
            fail("--cert, --key, --client-ca and --beyond-loopback go with --https", "Add it")
        return None
    certificate, key, authority = files
    if certificate is None or key is None or authority is None:
        fail(
            "--https needs a certificate, its key and the authority of those who may ask",
            "Give --cert, --key and --client-ca together",
        )
    host, _, port = options.https.rpartition(":")
    host = host.strip("[]")
    try:
        ipaddress.ip_address(host)
        number = int(port)
    except ValueError:
        fail(f"--https {options.https} is no address", "Write 192.0.2.9:8112 or [::1]:8112")
    return Https(
        host=host,
        port=number,
        certificate=certificate,
        key=key,
        client_authority=authority,
        beyond_loopback=options.beyond_loopback,
    )


def say(text: str) -> None:
    """Tell people what happens."""
    click.echo(f"planner: {text}", err=True)
