import pytest
from tests.support.plans import (
    CRRA15_29,
    CRRA15_56,
    DAY,
    NIGHT,
    make_file,
    make_subject,
    messages,
    usual_rows,
)

from route112.model import WEEK_MINUTES, Area, Hours, Severity
from route112.planning.checks.coverage import (
    check_areas,
    check_hours,
    check_overlaps,
    check_unresolved,
    list_gaps,
    name_span,
)

QUAY = Area(text="rues: quai", streets=("quai",))


def rows_with(*replacing):
    return [*replacing, *usual_rows("29")[1:]]


def test_a_sound_plan_passes():
    subject = make_subject(
        rows={
            "29": rows_with(
                ("29019", "15", CRRA15_29, DAY),
                ("29019", "15", CRRA15_56, NIGHT),
            )
        }
    )
    for check in (check_unresolved, check_hours, check_areas, check_overlaps):
        assert list(check(subject)) == []


def test_keys_without_a_route_are_told_once_for_departement_and_communes():
    subject = make_subject(rows={"29": usual_rows("29")[:4]})
    (problem,) = check_unresolved(subject)
    assert str(problem) == (
        "error: pdaau/PDAAU_29.csv '29103': no row says where 18, 112 goes for departement 29: "
        "1 commune, 16,000 inhabitants, for example Landerneau (29103). Add the rows to its file."
    )


def test_a_refused_file_is_given_as_the_reason(make_problem):
    files = tuple(make_file(code, usual_rows(code)) for code in ("56", "75"))
    refused = make_file("29", [], problems=[make_problem(Severity.ERROR)])
    (problem,) = check_unresolved(make_subject(files=(refused, *files)))
    assert problem.remedy == "Its file is refused: mend it first"


def test_a_departement_without_a_file_is_named():
    files = tuple(make_file(code, usual_rows(code)) for code in ("29", "75"))
    (problem,) = check_unresolved(make_subject(files=files))
    assert problem.remedy == "Deliver a file for departement 56 in pdaau/"
    assert problem.message.startswith("no row says where 15, 18, 112 goes for departement 56")


def test_night_rows_alone_leave_the_day_open():
    subject = make_subject(rows={"29": rows_with(("29019", "15", CRRA15_29, NIGHT))})
    (problem,) = check_hours(subject)
    assert (problem.code, problem.file, problem.row) == ("hours-gap", "pdaau/PDAAU_29.csv", 2)
    assert problem.message == (
        "15: no row holds from Monday 08:00 to Monday 20:00 and 6 further times; "
        "departement 29: 1 commune, 139,000 inhabitants, for example Brest"
    )


def test_gaps_of_many_communes_are_told_once():
    rows = [
        (code, number, target, NIGHT) if number == "15" else (code, number, target)
        for code, number, target in usual_rows("29")
    ]
    (problem,) = check_hours(make_subject(rows={"29": rows}))
    assert "departement 29: 2 communes, 155,000 inhabitants" in problem.message


def test_areas_alone_leave_the_rest_of_the_commune_open():
    subject = make_subject(rows={"29": rows_with(("29019", "15", CRRA15_29, None, QUAY))})
    assert list(check_hours(subject)) == []
    (problem,) = check_areas(subject)
    assert problem.code == "area-gap"
    assert problem.message.startswith("15: every row is limited to an area, and none holds for")


def test_hours_in_an_area_do_not_cover_the_rest():
    subject = make_subject(
        rows={
            "29": rows_with(
                ("29019", "15", CRRA15_56, DAY, QUAY),
                ("29019", "15", CRRA15_29, NIGHT),
            )
        }
    )
    assert [problem.code for problem in check_hours(subject)] == ["hours-gap"]


def test_two_rows_that_hold_together_with_different_targets_are_an_error():
    subject = make_subject(
        rows={
            "29": rows_with(
                ("29019", "15", CRRA15_29, DAY),
                ("29019", "15", CRRA15_56, Hours(((0, 600),))),
                ("29019", "15", CRRA15_29),
            )
        }
    )
    assert messages(check_overlaps(subject)) == [
        (
            "error",
            "overlap",
            (
                "15: two rows with different targets both hold on Monday at 08:00; "
                "departement 29: 1 commune, 139,000 inhabitants, for example Brest"
            ),
        )
    ]


def test_two_rows_that_hold_together_with_equal_targets_are_fine():
    subject = make_subject(
        rows={
            "29": rows_with(
                ("29019", "15", CRRA15_29, DAY),
                ("29019", "15", CRRA15_29, Hours(((0, 600),))),
                ("29019", "15", CRRA15_29),
            )
        }
    )
    assert list(check_overlaps(subject)) == []


@pytest.mark.parametrize(
    ("spans", "gaps"),
    [
        ([((0, WEEK_MINUTES),)], []),
        ([((10, 20),)], [(0, 10), (20, WEEK_MINUTES)]),
        ([((0, 20), (30, WEEK_MINUTES)), ((15, 31),)], []),
    ],
)
def test_gaps_are_what_no_hours_cover(spans, gaps):
    assert list_gaps([Hours(each) for each in spans]) == gaps


def test_minutes_of_the_week_are_named_as_people_do():
    assert name_span((6 * 1440 + 1200, WEEK_MINUTES)) == "Sunday 20:00 to Monday 00:00"
