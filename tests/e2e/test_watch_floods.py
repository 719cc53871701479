"""
A flood is told from a failure: by records that a real site wrote of real calls.

Callers who fail and try again are many, and still the alarm says that calls fail. When something
big is seen by many and every call is answered, nothing fails, and the alarm says flood. Five
seconds are half an hour of the scenario here, since a flood is told from what came before it.

What came becomes usual in blocks of ten minutes, each from its first call on. So nobody calls for
ten minutes before the trouble: then its first ten minutes are one block, wherever the blocks lie,
and a machine that places half as many calls in a second still makes a flood of them.
"""

import itertools
import json
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.hosts import wait_until
from tests.support.site import CALLER, Caller, Psap, refuses
from tests.support.site_run import HOST, run_site
from tests.support.snapshots import LINES, PSAPS, small_content

import route112
from route112.adapters.clock import utc_now
from route112.apps.scenario_time import write_scenario_time
from route112.apps.site.setup import KAMAILIO_FOLDER
from route112.countries.fr.sites import TOPOLOGY, render_topology
from route112.model import UtcTime
from route112.snapshot.content import TrunkRow
from route112.snapshot.writer import write_snapshot
from route112.wire.documents.scenario_time import ScenarioTime

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.slow]

PSAP = "127.0.65.1"
COMPRESSION = 300.0
CALM_S, TROUBLED_S = 5.0, 1.5
CALM_PER_S, TROUBLED_PER_S = 2, 160
LULL_S = 2.0
"""Ten minutes of the scenario, as long as what came is no part of what is usual."""
RETRIES = 3
"""How often each caller who fails tries again."""
AGAIN_S = 1.5
"""Until they do: watch counts an attempt a second after it began, and its end two seconds after
that, in real seconds; whoever tries again in life does so when failures have counted."""
STARTS_US = 1_622_637_000_000_000
"""An afternoon of June 2021."""
STARTED_SECONDS_MAX = 20.0
TOLD_SECONDS_MAX = 15.0
QUIET_S = 4.0
"""Twenty minutes of the scenario in which nobody calls."""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
COMMAND = (sys.executable, "-m", "route112.apps")


class Crowd:
    """Everybody who calls."""

    def __init__(self, port):
        self.callers = []
        self.places = {("udp", False): (HOST, port)}
        self._caller = Caller(self, host=CALLER)
        self._numbers = itertools.count(1)
        self.ended = Counter()

    def call(self, seconds, per_s, *, numbers=()):
        """Call at an even pace: these callers, one after the other, or new ones; return them."""
        began_s, calls = time.monotonic(), []
        count = int(seconds * per_s)
        numbers = numbers or [f"+999{next(self._numbers):09}" for _ in range(count)]
        for index in range(count):
            self._listen(calls, began_s + index / per_s - time.monotonic())
            number = numbers[index % len(numbers)]
            calls.append(self._caller.begin(headers=(f"P-Asserted-Identity: <tel:{number}>",)))
        self._listen(calls, 1.0)
        self.ended += Counter(call.status for call in calls)
        return numbers

    def close(self):
        """Place no more."""
        self._caller.socket.close()

    def _listen(self, calls, seconds):
        """Take what is answered; the last call is asked for, and the others come along."""
        if calls and seconds > 0:
            self._caller.listen(calls[-1], until=700, timeout_s=seconds)
        elif seconds > 0:
            time.sleep(seconds)


def make_plan(psap):
    """A plan by which every number of every answering point rings one end."""
    return write_snapshot(
        small_content(
            trunks=(TrunkRow(name="armor/ip/", hops=(psap.hop(),)),),
            lines=tuple(replace(line, trunk=0) for line in LINES if line.role != "order"),
            psaps=tuple(replace(each, capacity_calls=1_000) for each in PSAPS),
            orders=(),
        )
    )


@contextmanager
def watching(folder, site):
    """Watch a site by the scenario's clock, from now on."""
    (folder / "topology.yaml").write_bytes(render_topology(TOPOLOGY))
    clock = ScenarioTime(
        scenario="flood", wiring="route112", starts=UtcTime(STARTS_US),
        began=UtcTime(utc_now()), compression=COMPRESSION,
    )  # fmt: skip
    write_scenario_time(folder, clock)
    log = folder / "watch.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [
                *COMMAND, "watch", "run", "--topology", str(folder / "topology.yaml"),
                "--plan", str(folder / "plan.r112"), "--run-dir", str(folder),
                "--records", str(site.run_dir),
            ],
            env=ENVIRONMENT, stderr=stderr,
        )  # fmt: skip
    try:
        wait_until(lambda: "watch: follows" in log.read_text(), STARTED_SECONDS_MAX, "it runs")
        yield
    finally:
        process.kill()
        process.wait()


def list_told(folder):
    path = folder / "alarms.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(each["what"], each["alarm"]) for each in map(json.loads, lines)]


def wait_for(folder, kind):
    """Wait until an alarm of this kind is told; return all that was told."""

    def is_told():
        return any(alarm["kind"] == kind for _, alarm in list_told(folder))

    wait_until(is_told, TOLD_SECONDS_MAX, f"a {kind}")
    return list_told(folder)


@contextmanager
def called(folder):
    """Have a site whose PSAP answers, watched; give who calls it, and the PSAP."""
    psap = Psap(PSAP)
    (folder / "plan.r112").write_bytes(make_plan(psap))
    site = run_site(
        folder, folder / "plan.r112", "--template", str(KAMAILIO_FOLDER / "site.cfg"),
        run_dir=folder / "site-1",
    )  # fmt: skip
    try:
        with site as run:
            run.wait("native-flip", g=42)
            with watching(folder, run):
                crowd = Crowd(run.port)
                crowd.call(CALM_S, CALM_PER_S)
                assert set(crowd.ended) == {200}
                crowd.ended.clear()
                time.sleep(LULL_S)
                try:
                    yield crowd, psap
                finally:
                    crowd.close()
                    print(*((what, alarm["title"]) for what, alarm in list_told(folder)))
    finally:
        psap.close()


def test_many_calls_that_are_all_answered_are_a_flood_and_no_failure(tmp_path):
    with called(tmp_path) as (crowd, _):
        crowd.call(TROUBLED_S, TROUBLED_PER_S)
        assert set(crowd.ended) == {200}
        told = wait_for(tmp_path, "flood")
        time.sleep(QUIET_S)
    assert {alarm["kind"] for _, alarm in list_told(tmp_path)} == {"flood"}
    evidence = told[0][1]["findings"][0]["evidence"]
    assert evidence[0].startswith("mass event"), evidence


def test_many_callers_who_fail_and_try_again_are_a_failure_and_no_flood(tmp_path):
    """Second attempts are far more than usual; that leads nowhere, not even when they end."""
    with called(tmp_path) as (crowd, psap):
        psap.behaviour = refuses(500)
        first_s = TROUBLED_S / (1 + RETRIES)
        callers = crowd.call(first_s, TROUBLED_PER_S)
        time.sleep(AGAIN_S)
        crowd.call(TROUBLED_S - first_s, TROUBLED_PER_S, numbers=callers)
        assert crowd.ended
        assert 200 not in crowd.ended
        wait_for(tmp_path, "success")
        time.sleep(QUIET_S)
    # Which series leads may change: every call is of one operator and for one number.
    assert {alarm["kind"] for _, alarm in list_told(tmp_path)} == {"success"}
