"""Real calls first: a site that is 70 % full turns test calls away, and takes calls all the same."""

import pytest
from tests.support.site import ANSWERS, RINGS, Caller, open_site

from route112.watch.values import TEST_SERVICE

pytestmark = pytest.mark.e2e

LOOP = "+33199000112"
CALLS_MAX = 10
FREE = 6
"""Calls that may ring beside a test call: with it they are 70 % of the room."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    with open_site(folder, calls_max=CALLS_MAX, shm_mb=64, loop=LOOP) as opened:
        for psap in opened.psaps.values():
            psap.behaviour = RINGS
        opened.psaps["gateway"].behaviour = ANSWERS
        yield opened


def test_test_calls_are_turned_away_before_any_call_is(site):
    caller, other = Caller(site), Caller(site, host="127.0.2.17")
    header = f"X-Route112-Path: site-test;hop={site.psaps['gateway'].address}"

    def place_test():
        return caller.place(uri=TEST_SERVICE, commune="", headers=(header,))

    ringing = []
    for count in range(FREE):
        assert place_test().status == 200, f"{count} calls ring"
        ringing.append(caller.listen(caller.begin(), until=180))
    turned_away = place_test()
    assert turned_away.statuses == [503]
    assert turned_away.replies[0].get("X-Route112-Failed") == "busy"
    assert site.records("refused", turned_away.call_id)[0].get("reason") == "shed"
    assert len(site.psaps["gateway"].invites()) == FREE, "it rang nowhere"

    ringing += [caller.listen(caller.begin(), until=180) for _ in range(2)]
    own = [other.listen(other.begin(commune=""), until=180) for _ in range(CALLS_MAX - FREE - 2)]
    assert all(180 in call.statuses for call in (*ringing, *own)), "the room is left to calls"
    assert place_test().statuses == [503]

    for call in ringing[FREE - 1 :]:
        caller.cancel(call)
        caller.listen(call, until=200)
    for call in own:
        other.cancel(call)
        other.listen(call, until=200)
    assert place_test().status == 200
