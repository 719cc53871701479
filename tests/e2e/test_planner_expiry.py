"""An order ends by itself at every station, with no planner left and one site frozen meanwhile."""

import signal
import socket
import time

import pytest
from tests.support.country_run import wait_until
from tests.support.ordered_country import (
    EDGES,
    PSAP,
    RATE,
    SITES,
    await_reports,
    compare,
    end_planners,
    find_planner,
    find_primary,
    follow,
    keep,
    list_rung,
    now_s,
    read_instant_s,
    read_python,
    run_country,
    signal_member,
    start_spread_callers,
)

from route112.countries.fr.sites import TOPOLOGY
from route112.simulation.agreement import Key, Network, read_redirect, render_invite

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.alone]

AWAY = "site-6"
REACHED = [each for each in (*SITES, *EDGES) if each != AWAY]
COMPARED = ("site-1", "ecume-edge-1")
"""Half a million keys of a station take seconds."""
LASTS_S = 30.0
CALLS_SECONDS = 60.0
EXPIRES_S = 5.0
CLIENT = "127.0.2.1"
"""Whom the plan knows as an operator: its edge."""
NETWORK = Network("sip:{number}@{to};user=phone;commune={commune}")


@pytest.fixture
def country(tmp_path):
    with run_country(tmp_path) as running:
        yield running


def ask_redirects():
    """Return the first number of each redirect server, for the commune that is called from."""
    found = []
    for place in TOPOLOGY.list_redirects():
        host, _, port = place.rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(5.0)
            asking.bind((CLIENT, 0))
            own = "{}:{}".format(*asking.getsockname())
            invite = render_invite(
                Key("29019", "15"), NETWORK, call=f"{time.monotonic_ns()}-1", own=own, to=place
            )
            asking.sendto(invite, (host, int(port)))
            found.append(read_redirect(asking.recv(65_535))[0].partition("@")[0])
    return found


def follow_end(country, stations, *, since_s, seconds_max):
    """Return when each of these stations had made its table anew for a later instant."""
    took = {}
    while len(took) < len(stations):
        for station in set(stations) - took.keys():
            if read_instant_s(country.run_dir, station) >= since_s:
                took[station] = now_s() - since_s
        assert now_s() - since_s < seconds_max, f"{set(stations) - took.keys()}; {took}"
        time.sleep(0.05)
    return took


def test_an_order_ends_alone_with_nobody_left_to_end_it(country, tmp_path):
    planner, first = await_reports(country)
    primary = find_primary(country)
    kept = [keep(country.run_dir, each, tmp_path / f"plain-{each}") for each in COMPARED]
    assert ask_redirects() == [primary] * 2
    callers = start_spread_callers(country, CALLS_SECONDS)

    given_s = now_s()
    planner.order("pause", PSAP, lasts_s=LASTS_S)
    follow(country, (*SITES, *EDGES), first + 1, since_s=given_s, seconds_max=15)
    in_force_s = now_s()
    wait_until(lambda: primary not in ask_redirects(), "redirect servers read it themselves")
    for each in (AWAY, f"receiver-{AWAY}"):
        signal_member(country, each, signal.SIGSTOP)
    end_planners(country)
    ends_s = given_s + LASTS_S
    kept += [keep(country.run_dir, each, tmp_path / f"ordered-{each}") for each in COMPARED]
    assert now_s() < ends_s, "all of that while it held"
    time.sleep(ends_s - now_s())

    tables = follow_end(country, REACHED, since_s=ends_s, seconds_max=30)
    time.sleep(max(0.0, ends_s + EXPIRES_S - now_s()))
    kept += [keep(country.run_dir, each, tmp_path / f"ended-{each}") for each in COMPARED]
    assert ask_redirects() == [primary] * 2
    assert not read_instant_s(country.run_dir, AWAY), "it is frozen"

    for each in (AWAY, f"receiver-{AWAY}"):
        signal_member(country, each, signal.SIGCONT)
    healed_s = now_s()
    back = follow_end(country, [AWAY], since_s=ends_s, seconds_max=30)[AWAY] - (healed_s - ends_s)
    kept.append(keep(country.run_dir, AWAY, tmp_path / f"back-{AWAY}"))
    told = [process.communicate(timeout=120) for process in callers]

    assert not find_planner(country), "nobody was there to end it"
    assert {read_python(country.run_dir, each) for each in SITES} == {first + 1}
    rung = list_rung(country)
    behind = [(placed_s - ends_s, number) for placed_s, _, number in rung if placed_s > ends_s]
    last_s = max((at_s for at_s, number in behind if number != primary), default=0.0)
    while_held = {number for placed_s, rang_s, number in rung
                  if in_force_s < placed_s and rang_s < ends_s}  # fmt: skip
    print(
        f"tables {max(tables.values()):.1f} s ({max(tables, key=tables.get)}); back {back:.1f} s"
    )
    print(
        f"{len(behind)} calls from there behind its end, {last_s:.2f} s behind it the last by it"
    )
    print(*(out.splitlines()[-4:] for out, _ in told), sep="\n")
    assert [process.returncode for process in callers] == [0] * len(callers), told
    assert while_held
    assert primary not in while_held, "nobody rang there while it held"
    assert sum(number == primary for _, number in behind) > RATE
    assert last_s <= EXPIRES_S
    assert max(tables.values()) <= EXPIRES_S, tables
    assert back <= EXPIRES_S
    assert country.run("down").returncode == 0
    assert [compare(each) for each in kept] == [0] * len(kept)
