import random
import sqlite3
import time

import pytest
from tests.support.records import World
from tests.support.seen import see
from tests.support.watched import (
    MS,
    T0,
    Plan,
    S,
    list_findings,
    make_makings,
    open_eyes,
    write_call,
)

from route112.adapters.watch_store import Looks, open_store, transaction
from route112.adapters.watch_store.aside import Aside, AsideError
from route112.apps.watch import eyes as module
from route112.apps.watch.country import Country
from route112.apps.watch.eyes import Eyes
from route112.watch.alarms.changes import Happening
from route112.watch.detectors import Deviation
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import Series
from route112.watch.watching.looks import HELD_OVER_US
from route112.wire.documents.scenario_time import ScenarioTime
from route112.wire.record_lines import render_line

BAD_S, ALL_S = 20, 60
EVERY_MS = 400


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Calls of two minutes: for some time all fail."""
    made = World(tmp_path_factory.mktemp("site") / "records")
    for index in range(ALL_S * 1_000 // EVERY_MS):
        at_us = T0 + index * EVERY_MS * MS
        is_bad = 10 * S <= at_us - T0 < (10 + BAD_S) * S
        write_call(made, index, at_us, outcome="failed" if is_bad else "answered")
    return made


def play(path, world, *, end=None, **values):
    """Follow all of it; `end` is asked before each step whether the process ends."""
    store, follower, eyes = open_eyes(path, world, **values)
    now_us = T0
    while now_us < T0 + (ALL_S + 10) * S:
        now_us += 1_300 * MS
        if end is not None and end(store):
            store.close()
            store, follower, eyes = open_eyes(path, world, **values)
        try:
            follower.step(now_us)
        except sqlite3.Error:
            store.close()
            store, follower, eyes = open_eyes(path, world, **values)
            follower.step(now_us)
    return store, eyes


@pytest.fixture(scope="module")
def whole(world, tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "w.sqlite"
    store, eyes = play(path, world)
    yield list_findings(store), eyes
    store.close()


def test_a_bad_time_is_found_and_is_over(whole):
    findings, eyes = whole
    assert findings
    assert all(over_us is not None for _, over_us in findings)
    assert eyes.watching.open == ()
    assert any("success" in text for text, _ in findings)
    assert all("+999" not in text for text, _ in findings)


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


def test_a_stranger_counts_nowhere_and_an_operator_that_is_refused_does(world, tmp_path):
    detector = Said()
    store, _, eyes = open_eyes(
        tmp_path / "w.sqlite", world, make_detectors=lambda **_: (detector,)
    )
    refused = {"outcome": "refused", "party": "origin"}
    with transaction(store):
        for call in (
            see("c1", operator="", reason="unknown-source", **refused),
            see("c2", reason="malformed", **refused),
        ):
            eyes.add_arrival(call)
            eyes.add_end(call)
        eyes.tick(call.ended_us + 10 * S)
    assert {call.call for call in detector.calls} == {"c2"}
    store.close()


def test_what_is_open_is_known_to_the_next_process(world, tmp_path):
    store, follower, eyes = open_eyes(tmp_path / "w.sqlite", world)
    for second in range(0, 30, 5):
        follower.step(T0 + second * S)
    found = eyes.watching.open
    assert found
    store.close()
    store, _, eyes = open_eyes(tmp_path / "w.sqlite", world)
    assert eyes.watching.open == found
    assert [each.finding for each in Looks(store).list_open()] == list(found)
    store.close()


class Away:
    """What a country knows of a folder that is away, or is not."""

    def __init__(self, *, is_away):
        self.is_away = is_away

    def list_deviations(self):
        series = Series((("site", "site-1"),))
        return (Deviation(name="records", said="away", series=series),) if self.is_away else ()


@pytest.mark.parametrize("was_away", [False, True])
def test_what_ended_or_began_while_nobody_watched_is_told_when_watch_is_started_again(
    world, tmp_path, was_away
):
    """What is asked for while the last steps are gone through is as it is now."""
    changes, away = [], Away(is_away=was_away)
    country = Country(Plan())
    country.more = (away.list_deviations,)
    parts = {"country": country, "told": lambda change, _now_us: changes.append(change)}
    store, follower, _ = open_eyes(tmp_path / "w.sqlite", world, **parts)
    for second in range(9):
        follower.step(T0 + second * S)
    key = FindingKind.STALE, Series((("site", "site-1"),))
    assert (key in list_keys(store)) is was_away
    store.close()
    away.is_away = not was_away
    changes.clear()
    store, follower, eyes = open_eyes(tmp_path / "w.sqlite", world, **parts)
    follower.step(T0 + 30 * S)
    assert (key in list_keys(store)) is not was_away
    assert sorted(list_keys(store)) == sorted(
        (each.kind, each.series) for each in eyes.watching.open
    )
    begun = [(each.kind, each.series) for change in changes for each in change.begun]
    over = [each for change in changes for each in change.over]
    assert (over if was_away else begun).count(key) == 1
    store.close()


def list_keys(store):
    return [(each.finding.kind, each.finding.series) for each in Looks(store).list_open()]


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_link_that_test_calls_miss_is_said_once_and_over_once(tmp_path, is_restarted):
    """Also when watch is started anew between any two of them."""
    prober, changes = World(tmp_path / "probe" / "records"), []
    parts = {"told": lambda change, _now_us: changes.append(change)}
    store, follower, eyes = open_eyes(tmp_path / "w.sqlite", prober, **parts)
    for place, said in enumerate(("well", "trunk", "trunk", "trunk", "well", "well", "well")):
        at_us = T0 + 10 * place * S
        fields = {"t": at_us, "site": "probe", "test": f"p{place}", "edge": "e", "to": "site-1"}
        line = render_line("probe", {**fields, "hop": "g:1", "said": said}, key=prober.raw.key)
        prober.append(line.encode())
        follower.step(at_us + 3 * S)
        follower.step(at_us + 5 * S)
        if is_restarted:
            store.close()
            store, follower, eyes = open_eyes(tmp_path / "w.sqlite", prober, **parts)
    series = Series((("site", "site-1"), ("trunk", "g:1")))
    begun = [finding.series for change in changes for finding in change.begun]
    assert begun == [series]
    assert [each for change in changes for each in change.over] == [(FindingKind.GREY, series)]
    assert eyes.watching.open == ()
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


class Said:
    """A detector that begins one finding at once."""

    def __init__(self):
        self.calls = []

    def add_arrival(self, call):
        self.calls.append(call)

    def add_end(self, call):
        self.calls.append(call)

    def tick(self, now_us):
        return Change(begun=(Finding(kind=FindingKind.GREY, series=Series(), since_us=now_us,
            at_us=now_us, expected=1.0, seen=0.0, strength=9.0, floor_s=1.0),))  # fmt: skip


CLOCK = ScenarioTime(
    scenario="s", wiring="w", starts=T0 - 1_000_000 * S, began=T0 + 5 * S, compression=60.0
)


def test_a_played_evening_is_watched_by_its_own_clock(world, tmp_path):
    told, detector = [], Said()
    store, follower, eyes = open_eyes(
        tmp_path / "w.sqlite", world, clock=CLOCK, make_detectors=lambda **_: (detector,),
        told=lambda change, now_us: told.append((change, now_us)),
    )  # fmt: skip
    follower.step(T0 + 4 * S)
    assert (told, eyes.watching.looked_us) == ([], None)
    follower.step(T0 + 15 * S)
    assert eyes.watching.looked_us == T0 - 1_000_000 * S + 600 * S
    ((change, now_us),) = told
    assert [each.kind for each in change.begun] == [FindingKind.GREY]
    assert now_us == eyes.watching.looked_us
    first = detector.calls[0]
    assert CLOCK.starts <= first.began_us < CLOCK.starts + 60 * S
    assert first.caller.startswith("p+999")
    assert first.number == "15"
    store.close()


def test_what_changes_at_a_station_is_noted_by_the_clock_that_is_watched_by(tmp_path):
    noted = []
    store = open_store(tmp_path / "w.sqlite", create=True)
    eyes = Eyes(store, make_makings(clock=CLOCK, changed=noted.append), complain=print)
    for at_us in (T0, T0 + 6 * S):
        eyes.add_change(Happening(what="restart", dimension="site", value="s", at_us=at_us))
    assert [each.at_us for each in noted] == [CLOCK.starts + 60 * S], "before it began: nothing"
    store.close()


def test_another_clock_ends_what_was_open_by_the_one_before(world, tmp_path, capsys):
    store, follower, _ = open_eyes(tmp_path / "w.sqlite", world)
    for second in range(0, 30, 5):
        follower.step(T0 + second * S)
    count = len(Looks(store).list_open())
    assert count
    told = []
    eyes = Eyes(
        store,
        make_makings(clock=CLOCK, told=lambda change, _: told.append(change)),
        complain=print,
    )
    assert "time is another one" in capsys.readouterr().out
    assert eyes.watching.open == ()
    assert eyes.watching.rates.measures.series == []
    assert len(Looks(store).list_over(1_000)) == len(told) == count
    store.close()


def test_what_cannot_be_told_to_be_over_by_another_clock_does_not_end_watch(world, tmp_path):
    store, follower, _ = open_eyes(tmp_path / "w.sqlite", world)
    for second in range(0, 30, 5):
        follower.step(T0 + second * S)
    count = len(Looks(store).list_open())
    assert count
    told, said = [], []

    def tell(change, _now_us):
        told.append(change)
        if len(told) == 1:
            raise LookupError("planted")

    eyes = Eyes(store, make_makings(clock=CLOCK, told=tell), complain=said.append)
    assert len(told) == count
    assert "planted" in said[-1]
    assert len(Looks(store).list_over(1_000)) == count - 1
    assert len(eyes.watching.open) == 1, "it is held over"
    store.close()


def test_nothing_is_kept_while_no_second_has_passed(tmp_path):
    store = open_store(tmp_path / "w.sqlite", create=True)
    eyes = Eyes(store, make_makings(), complain=print)
    with transaction(store):
        eyes.tick(T0)
        eyes.tick(T0 + 100 * MS)
    assert len(Looks(store).load().steps) == 1
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


class Broken(Said):
    """A detector with a mistake in it: it cannot stand one call."""

    def add_arrival(self, call):
        super().add_arrival(call)
        if call.call == "c3":
            raise ZeroDivisionError("c3")


def test_a_mistake_in_a_detector_is_said_and_everybody_goes_on(world, tmp_path, capsys):
    made = []
    store, follower, eyes = open_eyes(
        tmp_path / "w.sqlite", world, make_detectors=lambda **_: (Broken(),), made=made.append
    )
    for second in range(30):
        follower.step(T0 + second * S)
    said = capsys.readouterr().out
    assert said.count("looking at calls failed: ZeroDivisionError: c3, add_arrival line") == 1
    assert len(made) == 2
    assert eyes.watching is made[1]
    assert FindingKind.GREY in {each.finding.kind for each in Looks(store).list_open()}
    assert eyes.watching.looked_us > T0 + 20 * S
    calls = store.execute("SELECT count(*) FROM calls").fetchone()[0]
    assert calls > 50, "the list goes on"
    store.close()


@pytest.mark.parametrize("is_restarted", [False, True])
def test_whose_clock_was_ahead_for_seconds_sees_what_is_wrong_after_it(tmp_path, is_restarted):
    site = World(tmp_path / "site" / "records")
    store, follower, eyes = open_eyes(tmp_path / "w.sqlite", site)
    for second in range(5):
        follower.step(T0 + second * S, S)
    for second in range(5, 10):
        follower.step(T0 + (3_600 + second) * S, S)
    assert eyes.watching.looked_us > T0 + 3_600 * S
    if is_restarted:
        store.close()
        store, follower, eyes = open_eyes(tmp_path / "w.sqlite", site)
    for index in range(20):
        write_call(site, index, T0 + (10 + index) * S, outcome="failed")
    for second in range(10, 40):
        follower.step(T0 + second * S)
    assert eyes.watching.looked_us <= T0 + 40 * S
    assert "success of all calls" in {
        f"{each.kind} of {each.series}" for each in eyes.watching.open
    }
    store.close()


@pytest.mark.no_cover
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_mistake_in_what_makes_alarms_is_said_and_what_it_missed_is_told_later(
    world, tmp_path, capsys, is_restarted
):
    told, left = [], [1, 1]

    def tell(change, _now_us):
        if (change.begun or change.over) and left:
            left.pop()
            raise IndexError("list index out of range")
        told.append(change)

    store, follower, _ = open_eyes(tmp_path / "w.sqlite", world, told=tell)
    for second in range(HELD_OVER_US // S + 90):
        follower.step(T0 + second * S)
        if is_restarted and second == 20:
            with transaction(store):  # as if the step had come out otherwise
                Looks(store).note(Change(over=tuple(list_keys(store))), now_us=T0)
            store.close()
            left.append(1)
            store, follower, _ = open_eyes(tmp_path / "w.sqlite", world, told=tell)
    said = capsys.readouterr().out
    expected = 2 + is_restarted
    assert (
        said.count("looking at calls failed: IndexError: list index out of range, tell")
        == expected
    )
    begun = [(each.kind, each.series) for change in told for each in change.begun]
    over = [each for change in told for each in change.over]
    assert begun
    assert set(begun) <= set(over) | set(list_keys(store))
    assert store.execute("SELECT count(*) FROM calls").fetchone()[0] > 50, "the list goes on"
    store.close()


def test_a_store_that_fails_is_no_mistake_that_is_borne(tmp_path):
    def tell(_change, _now_us):
        raise sqlite3.OperationalError("disk I/O error")

    store = open_store(tmp_path / "w.sqlite", create=True)
    eyes = Eyes(store, make_makings(told=tell), complain=print)
    with pytest.raises(sqlite3.OperationalError, match="disk"), transaction(store):
        eyes.tick(T0)
    store.close()
