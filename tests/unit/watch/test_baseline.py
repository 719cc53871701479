import numpy as np

from route112.watch.baseline import (
    ASSUMED_LEFT,
    HOURS,
    WEEKS_KEPT,
    Baseline,
    number_hour,
)

ALL_HOURS = np.arange(HOURS)


def learn(baseline, counts, *, weeks=1, counted=None):
    counts = np.asarray(counts, dtype=float)
    for _ in range(weeks):
        baseline.learn(
            ALL_HOURS, counts, counted=np.ones_like(counts) if counted is None else counted
        )


def week(*levels):
    """A week whose days are busy and whose nights are not; a column for each series."""
    shape = np.where(np.arange(HOURS) % 24 < 6, 1.0, 3.0)
    return np.outer(shape, levels)


def test_a_series_has_the_hours_of_its_parent_and_a_level_of_its_own():
    baseline = Baseline([0, 0])
    learn(baseline, week(100.0, 2.0), weeks=8)
    night, day = baseline.expect(3), baseline.expect(12)
    assert np.allclose(night, [100.0, 2.0])
    assert np.allclose(day, [300.0, 6.0])
    assert np.allclose(baseline.expect_hours(np.array([3, 12])), [night, day])


def test_nothing_is_expected_where_nothing_is_known():
    assert list(Baseline([0, 0]).expect(5)) == [0.0, 0.0]


def test_weeks_of_long_ago_count_less():
    baseline = Baseline([0])
    learn(baseline, week(10.0), weeks=4)
    learn(baseline, week(20.0), weeks=30)
    assert abs(baseline.expect(3)[0] - 20.0) < 0.5


def test_hours_with_an_alarm_are_no_example():
    baseline = Baseline([0])
    learn(baseline, week(10.0), weeks=4)
    learn(baseline, week(0.0), weeks=4, counted=np.zeros((HOURS, 1)))
    assert abs(baseline.expect(12)[0] - 30.0) < 0.5


def test_history_is_what_the_level_was_learned_from():
    baseline = Baseline([0])
    learn(baseline, week(1.0), weeks=60)
    weekly = week(1.0).sum()
    assert abs(baseline.history[0] / weekly - WEEKS_KEPT) < 0.5


def test_a_holiday_is_a_sunday():
    assert number_hour(2, 7, is_holiday=False) == 55
    assert number_hour(2, 7, is_holiday=True) == number_hour(6, 7, is_holiday=False) == 151


def test_a_week_is_assumed_until_it_is_seen():
    baseline = Baseline([0, 0])
    baseline.assume(week(1.0)[:, 0])
    assert list(baseline.expect(3)) == [0.0, 0.0]
    baseline.learn(np.array([12]), np.array([[300.0, 30.0]]), counted=np.ones((1, 2)))
    night, day = baseline.expect(3), baseline.expect(12)
    assert np.allclose(day, [300.0, 30.0])
    assert np.allclose(night, day * ASSUMED_LEFT / 3.0, rtol=0.1)
    learn(baseline, week(10.0, 1.0)[::-1], weeks=20)
    assert np.allclose(baseline.expect(3), [30.0, 3.0], rtol=0.1)
    baseline.assume(())
    assert baseline.expect(3)[0] > 0.0


def test_a_series_with_a_clock_of_its_own_has_its_parents_hours_by_that_clock():
    baseline = Baseline([0, 0])
    learn(baseline, week(100.0, 10.0), weeks=8)
    baseline.shift(np.array([0, 3]))
    assert np.allclose(baseline.expect(5), [100.0, 30.0], rtol=0.2)


def test_what_was_learned_can_be_kept():
    baseline, other = Baseline([0, 0]), Baseline([0, 0])
    baseline.shift(np.array([0, 3]))
    learn(baseline, week(100.0, 10.0), weeks=2)
    revision = other.revision
    other.restore(baseline.export())
    assert other.revision > revision
    assert np.array_equal(other.expect_hours(ALL_HOURS), baseline.expect_hours(ALL_HOURS))
