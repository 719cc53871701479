import json
from dataclasses import replace

import pytest
from tests.support.commanded import commanded, stamp, until
from tests.support.planned import S, make_order, write_plan
from tests.support.snapshots import small_content
from tests.support.typing_commands import read_hash, report_all, type_in

from route112.adapters.clock import utc_now
from route112.apps.planner.web import wishes
from route112.change.asking import GiveOrder, WithdrawOrder
from route112.change.values import Step
from route112.model import OrderKind
from route112.replication import Report, render_report
from route112.snapshot.reader import Snapshot


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    with commanded(tmp_path_factory.mktemp("change")) as running:
        yield running


def test_without_a_change_there_is_nothing_to_tell(planner):
    for words in (("abort",), ("resume",)):
        refused = type_in(planner, "change", *words, "--reason", "r", via="second")
        assert (refused.exit_code, "no change runs" in refused.stderr) == (1, True)


def test_a_change_is_told_to_go_back(planner):
    report_all(planner)
    body = stamp(kind="maintenance", stations=["site-2"])
    asked = planner.ask("POST", "/changes", body, via="second").json
    assert planner.ask("POST", "/approvals", {"hash": asked["hash"]}).status == 200
    early = type_in(planner, "change", "resume", "--reason", "cards are in", via="second")
    assert f"is at step {Step.PROOF}" in early.stderr
    told = type_in(planner, "change", "abort", "--reason", "not today", via="second")
    assert told.stdout == f"change abort: second asked; change {asked['hash'][:16]}\n"
    refused = type_in(planner, "change", "abort", "--reason", "not today", via="reader")
    assert refused.exit_code == 1


def hold(planner, name, *stations, **changes):
    """Have stations serve what was copied there by hand; return its file."""
    path = write_plan(planner.folder / name, **changes)
    snapshot = Snapshot(path.read_bytes())
    for station in stations:
        line = Report(
            station=station, number=snapshot.generation, content_hash=snapshot.content_hash
        )
        planner.engine.answer(render_report(line))
    until(lambda: set(planner.engine.state.held) == set(stations), 60.0)
    return path


def test_who_is_held_is_shown_and_let_go_by_two(planner):
    until(lambda: planner.engine.state.change is None, 60.0)
    assert type_in(planner, "change", "adopt").stdout == "no station is held\n"
    later = small_content().valid_until + 1
    path = hold(planner, "new.r112", "site-1", generation=60, valid_until=later)
    shown = type_in(planner, "change", "adopt").stdout
    assert shown == "site-1 has g60, ahead: nothing is sent there\n"
    (listed,) = json.loads(type_in(planner, "change", "adopt", "--json").stdout)
    assert (listed["id"], listed["held"]) == ("site-1", "ahead")

    words = ("change", "adopt", str(path))
    assert "--reason is missing" in type_in(planner, *words).stderr
    words += ("--reason", "copied by hand")
    assert type_in(planner, *words, via="second").exit_code == 1, "whoever plans may"
    asked = type_in(planner, *words)
    assert "site-1 candidate " in asked.stdout
    agreed = type_in(planner, "approve", read_hash(asked), via="second")
    assert agreed.exit_code == 0, agreed.output
    assert "site-1 held no more, on the plan that is there" in agreed.stdout
    assert not planner.engine.state.held
    until(lambda: planner.engine.find_wanted("site-1").number > 60, 60.0)


def test_the_second_person_reads_each_order_that_it_gives(planner):
    report_all(planner)
    later = small_content().valid_until + 3
    expires = utc_now() + 3_600 * S
    orders = (
        make_order("ov-1", approver="", expires=utc_now() + 300 * 86_400 * S),
        make_order("ov-2", kind=OrderKind.DIVERT, to_psap="CRRA15-75", expires=expires),
    )
    path = hold(planner, "given.r112", "site-1", generation=70, valid_until=later, orders=orders)
    words = ("change", "adopt", str(path), "--reason", "copied by hand")
    asked = type_in(planner, *words)
    told = "ov-2 divert CRRA15-29 to CRRA15-75 from "
    assert f"gives_01 {told}" in asked.stdout
    assert "left_in_plan 1 of its orders" in asked.stdout
    agreed = type_in(planner, "approve", read_hash(asked), via="second")
    assert agreed.exit_code == 0, agreed.output
    assert list(planner.engine.state.orders) == ["ov-2"]
    type_in(planner, "order", "resume", "CRRA15-29", "--order", "ov-2", "--reason", "r")


def test_nobody_is_asked_to_agree_to_a_plan_that_orders_cannot_reach(planner):
    report_all(planner)
    order = make_order("o-7", psap="CTA18-75", expires=utc_now() + 3_600 * S)
    planner.engine.wish(GiveOrder(order=order))
    psaps = tuple(
        replace(each, id="CTA18-76") if each.id == "CTA18-75" else each
        for each in small_content().psaps
    )
    until(lambda: not planner.engine.state.held, 60.0)
    path = hold(planner, "unfit.r112", "site-2", generation=75, psaps=psaps)
    refused = type_in(planner, "change", "adopt", str(path), "--reason", "r")
    assert (refused.exit_code, "orders in force could not reach it" in refused.stderr) == (1, True)
    assert "o-7" in planner.engine.state.orders
    planner.engine.wish(WithdrawOrder(id="o-7", author="a", approver="b", reason="r"))
    asked = type_in(planner, "change", "adopt", str(path), "--reason", "r")
    assert type_in(planner, "approve", read_hash(asked), via="second").exit_code == 0


def test_all_stations_that_serve_it_are_let_go(planner, monkeypatch):
    monkeypatch.setattr(wishes, "STATIONS_NAMED", 1)
    report_all(planner)
    names = planner.engine.state.stations
    later = small_content().valid_until + 2
    path = hold(planner, "all.r112", *names, generation=80, valid_until=later)
    words = ("change", "adopt", str(path), "--reason", "copied by hand", "--json")
    asked = json.loads(type_in(planner, *words).stdout)
    assert asked["request"]["arguments"]["stations"] == f"{names[0]} and 2 more"
    done = planner.ask("POST", "/approvals", {"hash": asked["request"]["hash"]}, via="second")
    assert done.json["adopted"] == list(names)
    assert planner.engine.state.candidate == asked["comparison"]["candidate"]


def test_a_file_that_nobody_serves_is_refused(planner):
    path = write_plan(planner.folder / "other.r112", generation=90)
    refused = type_in(planner, "change", "adopt", str(path), "--reason", "r")
    assert (refused.exit_code, "no station that is held serves" in refused.stderr) == (1, True)
    body = stamp(candidate="e" * 64)
    assert planner.ask("POST", "/adoptions", body).reason == "unknown-candidate"
