import os

import pytest
from tests.support.commanded import OWN, commanded, stamp, until
from tests.support.planned import make_report, write_plan

from route112.adapters.clock import utc_now
from route112.apps.planner.web import candidates
from route112.change.events import ChangeBegun, ChangeEnded
from route112.replication import render_report
from route112.snapshot.reader import Snapshot


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    with commanded(tmp_path_factory.mktemp("candidates")) as running:
        yield running


def hand_in(planner, content, *, via="", content_hash="", **changes):
    content_hash = content_hash or Snapshot(content).content_hash
    fields = stamp(content_hash=content_hash, reason="new edition") | changes
    query = "&".join(f"{name}={value}" for name, value in fields.items()).replace(" ", "+")
    headers = {"Content-Type": "application/octet-stream"}
    return planner.ask("POST", f"/candidates?{query}", content, via=via, headers=headers)


def new_plan(planner, edition="2027-01"):
    return write_plan(planner.folder / "new.r112", edition=edition, generation=43).read_bytes()


def begin(planner, content_hash, *, via="", **changes):
    body = stamp(kind="plan", candidate=content_hash, reason="new edition") | changes
    return planner.ask("POST", "/changes", body, via=via)


def report_all(planner):
    for station in planner.engine.state.stations:
        line = render_report(make_report(planner.engine.state, station))
        assert planner.ask("POST", f"/stations/{station}/report", line).status == 200


def test_a_plan_is_handed_in_compared_accepted_and_activated(planner):
    content = new_plan(planner)
    kept = hand_in(planner, content)
    assert kept.status == 201, kept.content
    assert (kept.json["generation"], kept.json["share"]) == (43, 0.0)
    assert planner.engine.find_candidate(kept.json["candidate"]).read_bytes() == content
    assert not list(planner.planner.glob(".upload*"))
    report_all(planner)
    asked = begin(planner, kept.json["candidate"])
    assert asked.status == 202, asked.content
    assert asked.json["arguments"]["impact"] == "0.00%"
    done = planner.ask("POST", "/approvals", {"hash": asked.json["hash"]}, via="second")
    assert done.json["change"] == asked.json["hash"]
    assert planner.ask("GET", "/changes").json["current"]["candidate"] == kept.json["candidate"]
    busy = begin(planner, kept.json["candidate"])
    assert busy.reason == "another-change"
    no_work = planner.ask("POST", "/changes/current/work-done", stamp(), via="second")
    assert no_work.reason == "no-work"
    aborted = planner.ask("POST", "/changes/current/abort", stamp(), via="second")
    assert aborted.json["change"] == asked.json["hash"]
    until(lambda: planner.ask("GET", "/changes").json["ended"])
    assert planner.ask("GET", "/changes").json["ended"][0]["outcome"] == "rolled-back"


def test_an_impact_above_its_bound_has_to_be_accepted(planner, monkeypatch):
    ground = planner.app.state.ground
    kept = hand_in(planner, new_plan(planner))
    compared, comparison = ground.kept[kept.json["candidate"]]
    comparison.share = 0.2
    refused = begin(planner, kept.json["candidate"])
    assert (refused.status, refused.reason) == (409, "impact")
    assert "20.00% of the population changes, more than 5.00%" in refused.json["detail"]
    assert "--accept-impact" in refused.json["todo"]
    assert planner.last == ("refused", "impossible", "activate", f"system-user:{OWN}")
    assert planner.audit[-1].request.get("impact") == "20.00%"
    assert begin(planner, kept.json["candidate"], via="reader").reason == "not-your-role"
    report_all(planner)
    accepted = begin(planner, kept.json["candidate"], accept_impact=True)
    assert accepted.status == 202, accepted.content
    assert accepted.json["arguments"]["impact"] == "20.00%"
    ground.kept[kept.json["candidate"]] = ("f" * 64, comparison)
    assert begin(planner, kept.json["candidate"]).reason == "not-compared"
    before = len(planner.audit)
    assert begin(planner, "a" * 64).reason == "not-compared"
    assert len(planner.audit) == before + 1
    assert planner.last[:3] == ("refused", "impossible", "activate")
    assert compared


def bring_into_force(planner, candidate):
    """Write down a change to a candidate that is done."""
    now, change = utc_now(), "d" * 64
    texts = dict.fromkeys(("author", "approver", "reason", "version", "version_before"), "x")
    begun = ChangeBegun(
        at_us=now, id=change, kind="plan", candidate=candidate, soak_s=0,
        stations=planner.engine.state.stations, **texts,
    )  # fmt: skip
    ended = ChangeEnded(at_us=now, change=change, outcome="done", cause="")
    with planner.engine._lock:
        planner.engine._journal.append((begun, ended))
    assert planner.engine.state.candidate == candidate


def test_what_was_accepted_is_the_way_from_one_plan_to_one_other(tmp_path):
    with commanded(tmp_path) as planner:
        report_all(planner)
        base = planner.engine.state.candidate
        other = hand_in(planner, new_plan(planner, "2027-02")).json["candidate"]
        kept = hand_in(planner, new_plan(planner)).json["candidate"]
        asked = begin(planner, kept)
        assert asked.json["arguments"]["base"] == base
        bring_into_force(planner, other)
        done = planner.ask("POST", "/approvals", {"hash": asked.json["hash"]}, via="second")
        assert (done.status, done.reason) == (409, "another-base")
        assert planner.engine.state.change is None
        assert begin(planner, kept).reason == "not-compared"


def test_a_plan_that_comes_into_force_meanwhile_was_not_compared_with(tmp_path, monkeypatch):
    with commanded(tmp_path) as planner:
        report_all(planner)
        other = hand_in(planner, new_plan(planner, "2027-02")).json["candidate"]
        compare = candidates.compare_snapshots

        def compare_slowly(*args, **options):
            bring_into_force(planner, other)
            return compare(*args, **options)

        monkeypatch.setattr(candidates, "compare_snapshots", compare_slowly)
        kept = hand_in(planner, new_plan(planner)).json["candidate"]
        assert begin(planner, kept).reason == "not-compared"


def test_nothing_is_compared_with_a_plan_that_is_not_there(tmp_path):
    with commanded(tmp_path) as planner:
        in_force = planner.engine.find_candidate(planner.engine.state.candidate)
        content = in_force.read_bytes()
        in_force.unlink()
        refused = hand_in(planner, new_plan(planner))
        assert (refused.status, refused.reason) == (409, "no-base")
        assert hand_in(planner, content).status == 201
        assert hand_in(planner, new_plan(planner)).status == 201


def test_whoever_may_not_fills_no_disk(planner):
    content = new_plan(planner)
    for via in ("reader", "stranger", "desk-29"):
        assert hand_in(planner, content, via=via).status == 403
    assert planner.last[2] == "plan build"
    assert hand_in(planner, content, asked_us=5).reason == "too-old"
    assert hand_in(planner, content, nonce="short").status == 400


def test_what_is_no_snapshot_is_refused(planner):
    content = new_plan(planner)
    assert hand_in(planner, b"nonsense", content_hash="a" * 64).reason == "no-candidate"
    assert hand_in(planner, content, content_hash="a" * 64).reason == "another-content"
    altered = bytearray(content)
    altered[len(content) // 2] ^= 1
    refused = hand_in(planner, bytes(altered), content_hash="a" * 64)
    assert refused.reason == "no-candidate"
    assert not list(planner.planner.glob(".upload*"))


def test_a_body_above_every_snapshot_is_refused_unread(planner, monkeypatch):
    monkeypatch.setattr(candidates, "SNAPSHOT_BYTES_MAX", 100)
    assert hand_in(planner, new_plan(planner)).status == 413


def test_without_room_nothing_is_kept(planner, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(candidates.tempfile, "mkstemp", full)
    refused = hand_in(planner, new_plan(planner))
    assert (refused.status, refused.reason) == (503, "no-room")
    monkeypatch.undo()
    monkeypatch.setattr(candidates, "read_plain", full)
    assert hand_in(planner, new_plan(planner)).reason == "no-room"
    monkeypatch.undo()
    monkeypatch.setattr(os, "fsync", full)
    refused = hand_in(planner, new_plan(planner))
    assert refused.reason == "no-candidate"
    assert "No space left" in refused.json["detail"]


def test_an_upload_that_is_cut_off_leaves_nothing(planner):
    content = new_plan(planner)
    fields = stamp(content_hash=Snapshot(content).content_hash, reason="new")
    query = "&".join(f"{name}={value}" for name, value in fields.items())
    head = (
        f"POST /candidates?{query} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(content)}\r\n"
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    planner.send(head.encode() + content[:500], seconds=0.3)
    until(lambda: not list(planner.planner.glob(".upload*")))
