"""A site gets another version of its software by a planner, under calls, with real eyes and hands."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.support.country_run import prepare_country
from tests.support.plans import PROFILE
from tests.support.site import Caller
from tests.support.site_run import offer

import route112
from route112.apps.planner.engine.engine import Engine, Means
from route112.apps.planner.hands import LocalHands
from route112.apps.planner.senses import open_eyes
from route112.apps.receiver.own_report import OwnReport
from route112.apps.topology import load_topology
from route112.change import Kind, Outcome, Probing
from route112.change.asking import BeginChange
from route112.change.events import ChangeBegun
from route112.replication import render_report

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.alone]

EDGE, CLIENT = "127.0.2.1", "127.0.3.1"
STATIONS = ("site-1", "site-2", "bruyere-edge-1")
PROBES = """\
probes:
  sources: ["127.0.14.1"]
  loops: {"127.0.5.1:5060": "+33199000112"}
"""
TESTED = Probing(wanted=3, passed=3)
"""Two responders and a gateway; a fourth next hop speaks IPv6, and no station here does."""
CALLS_PER_S = 20
UPGRADE_SECONDS_MAX = 90.0
ANSWER_SECONDS = 6.0
"""Simulated answering points pick up two seconds after they rang."""
TREE = Path(route112.__file__).parents[2]


class Stream:
    """Calls at a steady rate, each of another caller."""

    def __init__(self):
        self.places = {("udp", False): (EDGE, 5060)}
        self.callers, self.calls, self.is_over = [], [], False
        self.resends = True

    def __enter__(self):
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.thread.join()

    def run(self):
        with closing(Caller(self, host=CLIENT)) as caller:
            while not self.is_over:
                number = f"+3363998{len(self.calls) % 10_000:04}"
                told = f"P-Asserted-Identity: <sip:{number}@{CLIENT}>"
                call = caller.begin(headers=(told,))
                self.calls.append(call)
                caller.listen(call, until=700, timeout_s=1 / CALLS_PER_S)
            for call in self.calls:
                caller.listen(call, until=200, timeout_s=ANSWER_SECONDS)


@contextmanager
def reporting(engine, country):
    """Say for each station what its receiver would say."""
    reports = [OwnReport(id_, country.run_dir / id_, country.plan) for id_ in STATIONS]
    ended = threading.Event()

    def report():
        while not ended.wait(0.5):
            for each in reports:
                engine.answer(render_report(each.read()))

    thread = threading.Thread(target=report)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def turning(engine):
    loop = asyncio.new_event_loop()
    task = loop.create_task(engine.run())
    thread = threading.Thread(target=loop.run_until_complete, args=(asyncio.wait((task,)),))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
        engine.close()


@contextmanager
def watching(country):
    argv = [sys.executable, "-m", "route112.apps", "watch", "run", "--topology",
            country.folder / "topology.yaml", "--plan", country.plan, "--run-dir", country.run_dir]  # fmt: skip
    environment = {**os.environ, "PYTHONPATH": str(TREE / "src")}
    with (country.folder / "watch.log").open("w") as log:
        process = subprocess.Popen(list(map(str, argv)), env=environment, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def make_versions(folder):
    """Put this version there under another name."""
    tree = folder / "1.1"
    tree.mkdir(parents=True)
    (tree / ".venv").symlink_to(sys.prefix)
    (tree / "src").symlink_to(TREE / "src")
    return folder


@pytest.fixture
def country(tmp_path):
    plan = tmp_path / "plan.r112"
    offer(plan, 42)
    with prepare_country(tmp_path, plan) as prepared:
        words = prepared.list_up("--detach", only=("psaps", *STATIONS))
        with (tmp_path / "topology.yaml").open("a") as topology:
            topology.write(PROBES)
        result = prepared.run(*words)
        assert result.returncode == 0, result.stderr
        yield prepared


def test_a_site_is_upgraded_under_calls_and_none_is_lost(country, tmp_path):
    planner = tmp_path / "planner"
    eyes = open_eyes(
        country.run_dir,
        load_topology(tmp_path / "topology.yaml"),
        lambda name: planner / "candidates" / f"{name}.r112",
    )
    said = []
    hands = LocalHands(country.run_dir, versions=make_versions(tmp_path / "v"), say=said.append)
    engine = Engine(planner, Means(PROFILE), senses=eyes, hands=hands, say=said.append)
    engine.found(country.plan, STATIONS)
    with watching(country), turning(engine), reporting(engine, country), Stream() as stream:
        time.sleep(6)  # until nobody is away, and watch has seen calls

        def begin():
            return engine.wish(
                BeginChange(
                    id="c" * 64,
                    kind=Kind.UPGRADE,
                    author="a",
                    approver="b",
                    reason="1.1",
                    stations=("site-1",),
                    version="1.1",
                    soak_s=5,
                )
            )

        granted = begin()
        assert isinstance(granted, ChangeBegun), granted
        deadline = time.monotonic() + UPGRADE_SECONDS_MAX
        steps, tests = [], set()
        while engine.state.change is not None:
            change = engine.state.change
            if not steps or steps[-1][0] != change.step:
                steps.append((change.step, time.monotonic()))
            assert time.monotonic() < deadline, (steps, change, said)
            tests |= {engine.facts().tests.get("site-1")}
            time.sleep(0.05)
    [ended] = engine.state.history
    print([(step.value, round(at - steps[0][1], 1)) for step, at in steps])
    assert ended.outcome is Outcome.DONE, (ended, said)
    assert said == []
    assert TESTED in tests, tests
    assert OwnReport("site-1", country.run_dir / "site-1", country.plan).read().version == "1.1"
    assert OwnReport("site-2", country.run_dir / "site-2", country.plan).read().version != "1.1"
    statuses = [call.status for call in stream.calls]
    assert set(statuses) == {200}, statuses
    print(len(statuses), "calls")
