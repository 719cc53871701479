"""A bad version of the software ends at the canary by itself, and what it cost is counted."""

import shutil
import sys
import time

import pytest
from tests.support.changed_country import CANARY, TREE, change_country, show

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.alone]

CALLED = (("29", "15"), ("35", "18"), ("75", "15"), ("13", "17"))
"""Departements and numbers that callers dial, by turns."""
KNOWN_SECONDS_MAX = 60
"""Until it is known that a version does not start, drain and all."""
ENDED_SECONDS_MAX = 300
BEFORE_S = 6.0
"""Calls that watch has seen before the first change begins."""
AFTER_S = 5.0
NO_START = 'raise SystemExit("no such library")\n'
MUTE = 'request_route {\n\tif (is_method("INVITE")) { exit; }\n'
CHOSEN = "        decision = self._choose(read.call, now)\n"
MISTAKEN = f"{CHOSEN}        decision = replace(decision, targets=decision.targets[::-1])\n"
IMPORT = "from pathlib import Path\n"


def make_version(folder, name):
    """Put a whole tree there, this version under another name; return it."""
    tree = folder / name
    shutil.copytree(TREE / "src", tree / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(TREE / "kamailio", tree / "kamailio")
    (tree / ".venv").symlink_to(sys.prefix)
    return tree


def alter(path, before, after):
    text = path.read_text()
    assert text.count(before) == 1, (path, text.count(before))
    path.write_text(text.replace(before, after))


def make_versions(folder):
    """Make a good version and three bad ones."""
    make_version(folder, "2.0")
    (make_version(folder, "no-start") / "src/route112/apps/site/command.py").write_text(NO_START)
    mute = make_version(folder, "mute")
    alter(mute / "kamailio" / "site.cfg", "request_route {\n", MUTE)
    handler = make_version(folder, "mistaken") / "src/route112/adapters/kemi/handler.py"
    alter(handler, CHOSEN, MISTAKEN)
    alter(handler, IMPORT, f"from dataclasses import replace\n{IMPORT}")
    return folder


@pytest.fixture
def country(tmp_path_factory):
    """
    Put a country up for each test: alarms of the one before would hold the next change.

    A short path: the sockets of a country's members lie in it.
    """
    folder = tmp_path_factory.mktemp("v")
    versions = make_versions(folder / "versions")
    with change_country(folder, "--versions", versions) as running:
        yield running


@pytest.fixture
def crowd(country):
    with country.crowd(CALLED) as calling:
        time.sleep(BEFORE_S)
        yield calling


def upgrade(country, crowd, version, *, seconds_max=ENDED_SECONDS_MAX):
    """Try a version at the canary under calls; return the end, its steps and what calls met."""
    country.wait_calm()
    since = crowd.mark()
    told = country.ask(
        "site", "upgrade", CANARY, "--version", version, "--soak", "5s", "--reason", version
    )
    country.approve(told)
    ended, steps = country.follow(seconds_max=seconds_max)
    time.sleep(AFTER_S)
    judgement = crowd.judge(country.run_dir, since)
    print(version, ended["outcome"], "|", ended["cause"], "|", show(judgement))
    print(steps)
    print(country.ask("history"))
    return ended, steps, judgement


def check_back(country, ended, version):
    assert ended["outcome"] == "rolled-back", (ended, country.logs())
    canary = country.planner.stations[CANARY]
    assert canary["serving"]
    assert canary["version"] != version


def test_a_version_that_does_not_start_is_known_in_seconds_and_costs_no_call(country, crowd):
    ended, steps, judgement = upgrade(country, crowd, "no-start")
    check_back(country, ended, "no-start")
    assert "does not run" in ended["cause"]
    since_s = {step: at_s for (_, step, _), at_s in reversed(steps)}
    assert since_s["drain-back"] - since_s["swap"] < KNOWN_SECONDS_MAX
    assert (judgement.lost, judgement.misrouted) == (0, 0), show(judgement)


def test_a_version_that_answers_no_call_ends_at_its_test_calls_and_costs_no_call(country, crowd):
    ended, _, judgement = upgrade(country, crowd, "mute")
    check_back(country, ended, "mute")
    assert "test calls fail" in ended["cause"]
    assert (judgement.lost, judgement.misrouted) == (0, 0), show(judgement)


def test_a_version_that_rings_the_wrong_ones_is_stopped_at_the_gate(country, crowd):
    ended, _, judgement = upgrade(country, crowd, "mistaken")
    check_back(country, ended, "mistaken")
    assert judgement.lost == 0, show(judgement)
    assert judgement.misrouted > 0, show(judgement)


def test_a_good_version_passes(country, crowd):
    ended, _, judgement = upgrade(country, crowd, "2.0")
    assert ended["outcome"] == "done", (ended, country.logs())
    assert country.planner.stations[CANARY]["version"] == "2.0"
    assert (judgement.lost, judgement.misrouted) == (0, 0), show(judgement)
