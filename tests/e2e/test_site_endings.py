"""How a call ends: what the caller gets is what the record says, once."""

import time

import pytest
from tests.support.site import ANSWERS, GREY, RINGS, Caller, open_site, refuses

pytestmark = pytest.mark.e2e

BREST_ALTERNATIVE = "+33261910029"
TOO_LATE = (*GREY, (2.4, 200))
"""Picks up although it was given up on, and its CANCEL is long there."""
HANG_UPS = 40
TOO_EARLY = "no resolved dst to send reply to"
"""Said by Kamailio of a CANCEL that comes while the INVITE's transaction is being made."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with open_site(tmp_path_factory.mktemp("site")) as opened:
        yield opened
        errors = [line for line in opened.log().splitlines() if " ERROR: " in line]
        assert [line for line in errors if TOO_EARLY not in line] == []


@pytest.fixture
def caller(site):
    for psap in site.psaps.values():
        psap.behaviour, psap.deaf = ANSWERS, False
    opened = Caller(site)
    yield opened
    opened.close()


def ends_of(site, call):
    """Wait until the call is over for both ends; return the ends on record."""
    site.end_of(call)
    time.sleep(0.3)
    return [
        (end.get("outcome"), end.get("code"), end.get("number"))
        for end in site.records("end", call.call_id)
    ]


def test_an_answer_of_a_target_that_was_given_up_is_not_the_callers(site, caller):
    site.psaps["brest"].behaviour, site.psaps["brest"].deaf = TOO_LATE, True
    site.psaps["paris"].behaviour = (*RINGS, (1.0, 200))
    call = caller.place(timeout_s=6)
    assert call.statuses == [100, 180, 200]
    assert ends_of(site, call) == [("answered", "200", BREST_ALTERNATIVE)]


def test_whoever_hangs_up_after_such_an_answer_has_hung_up(site, caller):
    site.psaps["brest"].behaviour, site.psaps["brest"].deaf = TOO_LATE, True
    site.psaps["paris"].behaviour = RINGS
    call = caller.begin()
    caller.listen(call, until=180)
    time.sleep(0.8)
    caller.cancel(call)
    caller.listen(call, until=200)
    assert call.statuses == [100, 180, 487]
    assert ends_of(site, call) == [("cancelled", "487", BREST_ALTERNATIVE)]


def test_an_answer_after_the_callers_own_is_no_second_end(site, caller):
    site.psaps["brest"].behaviour, site.psaps["brest"].deaf = (*GREY, (2.8, 200)), True
    call = caller.place(timeout_s=6)
    caller.listen(call, until=999, timeout_s=1.0)
    assert call.statuses == [100, 180, 200, 200]  # RFC 3261 lets no answer disappear
    assert ends_of(site, call) == [("answered", "200", BREST_ALTERNATIVE)]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (486, 486, 486),
        (486, 600, 486),
        (600, 603, 480),
        (480, 480, 480),
        (302, 302, 503),
        (503, 401, 503),
        (404, 407, 503),
        (486, 503, 503),
        (503, 486, 503),
        (603, 404, 503),
    ],
)
def test_what_a_caller_hears_is_ours_and_on_record(site, caller, first, last, expected):
    for psap in site.psaps.values():
        psap.behaviour = refuses(last)
    site.psaps["brest"].behaviour = refuses(first)
    call = caller.place()
    assert call.status == expected
    assert [code for _, code, _ in ends_of(site, call)] == [str(expected)]
    assert call.replies[-1].all("Contact") == []
    # It would keep away calls that have nothing to do with these targets.
    assert call.replies[-1].all("Retry-After") == []


def test_a_cancel_that_overtook_its_invite_is_obeyed(site, caller):
    call_id = f"overtaken-{time.monotonic_ns()}"
    caller.invite = b""
    assert caller.ask("CANCEL", "sip:17@emergency.example", call_id=call_id, cseq=1) == 481
    call = caller.place(call_id=call_id)
    assert call.statuses == [487]
    assert ends_of(site, call)[0][:2] == ("cancelled", "487")
    assert all(psap.invites(call_id) == [] for psap in site.psaps.values())


def test_a_cancel_of_somebody_else_changes_nothing(site, caller):
    other = Caller(site, host="127.0.2.2")
    call_id = f"other-{time.monotonic_ns()}"
    assert other.ask("CANCEL", "sip:17@emergency.example", call_id=call_id, cseq=1) == 481
    assert caller.place(call_id=call_id).status == 200


def test_whoever_hangs_up_in_the_same_instant_is_never_rung_for(site, caller):
    for psap in site.psaps.values():
        psap.behaviour = RINGS
    for _ in range(HANG_UPS):
        call = caller.begin()
        caller.cancel(call)
        caller.listen(call, until=200, timeout_s=2)
        assert call.status == 487
        assert [end[:2] for end in ends_of(site, call)] == [("cancelled", "487")]
