"""Plans come into force by the real commands under calls; a bad one ends at the canary."""

import time

import pytest
from tests.support.changed_country import CANARY, EDGES, SITES, change_country, reroute, show

from route112.apps.fault import Faults

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.alone]

CHANGED, WRONG = "29", "CRRA15-13"
CALLED = (
    *((CHANGED, "15"), (CHANGED, "17"), ("35", "18"), (CHANGED, "15")),
    *(("75", "15"), ("13", "17"), (CHANGED, "15")),
)
"""Departements and numbers that callers dial, by turns."""
ELSEWHERE = ("05", "17", "CORG17-04")
"""What a good plan changes: nobody of the crowd dials it."""
BEFORE_S = 6.0
"""Calls that watch has seen before the first change begins."""
AFTER_S = 5.0
SOAK = ("--soak", "10s")
GOOD_SECONDS_MAX = 420
BAD_SECONDS_MAX = 120
MISROUTED_MAX = 60
"""Of those who were sent to the wrong centre: the canary's callers of one departement and number,
one or two a second, until ten have called again and watch has said so."""
PYTHON_SECONDS_MAX = 30


@pytest.fixture
def country(tmp_path_factory):
    """
    Put a country up for each test: alarms of the one before would hold the next change.

    A short path: the sockets of a country's members lie in it.
    """
    with change_country(tmp_path_factory.mktemp("p"), "--exercise") as running:
        yield running


@pytest.fixture
def crowd(country):
    with country.crowd(CALLED) as calling:
        time.sleep(BEFORE_S)
        yield calling


def bring(country, plan, *words, **options):
    """Activate a plan; return how that ended, and the steps."""
    country.wait_calm()
    country.activate(plan, *SOAK, *words)
    return country.follow(**options)


def check_back(country, ended, steps, before):
    """Check that the country is where it was, by a generation that is new."""
    assert ended["outcome"] == "rolled-back", (ended, country.logs())
    assert {station for (station, *_), _ in steps} == {CANARY}
    stations = country.planner.stations
    numbers = {id_: each["generation"] for id_, each in stations.items()}
    canary = numbers.pop(CANARY)
    assert set(numbers.values()) == {before}, "nobody else ever had it"
    assert canary > before + 1, "it went on, not back"
    assert country.in_force(CANARY) == country.in_force("site-2"), "the same plan"


def test_a_plan_with_wrong_answering_points_for_one_departement_ends_at_the_canary(country, crowd):
    before = country.planner.stations["site-2"]["generation"]
    plan = country.build("wrong", reroute(country.demo, CHANGED, "15", WRONG), generation=2)
    refused = country.ask("activate", plan, "--reason", "edition", codes=(1,))
    assert f"15 of {CHANGED} (100%)" in refused, "nobody brings it by mistake"
    since = crowd.mark()
    ended, steps = bring(country, plan, "--accept-impact", seconds_max=BAD_SECONDS_MAX)
    time.sleep(AFTER_S)
    judgement = crowd.judge(country.run_dir, since)
    print(ended["cause"], show(judgement), steps, sep="\n")
    check_back(country, ended, steps, before)
    assert "called again" in ended["cause"]
    assert "called again" in country.ask("history")
    assert judgement.lost == 0, show(judgement)
    assert 0 < judgement.misrouted <= MISROUTED_MAX, show(judgement)
    assert country.list_misrouted(judgement) == {CANARY}


def test_a_plan_that_python_fails_on_ends_at_the_canary_and_costs_no_call(country, crowd):
    before = country.planner.stations["site-2"]["generation"]
    plan = country.build("crash", reroute(country.demo, *ELSEWHERE), generation=2)
    faults, planted = Faults(country.run_dir), []

    def fail_at_canary(current):
        """While the plan is in force there, Python decides nothing."""
        if current["step"] == "gate" and not planted:
            planted.append(faults.inject("python-raise", [CANARY], {}))
        elif current["back"]:
            faults.clear()

    since = crowd.mark()
    ended, steps = bring(
        country, plan, "--accept-impact", seconds_max=BAD_SECONDS_MAX, look=fail_at_canary
    )
    faults.clear()
    time.sleep(AFTER_S)
    judgement = crowd.judge(country.run_dir, since)
    print(ended["cause"], show(judgement), steps, sep="\n")
    check_back(country, ended, steps, before)
    since_s = {step: at_s for (_, step, _), at_s in reversed(steps)}
    assert since_s["restore"] - since_s["gate"] < PYTHON_SECONDS_MAX
    assert (judgement.lost, judgement.misrouted) == (0, 0), show(judgement)


def test_a_good_plan_reaches_all_stations_under_calls(country, crowd):
    plan = country.build("good", reroute(country.demo, *ELSEWHERE), generation=2)
    since = crowd.mark()
    ended, steps = bring(country, plan, "--accept-impact", seconds_max=GOOD_SECONDS_MAX)
    judgement = crowd.judge(country.run_dir, since)
    print(show(judgement), steps, sep="\n")
    assert ended["outcome"] == "done", (ended, country.logs())
    stations = country.planner.stations
    assert set(stations) == {*SITES, *EDGES}
    assert {each["generation"] - each["wanted"] for each in stations.values()} == {0}
    assert len({country.in_force(station) for station in SITES}) == 1
    assert (judgement.lost, judgement.misrouted) == (0, 0), show(judgement)
