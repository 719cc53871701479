import asyncio
import os
import subprocess
import sys
import time

import pytest

from route112.adapters.sip import Address
from route112.apps.ends import Psaps
from route112.apps.replay import conditions as subject
from route112.apps.replay.conditions import (
    Conditions,
    Sample,
    Watchman,
    measure_idle,
    read_processors,
    take_precedence,
)

LOOPBACK = Address("udp", "127.0.0.1", 0)


def watch(*, block_s=0.0, ends=()):
    """Watch for a moment in which the event loop may be blocked."""

    async def play():
        watchman = Watchman(ends)
        watching = asyncio.create_task(watchman.run())
        await asyncio.sleep(0.12)
        time.sleep(block_s)  # noqa: ASYNC251  it shall block
        await asyncio.sleep(0.12)
        watching.cancel()
        await asyncio.wait([watching])
        return watchman.tell(placed_late_s=0.25)

    return asyncio.run(play())


def test_nothing_is_said_of_a_quiet_machine():
    assert list(Conditions().list_faults()) == []


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        (
            Conditions(placed_late_s=1.5),
            "calls were placed up to 1.50 s late, and 1 s is bearable",
        ),
        (Conditions(callers_late_s=0.4), "callers looked up to 0.40 s late"),
        (Conditions(answers_late_s=2.0), "answering points answered up to 2.00 s late"),
        (Conditions(idle_share_min=0.004), "the processors had 0.4% left for 10 s"),
    ],
)
def test_whatever_makes_figures_worthless_is_said(conditions, said):
    [fault] = conditions.list_faults()
    assert said in fault


def test_callers_who_look_late_are_noticed():
    assert watch().callers_late_s < 0.1
    seen = watch(block_s=0.35)
    assert seen.callers_late_s > 0.3
    assert seen.placed_late_s == 0.25


def test_an_answering_point_that_stands_still_is_noticed(monkeypatch):
    monkeypatch.setattr(subject, "ASK_SECONDS_MAX", 0.05)
    assert watch(ends=(("127.0.0.1", 9),)).answers_late_s > 0

    async def play():
        async with Psaps() as psaps:
            there = await psaps.listen(LOOPBACK)
            watchman = Watchman([(there.host, there.port)])
            watching = asyncio.create_task(watchman.run())
            await asyncio.sleep(0.2)
            watching.cancel()
            await asyncio.wait([watching])
            return watchman.answers_late_s

    assert 0 < asyncio.run(play()) < 0.2


def test_the_worst_window_counts():
    assert measure_idle([]) == (1.0, 1.0)
    assert measure_idle([Sample(0.0, 5, 10)]) == (1.0, 1.0)
    samples = [Sample(at_s, idle, int(at_s * 200)) for at_s, idle in ((0, 0), (10, 1_800))]
    assert measure_idle(samples) == (0.9, 0.9)
    samples += [Sample(15.0, 1_810, 3_000), Sample(20.0, 1_820, 4_000), Sample(30.0, 3_820, 6_000)]
    whole, least = measure_idle(samples)
    assert (round(whole, 3), least) == (0.637, 0.01)


def test_the_kernel_says_what_is_idle(tmp_path):
    stat = tmp_path / "stat"
    stat.write_text("cpu  10 1 5 100 20 0 3 2 7 7\ncpu0 1 2 3\n")
    assert read_processors(stat) == (120, 141)
    idle, whole = read_processors(subject.STAT)
    assert 0 < idle < whole


def test_who_is_served_first_is_so_only_for_a_time(monkeypatch):
    before = os.sched_getscheduler(0)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        with take_precedence([other.pid]) as allowed:
            if allowed:
                assert os.sched_getscheduler(0) == os.SCHED_RR
                assert os.sched_getscheduler(other.pid) == os.SCHED_RR
                assert asyncio.run(asyncio.to_thread(os.sched_getscheduler, 0)) == os.SCHED_RR
        assert os.sched_getscheduler(0) == before
        other.communicate(b"\n")

    def refuse(*_arguments):
        raise PermissionError(1, "no")

    monkeypatch.setattr(subject.os, "sched_setscheduler", refuse)
    with take_precedence([]) as allowed:
        assert not allowed


def test_how_late_the_ends_were_at_worst():
    late = Conditions(placed_late_s=0.1, callers_late_s=0.3, answers_late_s=0.2, idle_share=0.5)
    assert late.worst_late_s == 0.3
