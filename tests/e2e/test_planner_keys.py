"""A planner's key is exchanged and the old one revoked, while calls flow through two sites."""

import os
import signal
import threading
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from tests.e2e.test_planner import IDS, PSAP, SITES, decide, has_all
from tests.support.asked_planner import AskedPlanner, write_people
from tests.support.country_run import prepare_country, wait_until
from tests.support.planned import render_demo_profile
from tests.support.site_run import offer

from route112.apps.cli import cli
from route112.apps.receiver.differences import read_in_force
from route112.planning.orders.revision import place_orders
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import parse_public_key

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.slow]

CALLS_MIN = 5
"""That have to be placed meanwhile, or nothing is said: each is a program of its own."""


def type_plan(*words):
    result = CliRunner().invoke(cli, ["plan", *map(str, words)])
    assert result.exit_code == 0, result.output


def get_id(folder, name):
    return parse_public_key((folder / f"{name}.key.pub").read_bytes()).id


@pytest.fixture
def country(tmp_path):
    plan = tmp_path / "plan.r112"
    offer(plan, 42)
    for name in "abc":
        type_plan("keys", "new", tmp_path / f"{name}.key")
    type_plan("keys", "trust", tmp_path / "trust.json", *sorted(tmp_path.glob("[ab].key.pub")))
    type_plan("sign", plan, "--key", tmp_path / "a.key")
    (tmp_path / "profile.yaml").write_bytes(render_demo_profile())
    with prepare_country(tmp_path, plan) as prepared:
        write_people(prepared.run_dir / "planner", PSAP)
        yield prepared


def up(country, key):
    words = country.list_up(
        "--detach", "--planner", "--profile", str(country.folder / "profile.yaml"),
        "--trust", str(country.folder / "trust.json"),
        "--planner-key", str(country.folder / f"{key}.key"), only=IDS,
    )  # fmt: skip
    result = country.run(*words)
    assert result.returncode == 0, result.stderr
    country.note()
    return AskedPlanner(country.run_dir / "planner")


@contextmanager
def calls_flow(country):
    """Place calls at both sites in turn; each has to be decided."""
    decided, over = [], threading.Event()

    def place():
        while not over.is_set():
            decided.append(decide(country, SITES[len(decided) % len(SITES)]))

    caller = threading.Thread(target=place)
    caller.start()
    try:
        yield decided
    finally:
        over.set()
        caller.join()


def read_signer(country, site):
    signature = read_in_force(country.run_dir / site).signature
    return signature.key_id


def offer_by_old_key(country, site):
    """Have somebody who has the old key rename a plan of his own into place."""
    plan, aside = country.run_dir / "plans" / f"{site}.r112", country.folder / "aside.r112"
    aside.write_bytes(place_orders(Snapshot(plan.read_bytes()), (), generation=99))
    type_plan("sign", aside, "--key", country.folder / "a.key")
    aside.replace(plan)


def test_a_planner_gets_another_key_and_the_old_one_counts_no_more(country):
    folder, trust = country.folder, country.folder / "trust.json"
    planner = up(country, "a")
    wait_until(lambda: has_all(planner, 42), "all sites say what they have")
    with calls_flow(country) as decided:
        order = planner.order("pause", PSAP)["order"]
        wait_until(lambda: has_all(planner, 43), "an order by the first key")
        type_plan("keys", "rotate", trust, get_id(folder, "a"), "--to", folder / "c.key.pub")
        os.kill(country.state()["up"]["pid"], signal.SIGKILL)
        os.kill(country.entry("planner")["leader"]["pid"], signal.SIGKILL)
        planner = up(country, "c")
        wait_until(lambda: has_all(planner, 43), "what the old key signed stays")
        planner.order("resume", PSAP, order=order)
        wait_until(lambda: has_all(planner, 44), "the order ends by the new key")
        assert {read_signer(country, site) for site in SITES} == {get_id(folder, "c")}

        type_plan("keys", "revoke", trust, get_id(folder, "a"), "--reason", "stolen")
        offer_by_old_key(country, "site-1")
        log = country.run_dir / "site-1" / "records" / "raw.log"
        wait_until(lambda: "revoked-key" in log.read_text(), "the old key's plan is refused")
        planner.order("pause", PSAP)
        wait_until(lambda: has_all(planner, 45), "orders go on by the new key")
        assert {read_signer(country, site) for site in SITES} == {get_id(folder, "c")}
    assert len(decided) >= CALLS_MIN
    members = {each["id"]: each for each in country.status()[1]["members"]}
    assert [members[site]["restarts"] for site in SITES] == [0, 0]
    assert country.run("down").returncode == 0
