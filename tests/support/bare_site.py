"""One Kamailio on loopback, for the demo and the end-to-end tests: a site without supervisor."""

from pathlib import Path

from tests.support.sipp_psaps import (
    READY_SECONDS_MAX,
    Place,
    find_free_port,
    find_program,
)

from route112.adapters.clock import utc_now
from route112.adapters.processes import Children, ask_options
from route112.adapters.tables.native import write_native
from route112.apps.site.setup import (
    KAMAILIO_FOLDER,
    Setup,
    list_arguments,
    make_environment,
    render_config,
)
from route112.apps.station.listen import Listen
from route112.native import NativeTable, translate
from route112.snapshot.reader import Snapshot

SITE_HOST = "127.0.1.1"
SITE_PORTS = range(5060, 5080)
SHM_MB, PKG_MB, WORKERS = 512, 64, 2


def make_setup(folder: Path, place: Place, *, site: str, plan: Path) -> Setup:
    """Describe a site that listens on one place, over UDP and TCP."""
    return Setup(
        name=site,
        plan=plan,
        trust=None,
        run_dir=folder,
        listens=tuple(Listen(name, place.host, place.port) for name in ("udp", "tcp")),
        tls=None,
        workers=WORKERS,
        shm_mb=SHM_MB,
        pkg_mb=PKG_MB,
        template=KAMAILIO_FOLDER / "site.cfg",
    )


def start_site(
    children: Children,
    folder: Path,
    *,
    plan: Path,
    serve: Path | None = None,
    native: NativeTable | None = None,
    site: str = "site-demo",
) -> Place:
    """
    Start Kamailio with its files in `folder`; return where it listens, once it answers.

    Args:
        plan: the snapshot.
        serve: a file that Python is given instead; whatever is wrong with it, the native
            route serves.
        native: for the native route; by default what `plan` says now.
    """
    place = Place(SITE_HOST, find_free_port(SITE_HOST, SITE_PORTS))
    setup = make_setup(folder, place, site=site, plan=plan)
    snapshot = Snapshot(plan.read_bytes())
    write_native(setup.native_file, native or translate(snapshot, now=utc_now()))
    text = render_config(setup, record_key="")
    setup.config.write_text(text, encoding="utf-8")
    current = folder / "current"
    current.write_text(f"{serve or plan}\n", encoding="utf-8")
    argv = [*list_arguments(setup, find_program("kamailio")), "-DD", "-E"]
    argv += ["-P", str(folder / "kamailio.pid")]
    env = make_environment(setup, current=current, record_key="")
    children.start("Kamailio", argv, log=folder / "kamailio.log", env=env)
    children.wait_until(
        lambda: ask_options(place.host, place.port) is not None,
        timeout_s=READY_SECONDS_MAX,
        what=f"Kamailio answers OPTIONS on {place} (log {folder / 'kamailio.log'})",
    )
    return place
