"""`route112 demo` as a newcomer runs it: real country, real Kamailio, real calls, real faults."""

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import route112
from route112.adapters.processes import Children, find_listeners
from route112.apps.demo.country import DemoFolder, write_country
from route112.apps.demo.stage import NAME

pytestmark = pytest.mark.e2e

ROUTE112 = [sys.executable, "-m", "route112.apps"]
SECONDS_MAX = 110
SECOND_RUN_SECONDS_MAX = 60
CALL = re.compile(r"^  (right|delayed|misrouted|lost) +\S+ ms  rang (\S+) +(\S+) +(\S.*\])")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


def environment():
    return os.environ | {"PYTHONPATH": str(Path(route112.__file__).parents[1])}


def run(folder, *arguments):
    return subprocess.run(
        [*ROUTE112, "demo", "--dir", str(folder), *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def read_acts(output):
    """Return the lines of each act by its first word after the number."""
    acts = {}
    for line in output.splitlines():
        if match := re.match(r"[0-9]\. (.*)", line):
            lines = acts[match[1]] = []
        elif line.startswith("The checker"):
            lines = acts["table"] = []
        elif acts:
            lines.append(line)
    return acts


def test_a_newcomer_sees_sixty_calls_and_four_faults_and_none_is_lost(folder):
    result = run(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "\x1b[" not in result.stdout, "no colour into a pipe"
    acts = read_acts(result.stdout)
    calls = {name: list(filter(None, map(CALL.match, lines))) for name, lines in acts.items()}
    usual = calls["60 calls"]
    assert len(usual) == 60
    assert {call[1] for call in usual} <= {"right", "delayed"}
    assert all(f"-> {call[3]} {call[2]} [g1 {NAME} " in call[4] for call in usual)
    assert len({call[4].split()[0] for call in usual}) == 13, "every short number"
    assert {call[4].split()[2].partition("/")[0] for call in usual} == {
        "bruyere",
        "cormoran",
        "dolmen",
        "ecume",
    }
    silenced = [call[1] for call in calls["A PSAP falls silent"]]
    assert silenced[:4] == ["delayed"] * 4
    for name in ("Python raises", "Python hangs"):
        assert len(calls[name]) == 8
        assert all(" -> python DOWN -> native" in call[4] for call in calls[name])
    assert re.search(r"[48]0 right: [0-9]+ by g1 and [0-9]+ by g2; each record", result.stdout)
    table = {line.split()[0]: int(line.split()[1]) for line in acts["table"][:5]}
    assert table.pop("delayed") >= 4
    assert table == {"placed": 122, "right": 122, "misrouted": 0, "lost": 0}


def test_what_it_says_to_look_at_is_there(folder):
    site = folder / "run" / "site"
    for arguments in (("tail", str(site)), ("query", str(site), "--number", "15")):
        found = subprocess.run(
            [*ROUTE112, "records", *arguments],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=True,
        )
        assert NAME in found.stdout
    sealed = b"".join(path.read_bytes() for path in (site / "records/segments").glob("*.r1"))
    assert sealed.count(b" R1 end ") == 122, "the site sealed its own records"


def test_the_second_run_reuses_everything_and_is_quick(folder):
    began = time.monotonic()
    result = run(folder, "--json")
    assert time.monotonic() - began < SECOND_RUN_SECONDS_MAX
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["placed"], found["right"], found["lost"], found["misrouted"]) == (122, 122, 0, 0)
    assert len(found["calls"]) == 122
    assert "there already, written by this version" in result.stderr
    assert "(0 parsed" in result.stderr


def test_a_planted_difference_is_found(folder):
    write_country(DemoFolder(folder))
    table = folder / "fr" / "expected.csv.gz"
    good = table.read_bytes()
    bad = gzip.decompress(good).replace(b"\n29019,15,CRRA15-29,+33", b"\n29019,15,CRRA15-29,+34")
    bad = bad.replace(b",CRRA15-29,+33", b",CRRA15-29,+34")
    table.write_bytes(gzip.compress(bad, 1))
    try:
        result = run(folder, "--calls", "2")
    finally:
        table.write_bytes(good)
    assert "there already" in result.stderr, "the package was changed meanwhile"
    assert result.returncode == 1
    assert re.search(r"^  misrouted .* rang \+33\d+ +CRRA15-29 ", result.stdout, re.MULTILINE)
    assert "NOT AS TOLD: 1 of 2 rang where" in result.stdout
    assert "What to look at: " in result.stdout


def test_a_taken_place_is_named_and_nothing_is_left_behind(folder):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.4.1", 5060))
        result = run(folder)
    assert result.returncode == 2
    assert "127.0.4.1:5060/udp is taken by another program" in result.stderr


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 1), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_nothing_outlives_a_demo_that_is_ended_under_calls(folder, number, code):
    assert end(folder, "1. 60 calls", number) == code


@pytest.mark.slow
def test_a_demo_that_is_kept_ends_well(folder):
    assert end(folder, "Running until Ctrl-C", signal.SIGINT, "--calls", "4", "--keep") == 0


def end(folder, when, number, *arguments):
    """Run a demo until it says something, end it, and see that nothing is left; return its code."""
    before = listeners()
    running = subprocess.Popen(
        [*ROUTE112, "demo", "--dir", str(folder), *arguments],
        env=environment() | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = read_until(running.stdout, when)
        started = listeners() - before
        running.send_signal(number)
        running.communicate(timeout=20)
    finally:
        running.kill()
        running.communicate()
    assert when in said[-1], "".join(said)
    assert len(started) > 100
    Children().wait_until(lambda: not started & listeners(), timeout_s=10, what="all is quiet")
    return running.returncode


def listeners():
    """List who listens where the demo does: other tests run beside this one."""
    found = find_listeners("udp") | find_listeners("tcp")
    return {(host, port) for host, port in found if re.match(r"127\.0\.[1456789]\.", host)}


def read_until(stream, text):
    said = []
    for line in stream:
        said.append(line)
        if text in line:
            break
    return said
