"""The evening of 2 June 2021 against six real sites and four real edges, in a network of its own."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.e2e

CALLS = 6_000
RATE = 50
NO_MEASUREMENT = 3
"""A busy machine: its figures prove little, but nothing may be lost there either."""
SECONDS_MAX = 420
"""Two minutes of calls, the last callers' patience, and the country up and down."""


def replay(folder, *options):
    """Play an extract and return exit code, report and what was said."""
    command = [
        sys.executable, "-m", "route112.apps", "replay", "fr-2021-06-02", "--dir", str(folder),
        "--rate", str(RATE), "--json", *options,
    ]  # fmt: skip
    inside = 'ip link set lo up && exec "$@"'
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", inside, "sh", *command],
        capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


def test_two_minutes_of_2_june_2021_lose_nothing(tmp_path):
    code, report, said = replay(tmp_path, "--only", "route112", "--calls", str(CALLS))
    assert (report["lost"], report["misrouted"]) == (0, 0), said
    assert code in (0, NO_MEASUREMENT)
    assert report["attempts"] == report["unique_callers"] == CALLS
    assert report["delayed"] > 0, "five of six sites forgot calls"
    [played] = report["plays"]
    assert played["compression"] > 150
    assert set(played["by"]["operator"]) == {"bruyere", "cormoran", "dolmen", "ecume"}
    assert "grey begins: site-2, site-3, site-4, site-5" in said
    assert "kill begins: site-1, site-2" in said
    assert (tmp_path / "replay.png").stat().st_size > 10_000
    assert "2 June 2021" in (tmp_path / "replay.html").read_text()


@pytest.mark.slow
def test_the_wiring_of_2021_loses_about_what_was_lost(tmp_path):
    code, report, said = replay(tmp_path, "--only", "as-2021", "--calls", str(CALLS))
    assert code == 1, said
    assert 0.06 < report["lost"] / report["attempts"] < 0.18, said
    assert report["attempts"] > CALLS
