"""
An activation that is cut at each of its steps, at real stations: it goes on, or goes back.

The planner is killed, in the middle of a line too; the receivers of its stations stand; its disk is
full. `tests/simulation` plays thousands of such moments with the same code and an invented world;
here are the processes, the journal on a disk and the files that a site takes.
"""

import contextlib
import itertools
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support.country_run import prepare_country, wait_until
from tests.support.machine import mount_disk
from tests.support.planned import render_demo_profile
from tests.support.scripted_planner import BAD, WISH
from tests.support.site_run import offer

import route112
from route112.change import Outcome, Step, parse_journal, replay

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.alone]

ROOT = Path(__file__).parents[2]
SITES = ("site-1", "site-2")
RECEIVERS = tuple(f"receiver-{site}" for site in SITES)
IN_FORCE = re.compile(r"\bg(\d+) \(edition [^)]*\) is in force")
STEPS = {
    "offer": (Step.OFFER, 0),
    "gate": (Step.GATE, 0),
    "offer at the next": (Step.OFFER, 1),
    "gate at the next": (Step.GATE, 1),
    "restore": (Step.RESTORE, 0),
}
DISK_MIB, PAGE_BYTES = 4, 4_096
FULL_S, AWAY_S = 1.5, 7.0
"""How long it lasts; a canary that is not heard of for 5 s goes back."""
STEP_S_MAX = END_S_MAX = 40.0
_editions = itertools.count(1)


class Planner:
    """One that is started again and again on one folder."""

    def __init__(self, folder, plan):
        self.folder, self.plan, self.process = folder, plan, None
        self.journal, self.log = folder / "journal.log", folder.with_name("planner.log")

    def start(self):
        source = str(Path(route112.__file__).parents[1])
        words = ("tests.support.scripted_planner", self.folder, self.plan, *SITES)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *map(str, words)], stderr=output, cwd=ROOT,
                env=os.environ | {"PYTHONPATH": source},
            )  # fmt: skip

    def kill(self):
        self.process.kill()
        self.process.wait(10.0)

    @property
    def events(self):
        return parse_journal(self.journal.read_bytes()).events

    @property
    def state(self):
        return replay(self.events)

    def wait(self, condition, what, seconds_max):
        deadline_s = time.monotonic() + seconds_max
        while not condition(self.state):
            assert time.monotonic() < deadline_s, f"{what}: {self.log.read_text()[-2_000:]}"
            time.sleep(0.005)


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    plan = folder / "plan.r112"
    offer(plan, 42)
    (folder / "profile.yaml").write_bytes(render_demo_profile())
    with prepare_country(folder, plan) as prepared:
        prepared.run_dir.mkdir()
        with mount_disk(prepared.run_dir / "planner", mib=DISK_MIB):
            up = prepared.list_up(
                "--detach", "--planner", "--profile", str(folder / "profile.yaml"),
                only=("psaps", *SITES, *RECEIVERS),
            )  # fmt: skip
            result = prepared.run(*up)
            assert result.returncode == 0, result.stderr
            yield prepared
            assert prepared.run("down").returncode == 0


@pytest.fixture
def planner(country):
    running = Planner(country.run_dir / "planner", country.plan)
    running.start()
    try:
        wait_until(running.journal.exists, "a journal")
        yield running
    finally:
        running.kill()
        for name in (BAD, WISH):
            (running.folder / name).unlink(missing_ok=True)


@contextlib.contextmanager
def killed(_country, planner):
    planner.kill()
    yield
    planner.start()


@contextlib.contextmanager
def torn(country, planner):
    """Killed while it wrote a line."""
    with killed(country, planner), planner.journal.open("ab") as file:
        file.write(planner.journal.read_bytes().splitlines()[-1][:40])
        yield


@contextlib.contextmanager
def cut(country, _planner):
    """No station is heard of, and none is told anything."""
    pids = [country.entry(each)["leader"]["pid"] for each in RECEIVERS]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(AWAY_S)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def full(_country, planner):
    filler = planner.folder / "filler"
    try:
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 256)
        room = -planner.journal.stat().st_size % PAGE_BYTES
        size_max = planner.journal.stat().st_size + room
        time.sleep(FULL_S)
        assert planner.process.poll() is None, "a full disk ends no planner"
        assert planner.journal.stat().st_size <= size_max, "its last page may have had room"
        yield
    finally:
        filler.unlink(missing_ok=True)


def read_generations(country, site):
    """List what a site had in force, in its order, and what it has by its files."""
    told = [int(each) for each in IN_FORCE.findall((country.run_dir / site / "log").read_text())]
    current = re.search(r"/g(\d+)-", (country.run_dir / site / "current").read_text())
    return told, int(current[1])


@pytest.mark.parametrize("how", [killed, torn, cut, full], ids=lambda each: each.__name__)
@pytest.mark.parametrize("step", STEPS)
def test_a_cut_activation_goes_on_or_goes_back(country, planner, step, how):
    ended = len(planner.state.history)
    edition = f"2026-{next(_editions)}"
    offered = country.folder / f"{edition}.r112"
    offer(offered, 42, edition=edition)
    if step == "restore":
        (planner.folder / BAD).touch()
    (planner.folder / WISH).write_text(str(offered))
    wanted, place = STEPS[step]

    def is_there(state):
        change = state.change
        return change is not None and (change.step, change.place) == (wanted, place)

    planner.wait(is_there, f"it never came to {step}", STEP_S_MAX)
    with how(country, planner):
        before = planner.events
    planner.wait(lambda state: len(state.history) > ended, "it does not end", END_S_MAX)
    assert planner.events[: len(before)] == before, "nothing that was written is forgotten"
    change = planner.state.history[-1]
    expected = Outcome.ROLLED_BACK if step == "restore" else Outcome.DONE
    # Who had passed its step before it was cut off is no reason to go back.
    either = {expected, Outcome.ROLLED_BACK} if how is cut else {expected}
    assert change.outcome in either, change
    print(f"{step}, {how.__name__}: {change.outcome} {change.cause}")

    def is_everywhere():
        state = planner.state
        found = [(*read_generations(country, site), state.wanted[site]) for site in SITES]
        return all(told[-1:] == [current] == [wanted] for told, current, wanted in found)

    wait_until(is_everywhere, "all stations have what they shall have")
    state = planner.state
    assert {state.generations[state.wanted[site]].candidate for site in SITES} == {state.candidate}
    assert (state.candidate == change.candidate) == (change.outcome is Outcome.DONE)
    assert not state.held, "no station was odd"
    for site in SITES:
        told, _ = read_generations(country, site)
        assert told == sorted(told), f"{site} went back"
    assert country.entry("site-1")["restarts"] == country.entry("site-2")["restarts"] == 0
