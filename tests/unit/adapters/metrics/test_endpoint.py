"""Figures are told to whoever asks well; nobody who asks badly harms the process."""

import asyncio
import contextlib
import socket

import pytest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

from route112.adapters.metrics import endpoint as module
from route112.adapters.metrics.endpoint import CONNECTIONS_MAX, REQUEST_BYTES_MAX, MetricsEndpoint

GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


class Figures(Collector):
    def __init__(self):
        self.collected = 0
        self.size = 1
        self.error = None

    def collect(self):
        self.collected += 1
        if self.error:
            raise self.error
        family = GaugeMetricFamily("figures", "Some", labels=["which"])
        for index in range(self.size):
            family.add_metric([f"{index:0200}"], self.collected)
        yield family


class World:
    def __init__(self, place=("127.0.0.1", 0)):
        self.figures, self.said, self.now_s = Figures(), [], 0.0
        self.endpoint = MetricsEndpoint(
            place, self.figures, complain=self.said.append, monotonic_s=lambda: self.now_s
        )

    async def wait_open(self):
        for _ in range(200):
            if self.endpoint.port:
                return
            await asyncio.sleep(0.01)
        pytest.fail(f"nothing listens: {self.said}")

    async def ask(self, request=GET):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.endpoint.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

    async def is_cut(self, opened):
        reader, writer = opened
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        return True


def play(scenario, **values):
    world = World(**values)

    async def run():
        world.endpoint.begin()
        await world.wait_open()
        try:
            await asyncio.wait_for(scenario(world), 20)
        finally:
            await world.endpoint.end()
        assert world.endpoint.port == 0

    asyncio.run(run())
    return world


def test_figures_are_told_and_rendered_twice_a_second_at_most():
    async def scenario(world):
        answer = await world.ask()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain")
        assert f"Content-Length: {len(body)}".encode() in head
        assert body.startswith(b"# HELP figures Some\n")
        for _ in range(5):
            assert await world.ask() == answer
        assert world.figures.collected == 1
        world.now_s += module.RENDER_SECONDS
        assert await world.ask() != answer
        assert (await world.ask(GET.replace(b"GET", b"HEAD"))).endswith(b"\r\n\r\n")

    assert "metrics are served at 127.0.0.1 port" in play(scenario).said[0]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405"),
        (b"\r\n\r\n", b"405"),
        (b"GET /metrics?x=1 HTTP/1.0\r\n\r\n", b"200"),
        (b"GET / HTTP/1.1\r\n\r\n", b"200"),
        (b"GET /etc/passwd HTTP/1.1\r\n\r\n", b"404"),
        (b"\xff\xfe\r\n\r\n", b"405"),
    ],
)
def test_other_questions_have_short_answers(request_, status):
    async def scenario(world):
        assert (await world.ask(request_)).startswith(b"HTTP/1.1 " + status)

    play(scenario)


def test_a_head_that_is_too_long_is_cut():
    async def scenario(world):
        opened = await asyncio.open_connection("127.0.0.1", world.endpoint.port)
        opened[1].write(b"GET /" + b"x" * (2 * REQUEST_BYTES_MAX))
        assert await world.is_cut(opened)
        assert (await world.ask()).startswith(b"HTTP/1.1 200")

    play(scenario)


def test_who_asks_slowly_is_cut_and_who_is_too_many_is_not_let_in(monkeypatch):
    monkeypatch.setattr(module, "EXCHANGE_SECONDS_MAX", 0.5)

    async def scenario(world):
        place = "127.0.0.1", world.endpoint.port
        slow = [await asyncio.open_connection(*place) for _ in range(CONNECTIONS_MAX)]
        for _, writer in slow:
            writer.write(b"GET /met")
        await asyncio.sleep(0.1)
        assert await world.is_cut(await asyncio.open_connection(*place))
        assert world.endpoint.refused == 1
        assert all([await world.is_cut(each) for each in slow])
        assert (await world.ask()).startswith(b"HTTP/1.1 200")

    play(scenario)


def test_who_reads_nothing_is_cut(monkeypatch):
    monkeypatch.setattr(module, "EXCHANGE_SECONDS_MAX", 0.5)

    async def scenario(world):
        world.figures.size = 40_000
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            deaf.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(deaf, ("127.0.0.1", world.endpoint.port))
            await loop.sock_sendall(deaf, GET)
            await asyncio.sleep(1.0)
            world.figures.size = 1
            world.now_s += 1
            assert (await world.ask()).startswith(b"HTTP/1.1 200")

    play(scenario)


def test_a_mistake_in_the_figures_is_said_once_and_answered():
    async def scenario(world):
        world.figures.error = ValueError("oops")
        for _ in range(3):
            assert (await world.ask()).startswith(b"HTTP/1.1 500")
        world.figures.error = None
        assert (await world.ask()).startswith(b"HTTP/1.1 200")

    assert play(scenario).said[1:] == ["metrics cannot be told: ValueError('oops')"]


def test_an_address_that_is_taken_is_tried_again(monkeypatch):
    monkeypatch.setattr(module, "BIND_RETRY_SECONDS", 0.05)
    taken = socket.create_server(("127.0.0.1", 0))
    world = World(taken.getsockname())

    async def run():
        world.endpoint.begin()
        await asyncio.sleep(0.2)
        assert world.endpoint.port == 0
        assert len(world.said) == 1
        assert "are not served" in world.said[0]
        taken.close()
        await world.wait_open()
        await world.endpoint.end()

    asyncio.run(run())


def test_one_that_never_began_can_be_ended():
    asyncio.run(World().endpoint.end())
