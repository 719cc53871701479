from route112.model import PlanFile, Problem, Severity


def plan_file(*severities):
    problems = tuple(
        Problem(severity=severity, code="x", message="m", remedy="r") for severity in severities
    )
    return PlanFile(file="a.csv", sha256="0" * 64, departement="29", problems=problems)


def test_only_an_error_refuses_a_file():
    assert not plan_file().refused
    assert not plan_file(Severity.WARNING, Severity.REPAIR).refused
    assert plan_file(Severity.REPAIR, Severity.ERROR).refused


def test_a_file_without_rows_has_no_cells():
    assert plan_file().cells.typecode == "I"
    assert len(plan_file().cells) == 0
