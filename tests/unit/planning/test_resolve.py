from tests.support.plans import (
    COMMUNES,
    CRRA15_29,
    CRRA15_56,
    CRRA15_75,
    CTA18_29,
    CTA18_75,
    DAY,
    NIGHT,
    NUMBERS,
    make_file,
    make_plan,
    usual_rows,
)

from route112.model import Area, Severity
from route112.planning.resolve import resolve_plan
from route112.snapshot.content import NONE

CODES = [commune.code for commune in COMMUNES]


def route_of(resolution, code, number):
    index = resolution.mapping_route[CODES.index(code) * len(NUMBERS) + NUMBERS.index(number)]
    return None if index == NONE else resolution.routes[index]


def place_of(resolution, code, number):
    key = CODES.index(code) * len(NUMBERS) + NUMBERS.index(number)
    source = resolution.mapping_source[key]
    file = None if source == NONE else resolution.sources[source].file
    return file, resolution.mapping_row[key]


def test_each_key_has_the_lines_of_its_row_and_knows_the_row():
    resolution = resolve_plan(make_plan())
    (variant,) = route_of(resolution, "29019", "15")
    assert variant.lines == (CRRA15_29, CRRA15_56, "+33261919915")
    assert variant.row == 0
    assert place_of(resolution, "29103", "18") == ("pdaau/PDAAU_29.csv", 6)
    assert resolution.problems == ()


def test_keys_with_equal_rows_share_one_route():
    resolution = resolve_plan(make_plan())
    assert len(resolution.routes) == 6
    assert route_of(resolution, "29019", "18") == route_of(resolution, "29019", "112")


def test_rows_with_hours_come_first_in_file_order_then_the_row_without():
    rows = [
        ("29019", "15", CRRA15_29),
        ("29019", "15", CRRA15_56, NIGHT),
        ("29019", "15", CRRA15_75, None, Area(text="rues: quai", streets=("quai",))),
    ]
    resolution = resolve_plan(make_plan(rows={"29": rows}))
    night, area, rest = route_of(resolution, "29019", "15")
    assert (night.lines[0], night.hours, night.row) == (CRRA15_56, NIGHT, 0)
    assert (area.lines[0], area.row) == (CRRA15_75, 4)
    assert (rest.lines[0], rest.hours, rest.row) == (CRRA15_29, None, 2)
    assert place_of(resolution, "29019", "15") == ("pdaau/PDAAU_29.csv", 3)


def test_a_row_that_repeats_another_changes_nothing():
    rows = usual_rows("29")
    resolution = resolve_plan(make_plan(rows={"29": [*rows, rows[0]]}))
    assert len(route_of(resolution, "29019", "15")) == 1
    assert place_of(resolution, "29019", "15") == ("pdaau/PDAAU_29.csv", 2)


def test_a_key_without_a_row_stays_unresolved():
    resolution = resolve_plan(make_plan(rows={"29": usual_rows("29")[:4]}))
    assert route_of(resolution, "29103", "18") is None
    assert place_of(resolution, "29103", "18") == (None, 0)


def test_a_refused_file_gives_no_route(make_problem):
    refused = make_file("29", usual_rows("29"), problems=[make_problem(Severity.ERROR)])
    resolution = resolve_plan(make_plan(files=(refused,)))
    assert set(resolution.mapping_route) == {NONE}


def test_an_arrondissement_without_a_row_inherits_from_its_city():
    resolution = resolve_plan(make_plan())
    assert route_of(resolution, "75102", "18") == route_of(resolution, "75056", "18")
    assert place_of(resolution, "75102", "18") == (None, 0)


def test_a_city_without_a_row_takes_what_its_arrondissements_agree_on():
    rows = [(code, "15", CRRA15_75) for code in ("75101", "75102")]
    resolution = resolve_plan(make_plan(rows={"75": rows}))
    assert route_of(resolution, "75056", "15")[0].lines[0] == CRRA15_75
    assert route_of(resolution, "75103", "15")[0].lines[0] == CRRA15_75
    assert resolution.problems == ()


def test_a_city_of_divided_arrondissements_takes_the_route_of_most_with_a_warning():
    rows = [("75101", "15", CRRA15_29), ("75102", "15", CRRA15_75), ("75103", "15", CRRA15_75)]
    resolution = resolve_plan(make_plan(rows={"75": rows}))
    assert route_of(resolution, "75056", "15")[0].lines[0] == CRRA15_75
    (problem,) = resolution.problems
    assert (problem.severity, problem.code) == ("warning", "city-split")
    assert problem.message.startswith("Paris (75056) has no row for 15 and its arrondissements")


def test_two_files_may_share_a_departement_but_not_a_key():
    first = make_file("29", [row for row in usual_rows("29") if row[1] != "18"])
    supplement = make_file(
        "29", [row for row in usual_rows("29") if row[1] == "18"], name="pdaau/z29-more.csv"
    )
    resolution = resolve_plan(make_plan(files=(first, supplement)))
    assert resolution.problems == ()
    assert route_of(resolution, "29019", "18")[0].lines[0] == CTA18_29
    again = make_file("29", usual_rows("29"), name="pdaau/z29-v2.csv")
    (problem,) = resolve_plan(make_plan(files=(first, again))).problems
    assert (problem.severity, problem.code) == ("error", "key-in-two-files")
    assert (problem.file, problem.row) == ("pdaau/z29-v2.csv", 2)
    assert problem.message == (
        "4 rows speak of a commune and number that pdaau/PDAAU_29.csv already has, "
        "this is the first"
    )


def test_a_variant_of_another_sheet_names_its_own_sheet_and_row():
    rows = [("29019", "15", CRRA15_29, DAY), ("29019", "15", CRRA15_56, NIGHT)]
    file = make_file("29", rows, sheets=("jour", "nuit"))
    file.cells[8] = 1
    resolution = resolve_plan(make_plan(files=(file,)))
    day, night = route_of(resolution, "29019", "15")
    assert (day.row, day.source) == (0, NONE)
    assert (night.row, resolution.sources[night.source].sheet) == (3, "nuit")


def test_a_target_that_nobody_lists_leaves_a_route_for_the_checks_to_report():
    rows = [("29019", "15", "+33261910000")]
    resolution = resolve_plan(make_plan(rows={"29": rows}))
    assert route_of(resolution, "29019", "15")[0].lines == ()


def test_the_rest_of_a_city_follows_the_arrondissements_that_have_rows():
    rows = [(code, "18", CTA18_75) for code in ("75101", "75102")]
    resolution = resolve_plan(make_plan(rows={"75": rows}))
    assert route_of(resolution, "75103", "18")[0].lines[0] == CTA18_75
