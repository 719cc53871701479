"""The expectation knows who was out of reach when; verdicts are the checker's, from logs alone."""

import pytest

from route112.apps.demo.tally import Book, Count, count_calls, find_usual_ms, judge_logs, read_logs
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


def make_ring(number=BEST, call_id="a@b", *, rang_us=5 * MS):
    return PsapLine(call_id=call_id, number=number, rang_us=rang_us, answered_us=rang_us)


@pytest.fixture
def book():
    book = Book()
    book.expect("a@b", (BEST, SECOND))
    return book


def write_logs(run, callers, rings, *, operator="bruyere"):
    (run / "psaps").mkdir(exist_ok=True)
    path = run / f"callers-{operator}.jsonl"
    path.write_bytes(b"".join(map(render_line, callers)))
    with (run / "psaps" / "psaps.jsonl").open("ab") as file:
        file.write(b"".join(map(render_line, rings)))


def count(run, book, *, usual_ms=5.0):
    return count_calls(judge_logs(run, book, usual_ms=usual_ms), {"a@b"}, usual_ms=usual_ms)


def test_the_second_line_is_right_only_while_the_best_is_out_of_reach(book, tmp_path):
    late = make_caller(placed_us=100 * MS, rang_ms=700)
    write_logs(tmp_path, [late], [make_ring(SECOND, rang_us=110 * MS)])
    assert count(tmp_path, book).misrouted == 1
    book.lose([BEST], 50 * MS)
    found = count(tmp_path, book)
    assert found == Count(
        placed=1, right=1, delayed=1, misrouted=0, lost=0, delay_s=0.695, wrong=frozenset()
    )
    book.regain([BEST], 60 * MS)
    assert count(tmp_path, book).wrong == {"a@b"}, "it was back when the call came"


def test_a_line_that_is_lost_at_once_leaves_no_empty_span(book):
    book.lose([BEST], 0)
    assert book.make_expectation().reachable == {BEST: ()}
    book.regain([BEST], 10)
    assert len(book.make_expectation().reachable[BEST]) == 1


def test_logs_of_all_operators_and_answering_points_are_judged_together(book, tmp_path):
    book.expect("c@d", (BEST,))
    book.expect("never@placed", (BEST,))
    write_logs(tmp_path, [make_caller()], [make_ring()])
    write_logs(
        tmp_path, [make_caller("c@d", rang_ms=900)], [make_ring(call_id="c@d")], operator="ecume"
    )
    callers, psaps = read_logs(tmp_path)
    assert ({line.call_id for line in callers}, len(psaps)) == ({"a@b", "c@d"}, 2)
    usual_ms = find_usual_ms(tmp_path, {"a@b"})
    assert usual_ms == 10.0
    judged = judge_logs(tmp_path, book, usual_ms=usual_ms)
    assert (judged.placed, judged.right, judged.delayed, judged.misrouted) == (3, 2, 1, 0)
    assert judged.lost == 1, "a call that was expected and never placed is lost"


def test_calls_of_other_acts_are_not_counted_and_a_call_without_a_ring_has_no_delay(
    book, tmp_path
):
    book.expect("c@d", (BEST,))
    write_logs(tmp_path, [make_caller(status=487), make_caller("c@d")], [make_ring(call_id="c@d")])
    found = count(tmp_path, book)
    assert (found.placed, found.lost, found.delay_s) == (1, 1, 0.0)
    assert found.wrong == {"a@b"}
