"""
Six sites, four operators, and faults: what the checker says of every call, and how late it was.

Each bound is arithmetic with the times of docs/failures/edge.md; the table at the end has what was
measured beside it. With ROUTE112_SEEK=1 every play is longer.
"""

import os

import pytest
from tests.support.conversations import ask_from_caller, ask_from_psap
from tests.support.played import HEAD
from tests.support.six_sites import (
    AS_IN_LIFE,
    FAULT_AT_S,
    OPERATORS,
    SITES,
    make_step,
    open_six_sites,
)
from tests.support.standstill import judge_in_time

from route112.apps.fault.kinds import KINDS

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

SEEK = os.environ.get("ROUTE112_SEEK") == "1"
RATE = 120.0
SECONDS = 20.0 if SEEK else 5.0
LATE_S_MAX = 0.4
CALM_RATE, CALM_SECONDS = 10.0, 300.0
STORM = 10.0
POISON = "+33639980001"
TALKS = 50
"""Conversations at each edge."""

HIT = "site-5"
"""One operator sends it all its calls, the three others every sixth of theirs."""
HIT_RATE = RATE / len(OPERATORS) * (1.0 + 3.0 / len(SITES))
OTHER_RATE = RATE / len(OPERATORS) * (3.0 / len(SITES))
"""At each other site."""
FIRST_S = 0.5
"""For a site's first 100."""
BREAKER_CALLS = 3
"""Failures until a breaker opens, at each edge."""
CAUGHT = 2
"""Calls at one site: fifty a second, of which each rings within some milliseconds."""
HOLD_S = 5.0
"""That an open breaker keeps calls away, at first; twice as long each time."""
ANSWER_S = 11.0
"""For a site's answer after its 100."""
GONE_S = 2.0
"""Until an edge knows that a site died with calls inside it, and has left it."""
FORGETS_S = ANSWER_S + 3.0
"""Calls go on that long, so that a breaker is seen to open when the first ones are given up."""
NO_REPLY_S = 0.6
"""For a hop's first reply."""
WAYS = 2
"""Hops of an answering point."""
WAY_OUT_S = 2 * NO_REPLY_S
"""Until a site knows that three targets are silent, and a call leaves the hop that it had begun."""
SWITCHED_S = 6.0
"""For a gateway that took the call."""
ROOM_S = 0.5
"""Four Python ends of hundreds of calls share two processors with thirteen members, which costs
up to some tenths of a second; an idle machine needs the 63 ms of a tick of Kamailio's timers."""
MADE_UP_S = 6.0
"""Timers of Kamailio make up for what they missed within so many seconds."""
ROOM_CALLS = RATE * 0.1
"""Calls that a machine that stands still for a tenth of a second makes late."""
WORTH = 5
"""Calls that a fault has to meet, or the play says nothing."""

# ---------------------------------------------------------------- what breaks: kind, targets, settings
GONE_SITES = (
    ("dead", ("dead", (HIT,))),
    ("stopped", ("stop", (HIT,))),
)
SILENT_SITES = (
    ("killed", ("kill", (HIT,))),
    ("grey, no 100", ("grey", (HIT,), (("mode", "mute"),))),
    ("link cut", ("link-cut", (HIT,))),
    ("900 ms late", ("delay", (HIT,), (("ms", 900),))),
    ("a worker crashes", ("worker-crash", (HIT,))),
    ("Python hangs for good", ("python-hang", (HIT,), (("hard", "yes"),))),
)
LATE_SITES = (
    ("400 ms late", ("delay", (HIT,), (("ms", 400),))),
    ("slow", ("slow", (HIT,), (("share", 0.5), ("period_ms", 200)))),
)
RESTARTS = ("restart-loop", (HIT,), (("every_s", 2),))
EGRESS = ("egress-cut", (HIT,))
ONE_EDGE = ("link-cut", (HIT,), (("peers", f"{OPERATORS[0]}-edge-1"),))
ONE_END = ("link-cut", (HIT,), (("peers", "127.0.4.1"),))
"""One of the two ways into the country's first carrier."""
SOME = 0.3
FORGETFUL = (
    ("grey", (HIT,), (("mode", "trying"),)),
    ("grey", ("site-2",), (("mode", "trying"), ("share", SOME))),
    ("grey", ("site-3",), (("mode", "one-way"),)),
)
LOSS_SHARE = 0.02
LOSS = ("loss", SITES, (("per_mille", LOSS_SHARE * 1000),))
HARMLESS = (
    ("python-raise", ("site-1",)),
    ("python-hang", ("site-2",)),
    ("memory-full", ("site-3",)),
    ("bad-snapshot", ("site-4",), (("content", "garbage"),)),
    ("reconnect-storm", ("site-5",), (("per_s", 200),)),
    ("bad-snapshot", ("site-6",), (("content", "other"),)),
)
ELSEWHERE = {
    *("psap-silent", "psap-busy", "psap-flapping", "gateway-grey"),  # below
    *("disk-full", "clock-jump"),  # test_fault_edge.py: they need a disk and a clock of their own
}


def find_name(each):
    """Return a test's name."""
    return each if isinstance(each, str) else ""


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with open_six_sites(tmp_path_factory.mktemp("six")) as country:
        try:
            yield country
        finally:
            print("\n".join(("", HEAD, *country.rows)))


@pytest.fixture
def country(opened):
    opened.heal()
    return opened


def bound_silent(rate=HIT_RATE, sites=1, openings=1):
    """Return how many calls silent sites may delay until every edge leaves them alone."""
    return openings * (rate * FIRST_S + sites * BREAKER_CALLS * len(OPERATORS))


def bound_forgotten(rate, sites=1):
    """Return how many calls may wait in sites that take them and do nothing."""
    return rate * ANSWER_S + sites * BREAKER_CALLS * len(OPERATORS)


def bound_way_out():
    """Return how many calls a site may delay that reaches nobody, until it says so."""
    return HIT_RATE * WAY_OUT_S + BREAKER_CALLS * len(OPERATORS)


def count_openings(seconds):
    """Return how often a breaker can open in so many seconds: 5 s, 10 s, 20 s lie between."""
    count, hold_s = 1, HOLD_S
    while seconds > hold_s:
        count, seconds, hold_s = count + 1, seconds - hold_s, hold_s * 2
    return count


def play(  # noqa: PLR0913  one for each thing that a play may have otherwise
    country, name, *steps, most, longest_s,
    caught=0, caught_s=ANSWER_S, room=ROOM_CALLS, seconds=SECONDS, rate=RATE, tail_s=0.0,
    others=(), **settings,
):  # fmt: skip
    """
    Play; nothing is lost, so many calls are late, and each by so much at most.

    Those `caught` in the milliseconds between a site's 100 and its ringing may wait for `caught_s`:
    as long as an edge waits for a site's answer, where the site forgets them and lives. Of `others`,
    operators that the fault does not concern, hardly a call is late.

    Where the machine stood still or calls were placed late, it is played again: how late calls
    rang says nothing then. That none is lost is asked of every play.
    """
    steps = [
        make_step(
            kind, *targets, seconds=seconds, tail_s=tail_s or longest_s + ROOM_S, **dict(*extra)
        )
        for kind, targets, *extra in steps
    ]

    def once():
        played = country.play(name, *steps, seconds=seconds, rate=rate, **settings)
        country.rows.append(played.describe(most(played) if callable(most) else most))
        assert played.wrong == []
        assert played.judgement.strangers == ()
        assert played.judgement.placed == int(rate * seconds)
        return played

    def judge(played, machine):
        room_s = ROOM_S + machine.find_most_s(MADE_UP_S)
        late = f"{len(played.delays_s)} delayed: {played.delays_s}; {machine.describe()}"
        allowed = most(played) if callable(most) else most
        assert len(played.delays_s) <= allowed + room + rate * machine.total_s, late
        usual, longest = played.delays_s, played.delays_s[-1:]
        if caught:
            usual = usual[:-caught]
        assert max(usual, default=0.0) <= longest_s + room_s, late
        assert max(longest, default=0.0) <= max(longest_s, caught_s) + room_s, late
        late = played.list_delayed_of(*others)
        assert len(late) <= room + rate * machine.total_s, late

    return judge_in_time(
        once, judge, room_s=LATE_S_MAX, find_late_s=lambda played: played.late_s,
        again=country.heal,
    )  # fmt: skip


# ---------------------------------------------------------------- one site
@pytest.mark.parametrize(("name", "step"), SILENT_SITES, ids=find_name)
def test_a_silent_site(country, name, step):
    """It delays what is under way to it, by the wait for a first 100, and then no more."""
    play(country, name, step, most=bound_silent(), longest_s=FIRST_S, caught=CAUGHT)


@pytest.mark.parametrize(("name", "step"), GONE_SITES, ids=find_name)
def test_a_site_that_is_dead(country, name, step):
    """As silent as those, and the edge takes back what it had taken."""
    most = bound_silent()
    play(country, name, step, most=most, longest_s=FIRST_S, caught=CAUGHT, caught_s=GONE_S)


def test_a_site_that_one_edge_does_not_reach(country):
    """The three others go on with it."""
    rate = RATE / len(OPERATORS)
    most = rate * FIRST_S + BREAKER_CALLS
    play(
        country, "link cut, one edge", ONE_EDGE, most=most, longest_s=FIRST_S, caught=CAUGHT,
        others=OPERATORS[1:],
    )  # fmt: skip


def test_a_site_that_one_end_of_a_trunk_does_not_hear(country):
    """Its calls find the second way, each after it has waited for the first one."""
    most = HIT_RATE * SECONDS
    play(country, "link cut, one trunk", ONE_END, most=most, longest_s=NO_REPLY_S)


def test_a_site_that_is_killed_every_two_seconds(country):
    """Every closing of a breaker may be followed by the next kill."""
    seconds = max(SECONDS, FAULT_AT_S + 1.5 * HOLD_S)
    openings = count_openings(seconds - FAULT_AT_S)
    play(
        country, "killed every 2 s", RESTARTS,
        most=bound_silent(openings=openings), longest_s=FIRST_S, seconds=seconds,
        caught=openings * CAUGHT,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "step"), LATE_SITES, ids=find_name)
def test_a_site_that_is_late_but_not_silent(country, name, step):
    """It keeps its calls, half a second later than usual at most; or it is left alone."""
    play(country, name, step, most=bound_silent(), longest_s=FIRST_S)


def test_a_site_without_a_way_out(country):
    play(country, "egress cut", EGRESS, most=bound_way_out(), longest_s=WAY_OUT_S)


def test_sites_that_say_100_and_nothing_more(country):
    """One with all its calls, one with three of ten, one that nobody hears any more but its 100."""
    rate = HIT_RATE + (SOME + 1.0) * OTHER_RATE
    most = bound_forgotten(rate, sites=len(FORGETFUL))
    seconds = max(SECONDS, FORGETS_S)
    play(country, "grey, 100 only", *FORGETFUL, most=most, longest_s=ANSWER_S, seconds=seconds)


# ---------------------------------------------------------------- several sites
@pytest.mark.parametrize("count", [5, 6])
def test_dead_sites(country, count):
    """A call silences two of them at most, then it goes the direct way."""
    trials = (count_openings(SECONDS - FAULT_AT_S) - 1) * count * len(OPERATORS)
    most = bound_silent(rate=RATE, sites=count) + trials
    step = ("dead", SITES[:count])
    play(
        country, f"{count} dead", step, most=most, longest_s=2 * FIRST_S,
        caught=count * CAUGHT, caught_s=GONE_S,
    )  # fmt: skip


def test_troubles_that_cost_no_call_anything(country):
    """Six at once, each at a site of its own."""
    play(country, "six troubles", *HARMLESS, most=0, longest_s=FIRST_S)


def test_two_datagrams_of_a_hundred_lost_at_all_sites(country):
    """What is lost is sent again after 150 ms; an answer, whose sender waits longer, after 0.5 s."""
    twice = 4 * LOSS_SHARE**2 * RATE * SECONDS
    play(country, "loss", LOSS, most=twice, longest_s=2 * FIRST_S)


# ---------------------------------------------------------------- answering points
def test_answering_points_that_are_silent_busy_or_both_in_turn(country):
    """Who is meant for them waits for both of their ways, then is rung elsewhere."""
    silent, busy, flapping = country.list_busiest(3)
    steps = (
        ("psap-silent", (silent,)),
        ("psap-busy", (busy,)),
        ("psap-flapping", (flapping,), (("period_s", 1),)),
    )
    played = play(
        country, "answering points", *steps,
        most=lambda played: played.count_meant_for((silent, flapping)),
        longest_s=WAYS * NO_REPLY_S, tail_s=WAYS * NO_REPLY_S + ROOM_S,
    )  # fmt: skip
    for number in (silent, busy, flapping):
        assert played.count_meant_for((number,)) >= WORTH, "the fault met calls"


def test_gateways_of_one_vendor_that_take_calls_and_do_nothing(country):
    """Who is meant for one of them waits for it, and is rung over the other way."""
    vendor, numbers = country.find_gateways()
    played = play(
        country, "gateways of a vendor", ("gateway-grey", (vendor,)),
        most=lambda played: played.count_meant_for(numbers), longest_s=SWITCHED_S,
    )  # fmt: skip
    assert played.count_meant_for(numbers) >= WORTH, "the fault met calls"


# ---------------------------------------------------------------- calls that ring when it breaks
@pytest.mark.parametrize(
    ("name", "step", "most", "longest_s"),
    [
        ("killed", ("kill", (HIT,)), bound_silent(), FIRST_S),
        ("egress cut", EGRESS, bound_way_out(), WAY_OUT_S),
    ],
    ids=find_name,
)
def test_calls_that_ring_when_it_breaks(country, name, step, most, longest_s):
    """Answering points pick up after two to six seconds, so that many calls ring meanwhile."""
    play(
        country, f"{name}, ringing 2 to 6 s", step, most=most, longest_s=longest_s,
        caught=CAUGHT, tail_s=AS_IN_LIFE[1] + ROOM_S, rings_s=AS_IN_LIFE,
    )  # fmt: skip


# ---------------------------------------------------------------- one operator, one call
def test_a_storm_of_one_operator_costs_the_others_nothing(country):
    calm = RATE / (STORM + len(OPERATORS) - 1) * 1.5
    shares = {**dict.fromkeys(OPERATORS, 1.0), OPERATORS[0]: STORM}
    rate = round(calm * sum(shares.values()))
    play(country, "storm", most=0, longest_s=FIRST_S, rate=float(rate), shares=shares)


def test_a_poisonous_call_restarts_two_sites_at_most(country):
    before = country.count_restarts()
    with country.break_down("worker-crash", *SITES, caller=POISON):
        assert country.repeat_call(OPERATORS[0], POISON, times=30) == [200] * 30
        country.heal_sites()
    assert 0 < country.count_restarts() - before <= 2


def test_conversations_outlive_all_six_sites(country):
    ends = [(end, country.talk(end, TALKS)) for end in country.open_ends()]
    assert sum(len(talks) for _, talks in ends) == TALKS * len(OPERATORS) == 200
    with country.break_down("dead", *SITES):
        for end, talks in ends:
            edge = end.caller.site
            assert ask_from_caller(end, talks, "INVITE", 2) == [200] * TALKS
            assert ask_from_psap(end, talks, "INVITE", 101, edge) == [200] * TALKS
            assert ask_from_caller(end, talks, "BYE", 3) == [200] * TALKS
            assert ask_from_psap(end, talks, "BYE", 102, edge) == [200] * TALKS
    for end, talks in ends:
        end.caller.close()
        talks[0].psap.close()


# ---------------------------------------------------------------- five minutes
@pytest.mark.slow
def test_no_breaker_of_a_grey_site_flaps_in_five_minutes(country):
    """Once they are open only trials meet those sites: after 5 s, then after twice as long."""
    before = country.count_events("breaker-closed")
    mute, trying = ("grey", (HIT,), (("mode", "mute"),)), ("grey", ("site-2",))
    rate = CALM_RATE / RATE
    trials = (count_openings(CALM_SECONDS) - 1) * len(OPERATORS)
    most = bound_silent(rate=HIT_RATE * rate) + bound_forgotten(rate=OTHER_RATE * rate) + trials
    play(
        country, "grey, both ways, five minutes", mute, trying,
        most=most, room=0, longest_s=ANSWER_S, seconds=CALM_SECONDS, rate=CALM_RATE,
    )  # fmt: skip
    assert country.count_events("breaker-closed") == before


# ---------------------------------------------------------------- all of them
def test_every_kind_of_fault_is_played():
    steps = [
        *(step for _, step in (*GONE_SITES, *SILENT_SITES, *LATE_SITES)),
        RESTARTS, EGRESS, LOSS, *FORGETFUL, *HARMLESS,
    ]  # fmt: skip
    played = {kind for kind, *_ in steps} | ELSEWHERE
    assert played == set(KINDS)
