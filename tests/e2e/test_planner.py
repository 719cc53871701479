"""A planner beside real sites: orders reach them, calls obey, and no call needs the planner."""

import os
import signal
import time
from urllib.parse import unquote

import pytest
from tests.support.asked_planner import AskedPlanner, write_people
from tests.support.country_run import prepare_country, wait_until
from tests.support.planned import render_demo_profile
from tests.support.site_run import HOST, offer

pytestmark = pytest.mark.e2e

SITES = ("site-1", "site-2")
IDS = ("psaps", *SITES, "redirect-1", "planner", "receiver-site-1", "receiver-site-2")
PSAP = "CIC17-29"
ORDER_S = 15.0
"""Three times the budget: other tests run on this machine."""


@pytest.fixture
def country(tmp_path):
    plan = tmp_path / "plan.r112"
    offer(plan, 42)
    (tmp_path / "profile.yaml").write_bytes(render_demo_profile())
    with prepare_country(tmp_path, plan) as prepared:
        write_people(prepared.run_dir / "planner", PSAP)
        yield prepared


def decide(country, site):
    """Place a call at a site and give it up as it rings; return how the site decided it."""
    seen = len(list_decisions(country, site))
    country.run_plain(
        "call", "17", "--commune", "29019", "--from", "127.0.2.7:0",
        "--to", f"{HOST}:{country.ports[SITES.index(site)]}", "--timeout", "0.5",
    )  # fmt: skip
    wait_until(lambda: len(list_decisions(country, site)) > seen, "the call is on record")
    return list_decisions(country, site)[-1]


def list_decisions(country, site):
    raw = (country.run_dir / site / "records" / "raw.log").read_text()
    return [line for line in raw.splitlines() if line.startswith("R1 decision")]


def test_orders_reach_all_sites_and_no_call_needs_the_planner(country):
    up = country.list_up(
        "--detach", "--planner", "--profile", str(country.folder / "profile.yaml"), only=IDS
    )
    result = country.run(*up)
    assert result.returncode == 0, result.stderr
    country.note()
    planner = AskedPlanner(country.run_dir / "planner")
    wait_until(lambda: has_all(planner, 42), "all sites say what they have")
    began_s = time.monotonic()
    order = planner.order("pause", PSAP)["order"]
    wait_until(lambda: has_all(planner, 43), "the order is in force")
    assert time.monotonic() - began_s < ORDER_S
    for site in SITES:
        assert f"order pause {order} by desk -> {PSAP} PAUSED" in unquote(decide(country, site))

    os.kill(country.entry("planner")["leader"]["pid"], signal.SIGKILL)
    assert order in decide(country, "site-1"), "no call needs it"
    receiver = country.entry("receiver-site-2")["leader"]["pid"]
    os.kill(receiver, signal.SIGSTOP)
    wait_until(lambda: planner.stations, "`up` has started it again")
    planner.order("resume", PSAP, order=order)
    wait_until(lambda: planner.stations["site-1"]["generation"] == 44, "site 1 has it")
    assert planner.stations["site-2"]["generation"] < 44
    assert order not in decide(country, "site-1")
    assert order in decide(country, "site-2")

    os.kill(receiver, signal.SIGCONT)
    wait_until(lambda: has_all(planner, 44), "who was away catches up")
    code, status = country.status()
    members = {each["id"]: each for each in status["members"]}
    assert (code, members["planner"]["restarts"]) == (0, 1), members["planner"]
    assert [members[site]["restarts"] for site in SITES] == [0, 0]
    assert members["redirect-1"]["python_generation"] == 44, "it reads the plan of site 1"

    assert country.run("down").returncode == 0
    assert country.leftovers() == ({}, set(), [])


def has_all(planner, generation):
    found = planner.stations
    return len(found) >= len(SITES) and all(
        found[site]["generation"] == generation for site in SITES
    )
