"""Two contents under one generation, offered to real sites: refused, and an alarm for people."""

import json
import subprocess
import sys
from contextlib import contextmanager

import pytest
from tests.support import country_run
from tests.support.country_run import prepare_country, wait_until
from tests.support.planned import render_demo_profile
from tests.support.site_run import divert, in_seconds, offer

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

IDS = ("site-1", "site-2")
SAID = "was offered another content under generation 42, which it has"


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A look every ten seconds, and time for a busy machine."""
    monkeypatch.setattr(country_run, "WAIT_SECONDS_MAX", 40.0)


@contextmanager
def watching(country):
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
        yield
    finally:
        process.terminate()
        process.wait(20)


def list_said(country):
    """Return what open alarms say, by their titles."""
    alarms = json.loads(country.run("alarms", "--json").stdout)
    return {
        each["title"]: " ".join(said for found in each["findings"] for said in found["evidence"])
        for each in alarms
    }


def has_said(country):
    """Tell whether an alarm says it of one site at least; both may be one alarm's."""
    return any(SAID in said for said in list_said(country).values())


def test_two_contents_under_one_generation_are_an_alarm_until_there_is_a_later_one(tmp_path):
    plan = tmp_path / "plan.r112"
    offer(plan, 42)
    with prepare_country(tmp_path, plan) as country:
        assert country.run(*country.list_up("--detach", only=IDS)).returncode == 0
        country.note()
        with watching(country):
            offer(plan, 42, orders=[divert(expires=in_seconds(3_600))])
            wait_until(lambda: has_said(country), "a refusal is an alarm")
            members = country.members()
            assert {members[site]["python_generation"] for site in IDS} == {42}
            offer(plan, 43)
            wait_until(
                lambda: not any(SAID in said for said in list_said(country).values()), "over"
            )
        assert country.run("down").returncode == 0


def test_two_sites_that_were_given_a_different_content_each_are_an_alarm(tmp_path):
    """Neither refuses anything: whoever sees both knows."""
    plan = tmp_path / "plan.r112"
    offer(plan, 42)
    (tmp_path / "profile.yaml").write_bytes(render_demo_profile())
    with prepare_country(tmp_path, plan) as country:
        words = ("--detach", "--planner", "--profile", str(tmp_path / "profile.yaml"))
        assert country.run(*country.list_up(*words, only=IDS)).returncode == 0
        country.note()
        with watching(country):
            plans = country.run_dir / "plans"
            offer(plans / "site-1.r112", 43)
            offer(plans / "site-2.r112", 43, orders=[divert(expires=in_seconds(3_600))])
            said = "has another content under generation 43 than site-1"
            wait_until(
                lambda: any("site-2" in t and said in e for t, e in list_said(country).items()),
                "site 2 is told",
            )
            offer(plans / "site-2.r112", 44)
            wait_until(
                lambda: not any(said in each for each in list_said(country).values()), "over"
            )
        assert country.run("down").returncode == 0
