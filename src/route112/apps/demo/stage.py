"""The demo's one site: `route112 site run` as a process, and the switch that hurts its Python."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.processes import (
    SIP_OK,
    ChildError,
    Children,
    ask_options,
    find_listeners,
)
from route112.adapters.sip import Address
from route112.apps.demo.country import DemoFolder
from route112.apps.demo.journal import Journal
from route112.apps.station.exercise import VARIABLE

HOST = "127.0.1.1"
PORTS = range(5060, 5080)
NAME = "site-demo"
READY_SECONDS_MAX = 20.0
FIRST_GENERATION = 1


@dataclass(frozen=True, slots=True)
class Switch:
    """Makes the Python of the demo's site fail, by the hook that an exercise has."""

    path: Path

    @contextmanager
    def on(self, fault: str) -> Iterator[None]:
        """Have each decision fail as `adapters.kemi.exercise` says, within the block."""
        self.path.write_text(json.dumps([[fault, ""]]), encoding="ascii")
        try:
            yield
        finally:
            self.path.unlink()


def choose_place() -> Address:
    """Return where the site will listen, over UDP and TCP; ChildError where nothing is free."""
    taken = find_listeners("udp") | find_listeners("tcp")
    everywhere = "0.0.0.0"  # noqa: S104  seen, not bound
    for port in PORTS:
        if not {(HOST, port), (everywhere, port)} & taken:
            return Address("udp", HOST, port)
    raise ChildError(f"every port of {HOST} that could be used is taken")


def list_arguments(folder: DemoFolder, place: Address) -> list[str]:
    """List the command that runs the site."""
    return [
        sys.executable, "-m", "route112.apps", "site", "run",
        "--plan", str(folder.snapshot), "--trust", str(folder.trust),
        "--listen", place.place, "--name", NAME, "--run-dir", str(folder.site),
    ]  # fmt: skip


def start_site(children: Children, folder: DemoFolder, place: Address) -> Journal:
    """
    Start the site and wait until it decides, its native table included; return its records.

    Raises: ChildError where it does not come up.
    """
    log = folder.run / "site.log"
    environment = {**os.environ, VARIABLE: "1"}
    children.start("the site", list_arguments(folder, place), log=log, env=environment)
    journal = Journal(folder.site / "records")

    def is_ready() -> bool:
        if not (folder.site / "records" / "segments").is_dir():
            return False
        return journal.find_event("native-flip", FIRST_GENERATION) is not None

    what = f"the site has its native table (log {log})"
    children.wait_until(is_ready, timeout_s=READY_SECONDS_MAX, what=what)
    if ask_options(place.host, place.port, timeout_s=1.0) != SIP_OK:
        raise ChildError(f"the site's Python does not answer, see {log}")
    return journal
