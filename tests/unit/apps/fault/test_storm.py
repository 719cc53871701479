"""A storm of connections, and a relay that is late."""

import asyncio
import socket

from route112.apps.fault import storm


def make(run, kind, **settings):
    return run.faults._make(kind, ["site-1"], settings, 0.0)


def count_turns(limit):
    turns = iter(range(limit))
    return lambda: next(turns, None) is None


def test_connections_are_opened_asked_and_dropped(run, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = server.getsockname()
        monkeypatch.setattr(storm.Ground, "place", lambda _self, _id: place)
        fault = make(run, "reconnect-storm", per_s=100)
        asyncio.run(storm.storm(run.ground, fault, count_turns(30)))
        server.settimeout(1)
        connection, _ = server.accept()
        with connection:
            assert connection.recv(65_535).startswith(b"OPTIONS sip:127.0.0.1 SIP/2.0\r\n")
            assert connection.recv(65_535) == b""


def test_a_relay_stands_before_a_site_for_its_edges(run, rules, monkeypatch):
    seen = {}

    class Front:
        def __init__(self, mark):
            seen["mark"] = mark

        async def __aenter__(self):
            return self

        async def __aexit__(self, *_error):
            seen["closed"] = True

        def set_delay(self, delay_ms, *ways):
            seen["delay"] = (delay_ms, ways)

        def open(self, front, back):
            seen["open"] = (front, back)
            return (front[0], 40_000)

    monkeypatch.setattr(storm, "Relay", Front)
    asyncio.run(storm.delay(run.ground, make(run, "delay", ms=70), count_turns(2)))
    assert seen["delay"] == (70.0, ("there",))
    assert seen["open"] == (("127.0.1.1", 0), ("127.0.1.1", 5060))
    assert seen["closed"]
    assert rules == {}
