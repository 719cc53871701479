import asyncio
import json
import socket
from contextlib import contextmanager

import pytest

from route112.adapters.kamailio_rpc import RpcError
from route112.apps.duty.draining import (
    FILE,
    RETRY_SECONDS,
    Drain,
    Draining,
    count_ringing,
    drain,
    give_back,
    is_drained,
    read_drain,
    takes_calls,
)
from route112.model import UtcTime

WHY = Drain(since_us=UtcTime(7), author="anna", reason="new line card")


class FakeKamailio:
    """Has the variable, and answers RPC; a test's loop reads it."""

    def __init__(self, folder):
        self.path = folder / "rpc.sock"
        self.value = "no"
        self.asked = []
        self.load = [{"slot": [{"name": "all", "value": 3}, {"name": "bruyere", "value": 3}]}]
        self.is_deaf = False
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.setblocking(False)

    def answer(self):
        content, client = self.socket.recvfrom(65_535)
        request = json.loads(content)
        method, parameters = request["method"], request["params"]
        self.asked.append(" ".join([method, *parameters]))
        if method == "pv.shvSet":
            self.value = parameters[2]
        result = {"value": self.value} if method == "pv.shvGet" else self.load
        told = {"error": {"code": 500, "message": "no"}} if self.is_deaf else {"result": result}
        self.socket.sendto(json.dumps({"id": request["id"], **told}).encode(), client)

    @contextmanager
    def attached(self):
        loop = asyncio.get_running_loop()
        loop.add_reader(self.socket, self.answer)
        try:
            yield
        finally:
            loop.remove_reader(self.socket)


class Reports:
    def __init__(self):
        self.events = []
        self.said = []

    def tell(self, event, text, *, reason):
        self.events.append((event, text, reason))

    def say(self, text):
        self.said.append(text)


class World:
    def __init__(self, folder):
        self.folder = folder
        self.kamailio = FakeKamailio(folder)
        self.report = Reports()
        self.seconds = 100.0
        self.draining = Draining(folder, self.kamailio.path, self.report, lambda: self.seconds)

    async def step(self, starts=1, *, ready=True):
        """Step until nothing is under way."""
        with self.kamailio.attached():
            self.draining.step(starts, ready=ready)
            while self.draining._task is not None and not self.draining._task.done():
                await asyncio.sleep(0)
                await asyncio.sleep(0.001)

    def run(self, *starts):
        async def run():
            for number in starts:
                await self.step(number)

        asyncio.run(run())


@pytest.fixture
def world(tmp_path):
    opened = World(tmp_path)
    yield opened
    opened.kamailio.socket.close()


def test_the_file_says_so_until_it_is_gone_and_the_first_reason_stays(tmp_path):
    assert not is_drained(tmp_path)
    assert read_drain(tmp_path) is None
    drain(tmp_path, WHY)
    drain(tmp_path, Drain(since_us=UtcTime(9), author="ben", reason="other"))
    assert is_drained(tmp_path)
    assert read_drain(tmp_path) == WHY
    give_back(tmp_path)
    give_back(tmp_path)
    assert not is_drained(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"x" * 10_000])
def test_a_file_that_cannot_be_read_drains_all_the_same(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    assert is_drained(tmp_path)
    assert read_drain(tmp_path) == Drain(since_us=UtcTime(0), author="", reason="")


def test_kamailio_follows_the_file_and_people_read_why(world):
    world.run(1, 1)
    assert world.kamailio.value == "no"
    assert world.report.events == []
    drain(world.folder, WHY)
    world.run(1)
    assert world.kamailio.value == "yes"
    assert world.report.events == [
        ("drained", "takes no new calls: new line card (anna)", "drained")
    ]
    asked = len(world.kamailio.asked)
    world.run(1, 1)
    assert len(world.kamailio.asked) == asked, "it is known to follow"
    give_back(world.folder)
    world.run(1)
    assert world.kamailio.value == "no"
    assert world.report.events[1:] == [("given-back", "takes calls again", "given-back")]


def test_of_another_kamailio_nothing_is_known_and_nothing_is_said_twice(world):
    drain(world.folder, WHY)
    world.run(1)
    world.kamailio.value = "no"
    world.run(2)
    assert world.kamailio.value == "yes"
    assert len(world.report.events) == 1


def test_a_drain_without_a_reason_is_told_without_one(world):
    (world.folder / FILE).write_bytes(b"")
    world.run(1)
    assert world.report.events == [("drained", "takes no new calls", "drained")]


def test_one_that_does_not_take_it_is_told_again_a_second_later(world):
    drain(world.folder, WHY)
    world.kamailio.is_deaf = True
    world.run(1, 1, 1)
    assert len(world.kamailio.asked) == 1
    assert world.report.said == ["could not be drained: pv.shvGet: no (500)"]
    world.kamailio.is_deaf = False
    world.seconds += RETRY_SECONDS
    world.run(1)
    assert world.kamailio.value == "yes"


def test_one_that_is_not_there_yet_is_left_alone(world):
    drain(world.folder, WHY)
    asyncio.run(world.step(1, ready=False))
    assert world.kamailio.asked == []


def test_what_is_under_way_ends_with_the_station(world):
    async def run():
        drain(world.folder, WHY)
        world.draining.step(1, ready=True)
        world.draining.step(1, ready=True)
        await world.draining.end()
        await world.draining.end()

    asyncio.run(run())
    assert world.kamailio.value == "no"


def test_a_running_one_says_whether_it_takes_calls_and_how_many_ring(world):
    async def ask():
        with world.kamailio.attached():
            before = await takes_calls(world.kamailio.path)
            world.kamailio.value = "yes"
            found = before, await takes_calls(world.kamailio.path)
            ringing = await count_ringing(world.kamailio.path)
            world.kamailio.load = []
            return found, ringing, await count_ringing(world.kamailio.path)

    assert asyncio.run(ask()) == ((True, False), 3, 0)


def test_nobody_there_is_an_error(tmp_path):
    with pytest.raises(RpcError):
        asyncio.run(takes_calls(tmp_path / "rpc.sock"))
