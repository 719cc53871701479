"""A planner changes the plan of stations on other hosts, by their receivers and nothing else."""

import pytest
from tests.support.hosts import wait_until
from tests.support.planner_hosts import CANARY, LATER, open_far_country

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.alone]

RATE = 30.0
GOOD_S, BAD_S = 100.0, 60.0
"""For how long calls are placed: a plan is through by then, or back."""
SOAK = ("--soak", "10s")
HAVE_SECONDS_MAX = 60.0


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    with open_far_country(tmp_path_factory.mktemp("f")) as country:
        yield country


def wait_all(far, names):
    """Wait until stations say that they have what they shall have."""

    def have():
        found = far.planner.stations
        return set(names) <= set(found) and all(
            found[name]["generation"] == found[name]["wanted"] > 0 for name in names
        )

    wait_until(have, HAVE_SECONDS_MAX, "stations have what they shall have")


def test_a_plan_passes_canary_and_gate_and_a_station_that_comes_later_gets_it(far):
    known = [name for name in far.stations if name != LATER]
    good = far.edit("good", 2, swap=True)
    wait_all(far, known)
    refused = far.ask("activate", good, "--reason", "edition", "--accept-impact", codes=(1,))
    assert "nobody-watches: no --watch names the folder of a `watch run`" in refused, refused

    far.start_watch()
    far.restart_planner(f"--watch {far.run_dir}")
    refused = far.ask("site", "upgrade", CANARY, "--version", "9", "--reason", "new", codes=(1,))
    assert "this planner acts at no station" in refused, refused
    far.wait_calm()
    before = far.list_plans()
    with far.calls(rate=RATE, seconds=GOOD_S) as played:
        far.activate(good, *SOAK, "--accept-impact")
        ended, steps = far.follow(seconds_max=int(GOOD_S) + 60)
    print(ended, *steps, *far.hosts.rows, sep="\n")
    assert ended["outcome"] == "done", (ended, far.logs())
    gates = list(dict.fromkeys(station for (station, step, _), _ in steps if step == "gate"))
    assert (gates[0], set(gates)) == (CANARY, set(known))
    assert played[0].wrong == []
    after = far.list_plans()
    assert {after[name] for name in known}.isdisjoint(before.values())
    assert len({after[name] for name in known}) == 1
    assert after[LATER] == before[LATER], "nobody knows of it yet"

    far.know()
    far.restart_planner(f"--watch {far.run_dir}")
    wait_all(far, far.stations)
    assert f"{LATER}: new in the topology" in far.logs()
    assert len(set(far.list_plans().values())) == 1


def test_a_plan_whose_gateway_is_dead_ends_at_the_canary(far):
    before, numbers = far.list_plans(), far.generations()
    bad = far.edit("bad", 3, dead=True)
    far.wait_calm()
    with far.calls(rate=RATE, seconds=BAD_S) as played:
        far.activate(bad, *SOAK, "--accept-impact")
        ended, steps = far.follow(seconds_max=int(BAD_S) + 60)
    print(ended, *steps, *far.hosts.rows, sep="\n")
    assert ended["outcome"] == "rolled-back", (ended, far.logs())
    assert {station for (station, *_), _ in steps} == {CANARY}
    wait_all(far, far.stations)
    assert far.list_plans() == before
    after = far.generations()
    assert after.pop(CANARY) > numbers.pop(CANARY) + 1, "it went on, not back"
    assert after == numbers, "nobody else ever had it"
    assert played[0].wrong == []
