import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest
from tests.support.site_run import offer

from route112.adapters.supervision import find_start
from route112.apps.country_run.members import Kind
from route112.apps.country_run.state import Entry, Process, UpState, own_process, write_state
from route112.apps.fault import network, storm
from route112.apps.fault.faults import Faults
from route112.apps.fault.ground import Ground

SITE = (
    '  - {{id: {id}, address: "{address}", place: Brest, network: ouest-ip, hosting: granit,'
    ' vendor: alder, software: "1.0", power: bretagne-1}}\n'
)
OPERATOR = """\
operators:
  - id: bruyere
    clients: ["127.0.3.0/28"]
    edges: [{id: edge-1, address: "127.0.2.1:5060", place: Rennes, network: ouest-ip}]
    sites: [site-1, site-2]
    spread: round-robin
"""
MEMBERS = (
    ("psaps", Kind.PSAPS, "127.0.4.1:5060"),
    ("site-1", Kind.SITE, "127.0.1.1:5060"),
    ("site-2", Kind.SITE, "127.0.1.2:5060"),
    ("edge-1", Kind.EDGE, "127.0.2.1:5060"),
)


class Run:
    """An exercise whose Kamailios and supervisors are programs that sleep."""

    def __init__(self, folder):
        self.run_dir = folder / "run"
        self.run_dir.mkdir()
        self.plan = folder / "plan.r112"
        offer(self.plan, 42)
        self.topology = folder / "topology.yaml"
        sites = "".join(
            SITE.format(id=id_, address=address)
            for id_, kind, address in MEMBERS
            if kind is Kind.SITE
        )
        self.topology.write_text(f"name: two\nsites:\n{sites}{OPERATOR}")
        self.children = []
        self.leaders = {}
        for id_, kind, _ in MEMBERS:
            (self.run_dir / id_).mkdir()
            if kind is not Kind.PSAPS:
                self.start(id_)
        self.write()

    def start(self, id_):
        """Start a supervisor and a Kamailio that do nothing."""
        self.leaders[id_] = self.sleep()
        child = self.sleep()
        row = {"pid": child.pid, "start_ticks": child.start_ticks, "token": "t"}
        (self.run_dir / id_ / "kamailio.json").write_bytes(msgspec.json.encode(row))
        return child

    def sleep(self):
        child = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
        )
        self.children.append(child)
        return Process(pid=child.pid, start_ticks=find_start(child.pid))

    def write(self, **changes):
        values = {
            "name": "two", "topology": str(self.topology), "plan": str(self.plan),
            "exercise": True, "up": own_process(), "is_ready": True, "began_us": 1,
            "members": tuple(
                Entry(
                    id=id_, kind=kind, address=address, folder=str(self.run_dir / id_),
                    leader=self.leaders.get(id_), started_us=1, restarts=0, kamailio_restarts=0,
                    last_end="",
                )
                for id_, kind, address in MEMBERS
            ),
        } | changes  # fmt: skip
        self.state = UpState(**values)
        write_state(self.run_dir, self.state)

    @property
    def ground(self):
        return Ground(self.run_dir, self.state)

    @property
    def faults(self):
        return Faults(self.run_dir)

    def kamailio(self, id_):
        return msgspec.json.decode((self.run_dir / id_ / "kamailio.json").read_bytes())["pid"]

    def letter(self, pid):
        """Return the state of a process, as the kernel's letter."""
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]

    def close(self):
        for child in self.children:
            child.kill()
            child.send_signal(signal.SIGCONT)
            child.wait()


class Rules:
    """Stands in for the machine's packet filter."""

    chains: ClassVar = {}

    def install(self, name, rules):
        self.chains[name] = rules

    redirect = install

    def remove(self, name):
        return self.chains.pop(name, None) is not None

    def list(self):
        return dict.fromkeys(self.chains, 0)


@pytest.fixture
def rules(monkeypatch):
    monkeypatch.setattr(Rules, "chains", {})
    monkeypatch.setattr(network, "PacketFilter", Rules)
    monkeypatch.setattr(storm, "PacketFilter", Rules)
    return Rules.chains


@pytest.fixture
def run(tmp_path, rules, monkeypatch):
    source = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([*sys.path[:1], source, "src"]))
    made = Run(tmp_path)
    try:
        yield made
    finally:
        made.faults.clear()
        made.close()
