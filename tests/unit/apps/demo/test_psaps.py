"""PSAPs stand where the trunks of the snapshot end, and never on somebody else's place."""

import socket

import pytest
from tests.support.snapshots import TRUNKS, small_content

from route112.adapters.processes import ChildError, Children
from route112.apps.demo import psaps as demo_psaps
from route112.apps.demo.psaps import Place, find_free_port, list_places, start_psaps
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

HOST = "127.0.65.1"


def test_places_are_the_first_hops_of_the_lines_each_once():
    snapshot = Snapshot(write_snapshot(small_content(trunks=(*TRUNKS[:2], TRUNKS[0]))))
    numbers = ("+33261910020", "+33261910010", "+33261910030", "+33199000020", "+33199009999")
    assert list_places(snapshot, numbers) == (
        Place("127.0.4.1", 5060, "udp"),
        Place("127.0.4.2", 5060, "udp"),
        Place("127.0.5.1", 5060, "udp"),
    )
    assert list_places(snapshot, numbers, hops_max=1) == (
        Place("127.0.4.1", 5060, "udp"),
        Place("127.0.5.1", 5060, "udp"),
    )


def test_a_taken_port_is_passed_over():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((HOST, 0))
        port = taken.getsockname()[1]
        assert find_free_port(HOST, (port, 5099)) == 5099
        with pytest.raises(ChildError, match=f"every port of {HOST} that could be used is taken"):
            find_free_port(HOST, (port,))


def test_a_psap_does_not_share_its_place(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken, Children() as children:
        taken.bind((HOST, 0))
        place = Place(HOST, taken.getsockname()[1])
        with pytest.raises(ChildError, match=rf"{place}/udp is taken by another program"):
            start_psaps(children, tmp_path, (place,))


def test_missing_programs_are_listed(monkeypatch):
    monkeypatch.setattr(demo_psaps, "SYSTEM_PATH", "/nonexistent")
    assert demo_psaps.list_missing_programs() == ["kamailio", "sipp"]
    with pytest.raises(ChildError, match="sipp is not installed"):
        demo_psaps.find_program("sipp")


class FakeChildren:
    """Stands in for Children: writes down what would be started, and lets it listen."""

    def __init__(self, listening):
        self.started = {}
        self._listening = listening

    def start(self, name, argv, *, log):
        self.started[name] = (argv, log.name)
        self._listening.add((argv[argv.index("-i") + 1], int(argv[argv.index("-p") + 1])))

    def wait_until(self, condition, *, timeout_s, what):
        assert (timeout_s, what) == (10.0, "every PSAP listens")
        assert condition()


def test_each_place_gets_a_sipp_that_stays_on_its_address(tmp_path, monkeypatch):
    listening = set()
    monkeypatch.setattr(demo_psaps, "find_listeners", lambda _transport: frozenset(listening))
    monkeypatch.setattr(demo_psaps, "find_program", lambda name: f"/usr/bin/{name}")
    children = FakeChildren(listening)
    places = (Place(HOST, 5060), Place(HOST, 5061, "tcp"))
    start_psaps(children, tmp_path, places)
    assert list(children.started) == [f"PSAP {HOST}:5060", f"PSAP {HOST}:5061"]
    argv, log = children.started[f"PSAP {HOST}:5061"]
    assert log == f"psap-{HOST}-5061-tcp.out"
    command = " ".join(argv)
    assert f"-i {HOST} -p 5061" in command
    assert f"-ci {HOST} -mi {HOST} -t t1" in command
    assert f"-log_file {tmp_path}/psap-{HOST}-5061-tcp.log" in command


def test_a_hop_is_a_place():
    assert Place.of_hop(TRUNKS[0].hops[1]) == Place("127.0.4.2", 5060, "udp")
    assert str(Place("127.0.4.2", 5060)) == "127.0.4.2:5060"
