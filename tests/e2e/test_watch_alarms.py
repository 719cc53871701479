"""
Somebody receives nothing, and says so: the alarm is told outside within seconds.

The process is the real one; no station has written a record. The other side of the webhook hangs
for the first event: watch goes on all the same.
"""

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.support.hosts import wait_until
from tests.support.snapshots import small_content

import route112
from route112.countries.fr.sites import TOPOLOGY, render_topology
from route112.snapshot.writer import write_snapshot

pytestmark = pytest.mark.e2e

TOKEN = "0123456789abcdef"
STARTED_SECONDS_MAX = 30.0
TOLD_SECONDS_MAX = 15.0
LISTENS = re.compile(r"takes reports on port (\d+)")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
COMMAND = (sys.executable, "-m", "route112.apps")


@contextlib.contextmanager
def receiver(*, hangs):
    """Keep the first `hangs` events without an answer; yield port and what came."""
    came, release = [], threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            came.append((self.headers["Authorization"], body))
            if len(came) <= hangs:
                release.wait()
                return
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, came
    finally:
        release.set()
        server.shutdown()
        server.server_close()


@contextlib.contextmanager
def watching(folder, port):
    """Run watch with both channels; yield process, port of reports, and its log."""
    (folder / "topology.yaml").write_bytes(render_topology(TOPOLOGY))
    (folder / "plan.r112").write_bytes(write_snapshot(small_content()))
    secret = folder / "secret"
    secret.write_text(TOKEN)
    secret.chmod(0o600)
    log = folder / "watch.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            [
                *COMMAND, "watch", "run", "--topology", str(folder / "topology.yaml"),
                "--plan", str(folder / "plan.r112"), "--run-dir", str(folder),
                "--webhook", f"http://127.0.0.1:{port}/", "--webhook-secret-file", str(secret),
                "--reports", "127.0.0.1:0", "--reports-token-file", str(secret),
            ],
            env=ENVIRONMENT, stderr=stderr,
        )  # fmt: skip
    try:
        wait_until(lambda: LISTENS.search(log.read_text()), STARTED_SECONDS_MAX, "watch listens")
        yield process, int(LISTENS.search(log.read_text())[1]), log
    finally:
        process.kill()
        process.wait()


def say(port, **report):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        connection.request(
            "POST", "/reports", json.dumps(report), {"Authorization": f"Bearer {TOKEN}"}
        )
        return connection.getresponse().status


def show(folder, *arguments):
    done = subprocess.run(
        [*COMMAND, "alarms", *arguments, "--run-dir", str(folder)],
        env=ENVIRONMENT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_we_receive_nothing_is_told_outside_although_the_first_try_hangs(tmp_path):
    with receiver(hangs=1) as (hook, came), watching(tmp_path, hook) as (process, port, log):
        assert show(tmp_path) == (0, "no alarm is open\n")
        began = time.monotonic()
        assert say(port, text="we receive nothing", who="desk", number="15") == 202
        wait_until(lambda: came, TOLD_SECONDS_MAX, "the webhook is asked")
        told_s = time.monotonic() - began
        # The other side holds the line; another report is taken meanwhile, and people see both.
        assert say(port, text="here, too", who="prefecture", number="15") == 202
        wait_until(
            lambda: "here, too" in show(tmp_path, "1")[1], TOLD_SECONDS_MAX, "watch goes on"
        )
        wait_until(lambda: len(came) > 1, TOLD_SECONDS_MAX, "it is tried again")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0, log.read_text()
    print(f"told outside {told_s:.1f} s after it was said")
    assert {authorization for authorization, _ in came} == {f"Bearer {TOKEN}"}
    assert [(body["event"], body["what"]) for _, body in came[:2]] == [(1, "opened")] * 2
    assert came[0][1]["alarm"]["title"] == "15: somebody reports trouble"
    assert show(tmp_path)[0] == 1
    lines = [json.loads(line) for line in (tmp_path / "alarms.jsonl").read_text().splitlines()]
    assert lines[0] == came[0][1]
