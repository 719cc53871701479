import msgspec
from tests.support.records import World
from tests.support.watched import T0, S, open_eyes, write_call

from route112.adapters.watch_store import AlarmBook, Unsent
from route112.apps.watch.shown import COUNT_MAX, Shown, describe


def test_what_is_shown_is_what_was_seen(tmp_path):
    world = World(tmp_path / "records")
    for index in range(60):
        write_call(world, index, T0 + index * S, outcome="failed" if index % 2 else "answered")
    store, follower, eyes = open_eyes(tmp_path / "w.sqlite", world)
    follower.step(T0 + 70 * S)
    book = AlarmBook(store)
    book.note_unsent(Unsent("webhook", 3, T0, "HTTP 500"))
    shown = describe(follower, eyes, {"records": 180, "calls": 60}, book, now_us=T0)
    assert (shown.unsent, "event 3" in shown.unsent_late) == (1, True)
    nation = next(each for each in shown.series if each.pairs == ())
    assert nation.late.attempts == nation.total.attempts == 60
    assert (nation.late.answered, nation.late.callers, nation.late.failed) == (30, 60, 30)
    assert nation.usual_per_min is nation.floor_s is nation.late.ring_ms is None
    assert nation.late.answer_ms == 2_000
    assert sum(shown.open.values()) == len(eyes.watching.open)
    assert shown.open["success"] > 0
    assert (shown.records, shown.sources, shown.trouble, shown.gaps) == (180, 1, (), 0)
    trunks = [each for each in shown.series if each.is_tries]
    assert {each.name for each in trunks} == {"trunk t:1", "PSAP CRRA15-29", "site-1 · trunk t:1"}
    assert msgspec.json.decode(msgspec.json.encode(shown), type=Shown) == shown
    store.close()


def test_gaps_of_any_size_can_be_shown(tmp_path):
    """Each of twenty writers may name a sequence of eighteen digits."""
    world = World(tmp_path / "records")
    store, follower, eyes = open_eyes(tmp_path / "w.sqlite", world)
    for index in range(20):
        assert follower.intake.take(f"{index:012}", 10**18 - 1, T0)
    shown = describe(follower, eyes, {}, AlarmBook(store), now_us=T0)
    assert msgspec.json.decode(msgspec.json.encode(shown), type=Shown).gaps == COUNT_MAX
    store.close()


def test_what_is_usual_is_shown_once_it_is_known(tmp_path):
    world = World(tmp_path / "records")
    store, follower, eyes = open_eyes(tmp_path / "w.sqlite", world)
    first_us = T0 - T0 % (3_600 * S)
    eyes.tick(first_us)
    for index in range(120):
        write_call(world, index, first_us + (index * 30 + 5) * S)
    for minute in range(0, 66, 6):
        follower.step(first_us + minute * 60 * S)
    for index in range(120, 130):
        write_call(world, index, first_us + (index * 30 + 5) * S)
    eyes.watching.rates.rates.baseline.assume([1.0] * 168)
    follower.step(first_us + 7_300 * S)
    nation = next(
        each
        for each in describe(follower, eyes, {}, AlarmBook(store), now_us=T0).series
        if each.pairs == ()
    )
    assert describe(follower, eyes, {}, AlarmBook(store), now_us=T0).unsent_late == ""
    assert nation.usual_per_min > 0
    assert nation.floor_s > 0
    store.close()
