from dataclasses import replace

import pytest
from benchmarks.support.callers import Callers, find_departement, name_number
from benchmarks.support.calm import T0, play_hours
from benchmarks.support.layout import CALLS_PER_S, make_land
from benchmarks.support.poisson import bound_mean
from benchmarks.support.sieve import Sieve

from route112.simulation.weeks import play_weeks
from route112.watch.detectors import flood, grey
from route112.watch.findings import FindingKind

BEGIN, END = 6_000, 6_060


@pytest.fixture(scope="module")
def country():
    """Return what follows a calm week, the week, and the place that is looked at in it."""
    land = make_land()
    week = next(play_weeks(land, seed=5, weeks=1))
    large = max(range(len(land.cells)), key=lambda cell: week.calls[:, cell].sum())
    return Sieve(land, Callers(1, calls_per_s=CALLS_PER_S)), week, large


def plant(country, name, change):
    """Return the highest sum of each kind there, of a week that is otherwise calm."""
    sieve, week, cell = country
    code, number = sieve.land.cells[cell]
    counts = getattr(week, name).copy()
    counts[BEGIN:END, cell] = change(week)[BEGIN:END, cell]
    changed = replace(week, **{name: counts})
    found = [
        each
        for each in sieve.sift(changed).suspicions
        if each.name == f"{number}-{code}" and BEGIN <= each.peaked < END
    ]
    return changed, {each.kind: each.score for each in found}


def test_where_a_detector_finds_something_counts_say_so_before(country):
    changed, sums = plant(country, "failed", lambda week: week.callers // 2)
    played = play_hours(changed, (BEGIN - 15, END), [grey.GreyWatch()], seed=1, as_alarms=True)
    assert played.findings
    assert sums[FindingKind.GREY] >= max(each.strength for each in played.findings)
    assert all(BEGIN <= minute < END for minute in played.opened.values())
    assert played.findings[0].at_us >= T0 + BEGIN * 60_000_000
    assert len(played.opened) == 1, "trunk and answering point of one place are one alarm"


def test_a_crowd_is_seen_in_the_counts_and_a_calm_week_has_none(country):
    def crowd(week):
        return week.calls * 60 + 20

    sieve, week, _ = country
    calm = sieve.sift(replace(week, index=1)).suspicions
    local = [each for each in calm if each.kind is FindingKind.FLOOD and each.began > 30]
    assert all(each.score < flood.THRESHOLD for each in local)
    crowded = replace(week, places=crowd(week))
    _, sums = plant((sieve, replace(crowded, calls=crowd(week)), country[2]), "callers", crowd)
    assert sums[FindingKind.FLOOD] > flood.THRESHOLD


def test_nothing_is_counted_while_it_only_tells_what_is_usual(country):
    _, week, _ = country
    detector = flood.FloodWatch(number_of=name_number, departement_of=find_departement)
    played = play_hours(week, (600, 603), [detector], seed=1, warm_up=3)
    assert played.calls > 0
    assert (played.findings, played.opened) == ([], {})


def test_few_that_were_counted_may_be_many():
    assert bound_mean(0) == pytest.approx((0.0, 3.689), abs=0.01)
    assert bound_mean(10) == pytest.approx((4.795, 18.39), abs=0.01)
