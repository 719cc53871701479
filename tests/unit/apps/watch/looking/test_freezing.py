import random
import time

import pytest
from tests.support.looked import play
from tests.support.watched import (
    MS,
    T0,
    S,
    list_findings,
    make_makings,
    open_eyes,
)

from route112.adapters.watch_store import Looks, open_store, transaction
from route112.adapters.watch_store.aside import Aside, AsideError
from route112.apps.watch.looking import freezing as module
from route112.apps.watch.looking.eyes import Eyes
from route112.watch.watching.looks import HELD_OVER_US


@pytest.mark.no_cover
def test_killed_after_each_transaction_it_finds_the_same(world, whole, tmp_path, monkeypatch):
    """State is frozen now and then only; between, the steps are gone through again."""
    monkeypatch.setattr(module, "POLLS_MAX", 7)
    store, eyes = play(tmp_path / "w.sqlite", world, end=lambda _: True)
    assert list_findings(store) == whole[0]
    assert eyes.watching.rates.measures.series == whole[1].watching.rates.measures.series
    store.close()


@pytest.mark.no_cover
@pytest.mark.parametrize("seed", range(4))
def test_killed_within_a_transaction_it_finds_the_same(world, whole, tmp_path, seed, monkeypatch):
    chance = random.Random(seed)
    monkeypatch.setattr(module, "POLLS_MAX", chance.randint(1, 9))
    monkeypatch.setattr(module, "CALLS_MAX", chance.randint(1, 9))

    def end(store):
        left = [chance.randint(1, 60)]

        def count(_statement):
            left[0] -= 1
            if left[0] == 0:
                store.set_progress_handler(lambda: 1, 1)

        store.set_trace_callback(count)
        return False

    store, _ = play(tmp_path / "w.sqlite", world, end=end)
    store.set_trace_callback(None)
    store.set_progress_handler(None, 1)
    assert list_findings(store) == whole[0]
    store.close()


def wait_until_frozen(follower, now_us):
    """Let a copy of the process end, and take what it has made."""
    deadline = time.monotonic() + 60.0
    while follower.eyes.is_freezing:
        assert time.monotonic() < deadline
        time.sleep(0.01)
        follower.step(now_us)


@pytest.mark.no_cover
def test_killed_while_a_copy_freezes_and_after_it_finds_the_same(
    world, whole, tmp_path, monkeypatch
):
    """What was frozen is older than what was looked at since: those steps are gone through."""
    monkeypatch.setattr(module, "POLLS_MAX", 3)
    store, follower, eyes = open_eyes(tmp_path / "w.sqlite", world)
    states = set()
    for number in range(60):
        now_us = T0 + number * 1_300 * MS
        follower.step(now_us)
        if number % 4 == 3:
            wait_until_frozen(follower, now_us)
        states.add(Looks(store).load().state)
        if number % 5 == 4:
            eyes.close()
            store.close()
            store, follower, eyes = open_eyes(tmp_path / "w.sqlite", world)
    assert len(states) > 5
    assert list_findings(store) == whole[0]
    store.close()


@pytest.mark.parametrize("when", ["begin", "take"])
def test_where_no_copy_can_be_made_the_state_is_frozen_at_once(
    world, tmp_path, when, monkeypatch, capsys
):
    def fail(*_):
        raise AsideError("no memory")

    monkeypatch.setattr(module, "POLLS_MAX", 2)
    monkeypatch.setattr(Aside, when, fail)
    store, follower, eyes = open_eyes(tmp_path / "w.sqlite", world)
    before = Looks(store).load().state
    for second in range(0, 20, 5):
        follower.step(T0 + second * S)
    assert "frozen while looking waits: no memory" in capsys.readouterr().out
    assert Looks(store).load().state != before
    assert not Looks(store).load().steps or when == "take"
    eyes.close()
    store.close()


def test_another_version_keeps_what_is_open_until_nobody_says_it_again(
    world, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(module, "POLLS_MAX", 1)
    store, follower, eyes = open_eyes(tmp_path / "w.sqlite", world)
    for second in range(0, 30, 5):
        follower.step(T0 + second * S)
        wait_until_frozen(follower, T0 + second * S)
    found, series = eyes.watching.open, eyes.watching.rates.measures.series
    store.close()
    store, follower, eyes = open_eyes(tmp_path / "w.sqlite", world, maker="next")
    assert "another version" in capsys.readouterr().out
    assert eyes.watching.open == found
    assert eyes.watching.rates.measures.series == series
    with transaction(store):
        eyes.tick(T0 + 30 * S)
        eyes.tick(T0 + 30 * S + HELD_OVER_US)
    assert eyes.watching.open == ()
    assert Looks(store).list_open() == []
    store.close()


@pytest.mark.parametrize("name", ["state", "usual"])
def test_damaged_state_is_said_and_begun_anew(world, tmp_path, name, capsys):
    store, *_ = open_eyes(tmp_path / "w.sqlite", world)
    store.execute("UPDATE state SET body = ? WHERE name = ?", (b"damaged", name))
    if name == "usual":
        store.execute("UPDATE state SET body = ? WHERE name = 'maker'", (b"other",))
    store.close()
    store, _, eyes = open_eyes(tmp_path / "w.sqlite", world)
    assert "anew" in capsys.readouterr().out
    assert eyes.watching.looked_us is None
    store.close()


def test_where_calls_are_few_the_state_is_frozen_as_often_as_elsewhere(tmp_path, monkeypatch):
    """One poll of four has anything to look at."""
    monkeypatch.setattr(module, "POLLS_MAX", 40)
    store = open_store(tmp_path / "w.sqlite", create=True)
    eyes = Eyes(store, make_makings(), complain=print)
    for poll in range(40):
        with transaction(store):
            eyes.tick(T0 + poll * 250 * MS)
    assert not eyes.is_freezing
    with transaction(store):
        eyes.tick(T0 + 10 * S)
    assert eyes.is_freezing
    eyes.close()
    store.close()
