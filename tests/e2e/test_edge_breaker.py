"""Which sites an edge leaves alone, for how long, and what brings them back."""

import time

import pytest
from tests.support.edge_run import CLIENT, measure_delay, open_edge, open_psaps, play_sites, reset
from tests.support.site import ANSWERS, GREY, SILENT, Caller, refuses

from route112.adapters.clock import utc_now
from route112.model import Wiring

pytestmark = pytest.mark.e2e

DELAYED_S = 0.3
"""Longer than a call takes without a fault, shorter than the silence of a site."""
TRIAL_SECONDS = 0.3
HOLD_S = 5
NIGHT_S = 31.0
FAILS = ((0, 100), (0.05, 503))
"""Takes a call, and finds nobody for it."""


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with open_psaps() as psaps, play_sites(3) as sites:
        folder = tmp_path_factory.mktemp("edge")
        with open_edge(folder, sites, psaps, in_turn=True) as edge:
            yield edge


@pytest.fixture
def edge(opened):
    reset(opened.sites, opened.psaps)
    for table in ("breaker", "recent", "minute", "off", "silenced", "waiting", "turn"):
        opened.ask("htable.flush", table)
    opened.seen = len(opened.events())
    return opened


@pytest.fixture
def caller(edge):
    one = Caller(edge, host=CLIENT)
    yield one
    one.close()


def place(caller, count):
    """Place calls one after the other, each of another caller."""
    for _ in range(count):
        body = f"o={time.monotonic_ns()}".encode()
        call = caller.place(body=body)
        assert call.status == 200
        yield call


def events(edge):
    return edge.events()[edge.seen :]


def open_first(edge, caller):
    """Let the first site be silent until its breaker opens."""
    edge.sites[0].behaviour = SILENT
    list(place(caller, 9))
    assert events(edge) == [("breaker-open", "site-1")]


def place_for(caller, seconds, pause_s=0.05):
    """Place calls for some seconds."""
    calls = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        calls += place(caller, 1)
        time.sleep(pause_s)
    return calls


def list_delayed(calls):
    return [call for call in calls if measure_delay(call) > DELAYED_S]


def test_calls_go_to_the_sites_in_turn(edge, caller):
    list(place(caller, 9))
    assert [len(site.calls()[-9:]) >= 3 for site in edge.sites] == [True] * 3
    assert events(edge) == []


def test_a_silent_site_delays_three_calls_and_then_none_until_its_trial(edge, caller):
    before = len(edge.sites[0].calls())
    edge.sites[0].behaviour = SILENT
    calls = place_for(caller, 4.5)
    assert len(calls) > 20
    assert len(list_delayed(calls)) == 3
    assert len(edge.sites[0].calls()) - before == 3
    assert events(edge) == [("breaker-open", "site-1")]


@pytest.mark.slow
def test_three_calls_in_a_row_are_enough_however_few_there_are(edge, caller):
    edge.sites[0].behaviour = SILENT
    for last in (False, False, True):
        assert events(edge) == []
        list(place(caller, 3))
        if not last:
            time.sleep(NIGHT_S)
    assert events(edge) == [("breaker-open", "site-1")]


def test_a_trial_costs_its_call_less_and_a_failed_one_doubles_the_hold_off(edge, caller):
    open_first(edge, caller)
    before = len(edge.sites[0].calls())
    calls = place_for(caller, HOLD_S + 3.5)
    assert len(edge.sites[0].calls()) - before == 1
    slowest = max(measure_delay(call) for call in calls)
    assert TRIAL_SECONDS - 0.08 < slowest < TRIAL_SECONDS + 0.15
    opened = [record for record in edge.records("site") if record.get("event") == "breaker-open"]
    assert [record.get("hold") for record in opened[-2:]] == ["5", "10"]
    assert "breaker-closed" not in dict(events(edge))


def begin_three(caller):
    """Begin a call at each site, or where a call goes that may not have its site."""
    return [caller.begin(body=f"trial {index}".encode()) for index in range(3)]


def test_one_trial_at_a_time_and_a_call_that_rings_closes_it(edge, caller):
    open_first(edge, caller)
    edge.sites[0].behaviour = ((0, 100), (1.0, 180), (1.1, 200))
    before = len(edge.sites[0].calls())
    time.sleep(HOLD_S)
    begun = begin_three(caller)
    list(place(caller, 9))
    assert len(edge.sites[0].calls()) - before == 1
    for call in begun:
        caller.listen(call, until=200)
        assert call.status == 200
    assert events(edge)[-1] == ("breaker-closed", "site-1")
    list(place(caller, 3))
    assert len(edge.sites[0].calls()) - before == 2


def test_a_100_alone_does_not_close_it_and_neither_does_an_answer_to_options(edge, caller):
    open_first(edge, caller)
    edge.sites[0].behaviour = GREY
    before = len(edge.sites[0].calls())
    for _ in range(12):
        assert caller.ask("OPTIONS", "sip:edge") == 200
        time.sleep(0.45)
    begun = begin_three(caller)
    time.sleep(1.0)
    list(place(caller, 9))
    assert len(edge.sites[0].calls()) - before == 1
    assert events(edge) == [("breaker-open", "site-1")]
    for call in begun:
        caller.cancel(call)
        caller.listen(call, until=200)


def test_a_grey_site_does_not_flap(edge, caller):
    """It answers every OPTIONS at once, and no call ever."""
    edge.sites[0].behaviour = SILENT
    calls = place_for(caller, 24)
    assert [event for event, _ in events(edge)] == ["breaker-open"] * 3  # 5 s, 10 s, 20 s
    assert len(list_delayed(calls)) <= 3 + 2
    assert max(measure_delay(call) for call in calls) < 0.6


def test_single_failures_among_many_calls_open_nothing(edge, caller):
    for index in range(4):
        edge.sites[index % 3].behaviour = SILENT
        list(place(caller, 2))
        edge.sites[index % 3].behaviour = ANSWERS
        list(place(caller, 24))
    assert events(edge) == []


def test_refusals_of_the_message_itself_open_nothing(edge, caller):
    edge.sites[0].behaviour = refuses(400)
    list(place(caller, 15))
    assert events(edge) == []


@pytest.mark.parametrize("status", [403, 500])
def test_a_site_that_refuses_everybody_is_left_alone(edge, caller, status):
    edge.sites[0].behaviour = refuses(status)
    list(place(caller, 12))
    assert events(edge) == [("breaker-open", "site-1")]


@pytest.mark.parametrize("behaviour", [refuses(503), FAILS], ids=["at once", "after its 100"])
def test_a_site_that_asks_to_be_left_alone_is(edge, caller, behaviour):
    edge.sites[0].behaviour = behaviour
    edge.sites[0].headers = ("Retry-After: 2",)
    list(place(caller, 3))
    before = len(edge.sites[0].calls())
    list(place(caller, 9))
    assert len(edge.sites[0].calls()) == before
    assert events(edge) == []
    edge.sites[0].behaviour = ANSWERS
    time.sleep(3.0)
    list(place(caller, 3))
    assert len(edge.sites[0].calls()) == before + 1


def test_nobody_is_left_alone_longer_than_half_a_minute(edge, caller):
    edge.sites[0].behaviour = refuses(503)
    edge.sites[0].headers = ("Retry-After: 86400 (tomorrow)",)
    list(place(caller, 3))
    left_s = edge.read_row("off", "site-1") - utc_now() / 1_000_000
    assert 28 < left_s <= 30


def test_when_every_site_is_left_alone_calls_are_placed_directly(edge, caller):
    for site in edge.sites:
        site.behaviour = refuses(503)
        site.headers = ("Retry-After: 5",)
    calls = list(place(caller, 10))
    assert [site.count("INVITE", calls[-1].call_id) for site in edge.sites] == [0, 0, 0]
    assert len(edge.psaps["brest"].invites(calls[-1].call_id)) == 1
    assert list_delayed(calls) == []


def test_a_site_whose_targets_fail_is_blamed_only_when_they_ring_for_the_edge(edge, caller):
    edge.sites[0].behaviour = FAILS
    for psap in edge.psaps.values():
        psap.behaviour = refuses(503)
    for _ in range(12):
        caller.place(body=b"x")
    assert ("breaker-open", "site-1") not in events(edge)
    for psap in edge.psaps.values():
        psap.behaviour = ANSWERS
    list(place(caller, 12))
    assert ("breaker-open", "site-1") in events(edge)


def test_a_poisonous_call_meets_two_sites_and_then_none(edge, caller):
    for site in edge.sites:
        site.behaviour = SILENT
    before = [len(site.calls()) for site in edge.sites]
    calls = [caller.place(body=b"poison") for _ in range(100)]
    assert {call.status for call in calls} == {200}
    met = [len(site.calls()) - start for site, start in zip(edge.sites, before, strict=True)]
    assert sum(met) == 2
    assert max(met) == 1
    assert list_delayed(calls) == calls[:1]
    assert len(edge.psaps["brest"].invites(calls[-1].call_id)) == 1
    for site in edge.sites:
        site.behaviour = ANSWERS
    [other] = place(caller, 1)
    assert len(edge.of("pass", other)) == 1


def test_a_site_that_forgets_some_of_its_calls_is_left_alone(edge, caller):
    """Far less than a third of them, and each is known only after eleven seconds."""
    forgotten = []
    for _ in range(3):
        edge.sites[0].behaviour = GREY
        forgotten += begin_three(caller)
        time.sleep(0.2)
        edge.sites[0].behaviour = ANSWERS
        list(place(caller, 15))
        time.sleep(0.5)
    assert events(edge) == []
    place_for(caller, 13, pause_s=0.25)
    assert events(edge) == [("breaker-open", "site-1")]
    for call in forgotten:
        caller.listen(call, until=200)
        assert call.status == 200


def test_an_exercise_may_do_without_what_saves_calls(tmp_path):
    bare = Wiring(name="as-2021", tries_max=1, breakers=False, direct=False)
    with open_psaps() as psaps, play_sites(2) as sites:
        reset(sites, psaps)
        sites[0].behaviour = refuses(500)
        with open_edge(tmp_path / "edge", sites, psaps, in_turn=True, wiring=bare) as edge:
            caller = Caller(edge, host=CLIENT)
            statuses = [caller.place(body=f"{index}".encode()).status for index in range(12)]
            assert statuses.count(503) == statuses.count(200) == 6
            assert edge.events() == []
            sites[0].behaviour = sites[1].behaviour = SILENT
            poison = [caller.place(body=b"poison") for _ in range(4)]
            assert [call.status for call in poison] == [503] * 4
            assert [len(edge.of("pass", call)) for call in poison] == [1] * 4
            caller.close()


def test_many_copies_of_a_poisonous_call_at_once_meet_two_sites_all_together(edge, caller):
    for site in edge.sites:
        site.behaviour = SILENT
    before = sum(len(site.calls()) for site in edge.sites)
    calls = [caller.begin(body=b"burst") for _ in range(30)]
    for call in calls:
        caller.listen(call, until=200)
    assert {call.status for call in calls} == {200}
    assert sum(len(site.calls()) for site in edge.sites) - before == 2
    assert len(list_delayed(calls)) == 2
    assert events(edge) == []


def test_calls_that_are_alike_and_harm_nobody_are_all_passed_on(edge, caller):
    calls = [caller.place(body=b"alike") for _ in range(20)]
    assert {call.status for call in calls} == {200}
    assert [len(edge.of("pass", call)) for call in calls] == [1] * len(calls)
