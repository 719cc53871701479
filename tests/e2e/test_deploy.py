"""A site, a planner and a receiver as their units confine them, as far as systemd is not needed."""

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.support.country_run import wait_until
from tests.support.planned import render_demo_profile, write_plan, write_trust
from tests.support.sipp_psaps import find_free_port
from tests.support.site_run import HOST, PORTS, list_session, offer
from tests.support.snapshots import make_test_key
from tests.support.unit_files import HostFolder

import route112
from route112.adapters.key_files import write_private_key
from route112.adapters.processes import ask_options
from route112.countries.fr.sites import TOPOLOGY, render_topology
from route112.snapshot.reader import Snapshot

pytestmark = pytest.mark.e2e

UNIT = Path(__file__).parents[2] / "deploy" / "systemd" / "route112-site@.service"
NOBODY = 65_534
CONFINE = """
mount --bind "$STATE" "$STATE" && mount -o remount,bind,ro / && cd / &&
! touch "$FOLDER/plan/x" 2>/dev/null && echo confined &&
exec setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups --no-new-privs --bounding-set=-all \
    --inh-caps=-all "$@"
"""

CONFINE_HOST = """
for each in $WRITABLE; do mount --bind "$each" "$each"; done && mount -o remount,bind,ro / &&
cd / && ! touch "$SETTINGS/x" 2>/dev/null && echo confined &&
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


@contextlib.contextmanager
def confined(host, kind, name, *writable):
    """Run what a unit starts, as its user, where these folders alone can be written."""
    environment = os.environ | {
        "PYTHONPATH": str(Path(route112.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SETTINGS": str(host.settings),
        "WRITABLE": " ".join(map(str, writable)),
        "NOBODY": str(NOBODY),
    }
    log = host.path / f"{kind}.log"
    with log.open("w") as said:
        run = subprocess.Popen(
            [
                *("unshare", "--mount", "sh", "-c", CONFINE_HOST, "sh"),
                *host.make_command(kind, name),
            ],
            env=environment, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        yield lambda text: text in log.read_text() or run.poll() is not None
        assert run.poll() is None, log.read_text()
        assert log.read_text().startswith("confined\n")
    finally:
        run.terminate()
        run.wait(20)


def own(path):
    os.chown(path, NOBODY, NOBODY)
    return path


def test_a_planner_and_a_receiver_need_no_more_than_their_units_give_them(folder):
    assert os.geteuid() == 0, "run as root: mounting a file system read-only needs it"
    (folder / "topology.yaml").write_bytes(render_topology(TOPOLOGY))
    write_trust(folder / "trust.json")
    write_plan(folder / "fr.r112")
    planner, station = (HostFolder(folder / name, str(NOBODY)) for name in ("one", "two"))
    for host in (planner, station):
        host.install(folder)
    # What systemd makes: StateDirectory and RuntimeDirectory; and what the page has put there.
    state, runtime = planner.state / "planner-1", planner.runtime / "planner-1"
    for place in (state, runtime, station.state / "site-1"):
        place.mkdir(parents=True, mode=0o700)
        own(place)
    (planner.settings / "profile.yaml").write_bytes(render_demo_profile())
    write_private_key(planner.settings / "sign.key", make_test_key("a"), None)
    own(planner.settings / "sign.key")
    planner.write_options("planner", "planner-1", address="", options="")
    door = f"--planner unix:{state}/socket"
    station.write_options("receiver", "receiver-site-1", address="", options=door)
    offered = station.state / "plan" / "current.r112"
    offered.unlink()
    places = (station.state / "site-1", offered.parent)
    with contextlib.ExitStack() as stack:
        with confined(planner, "planner", "planner-1", state, runtime) as says:
            wait_until(lambda: says("answers at"), "the planner answers")
            assert (runtime / "people").is_socket()
            assert (state / "journal.log").stat().st_uid == NOBODY
            with confined(station, "receiver", "site-1", *places) as told:
                wait_until(lambda: told("is offered at"), "the plan is offered")
            second = confined(planner, "planner-standby", "planner-1", state, runtime)
            goes_on = stack.enter_context(second)
            wait_until(lambda: goes_on("another planner has"), "a second one waits")
        wait_until(lambda: goes_on("answers at"), "the second one goes on")
        assert (runtime / "people").is_socket()
    assert offered.stat().st_uid == NOBODY, "whoever takes it is the same user"
    taken, kept = Snapshot(offered.read_bytes()), Snapshot((folder / "fr.r112").read_bytes())
    assert taken.content_hash == kept.content_hash
