"""The expectation knows who was silenced when; the verdicts are the checker's, from logs alone."""

import pytest

from route112.apps.demo.tally import Book, judge_logs, judge_one, read_logs
from route112.simulation.checker import Verdict
from route112.simulation.logs import CallerLine, PsapLine, render_line

BEST, SECOND = "+33261910010", "+33261910020"
MS = 1_000


def make_caller(call_id="a@b", *, placed_us=0, rang_ms=10, status=200):
    heard = None if status != 200 else placed_us + rang_ms * MS
    return CallerLine(
        call_id=call_id,
        dialled="15",
        placed_us=placed_us,
        ringing_us=heard,
        answered_us=heard,
        status=status,
    )


def make_ring(number=BEST, call_id="a@b", *, rang_us=5 * MS, answered=True):
    return PsapLine(
        call_id=call_id, number=number, rang_us=rang_us, answered_us=rang_us if answered else None
    )


@pytest.fixture
def book():
    book = Book()
    book.expect("a@b", (BEST, SECOND))
    return book


def test_a_silenced_target_excuses_the_next_one_as_long_as_it_is_silent(book):
    late = make_caller(placed_us=100 * MS)
    ring = make_ring(SECOND, rang_us=105 * MS)

    def judge():
        return judge_one(late, [ring], book, median_ms=5).verdict

    assert judge() is Verdict.MISROUTED
    book.silence([BEST], 50 * MS)
    assert judge() is Verdict.RIGHT
    book.restore([BEST], 102 * MS)
    assert judge() is Verdict.RIGHT, "it came back while the call was under way"
    book = make_again(book)
    assert judge() is Verdict.RIGHT


def make_again(book):
    """Silence a second time: both spans count."""
    book.silence([BEST], 300 * MS)
    book.restore([BEST], 400 * MS)
    return book


def test_a_target_that_was_back_is_wanted_again(book):
    book.silence([BEST], 10 * MS)
    book.restore([BEST], 20 * MS)
    call, ring = make_caller(placed_us=100 * MS), make_ring(SECOND, rang_us=105 * MS)
    assert judge_one(call, [ring], book, median_ms=5).verdict is Verdict.MISROUTED


def test_silence_that_begins_at_once_leaves_no_empty_span(book):
    book.silence([BEST], 0)
    assert book.make_expectation().reachable == {BEST: ()}
    book.restore([BEST], 10)
    assert len(book.make_expectation().reachable[BEST]) == 1


def test_the_logs_of_all_operators_and_of_the_psaps_are_judged_together(book, tmp_path):
    book.expect("c@d", (BEST,))
    book.expect("never@placed", (BEST,))
    (tmp_path / "callers-bruyere.jsonl").write_bytes(render_line(make_caller()))
    slow = make_caller("c@d", rang_ms=900)
    (tmp_path / "callers-ecume.jsonl").write_bytes(render_line(slow))
    rings = render_line(make_ring()) + render_line(make_ring(call_id="c@d"))
    (tmp_path / "psaps.jsonl").write_bytes(rings)
    callers, psaps = read_logs(tmp_path)
    assert ({line.call_id for line in callers}, len(psaps)) == ({"a@b", "c@d"}, 2)
    judged = judge_logs(tmp_path, book, usual=frozenset({"a@b"}))
    assert (judged.placed, judged.right, judged.delayed, judged.misrouted) == (3, 2, 1, 0)
    assert judged.lost == 1, "a call that was expected and never placed is lost"
