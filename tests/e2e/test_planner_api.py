"""The planner's API as strangers and two persons meet it: real sockets, real users, real TLS."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from tests.support.commanded import OWN, PEOPLE, Commanded, commanded
from tests.support.typing_commands import report_all

from route112.apps.planner.web.guard import Rates

pytestmark = pytest.mark.e2e

BESIDE = Path(sys.executable).parent
NOBODY = 65_534
"""A second system user that every machine has."""
OPERATIONS = 12
APPROVE = """
import json, socket, sys
body = json.dumps({"hash": sys.argv[2]}).encode()
asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
asking.settimeout(10.0)
asking.connect(sys.argv[1])
asking.sendall(
    b"POST /approvals HTTP/1.1\\r\\nHost: planner\\r\\nContent-Type: application/json\\r\\n"
    b"Connection: close\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body
)
got = b""
while part := asking.recv(65536):
    got += part
print(got.partition(b"\\r\\n\\r\\n")[2].decode())
"""


def explore(planner, folder, *, via, phase, examples):
    """Let schemathesis ask whatever the document allows and forbids, over mutual TLS."""
    command = [
        str(BESIDE / "schemathesis"), "run", f"https://127.0.0.1:{planner.port}/openapi.json",
        "--request-cert", str(planner.folder / f"{via}.pem"),
        "--request-cert-key", str(planner.folder / f"{via}.key"),
        "--tls-verify", str(planner.folder / "ca.pem"),
        "--phases", phase, "--max-examples", str(examples), "--generation-database", "none",
        "--request-timeout", "20", "--no-color", "--warnings", "off", "--no-shrink",
    ]  # fmt: skip
    run = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )
    assert run.returncode == 0, run.stdout[-8_000:] + run.stderr[-2_000:]
    assert f"Tested: {OPERATIONS}" in run.stdout, run.stdout[-2_000:]
    orders, history = planner.engine.state.orders, planner.engine.state.history
    assert (len(orders), len(history), planner.engine.state.change) == (0, 0, None), (
        "one person alone brought something into force"
    )
    assert len(planner.audit) > OPERATIONS, "each use is in the log, and the log is whole"


@pytest.fixture
def planner(tmp_path):
    with commanded(tmp_path, rates=Rates(per_s=1e6, burst=1e6)) as running:
        yield running


def test_what_the_document_says_is_what_is_served(planner, tmp_path):
    explore(planner, tmp_path, via="second", phase="fuzzing", examples=6)


@pytest.mark.slow
@pytest.mark.parametrize("via", ["second", "stranger"])
@pytest.mark.parametrize("phase", ["coverage", "fuzzing"])
def test_what_the_document_says_is_what_is_served_in_every_corner(planner, tmp_path, via, phase):
    explore(planner, tmp_path, via=via, phase=phase, examples=60)


@pytest.fixture
def shared():
    """A folder that another system user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="route112-two-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def type_in(planner, *words):
    """Type a command as this system user."""
    run = subprocess.run(
        [sys.executable, "-m", "route112.apps", *words, "--planner", f"unix:{planner.socket}"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def approve_as_another(planner, hash_):
    """Approve as another system user; where none can be had, by a certificate."""
    if os.geteuid() != 0:
        return planner.ask("POST", "/approvals", {"hash": hash_}, via="second").json
    os.chown(planner.socket, -1, NOBODY)
    planner.socket.chmod(0o660)
    run = subprocess.run(
        ["/usr/bin/python3", "-I", "-c", APPROVE, str(planner.socket), hash_],
        cwd="/", user=NOBODY, group=NOBODY, extra_groups=[], capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_two_system_users_give_an_order_over_one_socket(shared):
    planner = Commanded(shared)
    (planner.planner / "people.yaml").write_text(
        PEOPLE.replace('"CN=second,O=prefecture"]', '"CN=second,O=prefecture"]\n    system_users: [nobody]')
    )  # fmt: skip
    planner.start()
    is_over = threading.Event()
    stations = threading.Thread(target=lambda: keep_reporting(planner, is_over), daemon=True)
    stations.start()
    try:
        assert stat.S_IMODE(planner.socket.stat().st_mode) == 0o600
        words = ("order", "pause", "CRRA15-29", "--expires", "2h", "--reason", "flooded", "--json")
        waiting = type_in(planner, *words)
        assert planner.last == ("waiting", "", "order pause", f"system-user:{OWN}")
        done = approve_as_another(planner, waiting["hash"])
        assert (done["author"], done["approver"]) == ("first", "second"), done
        if os.geteuid() == 0:
            assert planner.last == ("allowed", "", "order pause", "system-user:nobody")
        begun = time.monotonic()
        while not is_everywhere(planner, done["order"]):
            assert time.monotonic() - begun < 5.0
            time.sleep(0.05)
        (order,) = type_in(planner, "order", "list", "--json")
        assert order["id"] == done["order"]
    finally:
        is_over.set()
        stations.join()
        planner.stop()


def is_everywhere(planner, order):
    stations = planner.ask("GET", "/state").json["stations"]
    return all(order in each["orders"] for each in stations)


def keep_reporting(planner, is_over):
    while not is_over.is_set():
        report_all(planner)
        time.sleep(0.1)
