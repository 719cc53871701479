"""
The drill: all that a planner and a watch have is destroyed, and comes back from a backup.

Sites go on taking calls meanwhile; what people see afterwards is what they saw before, and the next
order is above everything that stations have.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.parse import unquote

import pytest
from tests.e2e.test_planner import IDS, PSAP, SITES, decide, has_all
from tests.support.asked_planner import AskedPlanner, write_people
from tests.support.country_run import prepare_country, wait_until
from tests.support.planned import render_demo_profile
from tests.support.site_run import HOST, offer

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ORDER_S = 15.0
"""Three times the budget: other tests run on this machine."""
WATCH_FILES = ("watch.sqlite*", "watch-keys", "alarms.jsonl", "watch-audit.jsonl")


@pytest.fixture
def country(tmp_path):
    plan = tmp_path / "plan.r112"
    offer(plan, 42)
    (tmp_path / "profile.yaml").write_bytes(render_demo_profile())
    secret = tmp_path / "backup.pass"
    secret.write_text("correct horse\n")
    secret.chmod(0o600)
    with prepare_country(tmp_path, plan) as prepared:
        write_people(prepared.run_dir / "planner", PSAP)
        yield prepared


@contextmanager
def watching(country):
    """Run a watch until it is killed, or told to end."""
    log = country.folder / "watch.log"
    with log.open("w") as stderr:
        process = subprocess.Popen(
            (
                sys.executable, "-m", "route112.apps", "watch", "run",
                "--run-dir", str(country.run_dir), "--plan", str(country.plan),
                "--topology", str(country.write_topology()),
            ),
            stderr=stderr,
        )  # fmt: skip
    try:
        wait_until(lambda: "watch: follows" in log.read_text(), "watch runs")
        yield process
    finally:
        process.terminate()
        process.wait(20)


def type_in(country, *words):
    result = country.run(*words)
    assert result.returncode == 0, result.stderr
    return result.stdout


def lose_call(country):
    """Place a call while no answering point says a word: its caller has to be called back."""
    psaps = country.entry("psaps")["leader"]["pid"]
    os.kill(psaps, signal.SIGSTOP)
    try:
        country.run_plain(
            "call", "15", "--commune", "29019", "--from", "127.0.2.7:0",
            "--to", f"{HOST}:{country.ports[1]}", "--timeout", "12",
        )  # fmt: skip
    finally:
        os.kill(psaps, signal.SIGCONT)


def list_callbacks(country):
    return json.loads(type_in(country, "callbacks", "list", "--all", "--json"))


def count_lost(callbacks):
    return sum(each["lost"] for each in callbacks)


def look(country, planner):
    """Return what people see of orders, history and whom to call back."""
    orders, changes = (planner.ask("GET", path)[1] for path in ("/orders", "/changes"))
    return orders, changes, list_callbacks(country)


def destroy(country, watch):
    """End `up`, planner and watch without a word, and remove all that they have."""
    for pid in (country.state()["up"]["pid"], country.entry("planner")["leader"]["pid"]):
        os.kill(pid, signal.SIGKILL)
    watch.kill()
    watch.wait(20)
    shutil.rmtree(country.run_dir / "planner")
    for pattern in WATCH_FILES:
        for path in country.run_dir.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def up(country):
    words = country.list_up(
        "--detach", "--planner", "--profile", str(country.folder / "profile.yaml"), only=IDS
    )
    result = country.run(*words)
    assert result.returncode == 0, result.stderr
    country.note()
    return AskedPlanner(country.run_dir / "planner")


def test_all_that_a_planner_has_is_destroyed_and_comes_back(country):
    sealed = ("--passphrase-file", str(country.folder / "backup.pass"))
    planner = up(country)
    wait_until(lambda: has_all(planner, 42), "all sites say what they have")
    with watching(country) as watch:
        first = planner.order("pause", PSAP)["order"]
        wait_until(lambda: has_all(planner, 43), "the order is in force")
        planner.order("resume", PSAP, order=first)
        order = planner.order("pause", PSAP)["order"]
        wait_until(lambda: order in decide(country, "site-1"), "the next one, too")
        lose_call(country)
        wait_until(lambda: list_callbacks(country), "who reached nobody is on the list")
        before = look(country, planner)
        highest = max(each["generation"] for each in planner.stations.values())
        backup = country.folder / "country.backup"
        told = type_in(
            country, "backup", str(backup), *sealed, "--keep", str(country.plan), "--json"
        )
        assert json.loads(told)["manifest"]["generation"] >= highest
        before_loss = look(country, planner)
        assert before_loss[:2] == before[:2], "a backup changes nothing"
        destroy(country, watch)

    assert order in decide(country, "site-1"), "no call needs any of it"
    words = ("restore", str(backup), *sealed)
    assert country.run_plain(*words, "--check").returncode == 0
    type_in(country, *words, "--reason", "drill")
    assert list_callbacks(country) == before[2]
    planner = up(country)
    with watching(country):
        wait_until(lambda: has_all(planner, highest), "they are heard of again")
        assert look(country, planner)[:2] == before[:2]
        began_s = time.monotonic()
        planner.order("resume", PSAP, order=order)
        later = planner.order("pause", PSAP)["order"]
        wait_until(
            lambda: all(later in unquote(decide(country, site)) for site in SITES), "in force"
        )
        assert time.monotonic() - began_s < ORDER_S
        found = planner.stations.values()
        assert all(each["generation"] > highest for each in found if each["id"] in SITES)
        assert not any(each["held"] or each["oddities"] for each in found)
        lose_call(country)
        wait_until(
            lambda: count_lost(list_callbacks(country)) > count_lost(before[2]), "it goes on"
        )
    members = {each["id"]: each for each in country.status()[1]["members"]}
    assert [members[site]["restarts"] for site in SITES] == [0, 0]
    assert country.run("down").returncode == 0
    assert country.leftovers() == ({}, set(), [])
