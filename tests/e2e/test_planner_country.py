"""An order reaches six sites and four edges under calls: a site away, the planner killed half way."""

import os
import signal
import time

import pytest
from tests.support.country_run import wait_until
from tests.support.ordered_country import (
    EDGES,
    PSAP,
    SITES,
    await_reports,
    find_planner,
    follow,
    now_s,
    read_python,
    run_country,
    start_callers,
)

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.alone]

AWAY = "site-6"
CALLS = 1_000
"""Of each operator."""
ORDER_S = 5.0
QUIET_S = 8.0
"""Until both copies of each table are equal again."""


@pytest.fixture
def country(tmp_path):
    with run_country(tmp_path) as running:
        yield running


def test_an_order_reaches_all_within_seconds_whoever_dies(country):
    planner, first = await_reports(country)
    callers = start_callers(country, CALLS)
    time.sleep(3)
    receiver = country.entry(f"receiver-{AWAY}")["leader"]["pid"]
    os.kill(receiver, signal.SIGSTOP)
    reached = [each for each in (*SITES, *EDGES) if each != AWAY]
    assert planner.ask("GET", "/state")[1]["alarms"], "one is open, and no order waits for it"

    since_s = now_s()
    order = planner.order("pause", PSAP)["order"]
    given = follow(country, reached, first + 1, since_s=since_s, seconds_max=30)
    time.sleep(QUIET_S)

    leader = find_planner(country)
    since_s = now_s()
    planner.order("resume", PSAP, order=order)
    os.kill(leader, signal.SIGKILL)
    killed = follow(country, reached, first + 2, since_s=since_s, seconds_max=60)
    assert find_planner(country) not in (0, leader), "another one has gone on"

    assert read_python(country.run_dir, AWAY) == first
    os.kill(receiver, signal.SIGCONT)
    back = follow(country, [AWAY], first + 2, since_s=now_s(), seconds_max=30)
    told = [process.communicate(timeout=120) for process in callers]
    late = {
        name: max((at_s, station) for station, at_s in moments.list_in_force().items())
        for name, moments in (("given", given), ("killed", killed), ("back", back))
    }
    print(late, *(out.splitlines()[-4:] for out, _ in told), sep="\n")
    assert [process.returncode for process in callers] == [0] * 4, told
    assert all(at_s <= ORDER_S for at_s, _ in late.values()), late

    wait_until(
        lambda: country.entry("planner")["restarts"] == 1 and country.status()[0] == 0,
        "the one that was killed waits for its turn again",
    )
