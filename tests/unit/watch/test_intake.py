import itertools

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
    assert (taken.count_returns("w"), taken.find_newest_us("w")) == (1, 55)
    again = Intake(taken.list_taken(), newest_us={"w": 55})
    assert [again.take("w", n, 50 + n) for n in (3, 4, 5)] == [""] * 3
    assert again.take("w", 6, 56) == "w'1"
    assert again.take("w", 4, 57) == "w'2"
    assert (again.count_returns("w"), again.count_returns("v"), again.find_newest_us("v")) == (
        2,
        0,
        0,
    )


def test_without_a_newest_time_nothing_is_known_to_be_put_back():
    taken = Intake({"w": 9})
    assert taken.take("w", 4, 1_000) == ""
    assert taken.take("w", 10, 1_000) == "w"
