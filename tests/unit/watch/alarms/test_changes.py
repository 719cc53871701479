"""A change is suspected by how close it was and by how much of what is hit it touched."""

import pytest
from tests.support.alarms import DEPARTEMENTS, SITES, begin, find, make_alarms, make_ground, series
from tests.support.seen import T0, S

from route112.watch.alarms.changes import CHANGES_MAX, Happening, judge_changes
from route112.watch.alarms.factors import Scene, find_space
from route112.watch.alarms.sightings import Count

MINUTE = 60 * S
WELL, HIT = Count(served=500), Count(served=400, failed=100)


def happen(what, *elements, ago_min=1, dimension="site"):
    at_us = T0 - ago_min * MINUTE
    return [Happening(what=what, dimension=dimension, value=e, at_us=at_us) for e in elements]


def judge(changes, *, hit, of, dimension="site"):
    counts = {series(**{dimension: each}): HIT if each in hit else WELL for each in of}
    scene = Scene(findings=(), counts=counts, parties={}, moves=(), since_us=T0)
    spaces = [space for space in [find_space((dimension,), scene)] if space.hit]
    return judge_changes(changes, spaces, make_ground(), since_us=T0)


def names(*args, **kwargs):
    return [suspect.what for suspect in judge(*args, **kwargs)]


def test_the_change_that_touched_more_of_what_is_hit_comes_first():
    changes = [*happen("restart", "site-1"), *happen("software 1.0 -> 1.1", "site-1", "site-2")]
    assert names(changes, hit=SITES[:2], of=SITES) == ["software 1.0 -> 1.1", "restart"]


def test_of_changes_that_touched_the_same_the_closer_one_comes_first():
    changes = [*happen("restart", "site-1", ago_min=30), *happen("snapshot g2", "site-1")]
    assert names(changes, hit=["site-1"], of=SITES) == ["snapshot g2", "restart"]


def test_of_changes_that_fit_alike_the_one_of_fewer_elements_comes_first():
    changes = [*happen("snapshot g2", *SITES), *happen("restart", "site-1")]
    assert names(changes, hit=["site-1"], of=SITES) == ["restart", "snapshot g2"]


def test_one_change_of_several_elements_is_one():
    (suspect,) = judge(happen("restart", "site-2", "site-1"), hit=SITES[:1], of=SITES)
    assert suspect.elements == ("site-1", "site-2")
    assert (suspect.hit, suspect.hit_all) == (1, 1)


@pytest.mark.parametrize(
    ("ago_min", "is_seen"), [(-3, False), (-1, True), (59, True), (61, False)]
)
def test_it_is_suspected_for_an_hour(ago_min, is_seen):
    assert bool(judge(happen("restart", "site-1", ago_min=ago_min), hit=["site-1"], of=SITES)) is (
        is_seen
    )


def test_an_order_is_suspected_where_its_answering_points_callers_are_hit():
    changes = happen("order o1 (divert) begins", "CRRA15-29", dimension="psap")
    changes += happen("order o2 (divert) ends", "CRRA15-75", dimension="psap")
    found = names(changes, hit=["29"], of=DEPARTEMENTS, dimension="departement")
    assert found == ["order o1 (divert) begins"]


def test_only_a_snapshot_is_suspected_where_no_element_of_its_kind_is_hit():
    changes = [*happen("restart", "site-1"), *happen("snapshot g2", "site-1")]
    found = names(changes, hit=["29"], of=DEPARTEMENTS, dimension="departement")
    assert found == ["snapshot g2"]


def test_so_many_are_named():
    changes = [each for number in range(9) for each in happen(f"snapshot g{number}", "site-1")]
    assert len(judge(changes, hit=["site-1"], of=SITES)) == CHANGES_MAX


def test_nothing_changed_anything_where_nobody_is_hit():
    assert judge(happen("restart", "site-1"), hit=[], of=SITES) == []


def test_an_alarm_names_what_it_is_told_of():
    alarms = make_alarms(list_changes=lambda: happen("restart", "site-2", ago_min=2))
    alarms.take(begin(find(site="site-2")), T0)
    (alarm,) = alarms.list_open()
    assert str(alarm.factors[0]).startswith("change restart on site-2")


def test_what_people_do_about_an_alarm_is_no_reason_for_it():
    done = [*happen("drained", "site-2", ago_min=-1)]
    alarms = make_alarms(list_changes=lambda: done)
    alarms.take(begin(find(site="site-2", since_s=0)), T0 + 30 * S)
    alarms.take(begin(find(60, site="site-2", number="15", since_s=0)), T0 + 120 * S)
    (alarm,) = alarms.list_open()
    assert alarm.factors
    assert [each for each in alarm.factors if each.name == "change"] == []
