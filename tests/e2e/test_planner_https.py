"""Stations that reach their planner over mutual TLS alone: orders come, and nobody speaks for others."""

import datetime as dt
import os
import signal
from contextlib import ExitStack
from urllib.parse import unquote

import pytest
from tests.support.asked_planner import AskedPlanner, write_people
from tests.support.certificates import write_authority
from tests.support.country_run import prepare_country, wait_until
from tests.support.planned import render_demo_profile
from tests.support.sipp_psaps import find_free_port
from tests.support.site_run import HOST, offer

from route112.access import parse_audit

ENDED = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SITES = ("site-1", "site-2")
IDS = ("psaps", *SITES, "planner")
PSAP = "CIC17-29"
STATIONS = "stations:\n" + "".join(
    f'  - id: {site}\n    certificates: ["CN={site}"]\n' for site in SITES
)
PORTS = range(8112, 8200)


class Secured:
    """Two sites and a planner that run, and receivers that are started by hand."""

    def __init__(self, country, authority, stack):
        self.country, self.stack = country, stack
        self.folder, self.authority = authority.path.parent, authority
        self.port = find_free_port("127.0.0.1", PORTS)
        for name in ("planner", *SITES):
            authority.issue(name)
        planner = country.run_dir / "planner"
        write_people(planner, PSAP)
        (planner / "stations.yaml").write_text(STATIONS)
        self.planner = AskedPlanner(planner)

    def up(self):
        files = ("--cert", "planner.pem"), ("--key", "planner.key"), ("--client-ca", "ca.pem")
        result = self.country.run(
            *self.country.list_up(
                "--detach", "--planner", "--profile", str(self.country.folder / "profile.yaml"),
                "--https", f"127.0.0.1:{self.port}",
                *(part for option, name in files for part in (option, str(self.folder / name))),
                only=IDS,
            )
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        self.country.note()

    def receive(self, station, *, by=None):
        """Start the receiver of a station, with its certificate or that of somebody else."""
        name = by or station
        files = {"--cert": f"{name}.pem", "--key": f"{name}.key", "--ca": "ca.pem"}
        run_dir = self.country.run_dir
        popen = self.country._start(
            "receiver", "run", "--station", station, "--run-dir", str(run_dir / station),
            "--planner", f"https://127.0.0.1:{self.port}",
            "--into", str(run_dir / "plans" / f"{station}.r112"),
            *(part for two in files.items() for part in (two[0], str(self.folder / two[1]))),
        )  # fmt: skip
        self.stack.callback(popen.communicate)
        self.stack.callback(popen.kill)
        return popen

    def decide(self, site):
        """Place a call that is given up as it rings; return how the site decided it."""
        raw = self.country.run_dir / site / "records" / "raw.log"

        def decisions():
            return [line for line in raw.read_text().splitlines() if " decision" in line[:12]]

        seen = len(decisions())
        port = self.country.ports[SITES.index(site)]
        self.country.run_plain(
            "call", "17", "--commune", "29019", "--from", "127.0.2.7:0", "--to", f"{HOST}:{port}",
            "--timeout", "0.5",
        )  # fmt: skip
        wait_until(lambda: len(decisions()) > seen, "the call is on record")
        return unquote(decisions()[-1])

    def has(self, station, generation):
        found = self.planner.stations
        return station in found and found[station]["generation"] == generation


@pytest.fixture
def secured(tmp_path):
    plan = tmp_path / "plan.r112"
    offer(plan, 42)
    (tmp_path / "profile.yaml").write_bytes(render_demo_profile())
    with ExitStack() as stack, prepare_country(tmp_path, plan) as country:
        yield Secured(country, write_authority(tmp_path / "ca.pem"), stack)


def test_orders_reach_stations_over_mutual_tls_and_nobody_speaks_for_another(secured):
    secured.up()
    secured.receive("site-1")
    stranger = secured.receive("site-2", by="site-1")
    wait_until(lambda: secured.has("site-1", 42), "site 1 says what it has")
    order = secured.planner.order("pause", PSAP)["order"]
    wait_until(lambda: secured.has("site-1", 43), "site 1 has the order")
    assert f"order pause {order} by desk -> {PSAP} PAUSED" in secured.decide("site-1")
    assert not secured.has("site-2", 42), "site 1 may not speak for site 2"
    assert order not in secured.decide("site-2")
    found = parse_audit((secured.country.run_dir / "planner" / "audit.log").read_bytes())
    assert "certificate:CN=site-1" in {str(each.by) for each in found.verdicts}

    stranger.send_signal(signal.SIGTERM)
    secured.receive("site-2")
    wait_until(lambda: secured.has("site-2", 43), "site 2 has it, by its own certificate")
    os.kill(secured.country.entry("planner")["leader"]["pid"], signal.SIGKILL)
    assert order in secured.decide("site-2"), "no call needs a planner"
    wait_until(lambda: secured.planner.stations, "`up` has started it again")
    secured.planner.order("resume", PSAP, order=order)
    for site in SITES:
        wait_until(lambda site=site: secured.has(site, 44), f"{site} is without it")
        assert order not in secured.decide(site)


def test_certificates_that_have_ended_are_renewed_while_all_runs(secured):
    for name in ("planner", "site-1"):
        secured.authority.issue(name, ends=ENDED)
    secured.up()
    leader = secured.country.entry("planner")["leader"]["pid"]
    receiver = secured.receive("site-1")
    folder = secured.country.run_dir / "planner"

    def status():
        return secured.country.run_plain("planner", "status", "--folder", str(folder)).stdout

    wait_until(lambda: "planner.pem ended 2021-01-01: renew it" in status(), "it is said")
    assert not secured.has("site-1", 42), "nobody takes what has ended"
    secured.authority.issue("planner")
    wait_until(lambda: "planner: certificate planner.pem ends 2040-01-01\n" in status(), "renewed")
    assert not secured.has("site-1", 42), "the planner takes none that has ended"
    secured.authority.issue("site-1")
    wait_until(lambda: secured.has("site-1", 42), "the receiver shows the new one")
    wait_until(lambda: "site-1: certificate CN=site-1 ends 2040-01-01\n" in status(), "noted")
    secured.planner.order("pause", PSAP)
    wait_until(lambda: secured.has("site-1", 43), "an order gets there")
    assert receiver.poll() is None
    assert secured.country.entry("planner")["leader"]["pid"] == leader, "nothing was started again"
