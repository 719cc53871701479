from route112.watch.detectors import suspects
from route112.watch.detectors.suspects import Suspect

A, B, C = ("psap", "A"), ("psap", "B"), ("psap", "C")


def accuse(trials):
    suspect = Suspect(1)
    suspect.sums[0].add(1.0, now_us=5, threshold=10.0)
    for other, failed in trials:
        suspect.count([other, ("site", "s")], failed=failed)
    return suspect


def test_it_fails_with_one_and_works_with_the_others():
    suspect = accuse([(A, True), (A, True), (A, True), (B, False), (C, False), (C, False)])
    assert (suspect.trials, suspect.failed) == (6, 3)
    assert suspect.find_alone("psap") == A
    assert suspect.find_alone("trunk") is None
    assert suspect.list_failed("psap") == [(A, 3)]
    assert suspect.works_without(A)
    assert not suspect.fails_without(A)
    assert suspect.fails_without(B)
    assert not suspect.works_without(("site", "s")), "there is no other"
    assert not suspect.fails_without(("site", "s"))


def test_it_fails_with_all():
    suspect = accuse([(A, True), (A, True), (B, True), (B, True), (C, True)])
    assert suspect.find_alone("psap") is None
    assert suspect.fails_without(A)


def test_with_whom_it_hardly_ever_worked():
    suspect = accuse(
        [(A, True)] * 9 + [(A, False)] + [(B, True)] * 2 + [(C, True), (C, False)] * 3
    )
    assert suspect.list_missed("psap") == [(A, 10)], "two trials say nothing, every second works"
    assert suspect.list_missed("site") == []


def test_nothing_is_counted_when_nothing_is_held_against_it():
    suspect = accuse([(A, True)])
    assert not suspect.is_open
    assert not suspect.is_clear
    suspect.sums[0].add(-2.0, now_us=6, threshold=10.0)
    suspect.count([A], failed=False)
    assert suspect.is_clear
    assert suspect.trials == 0
    assert suspect.works_without(A)
    suspect.sums[0].add(11.0, now_us=7, threshold=10.0)
    assert suspect.is_open
    assert suspect.strongest.since_us == 7


def test_those_beyond_the_limit_are_counted_together(monkeypatch):
    monkeypatch.setattr(suspects, "OTHERS_MAX", 3)
    suspect = accuse([(A, False), (B, False), *([(C, True)] * 5)])
    assert suspect.trials == 7
    assert suspect.find_alone("psap") is None, "who it was with is not known"
    assert suspect.fails_without(A)
