"""Hosts on a network of their own: they hear each other, cables are cut, nothing is left behind."""

import os
import socket
import subprocess
import sys
import time

import pytest
from tests.support import namespaces as module
from tests.support.namespaces import FOLDER, Namespaces

pytestmark = pytest.mark.e2e

HOSTS = {
    "site-1": ["10.112.0.1/24", "fd00:112::1/64"],
    "site-2": ["10.112.0.2/24", "fd00:112::2/64"],
    "psap": ["10.112.0.3/24", "10.112.0.4/24", "fd00:112::3/64"],
}
PORT = 5060
FAMILIES = [
    (socket.AF_INET, "10.112.0.1", "10.112.0.3"),
    (socket.AF_INET, "10.112.0.1", "10.112.0.4"),
    (socket.AF_INET6, "fd00:112::1", "fd00:112::3"),
]
HEARD_S = 2.0
SILENT_S = 0.2
HEAL_S = 5.0


@pytest.fixture(scope="module")
def net():
    with Namespaces(HOSTS) as made:
        yield made


def bind(net, name, family, address):
    with net.inside(name):
        opened = socket.socket(family, socket.SOCK_DGRAM)
    opened.bind((address, PORT))
    return opened


def say(sender, receiver, to, *, wait_s=HEARD_S):
    """Send a datagram; tell whether it came."""
    receiver.settimeout(wait_s)
    try:
        sender.sendto(b"hello", (to, PORT))
        return receiver.recv(100) == b"hello"
    except OSError:  # no way there, or nothing came
        return False


def list_namespaces():
    """List those of this process: others may run such tests too."""
    return {path.name for path in FOLDER.glob(f"r112-{os.getpid()}-*")}


@pytest.mark.parametrize(("family", "here", "there"), FAMILIES)
def test_hosts_hear_each_other_and_this_machine_does_not(net, family, here, there):
    with bind(net, "site-1", family, here) as site, bind(net, "psap", family, there) as psap:
        assert say(site, psap, there)
        assert say(psap, site, here)
        with socket.socket(family, socket.SOCK_DGRAM) as outside:
            assert not say(outside, psap, there, wait_s=SILENT_S)
            with pytest.raises(OSError, match=r"Errno (22|99)"):
                outside.bind((here, PORT))


@pytest.mark.parametrize(("family", "here", "there"), FAMILIES)
def test_a_cut_host_hears_nothing_until_it_is_healed(net, family, here, there):
    other = {"10": "10.112.0.2", "fd": "fd00:112::2"}[here[:2]]
    with (
        bind(net, "site-1", family, here) as site,
        bind(net, "site-2", family, other) as neighbour,
        bind(net, "psap", family, there) as psap,
    ):
        assert say(site, psap, there)
        net.cut("site-1")
        try:
            assert not say(site, psap, there, wait_s=SILENT_S)
            assert not say(psap, site, here, wait_s=SILENT_S)
            assert say(neighbour, psap, there), "only one cable was pulled"
        finally:
            net.heal("site-1")
        deadline = time.monotonic() + HEAL_S
        while not say(psap, site, here, wait_s=SILENT_S):
            assert time.monotonic() < deadline, "healed, and still nothing comes"
        assert say(site, psap, there)


@pytest.mark.parametrize(("family", "here", "there"), FAMILIES)
def test_a_cut_between_two_hosts_leaves_all_others_alone(net, family, here, there):
    other = {"10": "10.112.0.2", "fd": "fd00:112::2"}[here[:2]]
    with (
        bind(net, "site-1", family, here) as site,
        bind(net, "site-2", family, other) as neighbour,
        bind(net, "psap", family, there) as psap,
    ):
        assert say(site, psap, there)
        net.cut_between("site-1", "psap")
        try:
            assert not say(site, psap, there, wait_s=SILENT_S)
            assert not say(psap, site, here, wait_s=SILENT_S)
            assert say(site, neighbour, other)
            assert say(neighbour, psap, there)
            net.cut_between("site-2", "psap", "site-1")
            assert not say(neighbour, psap, there, wait_s=SILENT_S)
            assert not say(site, neighbour, other, wait_s=SILENT_S)
            net.heal_between("site-1", "site-2")
            assert say(site, neighbour, other)
            assert not say(site, psap, there, wait_s=SILENT_S)
        finally:
            net.heal_between("psap", "site-1", "site-2")
        assert say(site, psap, there)
        assert say(neighbour, psap, there)


def test_commands_run_in_a_host(net):
    shown = net.run("site-2", "ip", "-br", "address").stdout
    assert "10.112.0.2/24" in shown
    assert "fd00:112::2/64" in shown
    assert "10.112.0.1" not in shown
    with pytest.raises(subprocess.CalledProcessError):
        net.run("site-2", "false")
    assert net.run("site-2", "false", check=False).returncode == 1
    with pytest.raises(AssertionError, match="no host nowhere"):
        net.run("nowhere", "true")


def test_each_host_has_a_loopback_of_its_own(net):
    with bind(net, "site-1", socket.AF_INET, "127.0.0.1") as one:
        with bind(net, "site-2", socket.AF_INET, "127.0.0.1") as two:
            assert say(one, one, "127.0.0.1")
            assert not say(one, two, "127.0.0.1", wait_s=SILENT_S)
        one.settimeout(HEARD_S)
        assert one.recv(100) == b"hello"


def test_two_networks_do_not_meet():
    with Namespaces({"a": ["10.112.0.1/24"]}) as one, Namespaces({"a": ["10.112.0.9/24"]}) as two:
        assert not set(one.list_names()) & set(two.list_names())
        with (
            bind(one, "a", socket.AF_INET, "10.112.0.1") as here,
            bind(two, "a", socket.AF_INET, "10.112.0.9") as there,
        ):
            assert not say(here, there, "10.112.0.9", wait_s=SILENT_S)


def test_after_a_failure_nothing_is_left_but_what_others_made():
    before = list_namespaces()

    def fail():
        with Namespaces(HOSTS) as net:
            assert len(list_namespaces() - before) == len(HOSTS) + 1
            child = net.start("psap", sys.executable, "-c", "import time; time.sleep(60)")
            net.cut("psap")
            raise RuntimeError(child.pid)

    with pytest.raises(RuntimeError) as failed:
        fail()
    assert list_namespaces() == before
    with pytest.raises(ProcessLookupError):
        os.kill(failed.value.args[0], 0)


def test_what_cannot_be_made_leaves_nothing_either():
    before = list_namespaces()
    with (
        pytest.raises(AssertionError, match=r"10\.112\.0\.999"),
        Namespaces({"good": ["10.112.0.1/24"], "bad": ["10.112.0.999/24"]}),
    ):
        pytest.fail("it could not be made")
    assert list_namespaces() == before


def test_one_that_somebody_else_removed_is_no_error():
    with Namespaces({"a": ["10.112.0.1/24"]}) as net:
        assert module.delete(net.list_names()[1])
        assert module.delete(net.list_names()[1])


def test_without_root_it_says_so(monkeypatch):
    monkeypatch.setattr(module.os, "geteuid", lambda: 1_000)
    with pytest.raises(pytest.fail.Exception, match="need root: run `make e2e` as root"):
        Namespaces(HOSTS).__enter__()


def test_there_is_a_bound():
    with pytest.raises(AssertionError, match="more than 64 hosts"):
        Namespaces({f"host{number}": [] for number in range(65)})
