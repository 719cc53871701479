import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from route112.watch.cusum import CLEAR_SHARE, SUM_ABOVE, Bank, run_sums


def test_an_alarm_begins_at_the_threshold_and_ends_below_its_half():
    bank = Bank(2, threshold=4.0)
    assert bank.add(np.array([3.0, 5.0]), now_us=10) == ([1], [])
    assert bank.add(np.array([3.0, 5.0]), now_us=20) == ([0], [])
    assert bank.sums[1] == 10.0 == 4.0 + SUM_ABOVE, "bounded, so that it can end soon"
    assert bank.add(np.array([-3.0, -8.5]), now_us=30) == ([], [1])
    assert bank.sums[0] >= CLEAR_SHARE * 4.0
    assert bank.add(np.array([-9.0, 0.0]), now_us=40) == ([], [0])
    assert list(bank.is_open) == [False, False]


def test_a_good_time_is_no_credit_and_evidence_begins_where_the_sum_was_zero():
    bank = Bank(1, threshold=4.0)
    bank.add(np.array([-100.0]), now_us=10)
    bank.add(np.array([1.0]), now_us=20)
    assert (bank.sums[0], bank.since_us[0]) == (1.0, 10)


def test_what_is_closed_ends_its_alarm_and_begins_at_zero():
    bank = Bank(3, threshold=4.0)
    bank.add(np.array([5.0, 5.0, 1.0]), now_us=10)
    assert bank.close(np.array([True, False, True]), now_us=20) == [0]
    assert list(bank.is_open) == [False, True, False]
    assert list(bank.sums) == [0.0, 5.0, 1.0]
    assert bank.add(np.array([4.0, 0.0, 0.0]), now_us=30) == ([0], [])
    assert list(bank.since_us) == [20, 10, 10]


def test_series_that_are_new_begin_at_zero():
    bank = Bank(1, threshold=4.0)
    bank.add(np.array([5.0]), now_us=10)
    bank.grow(3)
    assert bank.add(np.array([0.0, 4.0, 0.0]), now_us=20) == ([1], [])
    assert list(bank.is_open) == [True, True, False]
    assert list(bank.since_us) == [10, 20, 20], "not since 1970"


@given(
    st.lists(st.lists(st.floats(-5, 5), min_size=2, max_size=2), min_size=1, max_size=30),
    st.lists(st.floats(0, 5), min_size=2, max_size=2),
)
def test_many_looks_at_once_are_many_looks_one_by_one(steps, start):
    bank = Bank(2, threshold=1e9)
    bank.sums = np.array(start)
    for now_us, (step, sums) in enumerate(
        zip(steps, run_sums(np.array(steps), np.array(start)), strict=True)
    ):
        bank.add(np.array(step), now_us=now_us)
        assert np.allclose(bank.sums, sums, atol=1e-9)
