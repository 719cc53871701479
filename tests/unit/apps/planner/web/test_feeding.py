"""Stations over the real sockets; who is one, and what he gets, is in test_api too."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.support.certificates import ENDS
from tests.support.commanded import HOUR_US, commanded, until
from tests.support.planned import make_order

from route112.adapters.clock import utc_now
from route112.apps.planner.web import feeding
from route112.apps.planner.web.feeding import HOLD_S
from route112.change.asking import GiveOrder, Refusal
from route112.replication import Report, parse_wanted, render_report


def test_a_mistake_in_the_list_of_stations_is_told(tmp_path):
    with commanded(tmp_path) as planner:
        (planner.planner / "stations.yaml").write_text("stations: 1\n")
        refused = planner.ask("GET", f"/snapshots/{'a' * 64}", via="site-1")
        assert refused.reason == "no-station"
        assert refused.json["todo"].startswith("Mend ")
        assert planner.last[:2] == ("refused", "unknown-identity")
        assert planner.ask("GET", f"/snapshots/{'a' * 64}").status == 410, "nothing to fetch"


def report(planner, *, number=42, station="site-1", waits=True):
    """Report as one who has a generation; return what he shall have, and after how long."""
    began_s = time.monotonic()
    known = planner.engine.state.generations.get(number)
    content_hash = known.content_hash if known else "a" * 64
    line = render_report(Report(station=station, number=number, content_hash=content_hash))
    headers = {"Prefer": "wait=1"} if waits else {}
    answer = planner.ask("POST", f"/stations/{station}/report", line, headers=headers)
    assert answer.status == 200, answer.content
    return parse_wanted(answer.content).number, time.monotonic() - began_s


@pytest.fixture
def planner(tmp_path):
    with commanded(tmp_path, tls=False) as running:
        yield running


def test_who_has_what_it_shall_have_hears_of_an_order_at_once(planner, monkeypatch):
    monkeypatch.setattr(feeding, "HOLD_S", 60.0)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(report, planner)
        until(lambda: planner.app.state.ground.held)
        granted = planner.engine.wish(GiveOrder(order=make_order(expires=utc_now() + HOUR_US)))
        assert not isinstance(granted, Refusal)
        number, waited_s = waiting.result()
    assert number == 43
    assert waited_s < 60.0
    assert not +planner.app.state.ground.held


def test_nobody_waits_long_and_who_is_behind_not_at_all(planner, monkeypatch):
    number, waited_s = report(planner)
    assert (number, waited_s >= HOLD_S) == (42, True)
    monkeypatch.setattr(feeding, "HOLD_S", 60.0)
    for asked in ({"number": 41}, {"waits": False}):
        number, waited_s = report(planner, **asked)
        assert (number, waited_s < 60.0) == (42, True)


def test_who_waits_leaves_room_for_others(planner, monkeypatch):
    monkeypatch.setattr(feeding, "HELD_EACH_MAX", 1)
    monkeypatch.setattr(feeding, "HOLD_S", 3.0)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(report, planner)
        until(lambda: planner.app.state.ground.held)
        assert report(planner, station="site-2")[1] < 3.0
        assert waiting.result()[1] >= 3.0


def test_whose_certificate_ends_when_is_noted_of_stations_that_report(tmp_path):
    line = render_report(Report(station="site-1", number=42, content_hash="a" * 64))
    with commanded(tmp_path) as planner:
        for body, via in ((b"nonsense", "site-1"), (line, "stranger")):
            planner.ask("POST", "/stations/site-1/report", body, via=via)
        assert planner.ends == {}
        planner.ask("POST", "/stations/site-1/report", line, via="site-1")
        assert planner.ends == {"site-1": ("CN=site-1", ENDS.timestamp() * 1_000_000)}
        planner.ask("POST", "/stations/site-1/report", line)
        assert planner.ends["site-1"][1] == 0, "by the socket it shows none"
