import pytest
from tests.support.seen import T0, see

from route112.watch.series import Series
from route112.watch.values import SeenTry
from route112.watch.watching import board as module
from route112.watch.watching.board import MINUTE_US, MINUTES, OTHER, Board, is_short_number

NATION = Series()


@pytest.fixture
def board():
    made = Board(number_of=lambda dialled: dialled)
    made.tell_time(T0)
    return made


def line(board, *pairs):
    return next(each for each in board.list_lines() if each.series == Series(pairs))


def ring(outcome="answered", **values):
    usual = {"station": "site-1", "psap": "A", "number": "+33261910001", "hop": "t:1", "via": "ip"}
    return SeenTry(**{**usual, **values}, outcome=outcome)


def test_attempts_count_in_the_series_that_are_shown(board):
    board.add_arrival(see())
    board.add_arrival(see(number="18", caller=""))
    board.add_end(see(outcome="answered", ring_ms=100, answer_ms=900, tries=(ring(),)))
    board.add_end(see(number="18", tries=(ring("failed", party="joint"),)))
    board.add_end(see(number="18", outcome="cancelled"))
    nation = line(board).sum_late(board.minute)
    assert (nation.attempts, nation.ended, nation.answered, nation.anonymous) == (2, 3, 1, 1)
    assert (nation.rang, nation.ring_ms, nation.answer_ms) == (1, 100, 900)
    assert nation.parties == {"psap": 1}
    fire = line(board, ("number", "18")).sum_late(board.minute)
    assert (fire.attempts, fire.answered) == (1, 0)
    trunk = line(board, ("site", "site-1"), ("trunk", "t:1")).sum_late(board.minute)
    assert (trunk.attempts, trunk.answered, trunk.parties) == (2, 1, {"joint": 1})
    assert line(board, ("edge", "bruyere-edge-1"), ("site", "site-1"))


def test_late_figures_end_and_those_of_all_time_do_not(board):
    board.add_arrival(see())
    board.tell_time(T0 + MINUTE_US)
    board.add_arrival(see())
    board.tell_time(T0)
    assert line(board).sum_late(board.minute).attempts == 2
    board.tell_time(T0 + MINUTES * MINUTE_US)
    assert line(board).sum_late(board.minute).attempts == 1
    board.add_arrival(see())
    assert len(line(board).late) == 2
    assert line(board).sum_all().attempts == 3
    assert line(board).total.attempts == 1


def test_callers_count_where_they_are_shown(board):
    board.add_arrival(see())
    board.add_callers(NATION, 3, 1)
    board.add_callers(Series((("departement", "29"),)), 3, 1)
    tally = line(board).sum_all()
    assert (tally.callers, tally.failed) == (3, 1)


def test_test_calls_and_corrections_are_counted_apart_or_not_at_all(board):
    board.add_arrival(see(is_test=True))
    board.add_end(see(is_test=True, outcome="answered"))
    board.add_end(see(corrects=True))
    assert list(board.list_lines()) == []
    assert (board.tests.attempts, board.tests.ended, board.tests.answered) == (1, 1, 1)


def test_names_are_bounded_and_tell_no_number_of_a_person(board, monkeypatch):
    board.add_arrival(see(number="0639981234"))
    assert line(board, ("number", OTHER)).sum_all().attempts == 1
    assert [is_short_number(each) for each in ("112", "", "1234567", "١١٢", "sos")] == [
        True, False, False, False, False
    ]  # fmt: skip
    count = len(list(board.list_lines()))
    monkeypatch.setattr(module, "SERIES_MAX", count)
    board.add_arrival(see(operator="new"))
    board.add_arrival(see(operator="new"))
    assert len(list(board.list_lines())) == count
    assert line(board).sum_all().attempts == 3
    assert board.uncounted == 3, "each series once"


def test_what_is_found_is_remembered_in_bounds(board, monkeypatch):
    monkeypatch.setattr(module, "SERIES_MAX", 0)
    board.add_arrival(see())
    board.add_arrival(see())
    assert board.uncounted == 2 * len(module.CUTS)


def test_the_first_call_says_which_minute_it_is():
    board = Board(number_of=lambda dialled: dialled)
    board.add_arrival(see())
    assert board.minute == T0 // MINUTE_US
    assert line(board).sum_late(board.minute).attempts == 1
