"""
The country on nine hosts, each run by the commands of its unit, and cables between them cut.

With ROUTE112_SEEK=1 at 120 calls/s, for longer; the table at the end has the figures.
"""

import os

import pytest
from tests.support.hosts import ORDERS, PSAPS, REDIRECT, offered, open_hosts, wait_until
from tests.support.six_sites import FAULT_AT_S
from tests.support.standstill import judge_in_time

from route112.adapters.clock import utc_now
from route112.adapters.processes import ask_options

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

SEEK = os.environ.get("ROUTE112_SEEK") == "1"
RATE = 120.0 if SEEK else 40.0
SECONDS = 12.0 if SEEK else 8.0
OPERATOR_RATE = RATE / len(ORDERS)
SITES = ORDERS["bruyere"]
HIT = "site-1"
EDGE, OTHER_EDGE = "bruyere-edge-1", "cormoran-edge-1"
SETTLE_US = 100_000
"""What was on its way is there."""
FIRST_S = 0.5
"""For a site's first 100."""
WAY_OUT_S = 3.0
"""Until a site knows that three targets are silent."""
TARGETS_S = 6 * 0.6
"""Three targets with two ways each, for calls that had begun by then."""
CAUGHT_S = 11.0
CAUGHT = {"caught_max": 2}
"""See tests/e2e/test_country_faults.py."""
BREAKER_CALLS = 3
"""Failures until a breaker opens, at each edge."""
ROOM_S = 0.5
"""For a busy machine; see tests/e2e/test_country_faults.py."""
STILL_S = 0.4
"""A machine that stands still for longer in a play makes calls late by itself."""
MADE_UP_S = 6.0
"""Timers of Kamailio make up for what they missed within so many seconds."""
USED_SECONDS_MAX = 60.0
"""The longest hold-off of an edge."""
FOLLOW_SECONDS_MAX = 30.0


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with open_hosts(tmp_path_factory.mktemp("h")) as hosts:
        try:
            yield hosts
        finally:
            print("\n".join(("", *hosts.rows)))


@pytest.fixture
def hosts(opened):
    opened.wait_ready(*SITES, EDGE, OTHER_EDGE)
    opened.forget()
    return opened


def play(hosts, name, *, seconds=SECONDS, rate=RATE, cut=(), look=None, **bounds):
    """Play; nothing is lost, `look` finds all as it shall be, and calls are late as `check` says."""

    def once():
        played = hosts.play(name, seconds=seconds, rate=rate, cut=cut)
        assert played.wrong == []
        assert played.judgement.strangers == ()
        assert played.judgement.placed == int(played.rate * played.seconds)
        return played

    def be_well():
        hosts.wait_ready(*(name for name in (*SITES, EDGE, OTHER_EDGE) if name in hosts.running))
        hosts.forget()

    def judge(played, machine):
        check(played, machine, **bounds)
        # A site that stood still asks to be left alone for longer than a play lasts.
        if look is not None and not machine.standstills:
            look()

    judge_in_time(
        once, judge, room_s=STILL_S, find_late_s=lambda played: played.late_s, again=be_well
    )


def check(played, machine, *, delayed_max=0.0, delay_max_s=0.0, operator=None, caught_max=0):
    """
    So many calls are late, each by so much at most, all of one operator.

    Some more may be caught: by a site's 100, and no more of it.
    """
    room_s = ROOM_S + machine.find_most_s(MADE_UP_S)
    room_calls = played.rate * machine.total_s
    late = f"{len(played.delays_s)} delayed: {played.delays_s}; {machine.describe()}"
    caught = [delay_s for delay_s in played.delays_s if delay_s > delay_max_s + room_s]
    assert len(caught) <= caught_max, late
    assert len(played.delays_s) - len(caught) <= delayed_max + room_calls, late
    assert max(caught, default=0.0) <= CAUGHT_S + room_s, late
    if operator is not None:
        others = played.list_delayed_of(*set(ORDERS) - {operator})
        assert len(others) <= room_calls, others


def wait_used(hosts, site, operator):
    """Place calls until a site takes those of an operator again; all of them are right."""
    since_us = utc_now()

    def is_used():
        played = hosts.play(f"healed: {operator} {site}", seconds=2.0, rate=RATE / 4)
        assert played.wrong == []
        return hosts.list_attempts(site, operator, since_us=since_us)

    wait_until(is_used, USED_SECONDS_MAX, f"{site} takes calls of {operator} again")


def test_calls_through_hosts_that_are_run_by_their_units(hosts):
    def look():
        taken = {
            (site, operator): len(hosts.list_attempts(site, operator, since_us=hosts.began_us))
            for site in SITES
            for operator in ORDERS
        }
        assert sum(taken.values()) == int(RATE * SECONDS), "no edge placed a call itself"
        assert min(taken.values()) >= OPERATOR_RATE * SECONDS / len(SITES) * 0.6, taken

    play(hosts, "nothing is cut", look=look)


def test_one_link_between_an_edge_and_a_site(hosts):
    """The other edge goes on with the site, and knows nothing of it."""

    def look():
        while_cut = {"since_us": hosts.cut_us + SETTLE_US, "until_us": hosts.healed_us}
        assert hosts.list_attempts(HIT, "bruyere", **while_cut) == []
        others = len(hosts.list_attempts(HIT, "cormoran", **while_cut))
        assert others >= OPERATOR_RATE * (SECONDS - FAULT_AT_S) / len(SITES) * 0.6

    most = OPERATOR_RATE / len(SITES) * FIRST_S + BREAKER_CALLS
    play(
        hosts, f"{EDGE} | {HIT}", cut=[(EDGE, HIT)], look=look,
        delayed_max=most, delay_max_s=FIRST_S, operator="bruyere", **CAUGHT,
    )  # fmt: skip
    wait_used(hosts, HIT, "bruyere")


def test_a_site_that_reaches_no_answering_point(hosts):
    most = RATE / len(SITES) * WAY_OUT_S + BREAKER_CALLS * len(ORDERS)
    cut = [(HIT, PSAPS)]
    play(hosts, f"{HIT} | {PSAPS}", cut=cut, delayed_max=most, delay_max_s=TARGETS_S, **CAUGHT)
    for operator in ORDERS:
        wait_used(hosts, HIT, operator)


def test_an_edge_that_reaches_no_site(hosts):
    """It rings the answering points itself; the other edge goes on with all sites."""

    def look():
        while_cut = {"since_us": hosts.cut_us + SETTLE_US, "until_us": hosts.healed_us}
        for site in SITES:
            assert hosts.list_attempts(site, "bruyere", **while_cut) == []
            assert hosts.list_attempts(site, "cormoran", **while_cut)

    most = OPERATOR_RATE * FIRST_S + BREAKER_CALLS * len(SITES)
    play(
        hosts, f"{EDGE} | all sites", cut=[(EDGE, site) for site in SITES], look=look,
        delayed_max=most, delay_max_s=2 * FIRST_S, operator="bruyere", **CAUGHT,
    )  # fmt: skip
    for site in SITES:
        wait_used(hosts, site, "bruyere")


def test_a_site_that_is_cut_off_from_everybody(hosts):
    cut = [(HIT, other) for other in (EDGE, OTHER_EDGE, PSAPS)]
    most = RATE / len(SITES) * FIRST_S + BREAKER_CALLS * len(ORDERS)
    play(hosts, f"{HIT} | everybody", cut=cut, delayed_max=most, delay_max_s=FIRST_S, **CAUGHT)
    for operator in ORDERS:
        wait_used(hosts, HIT, operator)


def test_a_redirect_server_serves_operators_and_nobody_else(hosts):
    place = hosts.members[REDIRECT].place
    with hosts.network.inside(EDGE):
        assert ask_options(*place, timeout_s=2.0) == 200
    with hosts.network.inside(PSAPS):
        assert ask_options(*place, timeout_s=2.0) == 403


def test_a_snapshot_is_offered_as_the_page_says_and_a_unit_ends_and_comes_back(hosts):
    hosts.get_folder(HIT).offer(offered(hosts.folder))
    wait_until(
        lambda: " g2 " in hosts.read_journal(HIT), FOLLOW_SECONDS_MAX, hosts.read_journal(HIT)
    )
    hosts.stop(HIT)
    most = RATE / 2 / len(SITES) * FIRST_S + BREAKER_CALLS * len(ORDERS)
    play(
        hosts, "site-1 is upgraded", seconds=4.0, rate=RATE / 2,
        delayed_max=most, delay_max_s=FIRST_S,
    )  # fmt: skip
    hosts.start(HIT)
    hosts.wait_ready(HIT)
    wait_used(hosts, HIT, "bruyere")
