"""One Kamailio on loopback, for the demo and the end-to-end tests."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from route112.adapters.kemi import HOPS_TRIED_MAX, render_attempt
from route112.adapters.processes import Children, ask_options
from route112.apps.demo.psaps import (
    KAMAILIO_FOLDER,
    READY_SECONDS_MAX,
    SYSTEM_PATH,
    Place,
    find_free_port,
    find_program,
)
from route112.snapshot.reader import Snapshot

SITE_HOST = "127.0.1.1"
SITE_PORTS = range(5060, 5080)

_NAME = re.compile(r"@\{([a-z_]+)\}")
_SAFE_TEXT = re.compile(r'[^"\\\n\r$]{1,400}')


def list_native_attempts(snapshot: Snapshot) -> Mapping[str, tuple[str, ...]]:
    """Map each short number, its URN and `default` to the attempts of its national default."""
    attempts: dict[str, tuple[str, ...]] = {}
    for index, short in enumerate(snapshot.short_numbers):
        line = snapshot.line(snapshot.national(index))
        psap = snapshot.psap(line.psap).id
        tries = tuple(
            render_attempt(line.number, hop, ring_time_s=line.ring_time_s, psap=psap)
            for hop in snapshot.trunk(line.trunk).hops[:HOPS_TRIED_MAX]
        )
        attempts[short.number] = tries
        attempts.setdefault(short.urn, tries)
    default = snapshot.short_numbers[snapshot.default_number].number
    return attempts | {"default": attempts[default]}


def render_site(
    template: str, place: Place, *, site: str, bootstrap: Path, native: Mapping[str, Sequence[str]]
) -> str:
    """Fill in `kamailio/site.cfg`; ValueError when a text would not be one text in it."""
    rows = {
        f"{key}/{rank}": attempt
        for key, attempts in native.items()
        for rank, attempt in enumerate(attempts)
    }
    for text in (site, str(bootstrap), *rows, *rows.values()):
        if not _SAFE_TEXT.fullmatch(text):
            raise ValueError(f"{text!r} cannot stand in a Kamailio text")
    values = {
        "host": place.host,
        "port": str(place.port),
        "site": site,
        "bootstrap": str(bootstrap),
        "native_rows": "\n".join(f'\t$sht(native=>{key}) = "{row}";' for key, row in rows.items()),
    }
    return _NAME.sub(lambda match: values[match[1]], template)


def start_site(
    children: Children,
    folder: Path,
    *,
    snapshot: Path,
    native: Mapping[str, Sequence[str]],
    site: str = "site-demo",
) -> Place:
    """Start Kamailio with its files in `folder`; return where it listens, once it answers."""
    place = Place(SITE_HOST, find_free_port(SITE_HOST, SITE_PORTS))
    template = (KAMAILIO_FOLDER / "site.cfg").read_text(encoding="utf-8")
    bootstrap = KAMAILIO_FOLDER / "bootstrap.py"
    cfg = folder / "site.cfg"
    cfg.write_text(
        render_site(template, place, site=site, bootstrap=bootstrap, native=native),
        encoding="utf-8",
    )
    argv = [find_program("kamailio"), "-f", str(cfg), "-DD", "-E", "-x", "tlsf", "-X", "tlsf"]
    argv += ["-m", "512", "-M", "16", "-Y", str(folder), "-P", str(folder / "kamailio.pid")]
    env = {
        "PATH": SYSTEM_PATH,
        "PYTHONDONTWRITEBYTECODE": "1",
        "ROUTE112_VENV": sys.prefix,
        "ROUTE112_SNAPSHOT": str(snapshot),
        "ROUTE112_SITE": site,
    }
    if folders := os.environ.get("PYTHONPATH"):
        # Kamailio works in the root folder, so a relative one would lead elsewhere.
        absolute = (str(Path(folder).resolve()) for folder in folders.split(os.pathsep))
        env["PYTHONPATH"] = os.pathsep.join(absolute)
    children.start("Kamailio", argv, log=folder / "kamailio.log", env=env)
    children.wait_until(
        lambda: ask_options(place.host, place.port) is not None,
        timeout_s=READY_SECONDS_MAX,
        what=f"Kamailio answers OPTIONS on {place} (log {folder / 'kamailio.log'})",
    )
    return place
