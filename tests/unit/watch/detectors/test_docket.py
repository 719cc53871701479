import pytest

from route112.watch.detectors.docket import Docket

SITE, EDGE = ("site", "s1"), ("edge", "e1")
TRUNK, OTHER_TRUNK, PSAP = ("trunk", "t1"), ("trunk", "t2"), ("psap", "A")


class Case:
    """A docket, filled by hand."""

    def __init__(self):
        self.docket = Docket()

    def accuse(self, *factors, failed=(), good=()):
        suspect = self.docket.find("w", factors, alternatives=1)
        suspect.usual = 0.03
        suspect.sums[0].add(20.0, now_us=1, threshold=19.0)
        for others, is_failed in ((failed, True), (good, False)):
            for other in others:
                suspect.count([other], failed=is_failed)
        self.docket.note("w", factors)
        return self

    def told(self):
        return [factors for _, factors in self.docket.list_told()]


def test_who_fails_is_told():
    assert Case().accuse(TRUNK, failed=[PSAP] * 9).told() == [(TRUNK,)]


def test_who_fails_no_more_than_the_others_is_not():
    case = Case().accuse(TRUNK, failed=[PSAP] * 9)
    case.accuse(PSAP, failed=[TRUNK] * 5, good=[TRUNK] * 5)
    case.docket.suspects["w", (PSAP,)].usual = 0.5
    assert case.told() == [(TRUNK,)]


def test_a_trunk_to_a_target_that_nobody_reaches_is_not_told():
    case = Case().accuse(TRUNK, failed=[PSAP] * 9)
    case.accuse(PSAP, failed=[TRUNK, OTHER_TRUNK] * 9)
    assert case.told() == [(PSAP,)]


def test_a_target_that_is_reached_over_other_trunks_is_not_told():
    case = Case().accuse(TRUNK, failed=[PSAP] * 9)
    case.accuse(PSAP, failed=[TRUNK] * 9, good=[OTHER_TRUNK] * 9)
    assert case.told() == [(TRUNK,)]


@pytest.mark.parametrize("end", [SITE, EDGE])
def test_a_path_is_not_told_beside_an_end_that_fails_with_others(end):
    case = Case().accuse(EDGE, SITE, failed=[PSAP] * 9)
    other = ("edge", "e2") if end == SITE else ("site", "s2")
    case.accuse(end, failed=[EDGE if end == SITE else SITE, other] * 9)
    assert case.told() == [(end,)]


def test_a_path_is_told_when_both_its_ends_work_with_others():
    case = Case().accuse(EDGE, SITE, failed=[PSAP] * 9)
    case.accuse(SITE, failed=[EDGE] * 9, good=[("edge", "e2")] * 30)
    assert case.told() == [(EDGE, SITE)]


def test_who_was_not_tried_since_is_forgotten():
    case = Case().accuse(TRUNK, failed=[PSAP])
    case.docket.suspects["w", (TRUNK,)].last_us = 5
    case.docket.forget(5)
    assert case.told() == [(TRUNK,)]
    case.docket.forget(6)
    assert case.told() == []
    assert case.docket.suspects == {}
