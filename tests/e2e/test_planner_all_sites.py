"""
Every site gets another version, then one is worked at and connected again, under calls all the time.

What brought the country down in the founding case is what this does: an operation at one site after
the other, and a reconnection behind it, by the commands that people type.
"""

import os
import signal
import time
from itertools import islice

import pytest
from tests.support.at_work import Stream, open_at_work
from tests.support.country_run import wait_until

from route112.adapters.kemi.probes import list_hops
from route112.adapters.processes import ask_options
from route112.apps.demo.tally import count_calls
from route112.countries.fr.sites import TOPOLOGY, add_probes, render_topology
from route112.wire.topology.places import LOOPS_MAX

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.alone]

SITES = tuple(site.id for site in TOPOLOGY.sites)
WORKED_AT = "site-2"
VERSION = "1.1"
RATE = float(os.environ.get("ROUTE112_OPERATION_RATE", "20"))
"""Calls per second, of all four operators together; 100 take two quiet processors."""
USUAL = 400
"""Calls before anything is done."""
CALLS_MAX = 90_000
BEGIN_SECONDS = 60.0
"""Until callers have drawn what they dial, and their first calls are placed."""
CHANGE_SECONDS = 240.0
CALM_SECONDS = 120.0


def render_country(snapshot):
    """The demo's six sites and four edges; test calls may be placed over gateways too."""
    gateways = {hop.address: hop for hop in list_hops(snapshot) if hop.technology != "ip"}
    return render_topology(add_probes(TOPOLOGY, islice(gateways.values(), LOOPS_MAX)))


def reconnect(work, site):
    """Take a site off the network as work at its capacity does, and bring it back."""
    place = next(each for each in work.topology.sites if each.id == site)
    before = work.country.entry(site)["leader"]["pid"]
    os.kill(before, signal.SIGTERM)
    wait_until(
        lambda: (leader := work.country.entry(site)["leader"]) and leader["pid"] != before,
        f"{site} is started again",
    )
    wait_until(lambda: ask_options(place.host, place.port) is not None, f"{site} answers")
    told = work.type_in("change", "resume", "--reason", "twice the capacity")
    assert told.returncode == 0, told.stderr


def await_usual(stream):
    """Wait until there are so many calls that it is known what is usual."""
    deadline_s = time.monotonic() + 2.0 * USUAL / RATE + BEGIN_SECONDS
    while len(stream.ids) < USUAL:
        assert time.monotonic() < deadline_s, f"{len(stream.ids)} calls"
        time.sleep(0.2)


def operate(work, *words, on_step=None):
    """Do one operation to its end; return the seconds of each step."""
    work.await_calm(seconds_max=CALM_SECONDS)
    change = work.command(*words)
    ended, steps = work.follow(change, seconds_max=CHANGE_SECONDS, on_step=on_step)
    assert ended["outcome"] == "done", f"{words}: {ended['cause']}; {steps}"
    return steps


def list_operations(work):
    """Yield each operation's name, and how it is done."""
    for site in SITES:
        yield f"upgrade of {site}", lambda site=site: operate(
            work, "site", "upgrade", site, "--version", VERSION, "--soak", "10s",
            "--reason", "fixes the recorder",
        )  # fmt: skip

    def on_step(current):
        if current["step"] == "work" and not current["back"]:
            reconnect(work, WORKED_AT)

    yield (
        f"capacity and reconnection of {WORKED_AT}",
        lambda: operate(
            work, "site", "maintain", WORKED_AT, "--reason", "more capacity", on_step=on_step
        ),
    )


def test_all_sites_are_upgraded_in_turn_and_one_is_worked_at_and_no_call_is_lost():
    rows = []
    with open_at_work(render_country, versions=(VERSION,)) as work:
        with Stream(work, rate=RATE, calls_max=CALLS_MAX) as stream:
            await_usual(stream)
            for name, run in list_operations(work):
                first, began_s = len(stream.ids), time.monotonic()
                steps = run()
                rows.append((name, first, len(stream.ids), time.monotonic() - began_s, steps))
                print(f"{name}: {rows[-1][3]:.0f} s {steps}", flush=True)
            versions = {site: work.planner.stations[site]["version"] for site in SITES}
        found = stream.judge(usual_of=USUAL)
        usual_ms = stream.find_usual_ms(USUAL)
    assert versions == dict.fromkeys(SITES, VERSION)
    for name, first, last, seconds, _ in rows:
        count = count_calls(found, set(stream.ids[first:last]), usual_ms=usual_ms)
        print(
            f"| {name} | {seconds:.0f} s | {count.placed:,} | {count.lost} | {count.misrouted} |"
            f" {count.delayed} | {count.delay_s:.2f} s |"
        )
    print(
        f"| all of it, {RATE:g} calls/s | {rows[-1][2] / RATE:.0f} s | {found.placed:,} |"
        f" {found.lost} | {found.misrouted} | {found.delayed} | callers {stream.late_s:.2f} s late |"
    )
    assert found.placed == len(stream.ids) > USUAL
    assert (found.lost, found.misrouted) == (0, 0), [
        each for each in found.verdicts if each.verdict.value in ("lost", "misrouted")
    ][:20]
