import random

from route112.watch import recent
from route112.watch.recent import Recent, RecentBySeries


def test_a_thing_is_new_again_after_its_window():
    seen = Recent(100)
    assert seen.is_new("a", 0)
    assert not seen.is_new("a", 100)
    assert not seen.is_new("a", 200), "each time it is seen the window begins anew"
    assert seen.is_new("a", 301)


def test_what_comes_late_does_not_set_the_time_back():
    seen = Recent(100)
    assert seen.is_new("a", 500)
    assert not seen.is_new("a", 450)
    assert not seen.is_new("a", 600)


def test_it_is_bounded(monkeypatch):
    monkeypatch.setattr(recent, "KEPT_MAX", 2)
    seen = Recent(100)
    assert all(seen.is_new(thing, 0) for thing in "abc")
    assert seen.is_new("a", 1), "seen longest ago"


def test_what_is_out_of_the_window_is_forgotten():
    seen = Recent(100)
    for at_us, thing in enumerate("abc"):
        seen.is_new(thing, at_us)
    seen.forget(102)
    assert not seen.is_new("c", 102)
    assert seen.is_new("a", 102)
    seen.forget(10_000)
    seen.forget(10_000)


def test_in_each_series_it_is_as_if_each_had_its_own():
    rng = random.Random(1)
    quick, plain = RecentBySeries(100), Recent(100)
    now = 0
    for _ in range(2_000):
        now += rng.randrange(20)
        at = now - rng.randrange(60)
        thing, series = rng.choice("abcdef"), rng.sample(range(9), 4)
        expected = [index for index in series if plain.is_new((index, thing), at)]
        assert quick.list_new(thing, series, at) == expected
        if rng.random() < 0.05:
            quick.forget(now - 60)


def test_by_series_it_is_bounded(monkeypatch):
    monkeypatch.setattr(recent, "SPREAD_KEPT_MAX", 2)
    seen = RecentBySeries(100)
    assert all(seen.list_new(thing, (1, 2), 0) == [1, 2] for thing in "abc")
    assert seen.list_new("c", (1, 3), 1) == [3]
    assert seen.list_new("a", (1,), 1) == [1], "seen longest ago"


def test_by_series_what_is_out_of_the_window_is_forgotten():
    seen = RecentBySeries(100)
    for at_us, thing in enumerate("abc"):
        seen.list_new(thing, (1,), at_us)
    seen.forget(102)
    assert [seen.list_new(thing, (1,), 50) for thing in "abc"] == [[1], [1], []]
    seen.forget(10_000)
    seen.forget(10_000)
