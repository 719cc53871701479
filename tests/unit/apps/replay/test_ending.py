import asyncio
import os
import signal

import pytest

from route112.apps._signals import SIGNALS
from route112.apps.replay.ending import Ending, finish


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_cancels_what_runs_and_a_second_one_does_not_shorten_it(number, code):
    seen = []

    async def play():
        try:
            asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), number)
            await asyncio.sleep(30)
        finally:
            for again in SIGNALS:
                signal.raise_signal(again)
            await asyncio.sleep(0.01)
            seen.append("down")

    with Ending(seen.append) as ending, pytest.raises(SystemExit) as caught:
        ending.run(play())
    assert caught.value.code == code
    assert seen == [f"{signal.Signals(number).name}: taking the country down", "down"]


def test_between_two_plays_a_signal_ends_at_once():
    with pytest.raises(SystemExit) as caught, Ending(print):
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 143


def test_a_signal_that_comes_too_late_is_heard_all_the_same():
    async def play():
        signal.raise_signal(signal.SIGTERM)
        return 1

    with Ending(print) as ending, pytest.raises(SystemExit) as caught:
        ending.run(play())
    assert caught.value.code == 143


def test_what_cannot_be_taken_down_is_told():
    async def play():
        try:
            signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(30)
        finally:
            raise OSError("it does not end")

    with Ending(print) as ending, pytest.raises(OSError, match="it does not end"):
        ending.run(play())


def test_without_a_signal_nothing_changes():
    async def play(*, fails=False):
        if fails:
            raise asyncio.CancelledError
        return 1

    before = [signal.getsignal(number) for number in SIGNALS]
    with Ending(print) as ending:
        assert ending.run(play()) == 1
        with pytest.raises(asyncio.CancelledError):
            ending.run(play(fails=True))
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_what_the_starter_wants_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Ending(print):
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_is_under_way_is_finished_before_the_cancellation_goes_on():
    seen = []

    async def work():
        await asyncio.sleep(0.02)
        seen.append("done")

    async def play():
        try:
            await finish(work())
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    async def cancel():
        task = asyncio.ensure_future(play())
        await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(cancel())
    assert seen == ["done", "cancelled"]
