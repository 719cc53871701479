"""What must hold whatever bytes a reader is given."""

import re

from tests.support.workbooks import make_profile, make_territory

from route112.model import Severity
from route112.wire.problems import PROBLEMS_MAX, VALUE_CHARS_MAX

PROFILE = make_profile()
TERRITORY = make_territory()
PLAN = re.compile(r"\+33[1-59][0-9]{8}|\+336[0-9]{8}")
"""The number plan of the small country, said a second time."""


def check_problems(problems, *, file):
    assert len(problems) <= PROBLEMS_MAX + 1
    for problem in problems:
        assert problem.file == file
        assert problem.message
        assert not problem.message.endswith(".")
        assert problem.remedy
        assert len(problem.value) <= VALUE_CHARS_MAX
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", problem.code)
        assert str(problem)
    return any(problem.severity is Severity.ERROR for problem in problems)


def check_plan_file(plan, *, file):
    refused = check_problems(plan.problems, file=file)
    assert plan.refused == refused
    if refused:
        assert (plan.sheets, plan.communes, plan.short_numbers, plan.routes) == ((), (), (), ())
        assert len(plan.cells) == 0
        return
    assert len(plan.cells) > 0
    assert len(plan.cells) % 5 == 0
    known = {short.number for short in PROFILE.short_numbers}
    assert set(plan.short_numbers) <= known
    assert all(TERRITORY.communes[c].departement == plan.departement for c in plan.communes)
    for route in plan.routes:
        assert 1 <= len(route.targets) <= 3
        assert all(PLAN.fullmatch(target) for target in route.targets)
    check_keys(plan)


def check_keys(plan):
    seen = set()
    columns = [list(plan.cells[i::5]) for i in range(5)]
    for commune, number, index, sheet, row in zip(*columns, strict=True):
        route = plan.routes[index]
        key = (plan.communes[commune], plan.short_numbers[number], route.hours, route.area)
        assert key not in seen
        seen.add(key)
        assert plan.sheets[sheet] is not None
        assert row >= 1


def check_psaps(psaps, problems, *, file):
    if check_problems(problems, file=file):
        assert psaps == {}
        return
    assert psaps
    for name, psap in psaps.items():
        assert psap.id == name
        assert PLAN.fullmatch(psap.primary)
        for number in (psap.secondary, psap.alternative):
            assert number == "" or PLAN.fullmatch(number)
        assert PROFILE.find_departement(psap.departement)
        assert name.startswith(f"{psap.kind}-{psap.departement}")
        assert psap.capacity_calls >= 1


def check_territory(territory, problems, *, file):
    if check_problems(problems, file=file):
        assert territory is None
        return
    assert territory.communes
    assert set(territory.merged.values()) <= set(territory.communes)
    assert not set(territory.merged) & set(territory.communes)
    for code, commune in territory.communes.items():
        assert re.fullmatch("[0-9A-Z]{1,8}", code)
        assert (commune.lon_deg is None) == (commune.lat_deg is None)
        assert not commune.parent or commune.parent in territory.communes


def check_document(value, problems, *, file):
    if check_problems(problems, file=file):
        assert not value
