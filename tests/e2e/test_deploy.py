"""A site as its unit confines it, as far as that can be had without systemd."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.support.country_run import wait_until
from tests.support.sipp_psaps import find_free_port
from tests.support.site_run import HOST, PORTS, list_session, offer

import route112
from route112.adapters.processes import ask_options

pytestmark = pytest.mark.e2e

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "route112-site@.service"
NOBODY = 65_534
CONFINE = """
mount --bind "$STATE" "$STATE" && mount -o remount,bind,ro / && cd / &&
! touch "$FOLDER/plan/x" 2>/dev/null && echo confined &&
exec setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups --no-new-privs --bounding-set=-all \
    --inh-caps=-all "$@"
"""


@pytest.fixture
def folder():
    """A folder that another user reaches, which a test's own folder is not."""
    path = Path(tempfile.mkdtemp(prefix="route112-unit-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def make_command(folder, port):
    """Return the unit's own command line about another place."""
    lines = UNIT.read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("ExecStart=")]
    text = line.removeprefix("ExecStart=").replace(" --trust /etc/route112/trust.json", "")
    text = text.replace("%i", "site-1").replace(
        "/var/lib/route112/site-1", f"{folder}/state/site-1"
    )
    text = text.replace("/var/lib/route112/plan", f"{folder}/plan")
    text = text.replace("$ROUTE112_LISTEN", f"--listen {HOST}:{port}")
    text = text.replace("$ROUTE112_OPTIONS", "--shm-mb 64")
    return [sys.executable, "-m", "route112.apps", *shlex.split(text)[1:]]


def test_a_site_needs_no_more_than_its_unit_gives_it(folder):
    assert os.geteuid() == 0, "run as root: mounting a file system read-only needs it"
    port = find_free_port(HOST, PORTS)
    for name in ("plan", "state"):
        (folder / name).mkdir(mode=0o755)
    offer(folder / "plan" / "current.r112", 42)
    (folder / "plan" / "current.r112").chmod(0o644)
    os.chown(folder / "state", NOBODY, NOBODY)
    environment = os.environ | {
        "PYTHONPATH": str(Path(route112.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "STATE": str(folder / "state"),
        "FOLDER": str(folder),
        "NOBODY": str(NOBODY),
    }
    site = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", CONFINE, "sh", *make_command(folder, port)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        wait_until(lambda: site.poll() is not None or ask_options(HOST, port) == 200, "it answers")
        assert site.poll() is None, site.stdout.read()
        owner = (folder / "state" / "site-1" / "kamailio.json").stat().st_uid
        assert owner == NOBODY
        leader = int((folder / "state" / "site-1" / "kamailio.pid").read_text())
        status = Path(f"/proc/{leader}/status").read_text()
        assert "NoNewPrivs:\t1" in status
        assert "CapEff:\t0000000000000000" in status
        assert "CapBnd:\t0000000000000000" in status
    finally:
        site.terminate()
        said, _ = site.communicate(timeout=20)
    assert said.startswith("confined\n"), said
    assert site.returncode == 0, said
    assert list_session(leader) == []
