"""`route112 site run` with a real Kamailio: what it serves, and what survives which death."""

import os
import signal
import socket
import time

import pytest
from tests.support.certificates import write_certificates
from tests.support.site_run import (
    HOST,
    divert,
    end,
    find_port,
    in_seconds,
    is_listening,
    list_session,
    offer,
    run_site,
)

from route112.adapters.clock import utc_now
from route112.adapters.processes import ask_options

pytestmark = pytest.mark.e2e

BREST = "+33261910020"
PARIS = "+33199000020"


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.r112"
    offer(path, 42)
    return path


def test_a_site_starts_serves_refuses_a_second_supervisor_and_ends(tmp_path, plan):
    with run_site(tmp_path, plan) as run:
        flip = run.wait("native-flip", g=42)
        assert "slot a" in flip["text"]
        assert ask_options(HOST, run.port, timeout_s=1.0) is not None
        assert run.ask() == (BREST, "a g42")
        assert run.ask("15", "75101") == ("+33199000010", "a g42")
        with run_site(tmp_path, plan, run_dir=run.run_dir, port=run.port) as second:
            assert second.popen.wait(timeout=10) == 2
            assert f"belongs to the supervisor {run.popen.pid}" in second.stderr()
            second.run_dir = tmp_path / "none"  # the Kamailio there is not its own
        assert (run.run_dir / "records" / "raw.log").stat().st_mode & 0o777 == 0o600
        members = run.members()
        assert run.stop() == 0
        assert run.members() == []
        assert len(members) > 3
        assert not is_listening(run.port)
        assert run.events()[-1]["reason"] == "sigterm"
        raw = (run.run_dir / "records" / "raw.log").read_text()
        assert "event=start g=42" in raw
        assert "event=stop g=42 reason=sigterm" in raw


def test_a_new_snapshot_is_served_and_worse_ones_are_not(tmp_path, plan):
    with run_site(tmp_path, plan) as run:
        run.wait("native-flip", g=42)
        leader = run.leader()
        offer(plan, 43, orders=[divert(expires=in_seconds(3_600))])
        run.wait("snapshot", g=43)
        run.wait("native-flip", g=43)
        assert run.ask() == (PARIS, "b g43")
        current = (run.run_dir / "current").read_text()
        assert "/snapshots/g43-" in current
        offer(plan, 42)
        run.wait("snapshot-refused", reason="older-generation")
        offer(plan, 43)
        run.wait("snapshot-refused", reason="same-generation-other-content")
        plan.write_bytes(plan.read_bytes()[:-40])
        run.wait("snapshot-refused", reason="truncated")
        plan.unlink()
        run.wait("snapshot-refused", reason="unreadable")
        assert run.ask() == (PARIS, "b g43")
        assert (run.run_dir / "current").read_text() == current
        offer(plan, 44)
        run.wait("native-flip", g=44)
        assert run.ask() == (BREST, "a g44")
        assert run.leader() == leader, "a snapshot restarts nothing"


def test_a_restart_begins_with_what_was_staged_whatever_is_offered(tmp_path, plan):
    with run_site(tmp_path, plan) as run:
        run.wait("native-flip", g=42)
        assert run.stop() == 0
    plan.write_bytes(b"not a snapshot")
    with run_site(tmp_path, plan) as run:
        run.wait("snapshot-refused", reason="not-a-snapshot")
        run.wait("native-flip", g=42)
        assert run.ask() == (BREST, "a g42")


@pytest.mark.parametrize("whom", ["main", "worker"])
def test_kamailio_is_started_again_whoever_of_it_is_killed(tmp_path, plan, whom):
    with run_site(tmp_path, plan) as run:
        run.wait("native-flip", g=42)
        offer(plan, 43, orders=[divert(expires=in_seconds(3_600))])
        run.wait("native-flip", g=43)
        leader, members = run.leader(), run.members()
        killed = leader if whom == "main" else members[2]
        began = time.monotonic()
        os.kill(killed, signal.SIGKILL)
        run.wait("restart")
        assert time.monotonic() - began < 8.0
        run.wait("native-flip", count=3)
        assert run.ask() == (PARIS, "a g43"), "after a start every slot has the newest table"
        assert list_session(leader) == [], "no worker of the old one shares the port"
        assert run.leader() != leader


@pytest.mark.parametrize("lost", ["native.sqlite", "records/raw.log"])
def test_a_file_that_is_lost_keeps_no_site_from_starting_again(tmp_path, plan, lost):
    with run_site(tmp_path, plan) as run:
        run.wait("native-flip", g=42)
        (run.run_dir / lost).unlink()
        os.kill(run.leader(), signal.SIGKILL)
        run.wait("restart")
        run.wait("native-flip", count=2)
        assert run.ask() == (BREST, "a g42")


def test_kamailio_outlives_its_supervisor_and_the_next_one_takes_it_over(tmp_path, plan):
    with run_site(tmp_path, plan) as run:
        run.wait("native-flip", g=42)
        offer(plan, 43)
        run.wait("native-flip", g=43)
        leader = run.leader()
        run.popen.kill()
        run.popen.wait()
        assert run.ask() == (BREST, "b g43")
        offer(plan, 44, orders=[divert(expires=in_seconds(3_600))])
        with run_site(tmp_path, plan, port=run.port) as second:
            second.wait("start", reason="adopted")
            second.wait("native-flip", g=44)
            assert second.leader() == leader
            assert second.ask() == (PARIS, "a g44")
            os.kill(leader, signal.SIGKILL)
            second.wait("restart")
            second.popen.kill()
            second.popen.wait()
            leader = second.leader()
            with run_site(tmp_path, plan, "--workers", "3", port=run.port) as third:
                third.wait("native-flip", g=44)
                assert f"replaces the Kamailio of an earlier start (process {leader})" in (
                    third.stderr()
                )
                assert list_session(leader) == []
                assert third.leader() != leader
                assert third.stop() == 0
                assert not is_listening(run.port)


def test_workers_without_main_process_and_supervisor_are_cleared_away(tmp_path, plan):
    with run_site(tmp_path, plan) as run:
        run.wait("native-flip", g=42)
        leader = run.leader()
        run.popen.kill()
        run.popen.wait()
        os.kill(leader, signal.SIGKILL)
        time.sleep(0.1)
        assert list_session(leader), "workers serve on without their parent"
        with run_site(tmp_path, plan, port=run.port) as second:
            second.wait("native-flip", g=42)
            assert "workers of a Kamailio whose main process was gone" in second.stderr()
            assert list_session(leader) == []


def test_an_order_that_ends_changes_the_native_table_on_time(tmp_path, plan):
    begins, expires = in_seconds(3.0), in_seconds(5.0)
    offer(plan, 50, orders=[divert(starts=begins, expires=expires)])
    with run_site(tmp_path, plan) as run:
        run.wait("native-flip", g=50)
        assert run.ask()[0] == BREST
        assert (run.wait("native-flip", count=2)["t"] - begins) in range(500_000)
        assert run.ask()[0] == PARIS
        assert utc_now() < expires
        assert (run.wait("native-flip", count=3)["t"] - expires) in range(500_000)
        assert run.ask() == (BREST, "a g50")


def test_a_taken_place_is_named(tmp_path, plan):
    port = find_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((HOST, port))
        with run_site(tmp_path, plan, port=port) as run:
            assert run.popen.wait(timeout=10) == 2
            assert f"udp:{HOST}:{port} is taken by another program" in run.stderr()
            assert "`ss -lnptu`" in run.stderr()
            run.run_dir = tmp_path / "none"


def test_an_address_of_another_machine_is_named_before_anything_is_started(tmp_path, plan):
    port = find_port()
    with run_site(tmp_path, plan, listen=f"udp:192.0.2.7:{port}", port=port) as run:
        assert run.popen.wait(timeout=10) == 2
        said = run.stderr()
        assert f"--listen udp:192.0.2.7:{port} cannot be had: " in said
        assert "192.0.2.7 is no address of this machine" in said
        assert "`ip address`" in said
        assert not (run.run_dir / "kamailio.json").exists(), "no Kamailio was tried"


def test_ipv6_and_mutual_tls(tmp_path, plan):
    port = find_port()
    files = write_certificates(tmp_path, HOST)
    tls = ["--tls-cert", str(files.certificate), "--tls-key", str(files.key)]
    tls += ["--tls-ca", str(files.authority), "--listen", f"udp:[::1]:{port}"]
    with run_site(tmp_path, plan, *tls, listen=f"tls:{HOST}:{port}", port=port) as run:
        run.wait("native-flip", g=42)
        assert f"listens on tls:{HOST}:{port} udp:[::1]:{port} (this machine only)" in run.stderr()
        assert files.ask(HOST, port) == "SIP/2.0"
        assert files.ask(HOST, port, show=False) == ""
        assert run.stop() == 0


def test_ctrl_c_and_a_given_time_end_a_site(tmp_path, plan):
    with run_site(tmp_path, plan) as run:
        run.wait("native-flip")
        assert run.stop(signal.SIGINT) == 0
        end(run)
    with run_site(tmp_path, plan, "--for", "0.5") as run:
        assert run.popen.wait(timeout=10) == 0
        assert run.members() == []
    assert not is_listening(run.port)
