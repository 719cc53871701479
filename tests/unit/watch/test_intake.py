import itertools
import random

from route112.watch import intake
from route112.watch.intake import Intake


def test_each_record_is_taken_once():
    taken = Intake()
    assert [taken.accept("w", n) for n in (1, 2, 2, 1, 3)] == [True, True, False, False, True]
    assert taken.refused == 2
    assert taken.list_taken() == {"w": 3}


def test_order_does_not_matter():
    for order in itertools.permutations((1, 2, 3, 4)):
        taken = Intake()
        assert all(taken.accept("w", n) for n in order)
        assert not any(taken.accept("w", n) for n in order)
        assert taken.list_taken() == {"w": 4}
        assert taken.count_gaps() == 0


def test_a_gap_is_counted_and_filled():
    taken = Intake()
    assert taken.accept("w", 1)
    assert taken.accept("w", 5)
    assert taken.count_gaps() == 3
    assert taken.list_taken() == {"w": 1}
    assert all(taken.accept("w", n) for n in (3, 2, 4))
    assert taken.count_gaps() == 0
    assert taken.list_taken() == {"w": 5}


def test_writers_do_not_mix():
    taken = Intake({"a": 7})
    assert not taken.accept("a", 7)
    assert taken.accept("a", 8)
    assert taken.accept("b", 1)


def test_what_is_overtaken_by_too_many_is_given_up(monkeypatch):
    monkeypatch.setattr(intake, "AHEAD_MAX", 3)
    taken = Intake()
    for n in (3, 4, 5):
        assert taken.accept("w", n)
    assert taken.missing == 0
    assert taken.accept("w", 6)
    assert taken.missing == 2
    assert taken.list_taken() == {"w": 6}
    assert not taken.accept("w", 1)


def test_what_has_too_many_gaps_behind_it_is_given_up(monkeypatch):
    monkeypatch.setattr(intake, "SPANS_MAX", 2)
    taken = Intake()
    assert all(taken.accept("w", n) for n in (2, 4, 6, 8))
    assert (taken.missing, taken.find_taken("w"), taken.find_taken("v")) == (2, 4, 0)
    assert taken.list_ahead("w") == [(6, 6), (8, 8)]
    assert taken.accept("w", 7)
    assert taken.list_ahead("w") == [(6, 8)]
    assert not taken.accept("w", 7)
    assert not taken.accept("w", 3)


def test_spans_are_what_a_set_of_sequences_would_be():
    rng = random.Random(7)
    for _ in range(50):
        taken, known = Intake(), set()
        for sequence in (rng.randrange(1, 40) for _ in range(60)):
            assert taken.accept("w", sequence) is (sequence not in known)
            known.add(sequence)
            ahead = [n for first, last in taken.list_ahead("w") for n in range(first, last + 1)]
            assert {*range(1, taken.find_taken("w") + 1), *ahead} == known
            assert taken.count_gaps() == max(known) - len(known)


def test_every_second_sequence_costs_little():
    taken = Intake()
    for sequence in range(2, 400_000, 2):
        taken.accept("w", sequence)
    assert len(taken.list_ahead("w")) == intake.SPANS_MAX


def test_a_writer_and_names_of_long_ago_are_forgotten(monkeypatch):
    monkeypatch.setattr(intake, "OLDER_MAX", 1)
    taken = Intake()
    for time_us in range(1, 5):
        assert taken.take("w", 1, time_us)
    assert taken.list_forgotten() == ["w", "w'1"]
    assert taken.list_taken() == {"w'2": 1, "w'3": 1}
    taken.forget("w")
    assert taken.list_forgotten() == ["w'2", "w'3"]
    assert (taken.list_taken(), taken.count_returns("w"), taken.list_forgotten()) == ({}, 0, [])
    assert taken.take("w", 1, 1) == "w"


def test_whoever_goes_on_knows_what_was_taken_ahead():
    first = Intake()
    for sequence in (1, 2, 5, 6, 9):
        assert first.accept("w", sequence)
    assert first.list_ahead("w") == [(5, 6), (9, 9)]
    assert first.list_ahead("stranger") == []
    second = Intake(first.list_taken(), {"w": first.list_ahead("w")})
    assert not any(second.accept("w", sequence) for sequence in (1, 2, 5, 6, 9))
    assert all(second.accept("w", sequence) for sequence in (3, 4, 7, 8))
    assert second.list_taken() == {"w": 9}


def test_a_writer_that_was_put_back_uses_its_sequences_again():
    taken = Intake()
    assert [taken.take("w", n, 10 * n) for n in (1, 2, 3, 4)] == ["w"] * 4
    assert taken.take("w", 2, 20) == "", "it is known"
    assert [taken.take("w", n, 50 + n) for n in (3, 4, 5)] == ["w'1"] * 3
    assert taken.count_gaps() == 0
    assert (taken.count_returns("w"), taken.find_newest_us("w'1")) == (1, 55)
    again = Intake(taken.list_taken(), newest_us={"w": 55})
    assert [again.take("w", n, 50 + n) for n in (3, 4, 5)] == [""] * 3
    assert again.take("w", 6, 56) == "w'1"
    assert again.take("w", 4, 57) == "w'2"
    assert (again.count_returns("w"), again.count_returns("v"), again.find_newest_us("v")) == (
        2,
        0,
        0,
    )


def test_what_was_taken_before_an_older_disk_came_up_is_known_when_the_newer_one_is_back():
    taken = Intake()
    assert all(taken.take("w", n, n) for n in range(1, 101))
    assert [taken.take("w", n, 1_000 + n) for n in range(51, 61)] == ["w'1"] * 10
    newest_us = {name: taken.find_newest_us(name) for name in ("w", "w'1")}
    again = Intake(taken.list_taken(), newest_us=newest_us)
    for each in (taken, again):
        assert [each.take("w", n, n) for n in range(51, 101)] == [""] * 50
        assert (each.refused, each.count_gaps()) == (50, 0)
        assert each.take("w", 101, 2_000) == "w'1"
        assert each.take("w", 21, 3_000) == "w'2"
        assert [each.take("w", n, n) for n in range(61, 101)] == [""] * 40
        assert [each.take("w", n, 1_000 + n) for n in range(51, 61)] == [""] * 10


def test_only_so_many_names_of_before_are_asked(monkeypatch):
    monkeypatch.setattr(intake, "OLDER_MAX", 1)
    taken = Intake()
    for place, sequences in enumerate(((1, 9), (1, 2), (1, 3))):
        for sequence in range(sequences[0], sequences[1] + 1):
            assert taken.take("w", sequence, 100 * place + sequence)
    assert taken.take("w", 9, 9) == "w'2", "taken as w, which is too long ago"
    assert taken.take("w", 2, 102) == ""


def test_without_a_newest_time_nothing_is_known_to_be_put_back():
    taken = Intake({"w": 9})
    assert taken.take("w", 4, 1_000) == ""
    assert taken.take("w", 10, 1_000) == "w"
