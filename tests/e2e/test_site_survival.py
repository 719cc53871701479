"""What a site's death, a full disk and a set clock cost: no call, and no line of a record."""

import contextlib
import json
import os
import signal
import time
from contextlib import contextmanager
from functools import partial

import pytest
from click.testing import CliRunner
from tests.support.machine import mount_disk
from tests.support.retrying import RetryingCallers
from tests.support.sipp_psaps import find_free_port
from tests.support.site import NAMES, Psap, Site
from tests.support.site_run import HOST, list_session, run_site

from route112.adapters.clock import utc_now
from route112.adapters.record_spool import read_records
from route112.apps.records import commands
from route112.apps.site.setup import KAMAILIO_FOLDER
from route112.model import UtcTime
from route112.snapshot.writer import write_snapshot

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

BREST = "+33261910020"
CALLS_PER_S = 20
REAL = ("--template", str(KAMAILIO_FOLDER / "site.cfg"), "--shm-mb", "64")
PORTS = range(5061, 5100)
"""Not the default port, which Kamailio leaves out of a Via."""
CALM_S = 2.0
"""Calls before the first fault: how long a call takes without one."""
DISK_MIB = 90
HIT_US = 1_500_000
"""A call that was placed this long before a kill, or just after it, may have been cut."""


@pytest.fixture
def psaps():
    opened = {
        name: Psap(host, transport)
        for name, (host, transport) in NAMES.items()
        if transport != "tls"
    }
    opened["tls"] = opened["tcp"]
    yield {name: opened[name] for name in NAMES}
    for psap in opened.values():
        psap.close()


@pytest.fixture
def plan(tmp_path, psaps):
    path = tmp_path / "plan.r112"
    path.write_bytes(write_snapshot(Site(tmp_path, None, psaps).content(42)))
    return path


@contextmanager
def open_site(folder, plan, name, *, port=0, run_dir=None):
    folder.mkdir(exist_ok=True)
    port = port or find_free_port(HOST, PORTS)
    with run_site(folder, plan, *REAL, "--name", name, port=port, run_dir=run_dir) as run:
        run.wait("native-flip", g=42)
        yield run


@contextmanager
def call_through(runs, psaps):
    callers = RetryingCallers([(HOST, run.port) for run in runs], psaps["brest"], BREST)
    psaps["brest"].widen(4_000_000)
    try:
        yield callers
    finally:
        callers.close()


def list_calls(run, kind):
    return {record.call for record in read_records(run.run_dir / "records") if record.kind == kind}


def ask_open(run, monkeypatch):
    """Ask as people do, a minute later: a younger call may still be under way."""
    later = UtcTime(utc_now() + 61_000_000)
    with monkeypatch.context() as patched:
        patched.setattr(commands, "utc_now", lambda: later)
        asked = CliRunner().invoke(commands.query, [str(run.run_dir), "--open", "--json"])
    assert asked.exit_code == 0, asked.output
    return {call["call"] for call in json.loads(asked.output)}


def check_records(run, callers, monkeypatch):
    """No call rang through a site without a line before; no end is missing without being named."""
    port = f"{HOST}:{run.port}"
    rang = {
        invite.get("Call-ID") for invite in callers.psap.invites() if port in invite.get("Via")
    }
    attempts, ends = list_calls(run, "attempt"), list_calls(run, "end")
    assert rang
    assert rang <= attempts, "an attempt is on record before it rings"
    assert ends <= attempts
    assert ask_open(run, monkeypatch) == attempts - ends
    return attempts - ends


def test_calls_and_records_survive_the_death_of_each_process(tmp_path, plan, psaps, monkeypatch):
    kills = []

    def kill(find):
        def act():
            kills.append(time.time_ns() // 1_000)
            os.kill(find(), signal.SIGKILL)

        return act

    with (
        open_site(tmp_path / "one", plan, "site-1") as one,
        open_site(tmp_path / "two", plan, "site-2") as two,
        call_through([one, two], psaps) as callers,
    ):
        leaders = [one.leader()]

        def kill_supervisor():
            leaders.append(one.leader())
            one.popen.kill()
            one.popen.wait()

        callers.run(
            seconds=14.0,
            per_second=CALLS_PER_S,
            steps=[
                (CALM_S, kill(lambda: one.members()[2])),
                (6.0, kill(one.leader)),
                (10.0, kill_supervisor),
            ],
        )
        judgement = callers.judge(baseline=round(CALM_S * CALLS_PER_S))
        bad = [v for v in judgement.verdicts if v.verdict.value in ("lost", "misrouted")]
        assert judgement.no_call_lost, bad
        assert judgement.placed >= 13 * CALLS_PER_S
        assert judgement.strangers == ()
        assert [event["event"] for event in one.events()].count("restart") == 2
        assert one.leader() == leaders[1] != leaders[0]
        assert list_session(leaders[1]), "Kamailio serves on without its supervisor"
        late = [
            c for c in callers.calls.values() if c.placed_us > callers_end(callers) - 2_000_000
        ]
        assert {call.tries[0].to for call in late} == set(callers.sites)
        assert all(len(call.tries) == 1 for call in late), "nobody has to go elsewhere"
        with open_site(tmp_path / "one", plan, "site-1", port=one.port) as again:
            again.wait("start", reason="adopted")
            opened = check_records(one, callers, monkeypatch)
            for call_id in opened:
                placed_us = callers.calls[call_id].placed_us
                assert any(abs(placed_us - kill_us) < HIT_US for kill_us in kills)
            assert check_records(two, callers, monkeypatch) == set()
            print(
                f"{judgement.placed} calls, {judgement.delayed} delayed, open {len(opened)}, direct"
                f" {sum(len(call.tries) == 3 for call in callers.calls.values())}"
            )


def callers_end(callers):
    return max(call.placed_us for call in callers.calls.values())


@pytest.fixture
def small_disk(tmp_path):
    """A disk of which a site leaves just enough free not to raise the alarm at once."""
    with mount_disk(tmp_path / "small", mib=DISK_MIB) as disk:
        yield disk


def fill(path):
    """Take everything that is left, to the last byte."""
    for size in (1 << 20, 4_096, 1):
        with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(b"x" * size):
                pass


def test_a_full_disk_costs_no_call_and_the_alarm_came_before(small_disk, tmp_path, plan, psaps):
    ballast = small_disk / "ballast"
    seen = {}

    def offer():
        aside = plan.with_name("offered.new")
        aside.write_bytes(write_snapshot(Site(tmp_path, None, psaps).content(43)))
        aside.replace(plan)

    def see(run, name):
        seen[name] = (run.stderr().count("near full"), set(callers.calls))

    with (
        open_site(tmp_path / "one", plan, "site-1", run_dir=small_disk / "run") as run,
        call_through([run], psaps) as callers,
    ):
        see_before = partial(see, run, "before")
        callers.run(
            seconds=11.0,
            per_second=CALLS_PER_S,
            steps=[
                (CALM_S, see_before),
                (CALM_S, lambda: ballast.write_bytes(b"x" * (DISK_MIB - 60 << 20))),
                (4.0, partial(see, run, "near")),
                (4.1, partial(fill, ballast)),
                (4.5, offer),
                (5.0, partial(see, run, "full")),
                (6.5, lambda: os.kill(run.leader(), signal.SIGKILL)),
                (9.5, ballast.unlink),
                (10.0, partial(see, run, "free")),
            ],
        )
        judgement = callers.judge(baseline=round(CALM_S * CALLS_PER_S))
        bad = [v for v in judgement.verdicts if v.verdict.value in ("lost", "misrouted")]
        assert judgement.no_call_lost, bad
        assert judgement.placed >= 10 * CALLS_PER_S
        assert [seen["before"][0], seen["near"][0]] == [0, 1], "the alarm comes before the loss"
        run.wait("restart")
        assert run.popen.poll() is None
        refused = run.wait("snapshot-refused", reason="not-staged")
        assert "tried again by itself" in refused["text"]
        run.wait("snapshot", g=43)
        run.wait("native-flip", g=43)
        assert run.stderr().count("is full: calls go on") == 1, "told once"
        assert run.stderr().count("has room again") == 1
        attempts = list_calls(run, "attempt")
        assert seen["full"][1] - seen["near"][1] - attempts, "the disk was really full"
        late = callers.calls.keys() - seen["free"][1]
        assert late <= attempts, "with room again, each call is on record again"
        assert seen["near"][1] <= attempts
