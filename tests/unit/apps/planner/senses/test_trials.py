from route112.apps.planner.senses.again import OTHERS_MIN
from route112.apps.planner.senses.trials import SERIES_MAX, Trials
from route112.apps.planner.senses.view import Met
from route112.change import Trial


def met(person, site="site-1", **changes):
    """A caller who was served, unless told otherwise."""
    usual = {"number": "15", "commune": "29019", "edge": "e1", "failed": False, "left": ""}
    values = {"id": person, **usual, **changes}
    values.setdefault("served", not values["failed"])
    return Met(person=person, site=site, **values)


def make(station="site-1", *, is_edge=False):
    return Trials(station, is_edge=is_edge, departement_of=lambda commune: commune[:2])


def trial(series, *counts):
    names = ("served", "failed", "others_served", "others_failed")
    return Trial(series=series, **dict(zip(names, counts, strict=True)))


def test_callers_of_the_station_stand_beside_those_of_the_others():
    trials = make()
    trials.take([met(1), met(2, failed=True), met(3, "site-2"), met(4, "site-3", failed=True)])
    assert trials.list_trials(None) == (
        trial("all", 1, 1, 1, 1),
        trial("15", 1, 1, 1, 1),
        trial("departement 29", 1, 1, 1, 1),
    )


def test_one_caller_counts_once_and_has_failed_if_he_ever_did():
    trials = make()
    trials.take([met(1, id=1), met(1, id=2, failed=True), met(1, id=3), met(2, id=4)])
    assert trials.list_trials(())[0] == trial("all", 1, 1, 0, 0)


def test_who_tries_all_of_them_in_vain_has_failed_at_each():
    sites = ("site-2", "site-3", "site-4", "site-1")
    trials = make()
    trials.take([met(1, site, id=id_, failed=True) for id_ in (5, 9) for site in sites])
    assert trials.list_trials(())[0] == trial("all", 0, 1, 0, 3)


def test_who_met_it_in_vain_has_failed_there_although_another_one_served_him():
    trials = make()
    trials.take([met(1, id=9, failed=True, left="left", edge=""), met(1, "site-2", id=4)])
    assert trials.list_trials(())[0] == trial("all", 0, 1, 1, 0)
    assert (trials.calls_seen, trials.lefts_seen) == (4, 9)


def test_who_gave_up_by_himself_says_nothing():
    trials = make()
    trials.take([met(1, served=False), met(2, "", served=False, failed=True)])
    assert trials.list_trials(())[0] == trial("all", 0, 0, 0, 0)


def test_departements_are_those_that_change_and_each_short_number_has_its_own():
    trials = make()
    trials.take([met(1), met(2, number="18", commune="75101"), met(3, commune="")])
    names = [each.series for each in trials.list_trials(("75",))]
    assert names == ["all", "15", "18", "departement 75"]
    assert [each.series for each in trials.list_trials(())] == ["all", "15", "18"]


def test_a_departement_that_changes_and_in_which_many_call_again_anywhere_is_told():
    trials = make()
    calls = [(person, at_s) for at_s in (1, 2) for person in range(OTHERS_MIN)]
    trials.take(
        [
            met(person, "site-2", commune="75101", id=number, began_us=at_s * 1_000_000)
            for number, (person, at_s) in enumerate(calls, 1)
        ]
    )
    assert trials.list_hidden(("29", "75")) == ("departement 75",)
    assert trials.list_hidden(("29",)) == ()


def test_an_edge_is_compared_with_edges_and_no_edge_is_to_blame_for_a_site():
    trials = make("e1", is_edge=True)
    trials.take(
        [
            met(1),
            met(2, "", failed=True),
            met(3, edge="e2"),
            met(4, edge="", failed=True, left="x"),
        ]
    )
    assert trials.list_trials(())[0] == trial("all", 1, 1, 1, 0)


def test_what_callers_dial_does_not_grow_for_ever():
    trials = make()
    trials.take([met(person, number=str(person)) for person in range(1, 2 * SERIES_MAX)])
    assert len(trials.list_trials(None)) == SERIES_MAX
