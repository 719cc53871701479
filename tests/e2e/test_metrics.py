"""Sites, edges and redirect servers tell Prometheus what they know, and nobody harms them by asking."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.support.edge_process import CLIENT, EDGE_HOST, PORTS, open_country
from tests.support.metrics import list_documented, read_values
from tests.support.site import Caller
from tests.support.site_run import find_free_port

import route112
from route112.adapters.metrics.endpoint import CONNECTIONS_MAX

pytestmark = pytest.mark.e2e

SERVED = re.compile(r"metrics are served at 127\.0\.0\.1 port (\d+)")
WAIT_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 6.0
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
ANSWERED = 'route112_station_ended_total{outcome="answered"}'
STARTS = "route112_station_kamailio_starts_total"
MEMORY = 'route112_station_shared_memory_bytes{state="total"}'
STATION, REDIRECT = "Sites and edges", "Redirect servers"


@pytest.fixture
def country(tmp_path):
    with open_country(tmp_path) as opened:
        yield opened


def wait(check, what):
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not (found := check()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
    return found


def find_port(said):
    return int(wait(lambda: SERVED.search(said()), "metrics are served")[1])


def ask(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return answer.read().decode()


def read(port):
    """Return all values; none where the endpoint lets nobody in for now."""
    try:
        return read_values(ask(port))
    except OSError:
        return {}


def check_documented(text, heading):
    """Compare what is served with docs/metrics.md; labels, too, where there is a sample."""
    documented = list_documented(heading)
    for family in text_string_to_metric_families(text):
        name = family.name + ("_total" if family.type == "counter" else "")
        kind, labels = documented[name]
        assert family.type == kind
        assert all(sample.labels.keys() == labels for sample in family.samples)


@contextlib.contextmanager
def asking_slowly(port):
    """Hold as many connections as there may be, each with half a question."""
    with contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS_MAX):
            held = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            held.sendall(b"GET /met")
        yield


def test_a_site_and_an_edge_tell_their_calls_and_calls_do_not_wait_for_it(country):
    caller = Caller(country, host=CLIENT)
    with (
        country.run_site("site-1", "--metrics", "0") as site,
        country.run_edge("--metrics", "0") as edge,
    ):
        at_site, at_edge = (find_port(run.stderr) for run in (site, edge))
        for run in (site, edge):
            run.wait("native-flip", g=42)
        with asking_slowly(at_site), asking_slowly(at_edge):
            for _ in range(3):
                assert caller.place("17", "29019").status == 200
            # Nobody else is let in meanwhile; nothing else has noticed.
            with pytest.raises(OSError):  # reset or closed, whichever comes first
                ask(at_site)
        for port in (at_site, at_edge):
            wait(lambda port=port: read(port).get(ANSWERED) == 3, "three calls are counted")
            wait(lambda port=port: MEMORY in read(port), "shared memory is known")
            seen = read(port)
            check_documented(ask(port), STATION)
            assert seen["route112_station_generation"] == 42
            assert seen["route112_station_native_generation"] == 42
            assert seen[STARTS] == 1
            assert seen["route112_station_records_backlog_bytes"] > 0
        assert read(at_site)['route112_station_attempts_total{by="python"}'] == 3
        assert read(at_edge)['route112_station_passed_total{to="site-1"}'] == 3
        os.killpg(site.leader(), signal.SIGKILL)
        wait(lambda: read(at_site).get(STARTS) == 2, "a restart is counted")
        with asking_slowly(at_edge):
            began = time.monotonic()
            assert edge.stop() == 0
            assert time.monotonic() - began < STOP_SECONDS_MAX


def test_a_redirect_server_tells_its_answers(country):
    port = find_free_port(EDGE_HOST, PORTS)
    log = country.folder / "redirect.log"
    argv = [sys.executable, "-m", "route112.apps", "redirect", "run", "--plan", country.plan]
    argv += ["--listen", f"{EDGE_HOST}:{port}", "--metrics", "0"]
    with log.open("w") as out:
        process = subprocess.Popen(list(map(str, argv)), stderr=out, env=ENVIRONMENT)
    try:
        served = find_port(log.read_text)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(5)
            asking.bind((EDGE_HOST, 0))
            asking.connect((EDGE_HOST, port))
            own = "{}:{}".format(*asking.getsockname())
            asking.send(
                f"OPTIONS sip:{EDGE_HOST}:{port} SIP/2.0\r\nVia: SIP/2.0/UDP {own};"
                f"branch=z9hG4bKa\r\nFrom: <sip:t@{own}>;tag=a\r\nTo: <sip:{EDGE_HOST}>\r\n"
                "Call-ID: a\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n".encode()
            )
            assert asking.recv(4_096).startswith(b"SIP/2.0 200")
        text = ask(served)
        check_documented(text, REDIRECT)
        assert read_values(text)['route112_redirect_answers_total{status="200"}'] == 1
        assert read_values(text)["route112_redirect_generation"] == 42
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=STOP_SECONDS_MAX) == 0
    finally:
        process.kill()
        process.wait()
