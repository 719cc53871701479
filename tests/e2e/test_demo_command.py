"""`route112 demo` as a newcomer runs it: real country, real Kamailio, real calls, real ends."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import pytest

import route112
from route112.adapters.processes import Children, find_listeners
from route112.apps.demo.psaps import list_missing_programs

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(bool(list_missing_programs()), reason="needs kamailio and sip-tester"),
]

COMMAND = [sys.executable, "-m", "route112.apps", "demo"]
SECONDS_MAX = 90
SECOND_RUN_SECONDS_MAX = 45


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


def environment():
    return os.environ | {"PYTHONPATH": str(Path(route112.__file__).parents[1])}


def run(folder, *arguments):
    return subprocess.run(
        [*COMMAND, "--dir", str(folder), *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def test_twelve_calls_ring_where_the_second_derivation_says(folder):
    result = run(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("  as expected  ") == 12
    assert "12 of 12 calls rang at the expected answering point" in result.stdout
    assert "\x1b[" not in result.stdout, "no colour into a pipe"
    log = (folder / "run" / "kamailio.log").read_text(encoding="utf-8", errors="replace")
    decided = unquote(log)  # records are percent-encoded
    for line in result.stdout.splitlines()[:12]:
        rang = line.partition("  as expected")[0].rpartition(" -> ")[2].strip()
        assert f"-> {rang} [g1 site-demo " in decided


def test_the_second_run_reuses_everything_and_is_quick(folder):
    began = time.monotonic()
    result = run(folder, "--json")
    assert time.monotonic() - began < SECOND_RUN_SECONDS_MAX
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["right"] == 12
    assert "there already, written by this version" in result.stderr
    assert "(0 parsed" in result.stderr


def test_a_planted_difference_is_found(folder):
    table = folder / "fr" / "expected.csv.gz"
    good = table.read_bytes()
    bad = gzip.decompress(good).replace(b"29019,112,CTA18-29,+33", b"29019,112,CTA18-29,+34")
    bad = bad.replace(b",CTA18-29,+33", b",CTA18-29,+34")
    table.write_bytes(gzip.compress(bad, 1))
    try:
        result = run(folder)
    finally:
        table.write_bytes(good)
    assert result.returncode == 1
    assert "WRONG: expected CTA18-29 +34" in result.stdout
    assert "11 of 12 calls" in result.stdout
    assert "What to look at: " in result.stdout


def test_a_taken_place_is_named_and_nothing_is_left_behind(folder):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.4.1", 5060))
        result = run(folder)
    assert result.returncode == 2
    assert "127.0.4.1:5060/udp is taken by another program" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_a_demo_that_is_ended(folder, number):
    before = listeners()
    running = subprocess.Popen(
        [*COMMAND, "--dir", str(folder), "--keep"],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = read_until(running.stderr, "Running until Ctrl-C")
        started = listeners() - before
        running.send_signal(number)
        running.wait(timeout=10)
    finally:
        running.kill()
        running.communicate()
    assert "Running until Ctrl-C" in said[-1], "".join(said)
    assert len(started) > 12
    assert {host.split(".")[0] for host, _ in started} == {"127"}, "everything is on loopback"
    expected = {signal.SIGINT: 0, signal.SIGTERM: 128 + number, signal.SIGKILL: -number}
    assert running.returncode == expected[number]
    Children().wait_until(lambda: not started & listeners(), timeout_s=5, what="all is quiet")


def listeners():
    return find_listeners("udp") | find_listeners("tcp")


def read_until(stream, text):
    said = []
    for line in stream:
        said.append(line)
        if text in line:
            break
    return said
