"""The evening of 2 June 2021 against six real sites and four real edges, in a network of its own."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.alone]


@pytest.fixture
def folder(tmp_path_factory):
    """A short path: the sockets of a country's members lie in it."""
    return tmp_path_factory.mktemp("r")


CALLS = 6_000
"""Two minutes."""
CALLS_SHORT = 2_000
"""Forty seconds, in which every fault of the evening comes and goes in its order."""
RATE = 50
EVENING_S = 7.25 * 3600
NO_MEASUREMENT = 3
"""A busy machine: its figures prove little, but nothing may be lost there either."""
SECONDS_MAX = 420
"""The calls, the last callers' patience, and the country up and down."""


def list_command(folder, *options):
    """List what plays an extract in a network of its own, and becomes that command."""
    inside = 'ip link set lo up && exec "$@"'
    return [
        "unshare", "--net", "sh", "-c", inside, "sh",
        sys.executable, "-m", "route112.apps", "replay", "fr-2021-06-02", "--dir", str(folder),
        "--rate", str(RATE), "--json", *options,
    ]  # fmt: skip


def list_left(folder):
    """List the processes that name a folder, of whatever country."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue  # it has ended meanwhile
        if any(str(folder) in word for word in words):
            found.append(" ".join(words))
    return found


def replay(folder, *options):
    """Play an extract and return exit code, report and what was said."""
    done = subprocess.run(
        list_command(folder, *options),
        capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("calls", [CALLS_SHORT, pytest.param(CALLS, marks=pytest.mark.slow)])
def test_an_extract_of_2_june_2021_loses_nothing(folder, calls):
    code, report, said = replay(folder, "--only", "route112", "--calls", str(calls))
    assert (report["lost"], report["misrouted"]) == (0, 0), said
    assert code in (0, NO_MEASUREMENT)
    assert report["attempts"] == report["unique_callers"] == calls
    assert report["delayed"] > 0, "five of six sites forgot calls"
    [played] = report["plays"]
    kept = json.loads((folder / "route112" / "scenario-time.json").read_text())
    assert played["compression"] == kept["compression"] == EVENING_S * RATE / calls
    assert set(played["by"]["operator"]) == {"bruyere", "cormoran", "dolmen", "ecume"}
    assert "grey begins: site-2, site-3, site-4, site-5" in said
    assert "kill begins: site-1, site-2" in said
    assert (folder / "replay.png").stat().st_size > 10_000
    assert "2 June 2021" in (folder / "replay.html").read_text()


@pytest.mark.slow
def test_sigterm_to_the_replay_alone_leaves_nothing_of_its_country(folder):
    playing = subprocess.Popen(
        list_command(folder, "--only", "route112", "--calls", str(CALLS)),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        state, deadline_s = folder / "route112" / "up.json", time.monotonic() + SECONDS_MAX
        while not (state.exists() and json.loads(state.read_text())["is_ready"]):
            assert playing.poll() is None, playing.communicate()[1]
            assert time.monotonic() < deadline_s, "its country does not come up"
            time.sleep(0.1)
        assert len(list_left(folder)) > 20, "it does not run"
        playing.send_signal(signal.SIGTERM)
        said = playing.communicate(timeout=SECONDS_MAX)[1]
    finally:
        playing.kill()
        playing.wait()
    assert playing.returncode == 128 + signal.SIGTERM, said
    assert "SIGTERM: taking the country down" in said
    assert list_left(folder) == []
    assert not state.exists()


@pytest.mark.slow
def test_the_wiring_of_2021_loses_about_what_was_lost(folder):
    code, report, said = replay(folder, "--only", "as-2021", "--calls", str(CALLS))
    assert code == 1, said
    assert 0.06 < report["lost"] / report["attempts"] < 0.18, said
    assert report["attempts"] > CALLS
