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
