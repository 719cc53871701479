"""A site is drained and given back under calls: none is lost, and what rings there goes on."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from tests.support.edge_process import CLIENT, list_records, open_country
from tests.support.site import Caller
from tests.support.standstill import judge_in_time

from route112.adapters.processes import ask_options
from route112.watch.telling import describe_call

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

EDGE = "bruyere-edge-1"
CALLS_PER_S = 20
LONG_S = 2.0
RINGS_LONG = ((0, 100), (0.01, 180), (LONG_S, 200))
SITE_BACK_S = 8.0
"""Edges ask a drained site again after five seconds."""
STILL_S = 0.1
MADE_UP_S = 6.0
"""Timers of Kamailio make up for what they missed within so many seconds."""
FOLDERS = itertools.count()
SLOW_S = 0.45
"""Sooner than any timer of an edge or a site: nobody waited for somebody who was silent."""


@dataclass
class Stream:
    """Calls one after the other, until it is told to stop."""

    country: object
    calls: list = field(default_factory=list)
    is_over: bool = False

    def __enter__(self):
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.thread.join()

    def run(self):
        with closing(Caller(self.country, host=CLIENT)) as caller:
            while not self.is_over:
                began_s = time.monotonic()
                self.calls.append(caller.place("17", "29019"))
                time.sleep(max(0.0, began_s + 1 / CALLS_PER_S - time.monotonic()))


@dataclass(frozen=True)
class Drained:
    """What a play gave."""

    waited_s: float
    """That the command took."""
    slowest_s: float
    """Until somebody rang."""
    calls: int
    rung: int
    refused: set
    returned: list
    """Site and cause."""
    events: list
    described: tuple
    """Outcome, sites passed and site of a call that came back, as watch tells it."""


def route112(*arguments):
    command = [sys.executable, "-m", "route112.apps", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def ask(country, id_):
    host, _, port = country.sites[id_].rpartition(":")
    return ask_options(host, int(port), timeout_s=1.0)


def wait_until(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_a_site_is_drained_restarted_and_given_back_and_no_call_is_lost(tmp_path):
    judge_in_time(
        lambda: drain(tmp_path / f"country-{next(FOLDERS)}"), judge, room_s=STILL_S
    )  # fmt: skip


def judge(drained, machine):
    """
    Nobody waited, and an edge knows that nothing is wrong with the site.

    Who stands still meanwhile takes others for silent.
    """
    assert drained.slowest_s < SLOW_S + machine.find_most_s(MADE_UP_S)
    if machine.standstills:
        return
    assert drained.waited_s > LONG_S / 2, "it waited for the call that rings"
    assert drained.rung == drained.calls, "each once"
    assert drained.refused == {"drained"}
    assert set(drained.returned) == {("site-1", "drained")}
    assert len(drained.returned) < drained.calls / 10, "one in five seconds"
    assert "breaker-open" not in drained.events
    assert drained.described == ("answered", ("site-2",), "site-2")


def drain(folder):
    """Drain a site under calls, restart it, give it back; every call is answered."""
    folder.mkdir()
    with (
        open_country(folder) as country,
        country.run_sites() as sites,
        country.run_edge() as edge,
    ):
        edge.wait("native-flip", g=42)
        site = sites["site-1"]
        with Stream(country) as stream, closing(Caller(country, host=CLIENT)) as caller:
            waited_s = come_and_go(country, site, caller)
        assert {call.status for call in stream.calls} == {200}
        return tell(country, site, edge, stream, waited_s)


def come_and_go(country, site, caller):
    """Drain, kill and give back; return how long the command waited."""
    place = site.run_dir.name, "--run-dir", site.run_dir.parent
    wait_until(lambda: list_records(site, "end"), 3, "calls go to the first site")
    country.psaps["paris"].behaviour = RINGS_LONG
    long = caller.begin("15", "75101")
    caller.listen(long, until=180)

    began_s = time.monotonic()
    drained = route112("site", "drain", *place, "--reason", "works")
    assert drained.returncode == 0, drained.stderr
    waited_s = time.monotonic() - began_s
    assert caller.listen(long, until=200).status == 200
    assert ask(country, "site-1") == 503
    served = len(list_records(site, "attempt"))

    os.kill(site.leader(), signal.SIGKILL)
    site.wait("restart")
    wait_until(lambda: ask(country, "site-1") == 503, 3, "it is drained from the start on")
    refusals = len(list_records(site, "refused"))
    wait_until(lambda: len(list_records(site, "refused")) > refusals, SITE_BACK_S, "it is asked")
    assert len(list_records(site, "attempt")) == served

    given_back = route112("site", "return", *place)
    assert "it was drained for: works" in given_back.stdout, given_back.stderr
    wait_until(lambda: len(list_records(site, "attempt")) > served, SITE_BACK_S, "calls come back")
    return waited_s


def tell(country, site, edge, stream, waited_s):
    """Tell what callers, answering points and records say."""
    returned = list_records(edge, "returned")
    name = returned[0].call
    both = [*edge_lines(edge, name), *edge_lines(site, name)]
    call = describe_call(sorted(both, key=lambda one: one.time_us), {EDGE}, now_us=0)
    return Drained(
        waited_s=waited_s,
        # A 180 may come behind the 200 that it was sent before, and is not read any more then.
        slowest_s=max(call.seconds(min({180, 200} & {*call.statuses})) for call in stream.calls),
        calls=len(stream.calls),
        rung=len(country.psaps["brest"].invites()),
        refused={record.get("reason") for record in list_records(site, "refused")},
        returned=[(record.get("to"), record.get("cause")) for record in returned],
        events=[record.get("event") for record in list_records(edge, "site")],
        described=(call.outcome, call.passed, call.site),
    )


def edge_lines(run, call):
    kinds = ("attempt", "pass", "returned", "refused", "ring", "end")
    return [one for kind in kinds for one in list_records(run, kind) if one.call == call]
