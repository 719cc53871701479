import json
import threading
import time

import pytest
from tests.support.commanded import commanded
from tests.support.planned import write_plan
from tests.support.snapshots import ROUTES
from tests.support.typing_commands import read_hash, report_all, type_in

from route112.snapshot.content import VariantRow

BREST, PARIS = 2, 3
"""The route of 15 in Finistere, and the line of the answering point in Paris."""


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    with commanded(tmp_path_factory.mktemp("activate")) as running:
        write_plan(running.folder / "new.r112", edition="2027-01", generation=43)
        yield running


def activate(planner, *words, **options):
    report_all(planner)
    path = str(planner.folder / "new.r112")
    return type_in(planner, "activate", path, "--reason", "edition 2027-01", *words, **options)


def test_a_plan_is_handed_in_compared_and_asked_for(planner):
    asked = activate(planner, "--canary", "site-2", "--soak", "5min")
    assert asked.exit_code == 0, asked.output
    lines = asked.stdout.splitlines()
    assert lines[0].startswith("generation 43, candidate ")
    assert "(0.00%) ring elsewhere or in another order" in lines[0]
    assert " in place of " in lines[1]
    assert "impact 0.00% soak 300 s, by first: edition 2027-01" in lines[1]
    assert read_hash(asked)


def test_an_impact_above_its_bound_needs_a_word(planner, monkeypatch):
    monkeypatch.setattr(planner.app.state.ground, "impact_max", -1.0)
    refused = activate(planner)
    assert refused.exit_code == 1
    assert "0.00% of the population changes, more than -100.00%" in refused.stderr
    assert "--accept-impact" in refused.stderr
    assert activate(planner, "--accept-impact").exit_code == 0


def test_a_departement_that_loses_its_answering_points_needs_a_word(planner, monkeypatch):
    """One departement of a country is far below any bound on the country's share."""
    wrong = (VariantRow(lines=(PARIS,), rules=("primary",)),)
    routes = (*ROUTES[:BREST], wrong, *ROUTES[BREST + 1 :])
    path = str(write_plan(planner.folder / "wrong.r112", routes=routes, generation=44))
    monkeypatch.setattr(planner.app.state.ground, "impact_max", 1.0)
    report_all(planner)
    words = ("activate", path, "--reason", "edition 2027-01")
    refused = type_in(planner, *words)
    assert refused.exit_code == 1, refused.output
    assert "15 of 29 (100%): CRRA15-29, CTA18-29 becomes CRRA15-75" in refused.stderr
    asked = type_in(planner, *words, "--accept-impact")
    assert asked.exit_code == 0, asked.output
    assert "other answering points for most of a departement:" in asked.stdout
    assert "impact 6.93%; 15 of 29 (100%): CRRA15-29, CTA18-29 becomes CRRA15-75" in asked.stdout


def test_it_is_followed_to_its_end(planner):
    result = {}

    def follow():
        result["told"] = activate(planner, "--for", "60s", "--soak", "0s")

    following = threading.Thread(target=follow)
    following.start()
    before = {each["hash"] for each in planner.ask("GET", "/waiting").json["waiting"]}
    hash_ = wait_for(planner, before)
    report_all(planner)
    assert planner.ask("POST", "/approvals", {"hash": hash_}, via="second").status == 200
    time.sleep(0.3)
    planner.ask("POST", "/changes/current/abort", aborting(), via="second")
    until_s = time.monotonic() + 60
    while following.is_alive() and time.monotonic() < until_s:
        report_all(planner)
        time.sleep(0.1)
    following.join(1.0)
    told = result["told"]
    assert told.exit_code == 1, told.output
    assert "rolled-back: looked wrong" in told.stdout
    assert "it ended rolled-back" in told.stderr
    shown = type_in(planner, "history")
    assert "rolled-back" in shown.stdout
    assert "looked wrong" in shown.stdout


def aborting():
    from tests.support.commanded import stamp

    return stamp(reason="looked wrong")


def wait_for(planner, before):
    for _ in range(200):
        waiting = planner.ask("GET", "/waiting").json["waiting"]
        new = [each["hash"] for each in waiting if each["hash"] not in before]
        if new:
            return new[0]
        time.sleep(0.05)
    raise AssertionError("it was not asked for")


def test_it_may_be_asked_for_by_machines(planner):
    told = json.loads(activate(planner, "--json").stdout)
    assert told["request"]["verb"] == "activate"
    assert told["comparison"]["share"] == 0.0


def test_what_is_no_snapshot_is_refused_here_already(planner):
    (planner.folder / "odd.r112").write_bytes(b"odd")
    refused = type_in(planner, "activate", str(planner.folder / "odd.r112"), "--reason", "r")
    assert refused.exit_code == 1
