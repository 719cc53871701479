"""A site into which calls go and out of which nothing comes is left alone before they are given up."""

import time
from contextlib import closing

import pytest
from tests.support.edge_run import (
    CLIENT,
    NUMBERS,
    assert_in,
    open_edge,
    open_psaps,
    play_sites,
    reset,
)
from tests.support.edge_table import attempt, make_rows
from tests.support.site import ANSWERS, GREY, Caller

pytestmark = pytest.mark.e2e

COMMUNES = {"29019": "CIC17-29", "56260": "CIC17-56", "22278": "CIC17-22"}
GATEWAY = "35238"
"""Whose answering point is given six seconds."""
IP_S = 2.0 + 2.5
ANSWERS_LATE = ((0, 100), (0.01, 180), (2.0, 200))
TICK_S = 0.2
"""The edge looks five times a second."""


def list_rows(psaps):
    """Give each commune an answering point of its own; all of them are rung at one address."""
    hop, number = psaps["brest"].address, NUMBERS["brest"]
    routes = {str(k): (attempt(number, hop, name),) for k, name in enumerate(COMMUNES.values())}
    routes["9"] = (attempt(number, hop, "CIC17-35", answer_ms=6000),)
    communes = {code: f"{k}.{k}.{k}.{k}" for k, code in enumerate(COMMUNES)}
    return make_rows(routes, communes=communes | {GATEWAY: "9.9.9.9"})


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge")
    with (
        open_psaps() as psaps,
        play_sites(3) as sites,
        open_edge(folder, sites, psaps, in_turn=True, rows=list_rows(psaps)) as edge,
    ):
        yield edge


@pytest.fixture
def edge(opened):
    reset(opened.sites, opened.psaps)
    for table in ("breaker", "recent", "minute", "off", "silenced", "waiting", "turn"):
        opened.ask("htable.flush", table)
    opened.seen = len(opened.events())
    return opened


@pytest.fixture
def caller(edge):
    with closing(Caller(edge, host=CLIENT)) as one:
        yield one


def begin(caller, *communes):
    """Begin a call for each commune, each of another caller: one at each site, in turn."""
    calls = []
    for code in communes:
        calls.append(caller.begin(commune=code, body=f"o={time.monotonic_ns()}".encode()))
        caller.listen(calls[-1], until=100)
    return calls


def let_go(caller, calls):
    for call in calls:
        caller.listen(call, until=101, timeout_s=0.1)
        if not call.status:
            caller.cancel(call)
            caller.listen(call, until=200)


def events(edge):
    return edge.events()[edge.seen :]


def test_it_is_left_alone_when_calls_for_three_answering_points_sit_in_it(edge, caller):
    for site in edge.sites:
        site.behaviour = ANSWERS_LATE
    before = begin(caller, *COMMUNES)  # what is answered now says nothing of those that come now
    for call in before:
        caller.listen(call, until=180)
    reset(edge.sites, edge.psaps)
    edge.sites[0].behaviour = GREY
    began = time.monotonic()
    calls = [call for code in COMMUNES for call in begin(caller, code, code, code)]
    while not events(edge) and time.monotonic() - began < IP_S + 2:
        time.sleep(0.05)
    opened_s = time.monotonic() - began
    assert events(edge) == [("breaker-open", "site-1")]
    assert_in(opened_s, IP_S, slack=2 * TICK_S + 0.3)
    [record] = [record for record in edge.records("site") if record.get("event") == "breaker-open"]
    assert (record.get("reason"), record.get("hold")) == ("stuck", "5")
    more = begin(caller, *COMMUNES)
    for call in more:
        assert caller.listen(call, until=200).status == 200
        assert edge.of("pass", call)[0].get("to") != "site-1"
    let_go(caller, [*calls, *before])


def test_one_answering_point_slow_ones_and_calls_that_ring_meanwhile_speak_for_it(edge, caller):
    """Three sites at once, each of which would be left alone but for one of these."""
    for site in edge.sites:
        site.behaviour = GREY
    one, others, slow = ["29019"] * 3, list(COMMUNES), [GATEWAY, "29019", "56260"]
    turns = zip(one, others, slow, strict=True)
    calls = [call for communes in turns for call in begin(caller, *communes)]
    rings = next(site for site in edge.sites if calls[1].call_id in site.calls())
    assert {call.call_id for call in calls[1::3]} == set(rings.calls()[-3:])
    time.sleep(1.0)
    rings.behaviour = ANSWERS
    calls += begin(caller, *one)
    time.sleep(IP_S + 1.0)
    assert events(edge) == []
    assert calls[-2].call_id in rings.calls()
    let_go(caller, calls)
