"""An order reaches six sites and four edges under calls: a site away, the planner killed half way."""

import asyncio
import os
import re
import signal
import time

import pytest
from tests.support.asked_planner import AskedPlanner, write_people
from tests.support.country_run import prepare_country, wait_until

from route112.adapters.kamailio_rpc import RpcError, get_item, read_slot

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.alone]

SITES = tuple(f"site-{number}" for number in range(1, 7))
EDGES = ("bruyere-edge-1", "cormoran-edge-1", "dolmen-edge-1", "ecume-edge-1")
OPERATORS = tuple(edge.partition("-")[0] for edge in EDGES)
AWAY = "site-6"
PSAP = "CRRA15-29"
RATE = 25
"""Calls per second of each operator."""
CALLS = 1_000
"""Of each operator."""
ORDER_S = 5.0
KILLED_S = 10.0
"""With the planner killed as soon as it has said yes."""
STAGED = re.compile(r"/g(\d+)-")


def in_force(run_dir, station):
    """Return the generation that a station decides by: Python's at a site, the table at an edge."""
    if station in SITES:
        return int(STAGED.search((run_dir / station / "current").read_text())[1])
    try:
        return asyncio.run(read_table(run_dir / station / "rpc.sock"))
    except RpcError:
        return 0


async def read_table(rpc):
    slot, _ = await read_slot(rpc, ())
    return int(await get_item(rpc, f"plan_{slot}", "gen"))


def follow(run_dir, stations, generation, *, since_s, seconds_max):
    """Return how long each station took."""
    took = {}
    while len(took) < len(stations):
        for station in set(stations) - took.keys():
            if in_force(run_dir, station) >= generation:
                took[station] = time.monotonic() - since_s
        missing = sorted(set(stations) - took.keys())
        assert time.monotonic() - since_s < seconds_max, f"{missing} did not follow; {took}"
        time.sleep(0.05)
    return took


@pytest.fixture
def country(tmp_path):
    fr, plan = tmp_path / "fr", tmp_path / "fr.r112"
    with prepare_country(tmp_path, plan) as prepared:
        for words in (
            ("country", "demo", "fr", str(fr)),
            ("plan", "keys", "new", str(tmp_path / "a.key")),
            ("plan", "keys", "new", str(tmp_path / "b.key")),
            ("plan", "keys", "trust", *(str(tmp_path / name) for name in KEYS)),
            ("plan", "build", str(fr), "-o", str(plan)),
            ("plan", "sign", str(plan), "--key", str(tmp_path / "a.key")),
        ):
            result = prepared.run_plain(*words)
            assert result.returncode == 0, result.stdout + result.stderr
        write_people(prepared.run_dir / "planner", PSAP)
        result = prepared.run(
            "up", "--plan", str(plan), "--trust", str(tmp_path / "trust.json"), "--psaps",
            "--planner", "--profile", str(fr / "profile.yaml"),
            "--planner-key", str(tmp_path / "a.key"), "--shm-mb", "128",
            "--ready-within", "120", "--detach",
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        prepared.note()
        yield prepared


KEYS = ("trust.json", "a.key.pub", "b.key.pub")


def start_callers(country):
    """Have each operator place calls through its edge."""
    return [
        country._start(
            "call", "15", "--commune", "29019", "--operator", operator,
            "--plan", str(country.plan), "--from", f"127.0.3.{16 * index + 1}:0",
            "--to", f"127.0.2.{index + 1}:5060", "--count", str(CALLS), "--rate", str(RATE),
            "--hold", "0.1",
        )
        for index, operator in enumerate(OPERATORS)
    ]  # fmt: skip


def test_an_order_reaches_all_within_seconds_whoever_dies(country):
    planner = AskedPlanner(country.run_dir / "planner")
    wait_until(lambda: all(
        each["generation"] for each in planner.stations.values()
    ) and planner.stations, "all stations say what they have")  # fmt: skip
    first = planner.stations["site-1"]["generation"]
    callers = start_callers(country)
    time.sleep(3)
    receiver = country.entry(f"receiver-{AWAY}")["leader"]["pid"]
    os.kill(receiver, signal.SIGSTOP)
    reached = [each for each in (*SITES, *EDGES) if each != AWAY]

    since_s = time.monotonic()
    order = planner.order("pause", PSAP)["order"]
    given = follow(country.run_dir, reached, first + 1, since_s=since_s, seconds_max=30)
    time.sleep(8)

    leader = country.entry("planner")["leader"]["pid"]
    since_s = time.monotonic()
    planner.order("resume", PSAP, order=order)
    os.kill(leader, signal.SIGKILL)
    killed = follow(country.run_dir, reached, first + 2, since_s=since_s, seconds_max=60)

    assert in_force(country.run_dir, AWAY) == first
    os.kill(receiver, signal.SIGCONT)
    back_s = time.monotonic()
    back = follow(country.run_dir, [AWAY], first + 2, since_s=back_s, seconds_max=30)
    told = [process.communicate(timeout=120) for process in callers]
    print({
        name: f"{max(took.values()):.1f} s ({max(took, key=took.get)})"
        for name, took in (("given", given), ("killed", killed), ("back", back))
    })  # fmt: skip
    print(*(out.splitlines()[-4:] for out, _ in told), sep="\n")
    assert [process.returncode for process in callers] == [0] * 4, told
    assert max(given.values()) <= ORDER_S, given
    assert max(killed.values()) <= KILLED_S, killed
    assert max(back.values()) <= ORDER_S, back
