"""The way out is shut when nobody is heard, and only then; it opens when somebody new is."""

import time

import pytest
from tests.support.site import ANSWERS, HOST, RINGS, SILENT, Caller, open_site

pytestmark = pytest.mark.e2e

FLOOD_S = 4.0
FLOOD_STEP_S = 0.01
SETTLED_S = 3.0
WITHIN_S = 12.0
"""Ten seconds shut, and what is left of a tick."""
NO_REPLY_S = 0.6
LONG_AGO_S = 3.2
ROOM_S = 0.2
"""For a tick, and for a machine that others use too."""
ASKED = (("17", "29019"), ("18", "29019"), ("17", "75101"))
"""Calls whose first targets are three."""


@pytest.fixture
def site(tmp_path):
    with open_site(tmp_path, shm_mb=64) as opened:
        yield opened


@pytest.fixture
def caller(site):
    opened = Caller(site)
    yield opened
    opened.close()


def events(site):
    return [record.get("event") for record in site.records("site")]


def test_many_silent_targets_shut_nothing_while_another_is_heard(site, caller):
    """As under overload: the time of several is over in the same tick, without a reply between."""
    for name in ("brest", "gateway", "tcp"):
        site.psaps[name].behaviour = SILENT
    asked = (("17", "29019"), ("18", "29019"), ("15", "29019"), ("17", "75101"))
    calls = []
    until_s = time.monotonic() + FLOOD_S
    while time.monotonic() < until_s:
        calls.append(caller.begin(*asked[len(calls) % len(asked)]))
        caller.listen(calls[-1], until=999, timeout_s=FLOOD_STEP_S)
    caller.listen(calls[-1], until=999, timeout_s=SETTLED_S)
    failed = {record.get("psap") for record in site.records("failed")}
    assert len(failed) >= 3
    assert events(site) == []
    assert site.records("refused") == []


def test_late_replies_to_older_calls_do_not_open_what_is_shut(site, caller):
    for psap in site.psaps.values():
        psap.behaviour = SILENT
    site.psaps["paris"].behaviour = (*RINGS, (3.0, 200))
    older = Caller(site)
    early = older.begin("17", "75101")
    older.listen(early, until=180)
    site.psaps["paris"].behaviour = SILENT
    lost = [caller.begin("18"), caller.begin("17")]
    for call in lost:
        caller.listen(call, until=200, timeout_s=6)
    shut_s = time.monotonic()
    assert events(site) == ["way-out-open"]
    older.listen(early, until=200, timeout_s=6)
    for psap in site.psaps.values():
        psap.behaviour = ANSWERS
    assert events(site) == ["way-out-open"]
    assert caller.ask("OPTIONS", f"sip:{HOST}") == 503
    while caller.ask("OPTIONS", f"sip:{HOST}") != 200:
        assert time.monotonic() - shut_s < WITHIN_S
        time.sleep(0.2)
    assert events(site) == ["way-out-open"]
    assert caller.place().status == 200
    assert events(site) == ["way-out-open", "way-out-closed"]


def fall_silent(site):
    for psap in site.psaps.values():
        psap.behaviour = SILENT


def shut(site):
    """Have the way out shut, by three calls at once; return them with their callers."""
    callers = [Caller(site) for _ in ASKED]
    calls = [each.begin(*asked) for each, asked in zip(callers, ASKED, strict=True)]
    return list(zip(callers, calls, strict=True))


def test_calls_that_have_begun_end_as_soon_as_the_way_out_is_shut(site, caller):
    """Two may have begun a second hop when the third target's silence is known; no more."""
    fall_silent(site)
    begun = shut(site)
    time.sleep(NO_REPLY_S / 2)
    later = caller.begin("18")
    for each, call in ((caller, later), *begun):
        each.listen(call, until=200, timeout_s=6)
    assert events(site) == ["way-out-open"]
    for _, call in begun:
        assert call.status == 503
        assert call.replies[-1].get("Retry-After") == "10"
        assert call.seconds(503) < 2 * NO_REPLY_S + ROOM_S
        assert len(site.records("try", call.call_id)) <= 2
        end = site.end_of(call)
        assert (end.get("outcome"), end.get("code")) == ("failed", "503")
    assert later.seconds(503) < NO_REPLY_S + ROOM_S
    assert [record.get("n") for record in site.records("try", later.call_id)] == ["1"]


def test_answers_to_calls_that_rang_before_do_not_hide_that_no_call_gets_out(site):
    """The people whom the last calls rang go on answering for as long as a phone rings."""
    older = Caller(site)
    for number in range(12):
        site.psaps["paris"].behaviour = (*RINGS, (1.0 + number * 0.25, 200))
        older.listen(older.begin("17", "75101"), until=180)
    fall_silent(site)
    began_s = time.monotonic()
    for each, call in shut(site):
        each.listen(call, until=200, timeout_s=6)
        assert call.status == 503
    assert time.monotonic() - began_s < 2 * NO_REPLY_S + ROOM_S
    assert events(site) == ["way-out-open"]


def test_a_trial_ends_at_its_first_silent_hop_and_the_next_one_opens(site, caller):
    fall_silent(site)
    for each, call in shut(site):
        each.listen(call, until=200, timeout_s=6)
    shut_s = time.monotonic()
    site.psaps["gateway"].behaviour = ANSWERS
    trials = []
    while not trials or trials[-1].status == 503:
        assert time.monotonic() < shut_s + WITHIN_S + 4
        dialled = "18" if any(100 in call.statuses for call in trials) else "17"
        trials.append(caller.place(dialled, "29019"))
        time.sleep(0.2)
    silent = [call for call in trials if 100 in call.statuses]
    assert len(silent) == 2, "one without an answer, one that rang"
    assert silent[0].seconds(503) < NO_REPLY_S + ROOM_S
    assert len(site.records("try", silent[0].call_id)) == 1
    assert silent[1].status == 200
    assert events(site) == ["way-out-open", "way-out-closed"]


def test_at_night_three_silent_targets_are_enough_however_far_apart(site, caller):
    """The first call has two answering points only; whoever calls next pays for one hop."""
    fall_silent(site)
    first = caller.place("17", "29019")
    assert (first.status, events(site)) == (503, [])
    time.sleep(LONG_AGO_S)
    second = caller.place("18", "29019")
    assert second.status == 503
    assert second.replies[-1].get("Retry-After") == "10"
    assert second.seconds(503) < NO_REPLY_S + ROOM_S
    assert events(site) == ["way-out-open"]
    assert [site.end_of(call).get("reason") for call in (first, second)] == ["targets", "way-out"]


def test_whoever_is_heard_in_between_makes_them_count_anew(site, caller):
    fall_silent(site)
    assert caller.place("17", "29019").status == 503
    site.psaps["paris"].behaviour = ANSWERS
    assert caller.place("17", "75101").status == 200
    for dialled in ("18", "17", "18"):
        assert caller.place(dialled, "29019").status == 200
    assert events(site) == []


def test_one_dead_answering_point_costs_a_call_its_time_and_shuts_nothing(site, caller):
    """However many calls go to it, and nobody else is called meanwhile."""
    site.psaps["brest"].behaviour = SILENT
    for _ in range(6):
        call = caller.place("17", "29019")
        assert call.status == 200
        assert len(site.records("try", call.call_id)) == 2
    assert events(site) == []
