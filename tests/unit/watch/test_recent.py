from route112.watch import recent
from route112.watch.recent import Recent


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
