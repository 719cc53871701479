"""A planner and a watch on a host of their own, a receiver beside each station of other hosts."""

import shutil
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID
from tests.support.asked_planner import AskedPlanner
from tests.support.certificates import write_authority
from tests.support.changed_country import COMMAND, PEOPLE, Changed
from tests.support.country import build_plan
from tests.support.hosts import (
    DEAD_HOP,
    MASK,
    ORDERS,
    PLANNER,
    READY_SECONDS_MAX,
    SIGN_KEY,
    open_hosts,
    wait_until,
)

from route112.countries.fr.sites import render_topology
from route112.snapshot.reader import Snapshot

WATCH = "watch-1"
PORT = 8112
LATER = "site-3"
"""A site that the planner's topology gains later."""
CANARY = "site-1"
FIRST, SECOND = "10.112.4.14:5060", "10.112.4.15:5060"
"""Gateways of one zone of one carrier."""


class FarCountry(Changed):
    """Hosts with units, and the people who type at the planner's host."""

    def __init__(self, hosts, authority):
        super().__init__(None, hosts.folder, None)
        self.hosts, self.authority = hosts, authority
        self.host = hosts.get_folder(PLANNER)
        [self.address] = hosts.cast.topology.probes.sources
        self.address = self.address.partition("/")[0]
        self.stations = [
            name for name, host in hosts.members.items() if host.kind in ("site", "edge")
        ]

    @property
    def run_dir(self):
        """Where watch keeps what it has seen."""
        return self.host.state / WATCH

    @property
    def planner(self):
        return AskedPlanner(self.host.state / PLANNER)

    def install(self):
        """Install the planner's host, and what a receiver needs on each other one."""
        self.host.install(self.folder)
        for place in (self.host.state / PLANNER, self.host.runtime / PLANNER, self.run_dir):
            place.mkdir(parents=True, mode=0o700)
        for name in ("planner", "second", *self.stations):
            before = (x509.NameAttribute(NameOID.ORGANIZATION_NAME, "prefecture"),)
            attributes = before if name == "second" else ()
            self.authority.issue(name, *attributes, host=self.address)
        for name in ("planner.pem", "planner.key", "ca.pem", SIGN_KEY):
            shutil.copy(self.folder / name, self.host.settings)
        shutil.copy(self.folder / "fr" / "profile.yaml", self.host.settings)
        speak = "".join(
            f'  - id: {name}\n    certificates: ["CN={name}"]\n' for name in self.stations
        )
        (self.host.state / PLANNER / "people.yaml").write_text(PEOPLE)
        (self.host.state / PLANNER / "stations.yaml").write_text(f"stations:\n{speak}")
        for name in self.stations:
            settings = self.hosts.get_folder(name).settings
            for file in (f"{name}.pem", f"{name}.key", "ca.pem"):
                shutil.copy(self.folder / file, settings)
            self.hosts.get_folder(name).write_options(
                "receiver", f"receiver-{name}", address="",
                options=f"--planner https://{self.address}:{PORT} --cert {settings / name}.pem "
                f"--key {settings / name}.key --ca {settings / 'ca.pem'}",
            )  # fmt: skip

    def know(self, *, without=()):
        """Give the planner's host a topology, some sites left out."""
        topology = self.hosts.cast.topology
        few = replace(
            topology,
            sites=tuple(each for each in topology.sites if each.id not in without),
            operators=tuple(
                replace(each, sites=tuple(name for name in each.sites if name not in without))
                for each in topology.operators
            ),
        )
        (self.host.settings / "topology.yaml").write_bytes(render_topology(few))

    def start(self, host, kind, unit):
        """Start a unit on a host."""
        folder = self.hosts.get_folder(host)
        log = folder.path / f"journal-{unit}"
        argv = folder.make_command(kind, unit.removeprefix("receiver-"))
        self.hosts.running[unit] = self.hosts._start(host, argv, log)

    def start_planner(self, *more):
        settings = self.host.settings
        self.host.write_options(
            "planner", PLANNER, address="",
            options=f"--https {self.address}:{PORT} --beyond-loopback --cert {settings}/planner.pem"
            f" --key {settings}/planner.key --client-ca {settings}/ca.pem {' '.join(more)}",
        )  # fmt: skip
        self.start(PLANNER, "planner", PLANNER)

    def restart_planner(self, *more):
        """Start it anew, perhaps with other options."""
        self.hosts.stop(PLANNER)
        self.start_planner(*more)
        wait_until(lambda: self.planner.stations, READY_SECONDS_MAX, self.logs())

    def start_watch(self):
        """Follow the records of all stations, as if they were brought to this host."""
        folders = [self.hosts.get_folder(name).state / name / "records" for name in self.stations]
        options = " ".join(f"--records {each}" for each in folders)
        self.host.write_options("watch", WATCH, address="", options=options)
        self.start(PLANNER, "watch", WATCH)

    def ask(self, *words, codes=(0,)):
        place = f"unix:{self.host.runtime / PLANNER / 'people'}"
        return self.type_in(*words, "--planner", place, codes=codes)

    def approve(self, told):
        hash_ = told.partition("route112 approve ")[2].split()[0]
        files = ("second.pem", "second.key", "ca.pem")
        words = zip(("--cert", "--key", "--ca"), files, strict=True)
        done = self.hosts.network.run(
            PLANNER, *COMMAND, "approve", hash_, "--planner", f"https://{self.address}:{PORT}",
            *(part for one, file in words for part in (one, str(self.folder / file))),
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, (done.stdout, done.stderr)
        return done.stdout

    def edit(self, name, generation, *, swap=False, dead=False):
        """Build and sign a plan in which the gateways of one zone change."""
        sources, output = self.folder / name, self.folder / f"{name}.r112"
        shutil.copytree(self.folder / "fr", sources)
        trunks = sources / "trunks.yaml"
        text = trunks.read_text()
        assert text.count(FIRST) == text.count(SECOND) == 1
        if swap:
            text = text.replace(FIRST, "X").replace(SECOND, FIRST).replace("X", SECOND)
        if dead:
            text = text.replace(FIRST, DEAD_HOP)
        trunks.write_text(text)
        build_plan(sources, output, "--generation", generation)
        self.type_in("plan", "sign", output, "--key", self.folder / SIGN_KEY)
        return output

    def logs(self):
        return (self.host.path / f"journal-{PLANNER}").read_text()[-3_000:]

    def list_plans(self):
        """List what each station has in force, by the plan without its number and orders."""
        found = {}
        for name in self.stations:
            current = self.hosts.get_folder(name).state / name / "current"
            found[name] = Snapshot(Path(current.read_text().strip()).read_bytes()).plan_hash
        return found

    def generations(self):
        return {name: each["generation"] for name, each in self.planner.stations.items()}

    @contextmanager
    def calls(self, *, rate, seconds):
        """Place calls of both operators meanwhile; give a list that has what was played behind."""
        played = []

        def play():
            played.append(self.hosts.play("a plan changes", seconds=seconds, rate=rate))

        thread = threading.Thread(target=play)
        thread.start()
        try:
            yield played
        finally:
            thread.join()


@contextmanager
def open_far_country(folder):
    """Install all hosts; stations, receivers and watch run, and the planner that knows no site-3."""
    with open_hosts(folder, has_planner=True) as hosts:
        far = FarCountry(hosts, write_authority(folder / "ca.pem"))
        far.install()
        far.know(without=(LATER,))
        for name in far.stations:
            far.start(name, "receiver", f"receiver-{name}")
        far.start_planner()
        wait_until(lambda: len(far.generations()) == len(far.stations) - 1, 60, "it answers")
        yield far


__all__ = ["CANARY", "LATER", "MASK", "ORDERS", "FarCountry", "open_far_country"]
