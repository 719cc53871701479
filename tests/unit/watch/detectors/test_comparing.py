import pytest
from tests.support.paths import GATEWAYS, World
from tests.support.seen import T0, S, see
from tests.unit.watch.detectors.test_grey import SITE, a_try, find

from route112.watch.detectors import comparing, docket
from route112.watch.detectors.comparing import HABIT_TRIALS, Comparison, Work
from route112.watch.detectors.grey import GreyWatch
from route112.watch.detectors.trials import Trial
from route112.watch.findings import FindingKind
from route112.watch.series import Series
from route112.watch.watching.frozen import freeze, thaw


class Habits(Comparison):
    """Each call is a trial of one number, compared with its habit alone."""

    def __init__(self):
        work = Work("late", usual=0.1, raised=(0.7,), accused=("number",),
            by_siblings=False, by_habit=True)  # fmt: skip
        super().__init__(FindingKind.SLOW, {"hurry": work}, threshold=15.0)

    def list_trials(self, call):
        yield Trial("hurry", (("number", call.number),), not call.got_through)

    def play(self, begin, count, bad_of):
        begun = []
        for index in range(begin, begin + count):
            outcome = "failed" if bad_of(index) else "answered"
            self.add_end(see(str(index), caller=f"+{index}", outcome=outcome))
            begun += self.tick(T0 + index * S).begun
        return begun


def test_nobody_is_accused_by_a_habit_that_is_not_known():
    assert Habits().play(0, int(HABIT_TRIALS), lambda _: True) == []


def test_what_was_always_so_is_a_habit_and_an_alarm_does_not_become_one():
    detector = Habits()
    assert detector.play(0, 400, lambda index: index % 10 < 3) == []
    (finding,) = detector.play(400, 200, lambda _: True)
    assert 0.25 < finding.expected < 0.4
    assert detector.play(600, 400, lambda index: index % 10 < 3) == []
    assert len(detector.play(1_000, 200, lambda _: True)) == 1


def test_who_was_met_first_is_not_told_when_the_others_fail_in_the_same_second():
    detector = GreyWatch()
    for index in range(60):
        bad = index >= 30
        for gateway in GATEWAYS if index < 45 else GATEWAYS[1:]:
            failed = bad and (gateway == GATEWAYS[0]) == (index < 45)
            tries = (
                a_try(
                    "failed" if failed else "answered",
                    hop=gateway,
                    psap=f"P{index % 7}",
                    station=f"site-{index % 6}",
                    party="joint" if failed else "",
                ),
            )
            caller = f"+{index}{gateway}"
            detector.add_end(see(caller, caller=caller, site="", passed=(), tries=tries))
    assert detector.tick(T0 + S).begun == ()


def test_what_nobody_tries_any_more_is_forgotten(monkeypatch):
    monkeypatch.setattr(comparing, "FORGOTTEN_US", 3_600 * S)
    detector = GreyWatch()
    find(World(no_take=lambda _, site: site == "site-3"), 300, detector)
    assert detector.tick(T0 + 3_000 * S).over == ()
    assert detector.tick(T0 + 9_000 * S).over == ((FindingKind.GREY, Series(SITE)),)


def test_one_caller_counts_once_in_two_minutes_and_anonymous_ones_each():
    for caller, is_found in (("+33639981234", False), ("anonymous", True)):
        detector = GreyWatch()
        for index in range(60):
            tries = (a_try(party="carrier", cause="timeout"),)
            others = (a_try("answered", hop=f"192.0.2.{index}:5060", psap="P5"),)
            detector.add_end(see(f"{index}-other", caller=f"+{index}", tries=others))
            detector.add_end(see(str(index), 0.1 * index, caller=caller, tries=tries))
        begun = detector.tick(T0 + 10 * S).begun
        assert bool(begun) == is_found
    assert [each.series.pairs for each in begun] == [(("psap", "P4"),)]
    assert begun[0].party == "carrier", "one line is all that is known of this target"


@pytest.mark.parametrize("limit", [("WAYS_MAX", 1), ("PAIRS_MAX", 150)])
def test_whoever_remembers_less_finds_the_same(monkeypatch, limit):
    fault = {"no_take": lambda _, site: site == "site-3"}
    whole, _, _ = find(World(**fault), 200)
    monkeypatch.setattr(comparing, *limit)
    assert find(World(**fault), 200)[0] == whole


def test_ways_are_not_frozen_but_found_again():
    detector = GreyWatch()
    find(World(), 60, detector)
    thawed = thaw(freeze(detector, {}), {})
    fault = {"no_take": lambda _, site: site == "site-3"}
    whole = find(World(seed=2, **fault), 200, detector)
    assert whole[0]
    assert find(World(seed=2, **fault), 200, thawed) == whole


def test_there_is_room_for_so_many_elements(monkeypatch):
    monkeypatch.setattr(docket, "ELEMENTS_MAX", 3)
    detector = GreyWatch()
    detector.add_end(see(tries=(a_try(),)))
    assert detector.unwatched == 5, "of eight: edge, edge, site, path; site, trunk, target, path"
