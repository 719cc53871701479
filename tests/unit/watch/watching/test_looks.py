import random

import pytest
from tests.support.seen import T0, S, see

from route112.watch.detectors.flood import FloodWatch
from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import Series
from route112.watch.watching import Watching
from route112.watch.watching import looks as module
from route112.watch.watching.looks import (
    BEHIND_US,
    COARSE_US,
    HELD_OVER_US,
    LATE_US,
    LOOK_US,
    RateDetector,
)

NATION = Series()
FIRST_US = T0 - T0 % LOOK_US


def find(kind=FindingKind.GREY, series=NATION, at_us=T0):
    return Finding(kind=kind, series=series, since_us=at_us, at_us=at_us, expected=1.0, seen=0.0,
                   strength=20.0, floor_s=1.0)  # fmt: skip


class Scripted:
    """Says what it was told to say at its looks, and keeps what it is given."""

    def __init__(self, *changes):
        self.changes = list(changes)
        self.seen = []

    def add_arrival(self, call):
        self.seen.append(("arrival", call.call))

    def add_end(self, call):
        self.seen.append(("end", call.call))

    def tick(self, now_us):
        self.seen.append(now_us)
        return self.changes.pop(0) if self.changes else Change()


def list_looks(eye):
    """List what was seen before each look, and after the last one."""
    looks = [[]]
    for each in eye.seen:
        if isinstance(each, int):
            looks.append([])
        else:
            looks[-1].append(each[1])
    return looks


def make(*detectors):
    rates = RateDetector(
        hour_of=lambda now_us: now_us // (3_600 * S) % 168,
        number_of=lambda dialled: dialled,
        departement_of=lambda commune: commune[:2],
    )
    return Watching(rates, detectors)


def test_calls_come_in_the_order_of_time_and_looks_at_whole_seconds():
    eye = Scripted()
    watching = make(eye)
    watching.tick(FIRST_US + 10)
    watching.add_end(see("late"), FIRST_US + 2 * S)
    watching.add_arrival(see("early"), FIRST_US + 1)
    watching.add_arrival(see("future"), FIRST_US + 9 * S)
    assert watching.tick(FIRST_US + 2 * S + 500_000) == Change()
    assert eye.seen == [
        FIRST_US,
        ("arrival", "early"),
        FIRST_US + S,
        ("end", "late"),
        FIRST_US + 2 * S,
    ]
    assert watching.looked_us == FIRST_US + 2 * S
    assert watching.rates.measures.series[0] == NATION


def test_time_that_goes_back_is_waited_for():
    eye = Scripted()
    watching = make(eye)
    for now_us in (FIRST_US, FIRST_US - 5 * S, FIRST_US):
        watching.tick(now_us)
    assert eye.seen == [FIRST_US]


def test_who_is_far_behind_looks_more_coarsely_until_it_has_caught_up():
    eye = Scripted()
    watching = make(eye)
    watching.tick(FIRST_US)
    watching.tick(FIRST_US + 3_600 * S)
    gaps = {later - sooner for sooner, later in zip(eye.seen, eye.seen[1:], strict=False)}
    assert max(gaps) == COARSE_US
    assert eye.seen[-1] == FIRST_US + 3_600 * S
    assert eye.seen[-1] - eye.seen[-2] == LOOK_US
    assert len(eye.seen) < 3_600 * S / COARSE_US + BEHIND_US / LOOK_US + 2


def test_however_calls_are_handed_over_the_looks_are_the_same():
    calls = [see(f"c{index}", at_s=index * 0.3, outcome="answered") for index in range(200)]
    seen = []
    for step_s in (1, 7, 60):
        eye = Scripted()
        watching = make(eye)
        watching.tick(FIRST_US)
        given = 0
        for now_s in range(step_s, 64, step_s):
            now_us = FIRST_US + now_s * S
            while given < len(calls) and calls[given].began_us <= now_us:
                watching.add_arrival(calls[given], calls[given].began_us)
                given += 1
            watching.tick(now_us)
        seen.append([each for each in eye.seen if each != FIRST_US][:150])
    assert seen[0] == seen[1] == seen[2]


def test_what_began_is_open_until_it_is_over():
    first = find()
    watching = make(Scripted(Change(begun=(first,)), Change(over=((first.kind, NATION),))))
    assert watching.tick(FIRST_US) == Change(begun=(first,))
    assert watching.open == (first,)
    assert watching.tick(FIRST_US + S) == Change(over=((FindingKind.GREY, NATION),))
    assert watching.open == ()


def test_what_two_say_is_said_once_and_is_over_when_it_is_for_both():
    first, key = find(), (FindingKind.GREY, NATION)
    one = Scripted(Change(begun=(first,)), Change(over=(key,)))
    other = Scripted(Change(begun=(find(at_us=T0 + 1),)), Change(), Change(over=(key, key)))
    watching = make(one, other)
    assert watching.tick(FIRST_US).begun == (first,)
    assert watching.tick(FIRST_US + S) == Change()
    assert watching.tick(FIRST_US + 2 * S).over == (key,)


def test_it_counts_and_judges_rates_itself():
    watching = make()
    watching.tick(FIRST_US)
    for index in range(120):
        call = see(f"c{index}", at_s=index, caller=f"+999{index:06}")
        watching.add_arrival(call, call.began_us)
        watching.add_end(call, call.ended_us)
    change = watching.tick(FIRST_US + 200 * S)
    assert {finding.kind for finding in change.begun} == {FindingKind.SUCCESS}
    assert NATION in {finding.series for finding in watching.open}
    assert watching.rates.measures.look().attempts.sum() == 0
    shown = {line.series: line.sum_all() for line in watching.rates.board.list_lines()}
    assert (shown[NATION].attempts, shown[NATION].callers, shown[NATION].failed) == (120, 120, 120)


def test_what_was_open_before_is_over_when_nobody_says_it_again():
    kept, gone = find(), find(series=Series((("number", "15"),)))
    eye = Scripted(Change(begun=(find(at_us=T0 + 5),)))
    watching = Watching(make().rates, [eye], held_over=(kept, gone))
    assert watching.tick(FIRST_US) == Change()
    assert watching.open == (kept, gone)
    change = watching.tick(FIRST_US + HELD_OVER_US)
    assert change == Change(over=((gone.kind, gone.series),))
    assert watching.open == (kept,)


def test_all_that_look_are_named():
    eye = Scripted()
    watching = make(eye)
    assert watching.detectors == (watching.rates, eye)


def test_what_came_late_counts_in_no_rate_and_is_shown():
    eye = Scripted()
    watching = make(eye)
    watching.tick(FIRST_US + 600 * S)
    watching.add_arrival(see("late", came_late=True), FIRST_US + 600 * S - LATE_US - 1)
    watching.add_arrival(see("now", came_late=True), FIRST_US + 600 * S - LATE_US)
    watching.add_end(see("late", came_late=True), FIRST_US)
    watching.tick(FIRST_US + 601 * S)
    assert [each for each in eye.seen if isinstance(each, tuple)] == [("arrival", "now")]
    (line,) = [each for each in watching.rates.board.list_lines() if each.series == NATION]
    assert (line.sum_all().attempts, line.sum_all().ended) == (2, 1)


def test_a_look_knows_whose_records_cannot_be_read():
    watching = make()
    watching.tick(FIRST_US, blind=("site-1",))
    assert watching.rates.measures.witnesses.list_unseen(1) is not None
    watching.tick(FIRST_US + S)
    assert watching.rates.measures.witnesses.list_unseen(1) is None


def test_what_was_read_late_counts_no_faster_than_at_twice_its_pace():
    eye = Scripted()
    watching = make(eye)
    watching.tick(FIRST_US)
    watching.tick(FIRST_US + 60 * S)
    for second in range(50, 55):
        watching.add_arrival(see(f"late {second}"), FIRST_US + second * S)
    watching.add_arrival(see("of another one", edge="ecume-edge-1"), FIRST_US + 40 * S)
    watching.add_arrival(see("now"), FIRST_US + 61 * S)
    watching.add_end(see("ended"), FIRST_US + 50 * S)
    eye.seen.clear()
    watching.tick(FIRST_US + 69 * S)
    assert list_looks(eye) == [
        ["ended", "now", "of another one"],
        *([] for _ in range(42, 50, 2)),
        ["late 50", "late 51"],
        ["late 52", "late 53"],
        ["late 54"],
        [],
        [],
    ]


STOOD_STILL_S = 600


def see_stalled(watching, eye, stations):
    """Have two calls a second of many stations come at once, after ten minutes."""
    watching.tick(FIRST_US)
    watching.tick(FIRST_US + STOOD_STILL_S * S)
    chance = random.Random(7)
    for each in range(2 * STOOD_STILL_S):
        seen = see(str(each), each / 2, **chance.choice(stations))
        watching.add_arrival(seen, FIRST_US + 1 + each * S // 2)
    eye.seen.clear()
    for second in range(STOOD_STILL_S, 2 * STOOD_STILL_S):
        watching.tick(FIRST_US + (second + 1) * S)
    return [len(calls) for calls in list_looks(eye)]


def test_an_edge_counts_no_faster_however_many_sites_it_passes_calls_to():
    eye = Scripted()
    sites = [{"site": f"site-{each}"} for each in range(30)]
    assert see_stalled(make(eye), eye, sites)[: STOOD_STILL_S // 2] == [4] * (STOOD_STILL_S // 2)


@pytest.mark.no_cover
@pytest.mark.parametrize("count", [30, 300])
def test_many_stations_that_stood_still_together_are_read_on_together(count):
    eye = Scripted()
    sites = [{"edge": "", "site": f"site-{each}"} for each in range(count)]
    counts = see_stalled(make(eye), eye, sites)
    assert sum(counts) == 2 * STOOD_STILL_S
    assert max(sum(counts[at : at + 10]) for at in range(STOOD_STILL_S)) <= 3.5 * 2 * 10
    assert not any(counts[STOOD_STILL_S:]), "all of them have been looked at as soon"


def test_one_of_long_ago_keeps_none_waiting():
    eye = Scripted()
    watching = make(eye)
    watching.tick(FIRST_US)
    watching.tick(FIRST_US + 3_600 * S)
    eye.seen.clear()
    watching.add_arrival(see("of long ago"), FIRST_US + 10 * S)
    watching.add_arrival(see("late"), FIRST_US + 3_595 * S)
    watching.add_arrival(see("of another one", edge="ecume-edge-1"), FIRST_US + 3_595 * S)
    watching.tick(FIRST_US + 3_610 * S)
    first, *others = list_looks(eye)
    assert first == ["of long ago"]
    assert ["of another one"] in others
    assert ["late"] in others


def test_a_station_whose_clock_is_behind_waits_for_nothing():
    eye = Scripted()
    watching = make(eye)
    watching.tick(FIRST_US - S)
    for second in range(60, 70):
        watching.add_arrival(see(str(second)), FIRST_US + (second - 60) * S)
        watching.tick(FIRST_US + second * S)
    calls = [each[1] for each in eye.seen if not isinstance(each, int)]
    assert calls == [str(second) for second in range(60, 70)]


def test_what_was_there_before_the_first_look_is_looked_at_by_it():
    eye = Scripted()
    watching = make(eye)
    for second in range(50):
        watching.add_arrival(see(str(second)), FIRST_US + second * S)
    watching.tick(FIRST_US + 60 * S)
    assert [each[1] for each in eye.seen[:-1]] == [str(second) for second in range(50)]


def test_of_too_many_that_were_read_late_those_of_who_has_most_do_not_wait(monkeypatch):
    monkeypatch.setattr(module, "LATE_CALLS_MAX", 4)
    eye = Scripted()
    watching = make(eye)
    watching.tick(FIRST_US)
    watching.tick(FIRST_US + 60 * S)
    eye.seen.clear()
    watching.add_arrival(see("of another one", edge="ecume-edge-1"), FIRST_US + 8 * S)
    watching.add_arrival(see("as well", edge="ecume-edge-1"), FIRST_US + 12 * S)
    for second in range(5):
        watching.add_arrival(see(str(second)), FIRST_US + 10 * (second + 1) * S)
    watching.tick(FIRST_US + 61 * S)
    assert list_looks(eye) == [["of another one", "0", "1"], []]


KNOWN_S, STALLED_S, PER_S = 1_260, 60, 2


@pytest.mark.parametrize(("times", "is_flood"), [(1, False), (20, True)])
def test_calls_that_are_read_late_are_a_flood_only_where_they_were_one(times, is_flood):
    """A station's recorder stands still for a minute: what came in it is read all at once."""
    detector = FloodWatch(number_of=str, departement_of=lambda commune: commune[:2])
    watching, begun, waiting = make(detector), [], []
    for second in range(KNOWN_S + 2 * STALLED_S):
        is_stalled = KNOWN_S <= second < KNOWN_S + STALLED_S
        for each in range(PER_S * (times if is_stalled else 1)):
            caller = f"+3363998{second:04}{each:02}"
            call = see(f"{second} {each}", second, outcome="answered", caller=caller)
            waiting.append((call, FIRST_US + (second + 1) * S))
        if not is_stalled:
            for call, due_us in waiting:
                watching.add_arrival(call, due_us)
            waiting.clear()
        begun += watching.tick(FIRST_US + second * S).begun
    assert [str(each.series) for each in begun if each.kind is FindingKind.FLOOD][:1] == (
        ["all calls"] if is_flood else []
    )
