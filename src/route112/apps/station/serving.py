"""Puts the parts of a station together and runs them; what people must mend ends the command."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from route112.adapters.clock import utc_now
from route112.adapters.kamailio_rpc import SOCKET_PATH_BYTES_MAX
from route112.adapters.record_spool import Recorder, prepare_folder
from route112.adapters.staging import Staged, Staging, StagingError
from route112.adapters.supervision import SupervisionError, lock_folder
from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.duty.draining import Draining
from route112.apps.exposing.endpoints import read_numeric_endpoint
from route112.apps.station.disk import DiskWatch, describe_room
from route112.apps.station.events import Reporter
from route112.apps.station.exercise import is_exercise, list_passed
from route112.apps.station.figures.tally import Tally
from route112.apps.station.kamailio import Kamailio, KamailioError, Surroundings
from route112.apps.station.listen import LISTENS_MAX, Listen, find_obstacle
from route112.apps.station.native import NativeError, NativeTables
from route112.apps.station.offers import Clocks, Offers, describe, read_trust
from route112.apps.station.recording import Recording
from route112.apps.station.setup import Station, TemplateError, Tls, clear_leftovers
from route112.apps.station.supervisor import Supervisor
from route112.apps.station.translating import Translate
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import TrustError, TrustList

if TYPE_CHECKING:
    from route112.apps.station.figures.metrics import Metrics

SOCKET_NAME_LENGTH_MAX = 20
"""Characters of the longest name of a socket in the run directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Craft:
    """What a site does otherwise than an edge."""

    translate: Translate
    make_environment: Callable[[Path, str], Mapping[str, str]]
    """From the file that names the snapshot in force and the proof of records, all of it."""
    remark: Callable[[Snapshot], str] = lambda _snapshot: ""
    """What people should know of the snapshot at the start; empty: nothing."""
    drains: bool = False
    """It can be told to take no new calls."""


def run_station(
    station: Station,
    craft: Craft,
    *,
    seconds_max: float | None,
    as_json: bool,
    metrics: str | None = None,
) -> None:
    """
    Run a station until it is told to stop, or end the command with what has to be mended.

    Args:
        metrics: where Prometheus is answered, as it was typed; None: nowhere.
    """
    place = None if metrics is None else read_numeric_endpoint(metrics)
    try:
        lock = lock_folder(station.run_dir)
    except SupervisionError as error:
        fail(str(error), "End that one first, or name another folder with --run-dir")
    try:
        _serve(station, craft, place, seconds_max=seconds_max, as_json=as_json)
    except KamailioError as error:
        fail(error.message, error.remedy)
    except (SupervisionError, NativeError, TemplateError, OSError) as error:
        fail(str(error), f"Look into {station.run_dir}")
    finally:
        os.close(lock)


def _serve(
    station: Station,
    craft: Craft,
    place: tuple[str, int] | None,
    *,
    seconds_max: float | None,
    as_json: bool,
) -> None:
    clear_leftovers(station.run_dir)
    clocks = Clocks(utc_now, time.monotonic)
    raw = prepare_folder(station.records, site=station.name, now_us=utc_now())
    report = Reporter(station.name, raw=raw.descriptor, key=raw.key, now=utc_now, as_json=as_json)
    staging = _open_staging(station, report)
    offers = Offers(station.plan, station.trust, staging, report, clocks)
    staged = _take_first(station, staging, offers)
    report.generation = staged.snapshot.generation
    _say_beginning(station, craft, staged, report)
    native = NativeTables(
        station.native_file,
        station.rpc_socket,
        report,
        now=utc_now,
        monotonic_s=time.monotonic,
        translate=craft.translate,
    )
    environment = {**craft.make_environment(staging.current, raw.key), **_join_exercise(report)}
    tally = None if place is None else Tally(since=os.fstat(raw.descriptor).st_size)
    recording = _make_recording(station, report, tally)
    asyncio.run(
        Supervisor(
            offers=offers,
            staging=staging,
            native=native,
            make_kamailio=lambda wake: Kamailio(
                station,
                report,
                surroundings=Surroundings(environment, raw.descriptor, raw.key),
                monotonic_s=time.monotonic,
                wake=wake,
            ),
            disk=DiskWatch(station.run_dir, report),
            recording=recording,
            report=report,
            clocks=clocks,
            draining=_make_draining(station, craft, report),
            make_metrics=None
            if place is None or tally is None
            else _prepare_metrics(place, (station, tally, staging, native, recording), report),
        ).run(seconds_max=seconds_max)
    )


def _make_draining(station: Station, craft: Craft, report: Reporter) -> Draining | None:
    if not craft.drains:
        return None
    return Draining(station.run_dir, station.rpc_socket, report, time.monotonic)


def _make_recording(station: Station, report: Reporter, tally: Tally | None) -> Recording:
    counted = None if tally is None else tally.take

    def make() -> Recorder:
        return Recorder(station.records, site=station.name, complain=report.say, counted=counted)

    return Recording(make, report)


def _take_first(station: Station, staging: Staging, offers: Offers) -> Staged:
    """Return what is in force from the start on, or end the command."""
    offers.take()
    if staging.in_force is not None:
        return staging.in_force
    if offers.trouble:
        fail(f"{station.name}: {offers.trouble}", describe_room(station.run_dir))
    return fail(
        f"{station.name} has no snapshot that it may serve",
        "Offer a good one with --plan; `route112 plan build` writes one",
        code=EXIT_REFUSED,
    )


def _prepare_metrics(
    place: tuple[str, int],
    parts: tuple[Station, Tally, Staging, NativeTables, Recording],
    report: Reporter,
) -> "Callable[[Kamailio], Metrics]":
    # What only an endpoint needs is imported when there is one.
    from route112.apps.station.figures.metrics import Metrics, Parts

    return lambda kamailio: Metrics(place, Parts(*parts, kamailio), report)


def _say_beginning(station: Station, craft: Craft, staged: Staged, report: Reporter) -> None:
    """Say what is served, where, and what will not work."""
    snapshot = staged.snapshot
    report.say(f"serves {describe(snapshot, utc_now())} from {staged.path}")
    report.say(f"listens on {' '.join(map(str, station.listens))}{_warn_reach(station.listens)}")
    for warning in (craft.remark(snapshot), *station.list_warnings(snapshot)):
        if warning:
            report.say(warning)


def _join_exercise(report: Reporter) -> Mapping[str, str]:
    """Say so where it is one; return what Kamailio needs of our own environment then."""
    if is_exercise(os.environ):
        report.tell("exercise", "EXERCISE: faults may be put in; no real calls", reason="started")
    return list_passed(os.environ)


def _open_staging(station: Station, report: Reporter) -> Staging:
    """Open what the station accepted before, or end the command."""
    trusted: TrustList | None = None
    if station.trust is None:
        report.say("signatures are not checked; name a trust list with --trust")
    else:
        try:
            trusted = read_trust(station.trust)
        except (OSError, TrustError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            fail(
                f"{station.trust} is no trust list: {reason}",
                "Write one with `route112 plan keys`",
            )
    try:
        staging = Staging(station.run_dir, trusted, now=utc_now())
    except StagingError as error:
        fail(str(error), "Name another folder with --run-dir")
    if staging.damage:
        report.say(f"what was in force cannot be served: {staging.damage}")
    return staging


def _warn_reach(listens: tuple[Listen, ...]) -> str:
    """Say who reaches these addresses."""
    if all(listen.is_loopback for listen in listens):
        return " (this machine only)"
    return " (OTHER MACHINES REACH IT: only networks named in the plan or the topology are served)"


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


def check_listens(places: tuple[Listen, ...], *, named: str) -> tuple[Listen, ...]:
    """
    Return where to listen, or end the command.

    Args:
        places: addresses, as they were asked for.
        named: what a person changes to have others: an option, a file.
    """
    if len(places) > LISTENS_MAX:
        fail(f"{len(places)} addresses to listen on", f"There are at most {LISTENS_MAX}")
    for place in places:
        if obstacle := find_obstacle(place):
            fail(
                f"{named} {place} cannot be had: {obstacle}",
                "Name an address of this machine; `ip address` shows them",
            )
    return places


def check_tls(
    places: tuple[Listen, ...], files: tuple[Path | None, ...], *, named: str
) -> Tls | None:
    """Return the files of TLS where it is listened for, or end the command."""
    wanted = any(place.transport == "tls" for place in places)
    certificate, key, authority = files
    if certificate is None or key is None or authority is None:
        if wanted or any(files):
            fail("TLS needs a certificate, its key and an authority", f"Give {named} together")
        return None
    tls = Tls(certificate.resolve(), key.resolve(), authority.resolve())
    try:
        tls.make_context()
    except OSError as error:  # ssl.SSLError is one
        fail(f"the files of TLS do not fit: {error}", f"Check {named}")
    return tls
