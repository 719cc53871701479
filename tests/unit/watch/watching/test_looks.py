from tests.support.seen import T0, S, see

from route112.watch.findings import Change, Finding, FindingKind
from route112.watch.series import Series
from route112.watch.watching import Watching
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
    assert [each for each in eye.seen if isinstance(each, tuple)] == [
        ("end", "late"), ("arrival", "now")
    ]  # fmt: skip
    (line,) = [each for each in watching.rates.board.list_lines() if each.series == NATION]
    assert line.sum_all().attempts == 2


def test_a_look_knows_whose_records_cannot_be_read():
    watching = make()
    watching.tick(FIRST_US, blind=("site-1",))
    assert watching.rates.measures.witnesses.list_unseen(1) is not None
    watching.tick(FIRST_US + S)
    assert watching.rates.measures.witnesses.list_unseen(1) is None
