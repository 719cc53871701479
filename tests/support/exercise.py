"""An exercise in a network of its own: two sites, answering points, faults, and who calls."""

import contextlib
import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.namespaces import Namespaces
from tests.support.site import Caller
from tests.support.site_run import list_session, offer

import route112

HOST = "country"
EDGE = "127.0.2.1"
EDGE_ID = "bruyere-edge-1"
CLIENT = "127.0.3.1"
"""Where callers of the edge send from."""
SITES = {"site-1": "127.0.1.1", "site-2": "127.0.1.2"}
PORT = 5060
CIC17 = "+33261910020"
"""Rung by 17 in Brest."""
WAIT_SECONDS_MAX = 60.0
COMMAND_SECONDS_MAX = 120
SITE = (
    '  - {{id: {id}, address: "{host}:5060", place: Brest, network: ouest-ip, hosting: granit,'
    ' vendor: alder, software: "1.0", power: bretagne-1}}\n'
)
OPERATOR = """\
operators:
  - id: bruyere
    clients: ["127.0.3.0/28"]
    edges: [{id: bruyere-edge-1, address: "127.0.2.1:5060", place: Rennes, network: ouest-ip}]
    sites: [site-1, site-2]
    spread: round-robin
"""


@dataclass
class Place:
    """Where a `Caller` of tests/support/site.py calls."""

    places: dict
    callers: list = field(default_factory=list)
    resends: bool = False


@dataclass
class Exercise:
    """A run directory, its commands, and what is asked of its sites."""

    folder: Path
    network: Namespaces

    @property
    def plan(self):
        return self.folder / "plan.r112"

    @property
    def run_dir(self):
        return self.folder / "run"

    def run(self, *arguments):
        """Run a command about our run directory."""
        argv = [sys.executable, "-m", "route112.apps", *arguments, "--run-dir", str(self.run_dir)]
        return subprocess.run(
            self.network.wrap(HOST, *argv),
            check=False,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS_MAX,
            env=os.environ | {"PYTHONPATH": str(Path(route112.__file__).parents[1])},
        )

    def up(self, *arguments, only=("psaps", "site-1", "site-2")):
        sites = "".join(SITE.format(id=id_, host=host) for id_, host in SITES.items())
        members = [part for id_ in only for part in ("--only", id_)]
        self.up_with(f"name: two\nsites:\n{sites}{OPERATOR}", "--psaps", *members, *arguments)

    def up_with(self, text, *arguments):
        """Start a topology of the test's own."""
        topology = self.folder / "topology.yaml"
        topology.write_text(text)
        result = self.run(
            "up", str(topology), "--plan", str(self.plan), "--shm-mb", "64",
            "--ready-within", "60", "--detach", *arguments,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr

    def fault(self, *arguments, code=0):
        """Run `route112 fault`; return what it printed."""
        result = self.run("fault", *arguments)
        assert result.returncode == code, result.stdout + result.stderr
        return result.stdout if code == 0 else result.stderr

    def inject(self, *words):
        """Put a fault in; return it."""
        return json.loads(self.fault("inject", *words, "--json"))

    def clear(self, *ids):
        return json.loads(self.fault("clear", *ids, "--json"))["cleared"]

    def entry(self, id_):
        state = json.loads((self.run_dir / "up.json").read_text())
        return next(entry for entry in state["members"] if entry["id"] == id_)

    def kamailio(self, id_):
        return json.loads((self.run_dir / id_ / "kamailio.json").read_text())["pid"]

    def states(self, id_):
        """Return the states of all processes of a Kamailio, as letters."""
        letters = set()
        for pid in list_session(self.kamailio(id_)):
            stat = Path(f"/proc/{pid}/stat").read_text()
            letters.add(stat.rpartition(")")[2].split()[0])
        return letters

    def caller(self, id_="site-1", host=EDGE, transport="udp"):
        place = (SITES.get(id_, EDGE), PORT)
        with self.network.inside(HOST):
            end = Place({(transport, False): place}, resends=id_ not in SITES)
            return Caller(end, host=host, transport=transport)

    def place_call(self, id_="site-1", *, host=EDGE, seconds=1.5, until=180, **options):
        """Place a call until it rings or is refused, and hang up; return its statuses."""
        with contextlib.closing(self.caller(id_, host)) as caller:
            try:
                return self._place(caller, seconds, until, options)
            except ConnectionRefusedError:  # nobody listens there just now
                return []

    def _place(self, caller, seconds, until, options):
        call = caller.begin(**options)
        caller.listen(call, until=until, timeout_s=seconds)
        heard = list(call.statuses)
        caller.cancel(call)
        caller.listen(call, until=300, timeout_s=0.3)
        return heard

    def rings(self, id_="site-1", **options):
        return 180 in self.place_call(id_, **options)

    def asks(self, id_="site-1", *, seconds=1.0):
        """Ask OPTIONS; 0 without an answer."""
        caller = self.caller(id_)
        try:
            return caller.ask("OPTIONS", f"sip:{SITES[id_]}", timeout_s=seconds)
        except ConnectionRefusedError:
            return 0
        finally:
            caller.close()

    def wait(self, condition, what):
        """Return what `condition` gives as soon as that is true."""
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while not (found := condition()):
            assert time.monotonic() < deadline, what
            time.sleep(0.05)
        return found

    def heal(self):
        """End every fault, and wait until both sites serve again."""
        self.fault("clear")
        for id_ in SITES:
            self.wait(lambda id_=id_: self.asks(id_, seconds=0.3) == 200, f"{id_} serves")

    def psap_lines(self):
        path = self.run_dir / "psaps" / "psaps.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def records(self, id_="site-1"):
        return (self.run_dir / id_ / "records" / "raw.log").read_text(errors="replace")

    def list_runners(self):
        """List the processes that repeat faults of ours."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                text = path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if "fault.runner" in text and str(self.run_dir) in text:
                found.append(int(path.parent.name))
        return found

    def list_rules(self):
        """Return the rules of faults in our network."""
        return self.network.run(HOST, "nft", "list", "ruleset").stdout


@contextmanager
def open_exercise(
    folder, *arguments, up=True, only=("psaps", "site-1", "site-2"), addresses=(), **plan
):
    """
    Start it; whatever happens, nothing of it is left.

    Args:
        addresses: further ones of the host, with their prefix.
        plan: fields of the plan's content, see `tests.support.snapshots`.

    """
    offer(folder / "plan.r112", 42, **plan)
    with Namespaces({HOST: ["10.112.1.1/16", *addresses]}) as network:
        exercise = Exercise(folder, network)
        try:
            if up:
                exercise.up("--exercise", *arguments, only=only)
            yield exercise
        finally:
            if exercise.run_dir.is_dir():
                exercise.run("down")
            for pid in exercise.list_runners():
                os.kill(pid, 9)
