from tests.support.workbooks import make_profile, make_territory

from route112.wire.pdaau_table.headers import find_header
from route112.wire.pdaau_table.keys import TABLES_MAX, KeyTable
from route112.wire.problems import ProblemList
from route112.wire.tables import Sheet

PROFILE = make_profile()
A, B = "0261910015", "0261910016"


def read(*tables):
    table = KeyTable(PROFILE, make_territory())
    for number, rows in enumerate(tables):
        sheet = Sheet(f"S{number}", tuple(tuple(row) for row in rows))
        table.read_sheet(sheet, find_header(sheet, PROFILE))
    problems = ProblemList("a")
    table.notes.tell(problems)
    return table, [str(problem) for problem in problems.finish()]


def keys(table):
    communes, numbers = list(table.reader.communes), list(table.reader.numbers)
    cells = table.cells
    return [
        (
            communes[cells[i]],
            numbers[cells[i + 1]],
            table.reader.routes[cells[i + 2]].targets[0][-2:],
            table.sheets[cells[i + 3]],
            cells[i + 4],
        )
        for i in range(0, len(cells), 5)
    ]


LONG = ["insee", "numero", "cible", "secours"]
WIDE = ["insee", "15", "15 secours", "18"]


def test_long_and_wide_tables_give_the_same_keys():
    long, told_long = read([LONG, ["29019", "15", A, B], ["29232", "18", B, ""]])
    wide, told_wide = read([WIDE, ["29019", A, B, ""], ["29232", "", "", B]])
    assert told_long == told_wide == []
    assert keys(long) == [("29019", "15", "15", "S0", 2), ("29232", "18", "16", "S0", 3)]
    assert keys(wide) == keys(long)
    assert long.reader.routes[0].targets == ("+33261910015", "+33261910016")


def test_short_rows_repeated_headers_and_footnotes_are_passed_over():
    rows = [WIDE, ["29019", A], [], ["", ""], WIDE, ["Source: préfecture"], ["Total", "", ""]]
    table, told = read(rows)
    assert told == []
    assert keys(table) == [("29019", "15", "15", "S0", 2)]
    assert read([LONG, LONG, ["29019", "15", A], ["Fin"]])[1] == []


def test_a_conflict_names_both_rows():
    _table, told = read([LONG, ["29019", "15", A], ["29232", "15", A], ["29019", "15", B]])
    assert told == [
        (
            "error: a:S0:4 cible '0261910016': row 2 sends 15 of commune 29019 to +33261910015 and"
            " row 4 to +33261910016. Keep the right one of the two rows."
        )
    ]


def test_a_conflict_between_sheets_names_the_sheet():
    _, told = read([WIDE, ["29019", A]], [WIDE, ["29019", B]])
    assert told[0].startswith("error: a:S1:2 15 '0261910016': row 2 of sheet S0 sends 15")


def test_old_communes_of_one_new_commune_that_contradict_each_other():
    _, told = read([WIDE, ["29030", A], ["29031", B], ["29232", A]])
    assert told[2] == (
        "error: a:S0:3 15 '0261910016': row 2 sends 15 of commune 29232 to +33261910015 and row 3"
        " to +33261910016 (codes 29030 and 29031, merged since). Write one row for 29232, with"
        " the target that today's commune shall have."
    )


def test_old_communes_that_agree_are_no_repetition():
    table, told = read([WIDE, ["29030", A], ["29031", A], ["29232", A]])
    assert [line.split(":")[0] for line in told] == ["repair", "repair"]
    assert keys(table) == [("29232", "15", "15", "S0", 2)]


def test_a_row_that_is_there_twice_is_a_warning_once():
    table, told = read([WIDE, ["29019", A, "", B], ["29019", A, "", B], ["29019", A, "", B]])
    assert told == [
        (
            "warning: a:S0:3 insee '29019': the row says the same as row 2 (so in 4 cells, of which"
            " this is the first). Remove one of the two rows."
        )
    ]
    assert len(keys(table)) == 2


def test_rows_that_differ_in_hours_or_area_are_no_conflict():
    head = [*LONG, "horaires", "secteur"]
    table, told = read(
        [
            head,
            ["29019", "15", A, "", "8h-20h", ""],
            ["29019", "15", B, "", "20h-8h", ""],
            ["29019", "15", B, "", "", "rues: A"],
            ["29019", "15", A, "", "", ""],
        ]
    )
    assert told == []
    assert len(keys(table)) == 4
    _, told = read([head, ["29019", "15", A, "", "8h-20h"], ["29019", "15", B, "", "08:00-20:00"]])
    assert "row 2 sends 15 of commune 29019" in told[0]


def test_a_target_is_missing():
    remedy = " Fill in the target, or remove the row."
    message = "the row has a short number or a second target but no first target."
    assert read([LONG, ["29019", "15", "", B]])[1] == [f"error: a:S0:2 cible: {message}{remedy}"]
    assert read([WIDE, ["29019", "", B]])[1] == [f"error: a:S0:2 15: {message}{remedy}"]
    only_second = ["insee", "18", "15 secours"]
    assert read([only_second, ["29019", "", B]])[1] == [
        f"error: a:S0:2 15 secours: {message}{remedy}"
    ]


def test_a_commune_without_any_target_is_a_warning():
    for head in (WIDE, LONG):
        assert read([head, ["29019"], ["29232"]])[1] == [
            (
                "warning: a:S0:2 insee '29019': the row names a commune but no target (so in 2 cells,"
                " of which this is the first). Fill in the targets, or remove the row."
            )
        ]


def test_merged_cells_leave_rows_without_a_code():
    _, told = read([LONG, ["29019", "15", A], ["", "18", B]])
    assert told == [
        (
            "error: a:S0:3 insee: the row has a target but no commune code. Undo merged cells, and"
            " repeat the value on every row."
        )
    ]
    _, told = read([LONG, ["29019", "15", A], ["29019", "", B]])
    assert told[0].startswith("error: a:S0:3 numero: the row has no short number.")


def test_one_bad_cell_does_not_hide_the_others():
    _, told = read([WIDE, ["x", "15", "y", "z"]])
    assert len(told) == 4


def test_the_same_target_twice_is_one_target():
    table, _ = read([WIDE, ["29019", A, A]])
    assert table.reader.routes[0].targets == ("+33261910015",)


def test_the_departement_column_is_checked():
    head = ["dep", "insee", "15"]
    assert (
        read([head, ["29", "29019", A], ["1.0", "01004", A], ["Finistère", "29232", A]])[1] == []
    )
    assert read([head, ["01", "29019", A]])[1] == [
        (
            "error: a:S0:2 dep '01': the row says departement 01, but commune 29019 lies in 29."
            " Correct the commune's code or the departement."
        )
    ]


def test_refused_hours_refuse_the_row():
    table, told = read([[*LONG, "heures"], ["29019", "15", A, "", "la nuit"]])
    assert keys(table) == []
    assert len(told) == 1


C = "0261910017"


def test_a_second_header_is_read_with_its_own_columns():
    first = ["INSEE", "15", "18"]
    table, told = read(
        [first, ["29019", A, B], [], ["Zone gendarmerie"], ["INSEE", "18", "15"], ["29232", A, B]]
    )
    assert told == []
    assert [key[:3] for key in keys(table)[2:]] == [("29232", "18", "15"), ("29232", "15", "16")]
    table, told = read(
        [
            LONG,
            ["29019", "15", A, B],
            ["insee", "numero", "secours", "cible"],
            ["29232", "15", A, B],
        ]
    )
    assert told == []
    assert [route.targets[0][-2:] for route in table.reader.routes] == ["15", "16"]
    table, told = read(
        [first, ["29019", A, B], ["Nom", "code insee", "15"], ["Quimper", "29232", A]]
    )
    assert told == []
    assert keys(table)[-1][:3] == ("29232", "15", "15")


def test_a_second_header_that_is_not_understood_refuses_the_file():
    _, told = read([WIDE, ["29019", A], ["insee", "police", "pompiers"], ["29232", A, B]])
    assert told == [
        (
            "error: a:S0:3 insee: the row looks like a header, but not like the one in row 1, and"
            " its columns are not understood. Put the tables on sheets of their own, each with one"
            " header."
        )
    ]


def test_tables_side_by_side_are_refused():
    _, told = read([["INSEE", "15", "", "Commune", "17"], ["29019", A, "", "29232", B]])
    assert told == [
        (
            "error: a:S0:1 Commune: column 4 begins a second table beside the first. Put the tables"
            " on sheets of their own, each with one header."
        )
    ]


def test_a_commune_that_lost_its_zero_and_has_no_target_is_a_warning():
    _, told = read([WIDE, ["29019", A], ["1004"]])
    assert told == [
        (
            "warning: a:S0:3 insee '1004': the row names a commune but no target. Fill in the"
            " targets, or remove the row."
        )
    ]


def test_a_dash_is_no_second_target():
    head = ["insee", "15", "15 secours", "15 secours 2"]
    table, told = read([head, ["29019", A, "-", "Néant"], ["29232", A, "–", B]])
    assert told == []
    assert [route.targets for route in table.reader.routes] == [
        ("+33261910015",),
        ("+33261910015", "+33261910016"),
    ]
    assert read([head, ["29019", "-"]])[1][0].startswith("error: a:S0:2 15 '-': the target is not")


def test_tables_of_one_sheet_are_bounded():
    heads = [["insee", "15", "18"], ["insee", "18", "15"]] * (TABLES_MAX // 2)
    assert read(heads)[1] == []
    assert read([*heads, heads[0]])[1] == [
        (
            f"error: a:S0:{TABLES_MAX + 1} insee: the sheet has more than 100 tables with different"
            " headers. Put the tables on sheets of their own, each with one header."
        )
    ]
