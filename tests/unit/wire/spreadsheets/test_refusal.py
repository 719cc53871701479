from route112.model import Severity
from route112.wire.spreadsheets.refusal import refuse, refuse_size


def test_a_refusal_carries_its_problem():
    error = refuse("code", "wrong", "Mend it", file="a.csv", row=3)
    assert error.problem.severity is Severity.ERROR
    assert str(error) == "error: a.csv:3: wrong. Mend it."


def test_too_large_always_says_what_to_do():
    assert str(refuse_size("too many rows", file="a.csv")) == (
        "error: a.csv: too many rows. Remove everything but the table, then save it again."
    )
