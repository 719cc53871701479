import numpy as np
import pytest
from benchmarks.support.year import Counts, YearWatch

from route112.simulation.weeks import HOURS, Land, play_weeks
from route112.watch.findings import FindingKind
from route112.watch.measures import Look
from route112.watch.rates import RateWatch
from route112.watch.series import Series

LAND = Land(
    calls_per_s=2.0,
    departements={f"{code:02d}": 1.0 for code in range(60)},
    numbers={"15": 0.7, "18": 0.3},
    networks={("a", "mobile"): 1.0},
)
CELLS = 20
SERIES = [
    Series(),
    *(Series((("number", number),)) for number in LAND.numbers),
    *(Series((("number", number), ("departement", code))) for code, number in LAND.cells[:CELLS]),
]
PARENTS = [0, 1, 2, *(1 + index % 2 for index in range(CELLS))]
MINUTE_US = 60_000_000
DRY, FAILING = 4, 1


def spread(cells):
    by_number = cells.reshape(len(cells), -1, 2).sum(axis=1)
    parts = [cells.sum(axis=1)[:, None], by_number, cells[:, :CELLS]]
    return np.concatenate(parts, axis=1).astype(float)


@pytest.fixture(scope="module")
def counts():
    """Return three weeks, minutes x series; in the last one something is wrong twice."""
    rows = {"places": [], "callers": [], "failed": []}
    for week in play_weeks(LAND, seed=11, weeks=3):
        for name, each in rows.items():
            each.append(spread(getattr(week, name)))
    whole = {name: np.concatenate(each) for name, each in rows.items()}
    begin = 2 * HOURS * 60 + 3_000
    whole["places"][begin : begin + 900, DRY] = 0.0
    whole["failed"][begin + 2_000 : begin + 2_090, FAILING] = whole["callers"][
        begin + 2_000 : begin + 2_090, FAILING
    ]
    return whole


def watch_by_look(counts):
    watch, begun = RateWatch(hour_of=lambda now_us: now_us // (60 * MINUTE_US) % HOURS), set()
    for minute in range(len(counts["places"])):
        places, callers, failed = (
            counts[name][minute] for name in ("places", "callers", "failed")
        )
        look = Look(attempts=places, places=places, callers=callers, failed=failed)
        change = watch.look(look, SERIES, now_us=minute * MINUTE_US, seconds=60.0)
        begun |= {(one.kind, SERIES.index(one.series), minute // 60) for one in change.begun}
    return watch, begun


def watch_by_hour(counts):
    year = YearWatch(
        parents=PARENTS, cuts=[each.cut for each in SERIES], leaders=3, looks=60,
        thresholds=(8.0,),
    )  # fmt: skip
    begun, lower = set(), 0
    for hour in range(len(counts["places"]) // 60):
        rows = slice(hour * 60, hour * 60 + 60)
        began = year.add_hour(hour % HOURS, Counts(**{n: counts[n][rows] for n in counts}))
        for kind, table in (
            (FindingKind.DROUGHT, began.drought),
            (FindingKind.SUCCESS, began.success),
        ):
            begun |= {(kind, int(index), hour) for index in np.flatnonzero(table[0])}
            lower += int(table[1].sum())
    return year, begun, lower


def test_an_hour_at_a_time_says_what_look_after_look_says(counts):
    watch, expected = watch_by_look(counts)
    year, begun, lower = watch_by_hour(counts)
    assert {(kind, index) for kind, index, _ in expected} >= {
        (FindingKind.DROUGHT, DRY),
        (FindingKind.SUCCESS, FAILING),
    }
    assert begun == expected
    assert lower > len(begun), "a lower threshold alarms more often"
    assert year.baseline.history == pytest.approx(watch.baseline.history, rel=0.01)
