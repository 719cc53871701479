import numpy as np
import pytest

from route112.simulation.weeks import HOURS, Land, play_weeks
from route112.watch.baseline import number_hour
from route112.watch.findings import FindingKind
from route112.watch.measures import Look
from route112.watch.rates import RateWatch
from route112.watch.series import Series

MINUTE_US = 60_000_000
WEEK_US = 7 * 24 * 60 * MINUTE_US
LAND = Land(
    calls_per_s=2.0,
    departements={f"{code:02d}": 1.0 for code in range(100)},
    numbers={"15": 0.7, "18": 0.3},
    networks={("a", "mobile"): 1.0},
)
CELLS = 4
"""Of departements 00 and 01; the others count in the wider series only."""
SERIES = [
    Series(),
    *(Series((("number", number),)) for number in LAND.numbers),
    *(Series((("number", number), ("departement", code))) for code, number in LAND.cells[:CELLS]),
]
DEAD = 4
"""18 of departement 00."""


def hour_of(now_us):
    return now_us // (60 * MINUTE_US) % HOURS


def spread(cells):
    by_number = cells.reshape(len(cells), -1, 2).sum(axis=1)
    parts = [cells.sum(axis=1)[:, None], by_number, cells[:, :CELLS]]
    return np.concatenate(parts, axis=1).astype(float)


def rows(week):
    counts = [spread(each) for each in (week.calls, week.places, week.callers, week.failed)]
    return zip(*counts, strict=True)


@pytest.fixture(scope="module")
def weeks():
    return list(play_weeks(LAND, seed=5, weeks=4))


@pytest.fixture
def taught(weeks):
    watch = RateWatch(hour_of=hour_of)
    changes = []
    for week in weeks[:3]:
        for minute, row in enumerate(rows(week)):
            now_us = week.index * WEEK_US + minute * MINUTE_US
            changes.append(watch.look(Look(*row), SERIES, now_us=now_us, seconds=60.0))
    return watch, changes


def play(watch, week, *, alter):
    for minute, row in enumerate(rows(week)):
        now_us = week.index * WEEK_US + minute * MINUTE_US
        look = Look(*(values.copy() for values in row))
        alter(minute, look)
        yield now_us, watch.look(look, SERIES, now_us=now_us, seconds=60.0)


@pytest.mark.no_cover
def test_ordinary_weeks_are_quiet_and_silence_and_failure_are_found(weeks, taught):
    watch, changes = taught
    assert [finding for change in changes for finding in change.begun] == []
    begin = 2 * 24 * 60 + 12 * 60
    floor_s = watch.floor_s(SERIES[DEAD])

    def alter(minute, look):
        if begin <= minute < begin + 600:
            look.places[DEAD] = look.callers[DEAD] = look.failed[DEAD] = 0.0
        if begin + 1_200 <= minute < begin + 1_300:
            look.failed[1] = look.callers[1]

    found, over = [], []
    for now_us, change in play(watch, weeks[3], alter=alter):
        found += [(now_us, finding) for finding in change.begun]
        over += [(now_us, kind, series) for kind, series in change.over]
    first_us, drought = found[0]
    begin_us = weeks[3].index * WEEK_US + begin * MINUTE_US
    assert (drought.kind, drought.series) == (FindingKind.DROUGHT, SERIES[DEAD])
    assert first_us - begin_us < 2 * floor_s * 1_000_000
    assert drought.since_us <= begin_us + 30 * MINUTE_US
    assert drought.expected > 10.0
    assert drought.floor_s == pytest.approx(floor_s, rel=0.9)
    failing = [finding for _, finding in found if finding.kind is FindingKind.SUCCESS]
    assert SERIES[1] in [finding.series for finding in failing]
    assert all(0.0 < finding.expected < 0.1 for finding in failing)
    assert all(0.1 < finding.seen <= 1.0 for finding in failing)
    assert " callers failed, usually " in failing[0].evidence[0]
    assert drought.seen < drought.expected / 5
    ended = {(kind, series) for _, kind, series in over}
    assert {(FindingKind.DROUGHT, SERIES[DEAD]), (FindingKind.SUCCESS, SERIES[1])} <= ended


def test_without_history_nothing_is_a_drought():
    watch = RateWatch(hour_of=lambda _: 5)
    nothing = Look(*(np.zeros(len(SERIES)) for _ in range(4)))
    for second in range(100):
        change = watch.look(nothing, SERIES, now_us=second, seconds=60.0)
        assert change.begun == ()
    assert watch.floor_s(SERIES[0]) == float("inf")
    assert watch.expected_per_s(SERIES[0]) == 0.0
    assert watch.expected_per_s(Series((("site", "none"),))) is None


def test_a_failure_is_found_without_any_history():
    watch = RateWatch(hour_of=lambda _: 5)
    bad = Look(*(np.ones(len(SERIES)) for _ in range(4)))
    found = [
        finding
        for second in range(20)
        for finding in watch.look(bad, SERIES, now_us=second, seconds=1.0).begun
    ]
    assert {finding.kind for finding in found} == {FindingKind.SUCCESS}
    assert {finding.series for finding in found} == set(SERIES)
    assert "nothing is known of what is usual" in found[0].evidence[0]
    assert found[0].expected == 0.0


def test_series_may_come_later():
    watch = RateWatch(hour_of=lambda _: number_hour(0, 5, is_holiday=False))
    one = Look(*(np.ones(1) for _ in range(4)))
    watch.look(one, SERIES[:1], now_us=0, seconds=1.0)
    more = Look(*(np.ones(3) for _ in range(4)))
    watch.look(more, SERIES[:3], now_us=1, seconds=1.0)
    assert watch.series == SERIES[:3]


@pytest.mark.no_cover
def test_what_nobody_can_read_of_is_no_drought_and_teaches_nothing(weeks, taught):
    watch, _ = taught
    begin = 2 * 24 * 60 + 12 * 60
    found = []
    for minute, row in enumerate(rows(weeks[3])):
        look = Look(*(values.copy() for values in row))
        if begin <= minute < begin + 600:
            look.places[:] = look.callers[:] = look.failed[:] = 0.0
            look.unseen = np.ones(len(SERIES))
        now_us = weeks[3].index * WEEK_US + minute * MINUTE_US
        found += watch.look(look, SERIES, now_us=now_us, seconds=60.0).begun
        if minute == begin - 60:
            before = watch.baseline.export()["shape"].copy()
    assert found == []
    hours = range(begin // 60, (begin + 600) // 60 - 1)
    assert [
        int(hour)
        for hour in hours
        if (watch.baseline.export()["shape"][hour] != before[hour]).any()
    ] == []


@pytest.mark.parametrize(
    ("values", "unseen", "is_over"),
    [
        ({"site": "site-1", "trunk": "127.0.4.1:5060"}, None, True),
        ({"psap": "CRRA15-56"}, None, True),
        ({"psap": "CRRA15-56"}, 0.5, False),
        ({"number": "15", "departement": "29"}, None, False),
    ],
)
def test_where_no_call_goes_any_more_nobody_fails(values, unseen, is_over):
    watch = RateWatch(hour_of=lambda _: 5)
    series = [Series(tuple(values.items()))]
    bad, nothing = (Look(*(np.full(1, each) for _ in range(4))) for each in (1.0, 0.0))
    nothing.unseen = None if unseen is None else np.full(1, unseen)
    changes = [
        watch.look(look, series, now_us=minute * MINUTE_US, seconds=60.0)
        for minute, look in enumerate([*[bad] * 20, *[nothing] * 59])
    ]
    assert [each.kind for change in changes for each in change.begun] == [FindingKind.SUCCESS]
    assert [change.over for change in changes if change.over] == []
    last = watch.look(nothing, series, now_us=79 * MINUTE_US, seconds=60.0)
    assert last.over == (((FindingKind.SUCCESS, series[0]),) if is_over else ())
    again = [
        watch.look(bad, series, now_us=(80 + minute) * MINUTE_US, seconds=60.0).begun
        for minute in range(20)
    ]
    assert len([each for each in again if each]) == is_over, "it can fail again"


def test_that_calls_which_met_nobody_stay_away_is_no_drought():
    watch = RateWatch(hour_of=hour_of, usual_week=[1.0] * HOURS)
    series = [Series((("site", name),)) for name in ("?", "site-1")]
    some, none = (Look(*(np.full(2, each) for _ in range(4))) for each in (2.0, 0.0))
    some.failed[:] = 0.0
    found = [
        finding
        for minute in range(10 * 60)
        for finding in watch.look(
            some if minute < 5 * 60 else none, series, now_us=minute * MINUTE_US, seconds=60.0
        ).begun
    ]
    assert [(each.kind, each.series) for each in found] == [(FindingKind.DROUGHT, series[1])]


@pytest.mark.parametrize("began_minute", [-90, 30])
def test_an_hour_that_a_clock_shows_twice_is_no_hour_of_twice_as_many(began_minute):
    """The end of summer time, at minute 120: from then on it is an hour earlier."""

    def local_hour_of(now_us):
        return hour_of(now_us - (now_us >= 120 * MINUTE_US) * 60 * MINUTE_US)

    watch = RateWatch(hour_of=local_hour_of)
    ones, none = np.ones(1), np.zeros(1)
    for minute in range(began_minute, 300):
        look = Look(ones, ones, ones, none)
        watch.look(look, [Series()], now_us=minute * MINUTE_US, seconds=60.0)
    expected = [watch.baseline.expect(hour)[0] for hour in range(3)]
    assert expected == pytest.approx([60.0 * (began_minute < 0), 60.0, 60.0])


@pytest.mark.parametrize(
    ("name", "goes"), [("site", True), ("operator", True), ("departement", False)]
)
def test_who_was_retired_is_missed_for_a_week_and_one_who_cannot_be_for_ever(name, goes):
    watch, series = RateWatch(hour_of=hour_of), [Series(), Series(((name, "x"),))]
    minutes = retired = 7 * 24 * 60
    told = []
    for minute in range(0, retired + 2 * minutes, 10):
        back = minute >= retired + minutes * 3 // 2
        rates = np.array([40.0, 10.0 if minute < retired or back else 0.0])
        look = Look(rates, rates, rates, np.zeros(2))
        now_us = minute * MINUTE_US
        change = watch.look(look, series, now_us=now_us, seconds=600.0)
        told += [(now_us, "begun", each.series) for each in change.begun]
        told += [(now_us, "over", each) for _, each in change.over]
    (begun_us, begun, first), (over_us, over, second) = told
    assert (begun, over, first, second) == ("begun", "over", series[1], series[1])
    assert begun_us < (retired + 60) * MINUTE_US
    assert (over_us - (retired - 10) * MINUTE_US == WEEK_US) is goes
    assert watch.baseline.expect(hour_of(now_us))[1] > 0.0, "who comes again is known again"
