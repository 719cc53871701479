from route112.countries import read_builtin_thresholds
from route112.wire.documents.thresholds import parse_thresholds

GOOD = """
version: "1"
law: "L"
thresholds:
  - {number: "15", below_percent: 85, attempts_min: 100, window_s: 900, justification: "why"}
ordered:
  - {number: "15", below_percent: 90, attempts_min: 50, window_s: 600, justification: "as it says",
     order: "A-1", starts: 2026-12-01T00:00:00Z, expires: 2027-01-01T00:00:00Z}
"""


def parse(text):
    return parse_thresholds(text.encode(), file="t.yaml")


def test_own_ones_and_orders():
    found, problems = parse(GOOD)
    assert problems == ()
    assert (found.version, found.law) == ("1", "L")
    assert (found.own[0].below, found.own[0].window_s, found.own[0].order) == (0.85, 900, "")
    order = found.ordered[0]
    assert (order.below, order.order, order.holds(0)) == (0.9, "A-1", False)
    assert order.holds(1_796_083_200_000_000)


def test_without_a_reason_a_threshold_is_refused():
    found, problems = parse(GOOD.replace(', justification: "why"', ""))
    assert found is None
    assert [problem.code for problem in problems] == ["missing-field"]


def test_a_number_twice_is_refused():
    line = GOOD.splitlines()[4]
    found, problems = parse(GOOD.replace(line, f"{line}\n{line}"))
    assert found is None
    assert "two thresholds" in problems[0].message


def test_what_is_no_document_is_refused():
    assert parse("[")[0] is None


def test_those_of_france_are_about_the_numbers_of_the_law():
    found, problems = parse_thresholds(read_builtin_thresholds("fr"), file="fr")
    assert problems == ()
    assert [each.number for each in found.own] == ["15", "17", "18", "112"]
    assert all(each.justification for each in found.own)
    assert found.ordered == ()
