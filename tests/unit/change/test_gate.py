import random

import pytest

from route112.change.facts import GateMeasures, Probing, Trial
from route112.change.gate import Answer, callers_min, find_usual, judge_gate, weigh


def trial(served, failed, others=(980, 20), series="all"):
    return Trial(
        series=series,
        served=served,
        failed=failed,
        others_served=others[0],
        others_failed=others[1],
    )


def measures(*trials, passed=3, failed=(), differences=0, hidden=()):
    return GateMeasures(
        station="site-1",
        since_us=1,
        trials=trials,
        tests=Probing(wanted=3, passed=passed, failed=failed),
        differences=differences,
        hidden=hidden,
    )


def judge(*args, is_canary=True, **changed):
    verdict = judge_gate(measures(*args, **changed), is_canary=is_canary)
    return verdict.answer, verdict.text


def test_callers_who_fare_as_elsewhere_pass():
    answer, text = judge(trial(98, 2))
    assert (answer, text) == (
        Answer.PASS,
        "all: 2 of 100 failed, elsewhere 20 of 1000, 3 routes tested",
    )


def test_a_canary_waits_where_it_would_not_show_who_is_served_wrongly():
    hidden = tuple(f"departement {code}" for code in (29, 56, 75, 13))
    assert judge(trial(98, 2), hidden=hidden) == (
        Answer.WAIT,
        "too many call again everywhere: departement 29, departement 56, departement 75",
    )
    assert judge(trial(98, 2), hidden=hidden, is_canary=False)[0] is Answer.PASS
    assert judge(trial(6, 6), hidden=hidden)[0] is Answer.FAIL


def test_a_share_as_on_the_evening_of_2021_fails():
    answer, text = judge(trial(89, 11))
    assert answer is Answer.FAIL
    assert text == (
        "more callers fail than elsewhere: all: 11 of 100 failed, elsewhere 20 of 1000"
    )


def test_half_of_them_fails_within_a_few_callers():
    assert judge(trial(6, 6))[0] is Answer.FAIL
    assert judge(trial(8, 2))[0] is Answer.WAIT


def test_too_few_callers_prove_nothing_and_the_floor_is_named():
    floor = callers_min(0.02)
    assert floor == 48
    answer, text = judge(trial(floor - 1, 0, others=(1000, 0)))
    assert answer is Answer.WAIT
    assert text == (
        "all: 0 of 47 failed, elsewhere 0 of 1000; 48 callers are needed where none fails"
    )
    assert judge(trial(floor, 0, others=(1000, 0)))[0] is Answer.PASS
    assert judge(trial(0, 0), is_canary=False)[0] is Answer.PASS


def test_where_many_fail_anywhere_more_have_to_fail_here():
    others = (800, 200)
    assert judge(trial(160, 40, others))[0] is Answer.PASS
    assert judge(trial(80, 120, others))[0] is Answer.FAIL
    assert find_usual(trial(1, 0, (0, 50))) == 0.3
    assert find_usual(trial(1, 0, (0, 0))) == 0.02


def test_mass_does_not_hide_a_departement():
    small = trial(2, 8, others=(90, 1), series="departement 29")
    assert judge(trial(990, 10))[0] is Answer.PASS
    answer, text = judge(trial(990, 10), small)
    assert answer is Answer.FAIL
    assert "departement 29: 8 of 10 failed" in text


def test_many_series_raise_the_limit():
    odd = trial(40, 7, series="x")
    assert weigh(odd) > 0
    one = judge(trial(990, 10), odd)[0]
    many = judge(trial(990, 10), odd, *[trial(9, 0, series=str(each)) for each in range(500)])[0]
    assert (one, many) == (Answer.PASS, Answer.PASS)
    near = trial(14, 7, series="y")
    assert judge(trial(990, 10), near)[0] is Answer.FAIL
    crowd = [trial(9, 0, series=str(each)) for each in range(5000)]
    assert judge(trial(990, 10), near, *crowd)[0] is Answer.PASS


def test_chance_turns_few_good_changes_back_and_few_bad_ones_pass():
    """Looked at after each caller, as the gate is: one in thousands, and one in a hundred."""
    rng = random.Random(112)

    def play(share):
        served = failed = 0
        while True:
            if rng.random() < share:
                failed += 1
            else:
                served += 1
            answer = judge(trial(served, failed))[0]
            if answer is not Answer.WAIT:
                return answer, served + failed

    good = [play(0.02) for _ in range(800)]
    assert sum(answer is Answer.FAIL for answer, _ in good) <= 1
    assert sum(count for _, count in good) / len(good) < 120
    bad = [play(0.11) for _ in range(400)]
    assert sum(answer is Answer.PASS for answer, _ in bad) <= 12
    dead = [play(1.0) for _ in range(3)]
    assert {count for _, count in dead} == {6}


@pytest.mark.parametrize(
    ("changed", "answer", "text"),
    [
        (
            {"failed": ("15 @29019", "b", "c", "d")},
            Answer.FAIL,
            "test calls fail: 15 @29019, b, c (4 of 3 routes)",
        ),
        ({"differences": 2}, Answer.FAIL, "translations differ on 2 keys"),
        ({"differences": None}, Answer.WAIT, "the translations have not been compared yet"),
        ({"passed": 2}, Answer.WAIT, "2 of 3 routes have been tested"),
    ],
)
def test_what_calls_cannot_show_tests_and_comparison_do(changed, answer, text):
    assert judge(trial(990, 10), **changed) == (answer, text)


def test_nothing_is_judged_before_it_is_measured():
    nothing = GateMeasures(station="site-1", since_us=1)
    for each in (None, nothing, GateMeasures(station="x", since_us=1, trials=(trial(1, 0),))):
        assert judge_gate(each, is_canary=True).answer is Answer.WAIT


def test_what_speaks_against_it_by_itself_needs_no_callers():
    told = GateMeasures(station="site-1", since_us=1, troubles=("a", "b", "c", "d"))
    verdict = judge_gate(told, is_canary=False)
    assert (verdict.answer, verdict.text) == (Answer.FAIL, "a; b; c")
