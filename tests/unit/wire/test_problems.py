from route112.model import Severity
from route112.wire.problems import PROBLEMS_MAX, VALUE_CHARS_MAX, ProblemList, make_problem


def test_a_short_list_is_returned_as_it_is():
    problems = ProblemList("a.csv")
    problems.warn("w", "odd", "Look", row=3)
    problems.repair("r", "mended", "Correct it")
    assert not problems.has_errors
    problems.error("e", "wrong", "Mend it", sheet="S", row=4, column="C", value="v")
    assert problems.has_errors
    assert [str(problem) for problem in problems.finish()] == [
        "warning: a.csv:3: odd. Look.",
        "repair: a.csv: mended. Correct it.",
        "error: a.csv:S:4 C 'v': wrong. Mend it.",
    ]


def test_beyond_the_limit_the_rest_is_counted():
    problems = ProblemList("a.csv")
    for row in range(PROBLEMS_MAX + 7):
        problems.error("e", "wrong", "Mend it", row=row)
    finished = problems.finish()
    assert len(finished) == PROBLEMS_MAX + 1
    assert str(finished[-1]) == (
        "error: a.csv: 7 more problems are not shown. "
        "Mend the ones above, then check the file again."
    )


def test_an_error_displaces_a_lesser_problem_of_a_full_list():
    problems = ProblemList("a.csv")
    for row in range(PROBLEMS_MAX):
        problems.warn("w", "odd", "Look", row=row)
    problems.error("e", "wrong", "Mend it")
    finished = problems.finish()
    assert len(finished) == PROBLEMS_MAX + 1
    assert finished[-2].code == "e"
    assert finished[-1].severity is Severity.WARNING
    assert finished[-1].message == "1 more problems are not shown"


def test_a_long_value_is_cut():
    problem = make_problem(Severity.ERROR, "e", "m", "r", value="x" * 500, column="c" * 500)
    assert problem.value == "x" * (VALUE_CHARS_MAX - 1) + "…"
    assert len(problem.column) == VALUE_CHARS_MAX
