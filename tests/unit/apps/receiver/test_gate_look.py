import socket
import threading

import pytest

from route112.apps.receiver.gate_look import SILENT, GateLook, find_listener
from route112.replication import AtGate

A = "a" * 64


class FakeComparing:
    def __init__(self):
        self.found, self.asked, self.forgotten = (None, ""), [], 0

    def look(self, content_hash):
        self.asked.append(content_hash)
        return self.found

    def forget(self):
        self.forgotten += 1


class World:
    def __init__(self, folder):
        self.folder, self.comparing = folder, FakeComparing()
        self.status, self.places = 200, []
        self.gate = GateLook(folder, comparing=self.comparing, ask=self.ask)

    async def ask(self, *place):
        self.places.append(place)
        return self.status

    def listen(self, name="site.cfg", line="listen=udp:127.0.1.3:5060"):
        (self.folder / name).write_text(f"debug=2\n{line}\nlisten=udp:[::1]:5060\n")


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_nothing_is_done_while_nobody_asks(world):
    world.listen()
    assert world.gate.look(A) is None
    assert (world.places, world.comparing.asked) == ([], [])


def test_who_is_asked_says_how_it_answers_and_whether_it_agrees(world):
    world.listen()
    world.gate.heed(at_gate=True)
    assert world.gate.look(A) == AtGate(status=200)
    world.status, world.comparing.found = 503, (0, "")
    assert world.gate.look(A) == AtGate(status=503, differences=0)
    world.status, world.comparing.found = None, (None, "it fails")
    assert world.gate.look(A) == AtGate(status=SILENT, flaw="it fails")
    assert world.comparing.asked == [A, A, A]
    assert world.places == [("udp", "127.0.1.3", 5060)] * 3


def test_the_next_gate_compares_anew(world):
    world.gate.heed(at_gate=True)
    world.gate.heed(at_gate=True)
    assert world.comparing.forgotten == 0
    world.gate.heed(at_gate=False)
    assert world.comparing.forgotten == 1
    assert world.gate.look(A) is None


@pytest.mark.parametrize(
    ("name", "line", "found"),
    [
        ("edge.cfg", "listen=udp:127.0.2.1:5060", ("udp", "127.0.2.1", 5060)),
        ("site.cfg", "listen=tls:192.0.2.1:5061", ("udp", "::1", 5060)),
        ("site.cfg", "listen=tcp:[2001:db8::3]:5070", ("tcp", "2001:db8::3", 5070)),
    ],
)
def test_it_is_asked_where_it_listens(world, name, line, found):
    world.listen(name, line)
    assert find_listener(world.folder) == found


def test_one_that_cannot_be_asked_is_not_taken_for_silent(world):
    world.gate.heed(at_gate=True)
    assert world.gate.look(A) == AtGate()
    (world.folder / "site.cfg").write_text("listen=tls:192.0.2.1:5061\n")
    assert world.gate.look(A) == AtGate()


def test_it_is_asked_by_options(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as site:
        site.bind(("127.0.0.1", 0))
        site.settimeout(60)
        line = f"listen=udp:127.0.0.1:{site.getsockname()[1]}"
        (tmp_path / "site.cfg").write_text(f"{line}\n")

        def answer():
            asked, place = site.recvfrom(65_535)
            assert asked.startswith(b"OPTIONS ")
            site.sendto(b"SIP/2.0 503 No Decision\r\n\r\n", place)

        answering = threading.Thread(target=answer)
        answering.start()
        gate = GateLook(tmp_path, comparing=FakeComparing())
        gate.heed(at_gate=True)
        assert gate.look(A).status == 503
        answering.join(60)
