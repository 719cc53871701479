from dataclasses import replace

from tests.support.plans import OPERATORS, make_subject, messages

from route112.edgetable.callers import CALLERS_MAX as EDGE_MAX
from route112.model import CellTable, DialectRule, LineTable
from route112.native.operators import CALLERS_MAX
from route112.planning.checks import callers
from route112.planning.checks.callers import (
    check_caller_rules,
    check_cells,
    check_native_room,
)

FILE = "operators/bruyere/cells.csv"
CELL = DialectRule(field="cell", place="header", name="X-Cell", pattern="(.+)")


def weigh(**cells):
    tables = {"bruyere": CellTable(file=FILE, cells=cells)}
    return list(check_cells(make_subject(cells=tables)))


def test_cells_in_one_commune_or_with_one_answer_are_no_matter():
    assert weigh(a=(("29019", 7),), b=(("75101", 5), ("75102", 5))) == []


def test_the_share_of_weight_that_rings_elsewhere_is_told_by_number():
    (problem,) = weigh(
        a=(("29019", 900),), b=(("29019", 60), ("75056", 40)), c=(("29019", 50), ("29103", 50))
    )
    assert (problem.code, problem.file, problem.value) == ("cell-split", FILE, "b")
    assert problem.severity == "warning"
    assert "1 of 3 cells lie over communes that ring in different places" in problem.message
    assert "15 3.6 %, 18 3.6 %, 112 3.6 %" in problem.message


def rule_problems(rules, **tables):
    operator = replace(OPERATORS["bruyere"], dialect=rules)
    subject = make_subject(operators={"bruyere": operator}, **tables)
    return [(severity, code) for severity, code, _ in messages(check_caller_rules(subject))]


def test_a_rule_wants_a_table_and_a_table_a_rule():
    cells = {"bruyere": CellTable(file=FILE)}
    lines = {"bruyere": LineTable(file="operators/bruyere/lines.csv")}
    assert rule_problems((CELL,), cells=cells) == []
    assert rule_problems((CELL,)) == [("warning", "no-callers")]
    assert (
        rule_problems((), cells=cells, calling_lines=lines)
        == [("warning", "callers-not-read")] * 2
    )
    assert rule_problems((replace(CELL, field="line"),), calling_lines=lines) == []


def test_an_operator_that_does_not_fit_into_the_native_table_is_named(monkeypatch):
    assert callers.NATIVE_CALLERS_MAX == CALLERS_MAX == EDGE_MAX
    monkeypatch.setattr(callers, "NATIVE_CALLERS_MAX", 2)
    cells = {"bruyere": CellTable(file=FILE, cells=dict.fromkeys("abc", (("29019", 1),)))}
    assert [p.code for p in check_native_room(make_subject(cells=cells))] == ["callers-not-native"]
    del cells["bruyere"].cells["c"]
    assert list(check_native_room(make_subject(cells=cells))) == []
