import sqlite3

import pytest
from tests.support.records import World
from tests.support.seen import see
from tests.support.watched import MS, T0, Plan, S, make_makings, open_eyes, write_call

from route112.adapters.watch_store import Looks, open_store, transaction
from route112.apps.watch.country import Country
from route112.apps.watch.looking.eyes import Eyes
from route112.watch.alarms.changes import Happening
from route112.watch.detectors import Deviation
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import Series
from route112.watch.watching.looks import HELD_OVER_US
from route112.wire.documents.scenario_time import ScenarioTime
from route112.wire.record_lines import render_line


def test_a_bad_time_is_found_and_is_over(whole):
    findings, eyes = whole
    assert findings
    assert all(over_us is not None for _, over_us in findings)
    assert eyes.watching.open == ()
    assert any("success" in text for text, _ in findings)
    assert all("+999" not in text for text, _ in findings)


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
