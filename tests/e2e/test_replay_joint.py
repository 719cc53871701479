"""
Every gateway of one vendor takes calls and does nothing: played by SIP against a whole country.

Nine answering points of ten hang on the switched network. Whoever has a second vendor or an IP path
loses nothing; whoever has none was named by `route112 plan check` before the first call.
"""

import json
import re
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.alone]


@pytest.fixture
def folder(tmp_path_factory):
    """A short path: the sockets of a country's members lie in it."""
    return tmp_path_factory.mktemp("r")


SCENARIO = "fr-2021-06-02-joint"
NAMED = re.compile(r"in zone (\S+) (.*) can be reached through gateways of (\S+) only")
CALLS = 2_400
EXTRACT = ("--calls", CALLS)
NO_MEASUREMENT = 3
"""A busy machine: its figures prove little, but nobody else may lose a call there either."""
SECONDS_MAX = 240
WHOLE_SECONDS_MAX = 1_500
ASKED = ("lost", "misrouted", "delayed", "attempts", "unique_callers")


def run(*arguments, seconds=SECONDS_MAX):
    """Run a command in a network of its own, which it has to itself."""
    inside = 'ip link set lo up && exec "$@"'
    command = [sys.executable, "-m", "route112.apps", *map(str, arguments)]
    return subprocess.run(
        ["unshare", "--net", "sh", "-c", inside, "sh", *command],
        capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip


def list_named(source):
    """Return what the check of the plan says, by vendor and zone."""
    done = run("plan", "check", source, "--json", "--no-cache")
    named = {}
    for problem in json.loads(done.stdout)["problems"]:
        if problem["code"] == "one-gateway-vendor":
            zone, psaps, vendor = NAMED.match(problem["message"]).groups()
            named.setdefault(vendor, {})[zone] = psaps.split(", ")
    return named


def check_report(folder, done):
    """Compare who lost calls with whom the check names, which is asked apart."""
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    [played] = report["plays"]
    joint = played["joint"]
    named = list_named(folder / "fr")["cedar"]

    assert joint["vendors"] == ["cedar"]
    assert joint["named"] == named
    assert named, "a country in which nobody hangs on one vendor proves nothing"
    # No zone lost a call that was not named, and each that was named and called did.
    assert joint["lost_unnamed"] == {}
    assert set(joint["lost_named"]) == set(joint["called_named"]) == set(named)
    for zone, psaps in joint["lost_named"].items():
        assert set(psaps) <= set(named[zone])
    assert report["lost"] == sum(
        map(sum, (each.values() for each in joint["lost_named"].values()))
    )
    assert report["lost"] > 0
    assert report["lost_unnamed"] == report["misrouted"] == 0, done.stderr
    assert report["delayed"] > 0, "a second vendor's gateway is tried only after the first"
    assert done.returncode in (0, NO_MEASUREMENT), done.stderr
    assert all(isinstance(report[name], int) for name in ASKED)
    return report


def test_zones_that_lose_are_those_that_the_check_of_the_plan_named(folder):
    done = run("replay", SCENARIO, "--dir", folder, *EXTRACT, "--json")
    report = check_report(folder, done)
    assert report["unique_callers"] == CALLS
    assert "gateway-grey begins: cedar" in done.stderr
    page = (folder / "replay.html").read_text()
    assert "antilles" in page


@pytest.mark.slow
def test_the_whole_evening_behind_grey_gateways_loses_only_who_was_named(folder):
    done = run("replay", SCENARIO, "--dir", folder, "--json", seconds=WHOLE_SECONDS_MAX)
    assert check_report(folder, done)["unique_callers"] == 98_200
