"""The planner's API as strangers and two persons meet it: real sockets, real users, real TLS."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.support.commanded import OWN, PEOPLE, commanded
from tests.support.planned import write_plan

from route112.access import parse_audit
from route112.apps.planner.web.guard import Rates
from route112.countries.fr import build_demo
from route112.countries.fr.sites import TOPOLOGY, render_topology

pytestmark = pytest.mark.e2e

BESIDE = Path(sys.executable).parent
NOBODY = 65_534
"""A second system user that every machine has."""
COMMAND = (sys.executable, "-m", "route112.apps")
PEOPLE_TOO = PEOPLE.replace(
    '"CN=second,O=prefecture"]', '"CN=second,O=prefecture"]\n    system_users: [nobody]'
)
OPERATIONS = 13
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
    explore(planner, tmp_path, via="second", phase="fuzzing", examples=4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("via", "phase"), [("second", "coverage"), ("second", "fuzzing"), ("stranger", "fuzzing")]
)
def test_what_the_document_says_is_what_is_served_in_every_corner(planner, tmp_path, via, phase):
    explore(planner, tmp_path, via=via, phase=phase, examples=30)


@pytest.fixture
def shared():
    """A folder that another system user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="route112-two-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


class RunningPlanner:
    """`planner run`, and whoever types commands for it."""

    def __init__(self, folder):
        self.folder, self.planner, self.run = folder, folder / "planner", None
        self.door = folder / "door" / "socket"
        self.door.parent.mkdir()
        if os.geteuid() == 0:
            os.chown(self.door.parent, -1, NOBODY)
        write_plan(folder / "fr.r112")
        (folder / "profile.yaml").write_bytes(dict(build_demo().render_files())["profile.yaml"])
        (folder / "topology.yaml").write_bytes(render_topology(TOPOLOGY))
        self.planner.mkdir(mode=0o700)
        (self.planner / "people.yaml").write_text(PEOPLE_TOO)

    def start(self):
        words = {
            "--folder": self.planner, "--topology": self.folder / "topology.yaml",
            "--plan": self.folder / "fr.r112", "--profile": self.folder / "profile.yaml",
            "--people-socket": self.door, "--for": "60",
        }  # fmt: skip
        self.run = subprocess.Popen(
            [*COMMAND, "planner", "run", *(str(part) for pair in words.items() for part in pair)],
            stderr=subprocess.PIPE,
        )
        for line in self.run.stderr:
            if b"answers at" in line:
                return
        raise AssertionError("it did not start")

    def kill(self):
        self.run.kill()
        self.run.wait(10.0)
        self.run.stderr.close()

    def type_in(self, *words):
        """Type a command as this system user."""
        run = subprocess.run(
            [*COMMAND, *words, "--json", "--planner", f"unix:{self.planner / 'socket'}"],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    def approve(self, hash_):
        """Approve as another system user, whom only the group lets in."""
        run = subprocess.run(
            ["/usr/bin/python3", "-I", "-c", APPROVE, str(self.door), hash_],
            cwd="/", capture_output=True, text=True, timeout=60, check=False,
            **({"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}),
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    @property
    def said(self):
        found = parse_audit((self.planner / "audit.log").read_bytes())
        assert not found.flaw
        return [(str(each.ruling), str(each.reason), str(each.by)) for each in found.verdicts]


def test_two_system_users_give_an_order_and_the_planner_is_killed_between(shared):
    planner = RunningPlanner(shared)
    planner.start()
    try:
        assert stat.S_IMODE((planner.planner / "socket").stat().st_mode) == 0o600
        assert stat.S_IMODE(planner.door.stat().st_mode) == 0o660
        words = ("order", "pause", "CRRA15-29", "--expires", "2h", "--reason", "flooded")
        waiting = planner.type_in(*words)
        planner.kill()
        planner.start()
        own = planner.type_in("approve")
        assert [each["hash"] for each in own] == [waiting["hash"]], "what waits outlives it"
        done = planner.approve(waiting["hash"])
        if os.geteuid() != 0:
            # One user alone cannot be two, and is told so.
            assert done["type"] == "urn:route112:own-request"
            return
        assert (done["author"], done["approver"]) == ("first", "second"), done
        assert planner.said[0] == ("waiting", "", f"system-user:{OWN}")
        assert planner.said[-1] == ("allowed", "", "system-user:nobody")
        (order,) = planner.type_in("order", "list")
        assert (order["id"], order["approver"]) == (done["order"], "second")
        again = planner.approve(waiting["hash"])
        assert again["type"] == "urn:route112:replayed"
    finally:
        planner.kill()
