"""Who listens where, as the kernel tells it."""

import os
import socket
from pathlib import Path

import pytest

from route112.adapters import sockets
from route112.adapters.sockets import find_process, find_sockets, list_listeners, list_sockets


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.67.1"), (socket.AF_INET6, "::1")]
)
def test_listeners_are_seen_over_both_families(family, host):
    with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family) as tcp:
        udp.bind((host, 0))
        tcp.bind((host, 0))
        place = tcp.getsockname()[:2]
        assert udp.getsockname()[:2] in list_listeners("udp")
        assert place not in list_listeners("tcp")
        tcp.listen()
        assert place in list_listeners("tcp")


def test_a_kernel_without_ipv6_has_no_listeners_there(monkeypatch):
    real = sockets.Path.read_text

    def read(path, **options):
        if path.name.endswith("6"):
            raise FileNotFoundError(path)
        return real(path, **options)

    monkeypatch.setattr(sockets.Path, "read_text", read)
    assert all(":" not in host for host, _ in list_listeners("tcp"))


def test_a_socket_belongs_to_the_process_that_has_it_open():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.67.1", 0))
        found = find_sockets("udp")[udp.getsockname()]
        assert len(found) == 1
        assert found <= list_sockets([os.getpid()])
        assert found.isdisjoint(list_sockets([1]))
        assert find_process(found) == os.getpid()
    assert find_process(found) is None


def test_a_place_that_is_shared_has_two_sockets():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second,
    ):
        for each in (first, second):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        first.bind(("127.0.67.1", 0))
        second.bind(first.getsockname())
        assert len(find_sockets("udp")[first.getsockname()]) == 2


def test_a_process_that_has_ended_has_nothing_open():
    assert not Path("/proc/4194305").exists(), "beyond the highest number"
    assert list_sockets([4_194_305]) == frozenset()
