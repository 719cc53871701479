"""`route112 edge run` with real Kamailios: in front of two sites, without them, and after deaths."""

import os
import signal
import time

import pytest
from tests.support.certificates import write_certificates
from tests.support.edge_process import (
    CLIENT,
    EDGE_HOST,
    NAME,
    list_records,
    open_country,
    write_topology,
)
from tests.support.edge_run import NUMBERS
from tests.support.site import Caller
from tests.support.site_run import divert, in_seconds, list_session

pytestmark = pytest.mark.e2e

BREST, PARIS = NUMBERS["brest"], NUMBERS["paris"]


@pytest.fixture
def country(tmp_path):
    with open_country(tmp_path) as opened:
        yield opened


@pytest.fixture
def caller(country):
    return Caller(country, host=CLIENT)


def place(country, caller):
    """Place a call that is answered; say who rang, and over how many proxies."""
    call = caller.place("17", "29019")
    assert call.status == 200, call.statuses
    [(name, invite)] = [
        (name, psap.invites(call.call_id)[0])
        for name, psap in country.psaps.items()
        if psap.invites(call.call_id)
    ]
    assert invite.number == NUMBERS[name]
    return name, len(invite.all("Via")) - 1


def kill(run):
    """Kill a station with its supervisor, as the end of a machine does."""
    leader = run.leader()
    run.popen.kill()
    run.popen.wait()
    os.killpg(leader, signal.SIGKILL)
    while list_session(leader):
        time.sleep(0.01)


def test_calls_go_through_sites_and_directly_when_these_are_gone(country, caller):
    with country.run_sites() as sites, country.run_edge() as edge:
        edge.wait("native-flip", g=42)
        assert place(country, caller) == ("brest", 2)
        for site in sites.values():
            kill(site)
        for _ in range(3):
            assert place(country, caller) == ("brest", 1)
        passed = [record.get("to") for record in list_records(edge, "pass")]
        assert passed[:3] == ["site-1", "site-1", "site-2"]
        decisions = list_records(edge, "decision")
        assert {record.get("g") for record in decisions} == {"42"}
        assert {record.fields["site"] for record in decisions} == {NAME}
        assert edge.stop() == 0
        assert edge.members() == []


def test_a_new_snapshot_is_obeyed_without_a_restart_and_worse_ones_are_not(country, caller):
    with country.run_edge() as edge:
        edge.wait("native-flip", g=42)
        leader = edge.leader()
        assert place(country, caller) == ("brest", 1)
        country.offer(43, orders=[divert(expires=in_seconds(3_600))])
        assert "slot b" in edge.wait("native-flip", g=43)["text"]
        assert place(country, caller) == ("paris", 1)
        country.offer(42)
        edge.wait("snapshot-refused", reason="older-generation")
        country.plan.write_bytes(b"nonsense")
        edge.wait("snapshot-refused", reason="not-a-snapshot")
        assert place(country, caller) == ("paris", 1)
        country.offer(44)
        assert "slot a" in edge.wait("native-flip", g=44)["text"]
        assert place(country, caller) == ("brest", 1)
        assert edge.leader() == leader


def test_an_order_that_ends_changes_the_table_on_time(country, caller):
    expires = in_seconds(4.0)
    country.offer(50, orders=[divert(expires=expires)])
    with country.run_edge() as edge:
        edge.wait("native-flip", g=50)
        assert place(country, caller) == ("paris", 1)
        assert edge.wait("native-flip", count=2)["t"] - expires in range(1_000_000)
        assert place(country, caller) == ("brest", 1)


@pytest.mark.parametrize("whom", ["main", "worker"])
def test_kamailio_is_started_again_whoever_of_it_is_killed(country, caller, whom):
    with country.run_edge() as edge:
        edge.wait("native-flip", g=42)
        country.offer(43, orders=[divert(expires=in_seconds(3_600))])
        edge.wait("native-flip", g=43)
        leader, members = edge.leader(), edge.members()
        os.kill(leader if whom == "main" else members[2], signal.SIGKILL)
        edge.wait("restart")
        edge.wait("native-flip", count=3)
        assert list_session(leader) == [], "no worker of the old one shares the port"
        assert place(country, caller) == ("paris", 1)


def test_calls_outlive_the_supervisor_and_the_next_one_takes_kamailio_over(country, caller):
    with country.run_edge() as edge:
        edge.wait("native-flip", g=42)
        leader = edge.leader()
        edge.popen.kill()
        edge.popen.wait()
        assert place(country, caller) == ("brest", 1)
        country.offer(43, orders=[divert(expires=in_seconds(3_600))])
        with country.run_edge(count=1) as second:
            second.wait("start", reason="adopted")
            second.wait("native-flip", g=43)
            assert second.leader() == leader
            assert place(country, caller) == ("paris", 1)


def test_tls_is_spoken_one_port_higher_to_callers_and_sites(country, caller, tmp_path):
    files = write_certificates(tmp_path, EDGE_HOST)
    address = "{}:{}".format(*country.places["udp", False])
    names = f"certificate: {files.certificate.name}, key: {files.key.name}"
    tls = f", tls: {{{names}, ca: {files.authority.name}}}"
    write_topology(country.topology, address, country.sites, tls=tls)
    host, _, port = country.sites["site-1"].rpartition(":")
    argv = ["--tls-cert", files.certificate, "--tls-key", files.key, "--tls-ca", files.authority]
    argv += ["--listen", f"tls:{host}:{int(port) + 1}"]
    with country.run_site("site-1", *argv) as site:
        site.wait("start")
        with country.run_edge() as edge:
            edge.wait("native-flip")
            assert files.ask(EDGE_HOST, country.port + 1) == "SIP/2.0"
            assert files.ask(EDGE_HOST, country.port + 1, show=False) == ""
            assert place(country, caller) == ("brest", 2)
            [passed] = list_records(edge, "pass")
            assert passed.get("hop") == f"{host}:{int(port) + 1}"


def test_what_does_not_fit_together_is_told(country):
    with country.run_edge("--name", "nobody") as edge:
        assert edge.popen.wait(timeout=10) == 2
        assert "has no edge 'nobody'\n  Name one of bruyere-edge-1" in edge.stderr()
    address = "{}:{}".format(*country.places["udp", False])
    write_topology(country.topology, address, country.sites, operator="ghost")
    with country.run_edge(count=1) as edge:
        edge.wait("native-flip")
        assert "the plan has no operator ghost: sites will refuse its calls" in edge.stderr()
    country.topology.write_text("name: x\n")
    with country.run_edge(count=2) as edge:
        assert edge.popen.wait(timeout=10) == 1
        assert "topology.yaml is refused" in edge.stderr()
    write_topology(country.topology, "192.0.2.7:5060", country.sites)
    with country.run_edge(count=3) as edge:
        assert edge.popen.wait(timeout=10) == 2
        assert "bruyere-edge-1: udp:192.0.2.7:5060 cannot be had" in edge.stderr()
