from dataclasses import replace

import pytest

from route112.simulation.checker import Verdict
from route112.simulation.tally import BINS_MAX, Attempt, Counts, add_up, count_attempts


def attempt(at_s, verdict, caller="a", number="15", operator="bruyere", departement="29"):
    return Attempt(
        at_s=at_s, verdict=verdict, caller=caller, number=number, operator=operator,
        departement=departement,
    )  # fmt: skip


def test_attempts_and_callers_are_counted_apart():
    tally = count_attempts(
        [
            attempt(0, Verdict.LOST, "a"),
            attempt(30, Verdict.DELAYED, "a"),
            attempt(61, Verdict.LOST, "b", number="18"),
            attempt(62, Verdict.MISROUTED, "b", number="18", departement="2A"),
            attempt(200, Verdict.RIGHT, "c", operator="dolmen"),
        ],
        length_s=120,
        bin_s=60,
    )
    assert tally.total == Counts(attempts=5, right=2, delayed=1, misrouted=1, lost=2)
    assert tally.total.lost_share == 0.4
    assert (tally.unique_callers, tally.unique_callers_lost) == (3, 1)
    assert tally.over_time == (
        Counts(attempts=2, right=1, delayed=1, lost=1),
        Counts(attempts=3, right=1, misrouted=1, lost=1),
    )
    assert list(tally.by["number"].items()) == [
        ("15", Counts(attempts=3, right=2, delayed=1, lost=1)),
        ("18", Counts(attempts=2, misrouted=1, lost=1)),
    ]
    assert tally.by["operator"]["dolmen"] == Counts(attempts=1, right=1)
    assert list(tally.by["departement"]) == ["29", "2A"]


def test_every_kind_is_counted_over_time_too():
    tally = count_attempts(
        [
            attempt(0, Verdict.LOST),
            replace(attempt(61, Verdict.RIGHT), ghosts=2),
            attempt(62, Verdict.DELAYED, operator="dolmen"),
        ],
        length_s=120,
        bin_s=60,
    )
    assert tally.by_over_time["operator"] == {
        "bruyere": (Counts(attempts=1, lost=1), Counts(attempts=1, right=1, ghosts=2)),
        "dolmen": (Counts(), Counts(attempts=1, right=1, delayed=1)),
    }
    assert add_up(tally.by_over_time["operator"]["bruyere"]) == tally.by["operator"]["bruyere"]
    assert tally.total.ghosts == 2


def test_nothing_was_placed():
    tally = count_attempts([], length_s=10, bin_s=60)
    assert tally.total == Counts()
    assert tally.total.lost_share == 0.0
    assert tally.over_time == (Counts(),)


def test_bins_are_bounded():
    assert len(count_attempts([], length_s=BINS_MAX, bin_s=1).over_time) == BINS_MAX
    with pytest.raises(ValueError, match=r"2,001 bins of 1 s, at most 2,000 are counted"):
        count_attempts([], length_s=BINS_MAX + 1, bin_s=1)
