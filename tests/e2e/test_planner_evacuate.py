"""A site is left for good by the planner's real commands, under calls, and none is lost."""

import os
import signal
import time
from dataclasses import replace

import pytest
from tests.support.at_work import Stream, open_at_work
from tests.support.country_run import wait_until

from route112.adapters.processes import ask_options
from route112.apps.planner.senses.places import Place, list_pointing
from route112.countries.fr.sites import TOPOLOGY, render_topology
from route112.model.topology import EdgeNode

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.alone]

LEFT = "site-3"
SITES = ("site-1", "site-2", "site-3")
RATE = 20.0
"""Calls per second."""
USUAL = 200
"""Calls before anything is done."""
CALLS_MAX = 8_000
STEP_SECONDS = 240.0
SILENT_SECONDS = 8.0


def choose_nodes(*, without=()):
    """Three sites and one operator with two edges, as an operator has them."""
    [operator] = [each for each in TOPOLOGY.operators if each.id == "bruyere"]
    [edge] = operator.edges
    second = EdgeNode(
        id="bruyere-edge-2", address="127.0.2.9:5060", place="Nantes", network="nord-ip"
    )
    sites = tuple(site for site in SITES if site not in without)
    operator = replace(operator, edges=(edge, second), sites=sites)
    kept = tuple(site for site in TOPOLOGY.sites if site.id in SITES)
    return replace(TOPOLOGY, sites=kept, operators=(operator,))


def restart_edge(work, edge):
    """End an edge, as whoever runs it would; `up` starts it by what the topology says now."""
    before = work.country.entry(edge.id)["leader"]["pid"]
    os.kill(before, signal.SIGTERM)
    wait_until(
        lambda: (leader := work.country.entry(edge.id)["leader"]) and leader["pid"] != before,
        f"{edge.id} is started again",
    )
    wait_until(lambda: ask_options(edge.host, edge.port) == 200, f"{edge.id} answers")
    time.sleep(2.0)  # until it has its table


def leave(work, stream):
    """Leave the site, by the commands of two persons and the work of whoever runs the edges."""
    place = Place(run_dir=work.run_dir, topology=work.topology, find_file=lambda _hash: None)
    edges = work.topology.operators[0].edges

    def on_step(current):
        if current["step"] != "unpoint" or current["frozen_since_us"] or current["back"]:
            return
        assert list_pointing(place, LEFT) == ("bruyere-edge-1", "bruyere-edge-2")
        work.topology_file.write_bytes(render_topology(choose_nodes(without=(LEFT,))))
        for edge, other in (edges, edges[::-1]):
            stream.edges["bruyere"] = ((other.host, other.port),)
            time.sleep(4.0)  # until what rings there was answered
            restart_edge(work, edge)
        stream.edges["bruyere"] = tuple((edge.host, edge.port) for edge in edges)

    wait_until(lambda: len(stream.ids) >= USUAL, "what is usual is known")
    work.await_calm()
    change = work.command("site", "evacuate", LEFT, "--reason", "its hosting closes")
    ended, steps = work.follow(change, seconds_max=STEP_SECONDS, on_step=on_step)
    print(steps, ended["outcome"], ended["cause"])
    assert ended["outcome"] == "done", (ended, steps)
    assert list_pointing(place, LEFT) == ()
    return ended["cause"]


def test_a_site_is_left_for_good_and_nothing_points_to_it_any_more():
    with open_at_work(lambda _snapshot: render_topology(choose_nodes())) as work:
        with Stream(work, rate=RATE, calls_max=CALLS_MAX) as stream:
            cause = leave(work, stream)
            assert cause == f"nothing points to {LEFT} any more"
            assert cause in work.type_in("history").stdout
            assert LEFT not in work.planner.stations
            for _ in range(2):
                assert ask_options("127.0.1.3", 5060) is None, "nobody has started it again"
                time.sleep(SILENT_SECONDS)
            print(f"alarms behind it: {work.alarms()}")
        found = stream.judge(usual_of=USUAL)
    print(
        f"{found.placed} calls at {RATE:g}/s: {found.lost} lost, {found.misrouted} misrouted, "
        f"{found.delayed} delayed; callers at most {stream.late_s:.2f} s late"
    )
    assert found.placed == len(stream.ids) > USUAL
    assert (found.lost, found.misrouted) == (0, 0), [
        each for each in found.verdicts if each.verdict.value in ("lost", "misrouted")
    ]
