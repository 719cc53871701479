"""
How soon an emergency order is in force at each station of a country that has other troubles too.

    benchmarks/order_reach.py [--rounds N] [--write FILE]     FILE: docs/benchmarks.md

The demo country of `up --planner`: six sites, four edges, 100 calls/s, one site frozen together
with its receiver, and an alarm open that would hold every change. In each round an answering point
pauses itself, then resumes, and the planner is killed as soon as it has said yes. Time begins
before the planner is asked, which is the approval as well. What is measured are files' times and
tables in use, see `tests/support/ordered_country.py`.
"""

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.support.report import (  # noqa: E402
    align,
    judge_budget,
    render_table,
    say,
    write_section,
)
from tests.support.country_run import Country, wait_until  # noqa: E402
from tests.support.ordered_country import (  # noqa: E402
    EDGES,
    PSAP,
    RATE,
    SITES,
    Moments,
    await_reports,
    find_planner,
    follow,
    now_s,
    run_country,
    signal_member,
    start_callers,
)

ROUNDS = 5
BUDGET_S = 5.0
WAIT_S_MAX = 60.0
QUIET_S = 8.0
"""Between two orders: until both copies of each table are equal again."""
AWAY = "site-6"
WHAT = ("planner alive", "planner killed")


def main() -> int:
    """Print the table; return 1 where an order was late."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, run_country(Path(folder)) as country:
        found = measure(country, asked.rounds)
    stages, stations = describe_stages(found), describe_stations(found)
    print("\n".join([*align(stages), "", *align(stations)]))
    late_s = max(
        max(each.list_in_force().values()) for measured in found.values() for each in measured
    )
    verdict = judge_budget(f"last after {late_s:.1f} s", good=late_s <= BUDGET_S)
    print(f"orders under trouble: {verdict}, budget {BUDGET_S:g} s")
    if asked.write:
        said = _SAID.format(rounds=asked.rounds, verdict=verdict, load=os.getloadavg()[0])
        text = f"{said}{render_table(stages)}\n{render_table(stations)}"
        write_section(asked.write, "order reach", text)
    return 0 if late_s <= BUDGET_S else 1


def measure(country: Country, rounds: int) -> dict[str, list[Moments]]:
    """Give and take back an order again and again, under calls."""
    planner, generation = await_reports(country)
    reached = [each for each in (*SITES, *EDGES) if each != AWAY]
    calls = int(RATE * (rounds * 2 * (QUIET_S + WAIT_S_MAX / 4)))
    callers = start_callers(country, calls)
    found: dict[str, list[Moments]] = {what: [] for what in WHAT}
    try:
        for each in (AWAY, f"receiver-{AWAY}"):
            signal_member(country, each, signal.SIGSTOP)
        time.sleep(QUIET_S)
        for number in range(rounds):
            assert planner.ask("GET", "/state")[1]["alarms"], "an alarm is open"
            for what in WHAT:
                generation += 1
                since_s = now_s()
                if what == WHAT[0]:
                    order = planner.order("pause", PSAP)["order"]
                else:
                    planner.order("resume", PSAP, order=order)
                    os.kill(find_planner(country), signal.SIGKILL)
                moments = follow(
                    country, reached, generation, since_s=since_s, seconds_max=WAIT_S_MAX
                )
                found[what].append(moments)
                last_s = max(moments.list_in_force().values())
                say(f"round {number + 1}, {what}: last after {last_s:.1f} s")
                wait_until(lambda: planner.stations, "a planner answers")
                time.sleep(QUIET_S)
    finally:
        for each in (AWAY, f"receiver-{AWAY}"):
            signal_member(country, each, signal.SIGCONT)
        for process in callers:
            process.terminate()
            process.communicate(timeout=30)
    return found


def show(values: Sequence[float]) -> tuple[str, str]:
    """Return median and maximum."""
    return f"{statistics.median(values):.1f} s", f"{max(values):.1f} s"


def describe_stages(found: dict[str, list[Moments]]) -> list[list[str]]:
    """Return a row for each stage: until the last station had passed it."""
    rows = [["until", *(f"{what}, {part}" for what in WHAT for part in ("p50", "max"))]]
    stages: dict[str, Callable[[Moments], float]] = {
        "the snapshot is made": lambda each: each.made_s,
        "the first station is offered it": lambda each: min(each.offered_s.values()),
        "the last one is": lambda each: max(each.offered_s.values()),
        "Python decides by it at all sites": lambda each: max(each.python_s.values()),
        "the tables of all edges are in use": lambda each: max(
            at_s for station, at_s in each.table_s.items() if station in EDGES
        ),
        "the native tables of all sites are": lambda each: max(
            at_s for station, at_s in each.table_s.items() if station in SITES
        ),
    }
    for name, measured in stages.items():
        cells = [show([measured(each) for each in found[what]]) for what in WHAT]
        rows.append([name, *(part for cell in cells for part in cell)])
    return rows


def describe_stations(found: dict[str, list[Moments]]) -> list[list[str]]:
    """Return a row for each station: until it decides by the order."""
    rows = [["in force at", *(f"{what}, {part}" for what in WHAT for part in ("p50", "max"))]]
    times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for what, measured in found.items():
        for each in measured:
            for station, at_s in each.list_in_force().items():
                times[station][what].append(at_s)
    for station in (each for each in (*SITES, *EDGES) if each != AWAY):
        cells = [show(times[station][what]) for what in WHAT]
        rows.append([station, *(part for cell in cells for part in cell)])
    return rows


_SAID = """\
## An emergency order in a country with other troubles

`benchmarks/order_reach.py`. The whole demo country by `up --planner` on two processors: six sites,
four edges, answering points and callers at 100 calls/s; one site frozen, and its receiver;
an alarm open that holds every change (`nobody-watches`: no watch runs beside). In each of {rounds}
rounds an answering point pauses itself, and resumes; at the second of these the planner is killed
(SIGKILL) as soon as it has said yes. Time begins before the planner is asked. Load at the end
{load:.1f}; {verdict}, budget 5 s.

"""

if __name__ == "__main__":
    sys.exit(main())
