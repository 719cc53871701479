"""`route112 up`, `status` and `down` as people run them, and what is left of a run."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.sipp_psaps import find_free_port
from tests.support.site_run import HOST, PORTS

import route112
from route112.adapters.processes import find_listeners

WAIT_SECONDS_MAX = 60.0
READY_SECONDS = "60"
"""Ten times what a quiet machine needs."""
SITE = (
    '  - {{id: {id}, address: "{host}:{port}", place: Brest, network: ouest-ip, hosting: granit,'
    ' vendor: alder, software: "1.0", power: bretagne-1}}\n'
)
OPERATOR = """\
operators:
  - id: bruyere
    clients: ["127.0.3.0/28"]
    edges: [{{id: bruyere-edge-1, address: "127.0.2.1:5060", place: Rennes, network: ouest-ip}}]
    sites: [site-1, site-2]
    spread: round-robin
    redirect: "{host}:{port}"
"""


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    """Return what `condition` gives as soon as that is true."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not (found := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


@dataclass
class Country:
    """A folder to run in: topology of two sites and a redirect server, snapshot, run directory."""

    folder: Path
    plan: Path
    ports: tuple[int, int, int]

    @property
    def run_dir(self) -> Path:
        return self.folder / "run"

    def write_topology(self) -> Path:
        lines = [
            SITE.format(id=f"site-{number}", host=HOST, port=port)
            for number, port in enumerate(self.ports[:2], start=1)
        ]
        operator = OPERATOR.format(host=HOST, port=self.ports[2])
        path = self.folder / "topology.yaml"
        path.write_text(f"name: two\nsites:\n{''.join(lines)}{operator}")
        return path

    def list_up(
        self, *arguments: str, only: Iterable[str] = ("psaps", "site-1", "site-2", "redirect-1")
    ) -> list[str]:
        return [
            "up", str(self.write_topology()), "--plan", str(self.plan), "--psaps", "--shm-mb", "64",
            "--ready-within", READY_SECONDS, *(part for id_ in only for part in ("--only", id_)),
            *arguments,
        ]  # fmt: skip

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command about our run directory."""
        return self._start(*arguments, "--run-dir", str(self.run_dir))

    def _start(self, *arguments: str) -> "subprocess.Popen[str]":
        argv = [sys.executable, "-m", "route112.apps", *arguments]
        environment = os.environ | {"PYTHONPATH": str(Path(route112.__file__).parents[1])}
        return subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.run_plain(*arguments, "--run-dir", str(self.run_dir))

    def run_plain(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        popen = self._start(*arguments)
        try:
            out, err = popen.communicate(timeout=120)
        finally:
            popen.kill()
        return subprocess.CompletedProcess(arguments, popen.returncode, out, err)

    def status(self) -> tuple[int, dict[str, Any]]:
        result = self.run("status", "--json")
        return result.returncode, json.loads(result.stdout)

    def members(self) -> dict[str, dict[str, Any]]:
        return {member["id"]: member for member in self.status()[1]["members"]}

    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.run_dir / "up.json").read_text()))

    def entry(self, id_: str) -> dict[str, Any]:
        return next(entry for entry in self.state()["members"] if entry["id"] == id_)

    def list_answering(self) -> list[int]:
        """List the processes that play answering points."""
        members = (each for each in self.state()["members"] if each["id"].startswith("psaps"))
        return [entry["leader"]["pid"] for entry in members]

    def kamailio(self, id_: str) -> int:
        return int(json.loads((self.run_dir / id_ / "kamailio.json").read_text())["pid"])

    def processes(self) -> dict[int, str]:
        """List the processes whose command line names our folder, whoever started them."""
        found = {}
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                text = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if str(self.folder) in text:
                found[int(path.parent.name)] = text
        return found

    def sockets(self) -> set[str]:
        """List what listens at our addresses, and local sockets in our folder."""
        places = {f"{name}:{host}:{port}" for name in ("udp", "tcp")
                  for host, port in find_listeners(name)
                  if (host == HOST and port in self.ports) or host.startswith("127.0.4.")}  # fmt: skip
        local = Path("/proc/net/unix").read_text().splitlines()
        return places | {line.split()[-1] for line in local if str(self.folder) in line}

    def leftovers(self) -> tuple[dict[int, str], set[str], list[str]]:
        """Return processes, sockets, and System V shared memory made by a process of ours."""
        rows = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
        shared = [row for row in rows if int(row.split()[4]) in self.seen]
        return self.processes(), self.sockets(), shared

    def note(self) -> None:
        """Remember our processes, whose shared memory must be gone with them."""
        self.seen |= set(self.processes())

    def __post_init__(self) -> None:
        self.seen: set[int] = set()


@contextmanager
def prepare_country(folder: Path, plan: Path) -> Iterator[Country]:
    """Prepare a folder; whatever happens, nothing of the run is left."""
    ports = []
    for _ in range(3):
        ports.append(find_free_port(HOST, [port for port in PORTS if port not in ports]))
    country = Country(folder, plan, (ports[0], ports[1], ports[2]))
    try:
        yield country
    finally:
        if country.run_dir.is_dir():
            country.run("down")
        for pid in country.processes():
            os.kill(pid, 9)
