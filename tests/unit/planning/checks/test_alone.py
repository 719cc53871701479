from tests.support.plans import (
    CRRA15_29,
    CRRA15_56,
    DAY,
    NIGHT,
    make_file,
    make_subject,
    usual_rows,
)

from route112.model import Area, Hours
from route112.planning.checks.alone import check_alone

QUAY = Area(text="rues: quai", streets=("quai",))
LATE = Hours(((480, 600),))


def check(*rows):
    plan = make_subject(rows={"29": usual_rows("29")}).plan
    file = make_file("29", rows)
    return [
        (problem.code, problem.row, problem.value)
        for problem in check_alone(file, profile=plan.profile, territory=plan.territory)
    ]


def test_a_file_without_conditions_is_not_looked_at():
    assert check(("29019", "15", CRRA15_29)) == []


def test_day_and_night_are_no_contradiction():
    assert check(("29019", "15", CRRA15_29, DAY), ("29019", "15", CRRA15_56, NIGHT)) == []


def test_overlaps_and_gaps_are_found_without_answering_points():
    both = check(("29019", "15", CRRA15_29, LATE), ("29019", "15", CRRA15_56, DAY))
    assert [code for code, *_ in both] == ["overlap", "hours-gap"]
    assert check(("29019", "15", CRRA15_29, LATE), ("29019", "15", CRRA15_29, DAY))[0][0] == (
        "hours-gap"
    )
    assert [code for code, *_ in check(("29019", "15", CRRA15_29, None, QUAY))] == ["area-gap"]
