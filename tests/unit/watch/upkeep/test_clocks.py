"""Whose clock is wrong is said where calls can tell, and only there."""

import pytest
from tests.support.seen import T0, S, see

from route112.watch.upkeep import clocks as module
from route112.watch.upkeep.clocks import CALLS, KEPT_US, ClockWatch
from route112.watch.values import SeenClock

EDGES = ("edge-1", "edge-2")
SITES = ("site-1", "site-2", "site-3")
HOUR_S = 3_600


@pytest.fixture
def watch():
    made = ClockWatch(frozenset(EDGES))
    made.tick(T0)
    return made


def exchange(ahead_s, *, answered=True):
    """What a call of 20 ms each way says where the site's clock is ahead by so much."""
    ahead_us = int(ahead_s * S)
    return {
        "most_us": ahead_us + 20_000,
        "least_us": ahead_us - 20_000 if answered else None,
    }


def call(watch, edge, site, ahead_s=0.0, *, count=CALLS, answered=True):
    for _ in range(count):
        clock = SeenClock(site=site, **exchange(ahead_s, answered=answered))
        watch.add_end(see(edge=edge, site=site, clocks=(clock,)))


def told(watch):
    return [(str(each.series), each.said) for each in watch.list_deviations()]


def mesh(watch, wrong=None, off_s=0.0):
    for edge in EDGES:
        for site in SITES:
            call(watch, edge, site, off_s * ((site == wrong) - (edge == wrong)))


def test_clocks_that_agree_are_not_told(watch):
    mesh(watch)
    assert told(watch) == []


@pytest.mark.parametrize("off_s", [HOUR_S, -HOUR_S, 2.5])
def test_a_site_that_agrees_with_no_edge_is_wrong(watch, off_s):
    mesh(watch, "site-2", off_s)
    ((series, said),) = told(watch)
    way = "ahead of" if off_s > 0 else "behind"
    assert series == "site-2"
    assert said == (
        f"its clock is {abs(off_s) - 0.02:.1f} s {way} that of edge-1 and 1 others,"
        " by calls that both had"
    )
    (found,) = watch.list_deviations()
    assert (found.party, round(found.seen)) == ("site", round(off_s - 0.02 * off_s / abs(off_s)))


def test_an_edge_that_agrees_with_no_site_is_wrong(watch):
    mesh(watch, "edge-2", HOUR_S)
    ((series, said),) = told(watch)
    assert series == "edge-2"
    assert said.startswith("its clock is 3600.0 s ahead of that of site-1 and 2 others")
    assert watch.list_deviations()[0].party == "edge"


def test_one_edge_and_one_site_cannot_be_told_apart(watch):
    call(watch, "edge-1", "site-1", -60)
    ((series, said),) = told(watch)
    assert series == "edge-1 -> site-1"
    assert said.startswith("the clock of site-1 is 60.0 s behind that of edge-1")
    assert said.endswith("which of them is wrong cannot be told from this")


def test_a_few_calls_prove_nothing_nor_does_what_is_within_bounds(watch):
    call(watch, "edge-1", "site-1", HOUR_S, count=CALLS - 1)
    assert told(watch) == []
    call(watch, "edge-1", "site-1", 1.9)
    assert told(watch) == []
    call(watch, "edge-1", "site-1", HOUR_S, count=CALLS - 1)
    call(watch, "edge-1", "site-1", -HOUR_S, count=1)
    assert told(watch) == []


def test_a_call_that_nobody_answered_tells_one_side_only(watch):
    call(watch, "edge-1", "site-1", HOUR_S, answered=False)
    assert told(watch) == [], "the site may be slow"
    call(watch, "edge-1", "site-1", -HOUR_S, answered=False)
    assert len(told(watch)) == 1, "nothing is written before it was passed on"
    call(watch, "edge-1", "site-1", 0, answered=False)
    assert told(watch) == []


def test_what_was_said_long_ago_counts_no_more(watch):
    call(watch, "edge-1", "site-1", HOUR_S)
    arrive(watch, "site-1", -HOUR_S)
    watch.tick(T0 + KEPT_US)
    assert len(told(watch)) == 2
    watch.tick(T0 + KEPT_US + 1)
    assert told(watch) == []


def arrive(watch, station, late_s):
    for _ in range(CALLS):
        watch.note_arrival(station, int(late_s * S))


def test_a_record_before_its_own_time_proves_that_a_clock_is_wrong(watch):
    arrive(watch, "site-1", 0.3)
    arrive(watch, "site-2", 0.3)
    arrive(watch, "site-3", -HOUR_S)
    assert told(watch) == [
        (
            "site-3",
            (
                "its records arrive 3600.0 s before their own time: its clock is ahead, or that of"
                " watch's machine behind"
            ),
        )
    ]
    mesh(watch, "site-3", HOUR_S)
    assert [series for series, _ in told(watch)] == ["site-3"], "said once"


def test_late_records_are_a_clock_or_the_shipping_and_calls_can_tell_which(watch):
    arrive(watch, "site-1", 300)
    arrive(watch, "edge-1", 0.2)
    assert told(watch)[0][1] == (
        "its records arrive 300.0 s late: they are shipped late, or its clock is behind; which"
        " cannot be told from this"
    )
    call(watch, "edge-2", "site-1")
    assert "cannot be told" in told(watch)[0][1], "nothing is known of edge-2 itself"
    call(watch, "edge-1", "site-1")
    assert told(watch)[0][1].endswith(
        "they are shipped late, since its clock agrees with that of edge-1"
    )
    arrive(watch, "site-1", 0.2)
    assert told(watch) == []


@pytest.mark.parametrize(("late_s", "end"), [(-60, "is wrong"), (90, "are shipped late")])
def test_where_most_stations_are_wrong_it_is_the_machine_of_watch(watch, late_s, end):
    arrive(watch, "site-1", late_s)
    assert [series for series, _ in told(watch)] == ["site-1"], "one alone accuses itself"
    arrive(watch, "site-2", late_s * 2)
    arrive(watch, "edge-1", 0)
    ((series, said),) = told(watch)
    assert series == "all calls"
    assert said.startswith("records of 2 of 3 stations arrive at least")
    assert said.endswith(end)


def test_stations_beyond_the_bound_are_not_watched(watch, monkeypatch):
    monkeypatch.setattr(module, "STATIONS_MAX", 1)
    monkeypatch.setattr(module, "PAIRS_MAX", 1)
    arrive(watch, "site-1", 0)
    arrive(watch, "site-2", -HOUR_S)
    call(watch, "edge-1", "site-1")
    call(watch, "edge-1", "site-2", HOUR_S)
    watch.add_arrival(see())
    assert told(watch) == []
