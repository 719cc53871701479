"""Changes by hand; orders and approvals are in test_api, plans in test_candidates."""

import pytest
from tests.support.commanded import commanded, stamp
from tests.support.planned import make_report

from route112.access.requests import VALUE_CHARS_MAX
from route112.apps.planner.web.handlers import name_impact
from route112.apps.planner.web.shown import Kept
from route112.replication import render_report


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    with commanded(tmp_path_factory.mktemp("changes")) as running:
        yield running


def test_work_at_a_station_is_asked_for_by_two(planner):
    for station in planner.engine.state.stations:
        line = render_report(make_report(planner.engine.state, station))
        planner.ask("POST", f"/stations/{station}/report", line)
    body = stamp(kind="maintenance", stations=["site-2"], reason="new capacity")
    assert planner.ask("POST", "/changes", body).reason == "not-your-role"
    asked = planner.ask("POST", "/changes", body, via="second")
    assert (asked.status, asked.json["verb"]) == (202, "site maintain")
    done = planner.ask("POST", "/approvals", {"hash": asked.json["hash"]})
    assert done.json["change"] == asked.json["hash"]
    assert planner.engine.state.change.stations == ("site-2",)


def test_stations_that_cannot_be_written_down_are_refused(planner):
    names = [f"site-{number}-{'x' * 20}" for number in range(9)]
    body = stamp(kind="maintenance", stations=names)
    assert planner.ask("POST", "/changes", body, via="second").reason == "too-many-stations"
    who = "certificate:CN=second,O=prefecture"
    assert planner.last == ("refused", "impossible", "site maintain", who)


def test_a_change_of_nothing_is_refused(planner):
    body = stamp(kind="upgrade", stations=["site-9"], version="2.0")
    assert planner.ask("POST", "/changes", body, via="second").status == 409


def test_a_journal_without_room_does_nothing(planner, monkeypatch):
    from route112.apps.planner.engine import JournalError

    def full(_self, _wish):
        raise JournalError("no space left")

    monkeypatch.setattr(type(planner.engine), "wish", full)
    refused = planner.ask("POST", "/changes/current/abort", stamp(), via="second")
    assert (refused.status, refused.reason) == (503, "no-journal")
    assert "nothing was done" in refused.json["detail"]


def test_what_is_refused_at_the_last_moment_says_so(planner, monkeypatch):
    from route112.change.asking import Refusal

    monkeypatch.setattr(
        type(planner.engine), "wish", lambda _self, _wish: Refusal("no-change", "no change runs")
    )
    refused = planner.ask("POST", "/changes/current/abort", stamp(), via="second")
    assert (refused.status, refused.reason) == (409, "no-change")


@pytest.mark.parametrize("count", [0, 1, 3, 90])
def test_what_many_departements_lose_fits_into_the_request_that_says_so(count):
    three = [f"{kind}-{place}" for place in (29, 75) for kind in ("CRRA15", "CTA18", "CIC17")]
    lost = f"15 of 29 (100%): {', '.join(three[:3])} becomes {', '.join(three[3:])}"
    kept = Kept(
        candidate="a" * 64, generation=1, communes=1, inhabitants=1, population=1, share=0.1,
        paths_share=0.2, share_max=0.05, uprooted=[lost] * count, departements=[],
        psaps_changed=[],
    )  # fmt: skip
    told = name_impact(kept)
    assert len(told) <= VALUE_CHARS_MAX
    named = told.count(lost)
    assert named == min(count, 2)
    assert told.startswith("20.00%")
    assert told.endswith(f" and {count - named} more") is (named < count)
