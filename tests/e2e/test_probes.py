"""
Test calls over every edge, site and trunk of a small country, with two edges and three gateways.

What breaks is named: one gateway's audio, one site's way to a gateway, one edge's way to a site.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.support.exercise import CLIENT, HOST, SITE, SITES, open_exercise
from tests.support.snapshots import TRUNKS

import route112
from route112.adapters.atomic_file import write_atomically
from route112.apps.ends.told import FILE as BEHAVIOURS
from route112.model import Hop
from route112.snapshot.content import TrunkRow
from route112.watch.values import TEST_SERVICE
from route112.wire.documents.state_file import BYTES_MAX, parse_states

pytestmark = pytest.mark.e2e

EDGES = {"bruyere-edge-1": "127.0.2.1", "bruyere-edge-2": "127.0.2.2"}
PROBER = "127.0.14.1"
LOOP = "+33199000112"
GATEWAYS = tuple(f"127.0.5.{number}:5060" for number in (1, 2, 3))
RESPONDERS = ("127.0.4.1:5060", "127.0.4.2:5060", "127.0.4.3:5060")
PATHS = len(EDGES) * len(SITES) * len(GATEWAYS)
ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path(route112.__file__).parents[1])}
PACE_S = 1.0
ROOM_S = 2.0
"""For half a second without a word from a site, two of its next hops, and a busy machine."""
PATIENCE_S = 20.0
HEADER = "X-Route112-Path: site-1;hop=127.0.5.1:5060"


def make_trunks():
    """Move all hops to IPv4, and have three gateways."""
    gateways = tuple(
        Hop(address=at, transport="udp", technology="rtc", vendor="birch", capacity_calls=10)
        for at in GATEWAYS
    )
    lutece = Hop(
        address=RESPONDERS[2], transport="udp", technology="ip", vendor="cedar", capacity_calls=10
    )
    return (
        TRUNKS[0],
        TrunkRow(name=TRUNKS[1].name, hops=gateways),
        TrunkRow(name=TRUNKS[2].name, hops=(lutece,)),
    )


def render_topology():
    sites = "".join(SITE.format(id=id_, host=host) for id_, host in SITES.items())
    edges = ", ".join(
        f'{{id: {id_}, address: "{host}:5060", place: Rennes, network: ouest-ip}}'
        for id_, host in EDGES.items()
    )
    loops = ", ".join(f'"{gateway}": "{LOOP}"' for gateway in GATEWAYS)
    return (
        f"name: two\nsites:\n{sites}operators:\n  - id: bruyere\n"
        f'    clients: ["127.0.3.0/28"]\n    edges: [{edges}]\n'
        "    sites: [site-1, site-2]\n    spread: round-robin\n"
        f'probes:\n  sources: ["{PROBER}"]\n  loops: {{{loops}}}\n'
    )


@pytest.fixture(scope="module")
def exercise(tmp_path_factory):
    folder = tmp_path_factory.mktemp("x")
    with open_exercise(folder, up=False, trunks=make_trunks()) as opened:
        opened.up_with(render_topology(), "--psaps", "--exercise")
        yield opened


def list_arguments(exercise, *arguments):
    argv = [
        sys.executable, "-m", "route112.apps", "watch", "probe", "--topology",
        str(exercise.folder / "topology.yaml"), "--plan", str(exercise.plan),
        "--run-dir", str(exercise.run_dir), *arguments,
    ]  # fmt: skip
    return exercise.network.wrap(HOST, *argv)


def probe_once(exercise):
    """Test every path once; return what the command says of each."""
    done = subprocess.run(
        list_arguments(exercise, "--once", "--json"),
        capture_output=True, text=True, check=False, timeout=60, env=ENVIRONMENT,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    kept = json.loads(done.stdout)
    failed = [path for path in kept["paths"] if path["said"] not in ("", "well")]
    assert done.returncode == bool(failed)
    return kept, failed


@contextlib.contextmanager
def probing(exercise, *arguments):
    """Run a prober; yield the lines that it prints, as they come."""
    process = subprocess.Popen(
        list_arguments(exercise, "--json", *arguments),
        stdout=subprocess.PIPE, text=True,
        env=ENVIRONMENT,
    )  # fmt: skip
    lines = []

    reader = threading.Thread(target=lambda: lines.extend(map(json.loads, process.stdout)))
    reader.start()
    try:
        yield lines
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        reader.join()
        process.stdout.close()


@contextlib.contextmanager
def watching(exercise):
    """Run watch, and yield functions: the links that its open alarms name, and a state."""
    argv = [sys.executable, "-m", "route112.apps", "watch", "run"]
    argv += ["--topology", str(exercise.folder / "topology.yaml"), "--plan", str(exercise.plan)]
    argv += ["--run-dir", str(exercise.run_dir)]
    process = subprocess.Popen(
        exercise.network.wrap(HOST, *argv), stderr=subprocess.DEVNULL, env=ENVIRONMENT
    )

    def list_links():
        alarms = json.loads(exercise.run("alarms", "--json").stdout)
        findings = [finding for alarm in alarms for finding in alarm["findings"]]
        return {tuple(finding["series"].items()) for finding in findings}

    def find_state(id_):
        read = parse_states((exercise.run_dir / "states.json").read_bytes(), bytes_max=BYTES_MAX)
        return next(((each.state, each.source) for each in read.states if each.id == id_), None)

    try:
        exercise.wait((exercise.run_dir / "states.json").exists, "watch runs")
        yield list_links, find_state
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def list_found(lines):
    return {
        tuple(line["begun"]["series"].items()): line["begun"] for line in lines if "begun" in line
    }


def test_each_path_is_tested_with_audio_both_ways_and_nobody_rings(exercise):
    kept, failed = probe_once(exercise)
    first = kept["rung_us"]
    while_s = time.monotonic() + PATIENCE_S
    while failed and time.monotonic() < while_s:
        # Python has 50 ms to name the hop: on a machine that is full it may miss them once.
        kept, failed = probe_once(exercise)
    loops = [path for path in kept["paths"] if path["hop"] in GATEWAYS]
    assert len(loops) == PATHS
    assert {path["said"] for path in loops} == {"well"}
    assert {path["audio"] for path in loops} == {"both"}
    assert all(path["ring_ms"] < 500 for path in loops)
    rung = [path["hop"] for path in kept["paths"] if path["hop"] in RESPONDERS and path["at_us"]]
    assert sorted(rung) == sorted(RESPONDERS), "each responder once, whatever the paths to it"
    again, _ = probe_once(exercise)
    assert again["rung_us"] == first, "a responder is left alone for a quarter of an hour"
    assert exercise.psap_lines() == [], "no answering point has rung"


def test_who_may_not_place_test_calls_is_refused(exercise):
    refused = {"until": 300, "headers": (HEADER,)}
    assert exercise.place_call("edge", host=CLIENT, uri=TEST_SERVICE, **refused)[-1] == 403
    assert exercise.place_call("edge", host=CLIENT, uri=TEST_SERVICE, until=300)[-1] == 404
    assert exercise.place_call("edge", host=PROBER, **refused)[-1] == 403, "no call for help"
    assert exercise.place_call("edge", host=PROBER, uri=TEST_SERVICE, until=300)[-1] == 404
    stranger = exercise.place_call("site-1", host="127.0.2.9", uri=TEST_SERVICE, **refused)
    assert stranger[-1] == 403, "an operator's own equipment, without an edge"
    assert 180 in exercise.place_call("edge", host=CLIENT, headers=(HEADER,)), (
        "it rings all the same"
    )
    assert exercise.psap_lines()[-1]["listen"].endswith("127.0.4.1:5060"), "where the plan says"


def test_what_breaks_is_named_within_two_paces(exercise):
    edge, silent, mute = "bruyere-edge-2", GATEWAYS[1], GATEWAYS[2]
    broken = {
        (("edge", edge), ("site", "site-1")),
        (("site", "site-2"), ("trunk", silent)),
        (("site", "site-1"), ("trunk", mute)),
        (("site", "site-2"), ("trunk", mute)),
    }
    with (
        watching(exercise) as (list_links, find_state),
        probing(exercise, "--every", f"{PACE_S:g}") as lines,
    ):
        exercise.wait(lambda: len(lines) > PATHS, "every path has had its turn")
        assert list_found(lines) == {}
        exercise.wait(lambda: find_state(mute) == ("Normal", "tests"), "test calls make states")
        exercise.wait(lambda: find_state("bruyere-edge-1"), "of the edges, too")
        behaviours = json.dumps({"places": {mute: "no-audio"}}).encode()
        exercise.inject("link-cut", "site-1", f"peers={edge}")
        exercise.inject("link-cut", "site-2", f"peers={silent.partition(':')[0]}")
        write_atomically(exercise.run_dir / BEHAVIOURS, behaviours)
        broke_us = time.time_ns() // 1_000
        exercise.wait(lambda: set(list_found(lines)) >= broken, "all of it is named")
        found = list_found(lines)
        assert set(found) == broken, "and nothing else"
        delays = {series: (each["at_us"] - broke_us) / 1e6 for series, each in found.items()}
        assert max(delays.values()) < 2 * PACE_S + ROOM_S, delays
        (deaf,) = (found[series] for series in broken if series[0] == ("site", "site-1"))
        assert deaf["evidence"][-1].endswith("answered without audio")
        exercise.wait(lambda: list_links() >= broken, "watch has an alarm of each")
        disturbed = ("ServiceDisruption", "tests")
        exercise.wait(lambda: find_state(mute) == disturbed, "OPTIONS and answers hide no silence")
        exercise.clear()
        (exercise.run_dir / BEHAVIOURS).unlink()
        over = lambda: sum("over" in line for line in lines) >= len(broken)  # noqa: E731
        exercise.wait(over, "all of it is over")
        exercise.wait(lambda: find_state(mute)[0] == "Normal", "and it is heard again")
    assert not any(
        line["status"] == 200 and line["number"] == LOOP for line in exercise.psap_lines()
    )
