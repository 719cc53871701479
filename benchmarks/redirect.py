"""
How many calls a second one redirect server answers over loopback UDP, in one process.

    benchmarks/redirect.py [SNAPSHOT]       the small country of the tests unless told otherwise
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.redirect import find_status, make_request  # noqa: E402
from tests.support.snapshots import small_content  # noqa: E402

from route112.snapshot.writer import write_snapshot  # noqa: E402

SECONDS = 5.0
WINDOW = 32
"""Requests under way at once."""
HOST, PORT, SOURCE = "127.0.66.9", 5999, "127.0.2.1"
BUDGET_PER_S = 2_000
"""The whole country places some 5 emergency calls a second, a crisis a hundred times that."""


def main() -> int:
    """Start a server on a plan, or on the small country, and ask it for some seconds."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "small.r112"
        if len(sys.argv) == 1:
            plan.write_bytes(write_snapshot(small_content()))
        command = [sys.executable, "-m", "route112.apps", "redirect", "run", "--plan", str(plan)]
        command += ["--listen", f"{HOST}:{PORT}", "--rate", "1000000"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment) as server:
            try:
                rate, worst_ms = measure(server)
            finally:
                server.send_signal(signal.SIGTERM)
    print(f"{rate:,.0f} answers/s, slowest {worst_ms:.1f} ms; budget {BUDGET_PER_S:,}/s")
    return 0 if rate >= BUDGET_PER_S else 1


def measure(server: "subprocess.Popen[bytes]") -> tuple[float, float]:
    """Keep WINDOW requests under way for SECONDS; return answers a second and the slowest."""
    assert server.stderr is not None
    while b"in force on" not in server.stderr.readline():
        assert server.poll() is None, "the server did not start"
    message = make_request(f"sip:15@{HOST};user=phone;commune=29019")
    sent: dict[int, float] = {}
    answered, worst_s, number = 0, 0.0, 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.bind((SOURCE, 0))
        asker.settimeout(2.0)
        asker.connect((HOST, PORT))
        began = time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            while len(sent) < WINDOW:
                number += 1
                sent[number] = time.perf_counter()
                asker.send(message.replace(b"Call-ID: 1", b"Call-ID: %d" % number))
            response = asker.recv(65_535)
            assert find_status(response) == 302
            found = int(response.split(b"Call-ID: ")[1].split(b"\r\n")[0])
            worst_s = max(worst_s, time.perf_counter() - sent.pop(found))
            answered += 1
        elapsed_s = time.perf_counter() - began
    return answered / elapsed_s, worst_s * 1e3


if __name__ == "__main__":
    sys.exit(main())
