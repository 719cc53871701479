"""A PSAP is presented no more calls than it has places, and one that refuses is tried gently again."""

import time

import pytest
from tests.support.site import ANSWERS, RINGS, Caller, open_site, refuses

from route112.adapters.clock import utc_now

pytestmark = pytest.mark.e2e

US_PER_S = 1_000_000
CAPACITY = 2
PRIMARY, ALTERNATIVE, NEIGHBOUR = "+33261910020", "+33261910029", "+33199000020"
"""The targets of 17 in Brest: two lines of one PSAP, then another PSAP."""
EXPECTED = ("Retry-After", "retry_after", "parsing headers", "python")
"""Errors of the log that tests here bring about."""


@pytest.fixture(scope="module", params=[True, False], ids=["python", "native"])
def site(request, tmp_path_factory):
    with open_site(
        tmp_path_factory.mktemp("site"), capacity_calls=CAPACITY, python=request.param
    ) as opened:
        yield opened
        errors = [line for line in opened.log().splitlines() if " ERROR: " in line]
        assert [line for line in errors if not any(text in line for text in EXPECTED)] == []


@pytest.fixture
def caller(site):
    for psap in site.psaps.values():
        psap.behaviour, psap.deaf, psap.retry_after = ANSWERS, False, ""
    opened = Caller(site)
    yield opened
    opened.close()


def ring(caller):
    """Place a call and leave it ringing."""
    return caller.listen(caller.begin(), until=180)


def hang_up(caller, call):
    caller.cancel(call)
    caller.listen(call, until=200)
    caller.site.end_of(call)


def passed_over(site, call):
    return [
        (record.get("number"), record.get("cause"), record.get("code"))
        for record in site.records("failed", call.call_id)
    ]


def rings_at(site, call):
    return [record.get("number") for record in site.records("ring", call.call_id)]


def fresh_second():
    """Begin with a second in which no trial call was made."""
    time.sleep(1.05 - utc_now() % US_PER_S / US_PER_S)


def test_a_call_above_the_capacity_goes_to_the_next_target_at_once(site, caller):
    site.psaps["brest"].behaviour = RINGS
    within = [ring(caller) for _ in range(CAPACITY)]
    above = caller.place()
    assert above.statuses == [100, 180, 200]
    assert above.seconds(180) < 0.5
    assert site.psaps["brest"].invites(above.call_id) == []
    assert passed_over(site, above) == [(PRIMARY, "full", "486"), (ALTERNATIVE, "full", "486")]
    assert rings_at(site, above) == [NEIGHBOUR]
    (invite,) = site.psaps["paris"].invites(above.call_id)
    assert invite.number == NEIGHBOUR

    hang_up(caller, within.pop())
    again = ring(caller)
    assert rings_at(site, again) == [PRIMARY]
    for call in (*within, again):
        hang_up(caller, call)


def test_whoever_is_answered_busy_or_not_answered_makes_room(site, caller):
    for behaviour in (ANSWERS, refuses(486), refuses(404)):
        site.psaps["brest"].behaviour = behaviour
        for _ in range(2 * CAPACITY):
            call = caller.place()
            assert call.status == 200
            site.end_of(call)
            assert len(site.psaps["brest"].invites(call.call_id)) == 1


def test_the_last_target_rings_however_many_calls_it_has(site, caller):
    site.psaps["brest"].behaviour = RINGS
    site.psaps["paris"].behaviour = RINGS
    calls = [ring(caller) for _ in range(3 * CAPACITY)]
    assert [rings_at(site, call)[0] for call in calls].count(NEIGHBOUR) == 2 * CAPACITY
    for call in calls:
        hang_up(caller, call)


def test_a_target_that_asks_for_it_is_tried_once_a_second_and_taken_back(site, caller):
    site.psaps["brest"].behaviour = refuses(503)
    site.psaps["brest"].retry_after = "7;duration=60"
    fresh_second()
    first = caller.place()
    assert passed_over(site, first) == [(PRIMARY, "reply", "503")]
    began = utc_now()
    calls = []
    while utc_now() < began + 2.5 * US_PER_S:
        calls.append(caller.place())
        time.sleep(0.1)
    assert {call.status for call in calls} == {200}
    tried = [call for call in calls if site.psaps["brest"].invites(call.call_id)]
    assert 1 <= len(tried) <= 1 + utc_now() // US_PER_S - began // US_PER_S
    left_alone = [call for call in calls if call not in tried]
    assert len(left_alone) >= 10
    assert {tuple(passed_over(site, call)) for call in left_alone} == {((PRIMARY, "held", "503"),)}
    assert max(call.seconds(180) for call in left_alone) < 0.5

    site.psaps["brest"].behaviour = ANSWERS
    fresh_second()
    back = [caller.place() for _ in range(3)]
    assert [rings_at(site, call) for call in back] == [[PRIMARY]] * 3


@pytest.mark.parametrize(("asked", "wait_s"), [("1", 2.1), ("3600", 11.1)])
def test_nobody_is_left_alone_for_longer_than_it_asked_nor_than_ten_seconds(
    site, caller, asked, wait_s
):
    site.psaps["brest"].behaviour = refuses(503)
    site.psaps["brest"].retry_after = asked
    fresh_second()
    caller.place()
    caller.place()
    assert caller.place().status == 200
    site.psaps["brest"].behaviour = RINGS  # its ringing alone would take it back
    time.sleep(wait_s)
    site.psaps["brest"].behaviour = refuses(404)
    calls = [caller.place() for _ in range(3)]
    assert all(len(site.psaps["brest"].invites(call.call_id)) == 1 for call in calls)


@pytest.mark.parametrize("asked", ["", "0", "soon", "-4"])
def test_who_names_no_time_is_tried_by_every_call(site, caller, asked):
    site.psaps["brest"].behaviour = refuses(503)
    site.psaps["brest"].retry_after = asked
    calls = [caller.place() for _ in range(4)]
    assert all(len(site.psaps["brest"].invites(call.call_id)) == 1 for call in calls)
    assert max(call.seconds(180) for call in calls) < 0.5


def test_the_last_target_is_tried_whatever_it_asks_for(site, caller):
    for name in ("brest", "paris"):
        site.psaps[name].behaviour = refuses(503)
        site.psaps[name].retry_after = "9"
    fresh_second()
    calls = [caller.place() for _ in range(4)]
    assert {call.status for call in calls} == {503}
    for call in calls:
        numbers = [invite.number for invite in site.psaps["paris"].invites(call.call_id)]
        assert NEIGHBOUR in numbers
    time.sleep(10.5)
