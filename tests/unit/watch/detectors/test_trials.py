import pytest
from tests.support.seen import see

from route112.watch.detectors.trials import (
    AGAIN,
    ANSWER,
    HAND,
    REACH,
    TAKE,
    list_trials,
    name_keys,
)
from route112.watch.values import SeenTry

HOP = "192.0.2.1:5060"
EDGE = "bruyere-edge-1"


def a_try(outcome="failed", station="site-1", via="ip", **values):
    return SeenTry(
        station=station, psap="A", number="+1", hop=HOP, via=via, outcome=outcome, **values
    )


def tell(work, **values):
    return [(each.failed, each.party) for each in list_trials(see(**values)) if each.work == work]


def test_a_call_that_is_answered_is_one_good_trial_of_each():
    call = see(outcome="answered", tries=(a_try("answered"),), ring_ms=900)
    trials = list(list_trials(call))
    assert {each.work for each in trials} == {HAND, TAKE, REACH, ANSWER}
    assert not any(each.failed or each.party for each in trials)
    site, trunk, target = ("site", "site-1"), ("trunk", HOP), ("psap", "A")
    by_work = {each.work: each.factors for each in trials}
    assert by_work[TAKE] == (("edge", EDGE), site)
    assert by_work[REACH] == (site, trunk, target)
    assert by_work[ANSWER] == (trunk, target)


@pytest.mark.parametrize(
    "values",
    [
        {"is_test": True},
        {"corrects": True},
        {"outcome": "refused", "party": "site"},
        {"party": "origin"},
    ],
)
def test_some_attempts_say_nothing_of_anybody(values):
    assert list(list_trials(see(tries=(a_try(),), **values))) == []


def test_an_edge_has_to_pass_a_call_on_or_ring_somebody():
    assert tell(HAND, passed=()) == [(True, "edge")]
    assert tell(HAND, passed=(), tries=(a_try(station=EDGE),)) == [(False, "")]
    assert tell(HAND, passed=(), outcome="cancelled") == []
    assert tell(HAND, edge="", passed=()) == []


def test_a_site_that_is_left_has_not_taken_the_call():
    answered = {"outcome": "answered", "tries": (a_try("answered", "site-2"),)}
    assert tell(TAKE, passed=("site-1", "site-2"), **answered) == [(True, "site"), (False, "")]
    by_edge = {"outcome": "answered", "tries": (a_try("answered", EDGE),)}
    assert tell(TAKE, **by_edge) == [(True, "site")]
    silent = {"outcome": "answered", "tries": (a_try("open"), a_try("answered", EDGE))}
    assert tell(TAKE, **silent) == [(True, "site")], "it answered 100 and no more"
    busy = {"outcome": "answered", "tries": (a_try(), a_try("answered", EDGE))}
    assert tell(TAKE, **busy) == [(False, "")]
    assert tell(TAKE, outcome="answered") == [(False, "")], "its own lines have not come"
    assert tell(TAKE, outcome="cancelled") == [], "the caller did not wait"
    assert tell(TAKE, outcome="cancelled", party="site") == [(True, "site")]


@pytest.mark.parametrize(
    ("seen", "values", "reached"),
    [
        (a_try("answered"), {"outcome": "answered"}, (False, "")),
        (a_try("rang"), {"outcome": "cancelled"}, (False, "")),
        (a_try(cause="timeout", party="carrier"), {}, (True, "carrier")),
        (a_try(cause="reply", code=486, party="psap"), {}, (False, "")),
        (a_try(cause="reply", code=403, party="site"), {}, (True, "site")),
        (a_try(cause="full", code=486, party="psap"), {}, None),
        (a_try(cause="held", code=503, party="psap"), {}, None),
        (a_try(cause="reply", code=488, party="origin"), {}, None),
        (a_try("open"), {"outcome": "unknown"}, (True, "carrier")),
        (a_try("open", via="rtc"), {"outcome": "cancelled", "party": "joint"}, (True, "joint")),
        (a_try("open"), {"outcome": "cancelled"}, None),
        (a_try("open"), {"outcome": "answered"}, None),
    ],
)
def test_a_target_is_reached_by_any_sign_of_its_own(seen, values, reached):
    assert tell(REACH, tries=(seen,), **values) == ([] if reached is None else [reached])


def test_a_target_that_is_missed_over_two_trunks_is_missed_once():
    tries = (a_try(), a_try(), a_try("answered"), a_try("answered", EDGE))
    known = [each.is_known for each in list_trials(see(tries=tries)) if each.work == REACH]
    assert known == [False, True, False, False]
    again = [each.failed for each in list_trials(see(tries=tries)) if each.work == AGAIN]
    assert again == [True, False], "who rings from elsewhere rings for the first time"


def test_a_path_is_accused_as_one_and_every_pair_is_counted():
    site, trunk, psap = ("site", "site-1"), ("trunk", HOP), ("psap", "A")
    accused, counted = name_keys(REACH, (site, trunk, psap), ("site", "trunk"))
    assert accused == ((REACH, (site,)), (REACH, (trunk,)), (REACH, (site, trunk)))
    assert [key for _, key in counted] == [
        (), (site,), (trunk,), (psap,), (site, trunk), (site, psap), (trunk, psap)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seen", "values", "unanswered"),
    [
        (a_try("answered"), {"outcome": "answered"}, [(False, "")]),
        (a_try(cause="timeout", party="psap"), {}, [(True, "psap")]),
        (a_try(cause="reply", party="psap"), {}, []),
        (a_try("rang"), {"outcome": "cancelled", "ring_ms": 900, "lasts_s": 15.0}, [(True, "psap")]),
        (a_try("rang"), {"outcome": "cancelled", "ring_ms": 900, "lasts_s": 5.0}, []),
        (a_try("rang"), {"outcome": "unknown"}, []),
    ],
)  # fmt: skip
def test_ringing_unanswered_counts_where_somebody_waited(seen, values, unanswered):
    assert tell(ANSWER, tries=(seen,), **values) == unanswered
