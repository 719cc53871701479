from dataclasses import replace

import pytest
from tests.unit.apps.replay.test_played import SCENARIO

from route112.apps.replay.pictures.theme import LIGHT, make_figure
from route112.apps.replay.pictures.time_axis import (
    TICKS_MAX,
    join_bins,
    list_edges,
    name_clock,
    note_end,
    set_clock,
)
from route112.apps.route import parse_instant
from route112.simulation.tally import Counts, count_attempts

EVENING = replace(
    SCENARIO,
    starts=parse_instant("2021-06-02T16:45:00+02:00"),
    ends=parse_instant("2021-06-03T00:00:00+02:00"),
    offset_s=7_200,
)


def draw(scenario, hours):
    axes = make_figure(LIGHT, 4, 2).subplots()
    set_clock(axes, scenario, hours, LIGHT)
    note_end(axes, scenario, hours, LIGHT)
    return axes


def test_the_clock_is_that_of_the_evening():
    axes = draw(EVENING, 7.25)
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "17:00", "18:00", "19:00", "20:00", "21:00", "22:00", "23:00", "00:00",
    ]  # fmt: skip
    assert list(axes.get_xticks())[:2] == [0.25, 1.25]
    assert name_clock(EVENING) == "scenario time, 02 June 2021, UTC+02:00"
    assert len(axes.texts) == 0


def test_callers_after_the_end_are_told_apart():
    axes = draw(EVENING, 7.5)
    assert [text.get_text() for text in axes.texts] == ["no new callers"]
    assert len(axes.lines) == 1


@pytest.mark.parametrize("hours", [0.1, 1.0, 24.0, 31 * 24.0])
def test_ticks_do_not_crowd(hours):
    ticks = draw(EVENING, hours).get_xticks()
    assert 2 <= len(ticks) <= TICKS_MAX + 1
    assert ticks[-1] <= hours + 0.001


def test_days_are_named_where_hours_would_crowd():
    assert draw(EVENING, 72.0).get_xticklabels()[0].get_text() == "18:00"
    month = draw(EVENING, 31 * 24.0).get_xticklabels()
    assert [label.get_text() for label in month[:2]] == ["03 Jun", "06 Jun"]


def test_neighbouring_bins_are_joined_and_the_last_may_be_shorter():
    line = [Counts(attempts=1, lost=index) for index in range(5)]
    assert join_bins(line, 5) == (1, line)
    joined, bins = join_bins(line, 3)
    assert joined == 2
    assert bins == [
        Counts(attempts=2, lost=1), Counts(attempts=2, lost=5), Counts(attempts=1, lost=4),
    ]  # fmt: skip
    tally = count_attempts([], length_s=5 * 1800, bin_s=1800)
    assert list_edges(tally, 2) == [0.0, 1.0, 2.0, 2.5]
    assert list_edges(tally) == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
