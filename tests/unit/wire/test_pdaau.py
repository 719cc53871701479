import hashlib
import io

import pytest
import xlsxwriter
from tests.support.workbooks import (
    make_csv,
    make_ods,
    make_profile,
    make_raw_ods,
    make_territory,
    make_xlsx,
)

from route112.wire.pdaau import parse_pdaau
from route112.wire.problems import PROBLEMS_MAX

PROFILE, TERRITORY = make_profile(), make_territory()
A, B = "02 61 91 00 15", "02 61 91 00 18"
WIDE = [["Code INSEE", "Commune", "15 (SAMU)", "N° 18"], ["29019", "Brest", A, B]]
LONG = [
    ["insee", "n° court", "n° long"],
    ["29019", "15", A],
    ["29019", "18", B],
]


def parse(content, file="pdaau/PDAAU_29.csv"):
    return parse_pdaau(content, file=file, profile=PROFILE, territory=TERRITORY)


def told(rows, file="pdaau/PDAAU_29.csv"):
    parsed = parse(make_csv(rows), file)
    assert parsed.refused == any(p.severity == "error" for p in parsed.problems)
    if parsed.refused:
        assert (parsed.sheets, parsed.communes, parsed.short_numbers, parsed.routes) == ((),) * 4
        assert len(parsed.cells) == 0
    return [str(problem).replace(f" {file}", "", 1) for problem in parsed.problems]


def meaning(parsed):
    cells = parsed.cells
    return {
        (
            parsed.communes[cells[i]],
            parsed.short_numbers[cells[i + 1]],
            parsed.routes[cells[i + 2]].targets,
        )
        for i in range(0, len(cells), 5)
    }


@pytest.mark.parametrize("rows", [WIDE, LONG])
@pytest.mark.parametrize(
    ("make", "extension"),
    [
        (make_csv, "csv"),
        (lambda rows: make_csv(rows, separator=",", encoding="utf-8-sig"), "csv"),
        (lambda rows: make_csv(rows, separator="\t", encoding="cp1252"), "csv"),
        (lambda rows: make_csv([["Préfecture"], [], *rows]), "csv"),
        (lambda rows: make_xlsx({"Lisez-moi": [["x"]], "PDAAU": rows}), "xlsx"),
        (lambda rows: make_ods({"PDAAU": rows, "PDAAU_Macro": [["code"], [1.0]]}), "ods"),
    ],
)
def test_every_kind_of_file_says_the_same(rows, make, extension):
    content = make(rows)
    parsed = parse(content, f"pdaau/PDAAU_29.{extension}")
    assert parsed.problems == ()
    assert parsed.departement == "29"
    assert parsed.sha256 == hashlib.sha256(content).hexdigest()
    assert parsed.sheets == (("PDAAU",) if extension != "csv" else ("",))
    assert meaning(parsed) == {
        ("29019", "15", ("+33261910015",)),
        ("29019", "18", ("+33261910018",)),
    }


def test_cells_hold_indexes_and_the_row_that_an_editor_shows():
    parsed = parse(make_csv([["Titre"], *WIDE]))
    assert list(parsed.cells) == [0, 0, 0, 0, 3, 0, 1, 1, 0, 3]
    assert parsed.cells.typecode == "I"


def test_all_sheets_with_a_table_count():
    head, brest = WIDE
    parsed = parse(
        make_xlsx({"Nord": [head, brest], "Notes": [["x"]], "Sud": [head, ["29232", "", A, B]]}),
        "PDAAU_29.xlsx",
    )
    assert parsed.sheets == ("Nord", "Sud")
    assert len(meaning(parsed)) == 4


def test_both_levels_of_a_city_with_arrondissements():
    rows = [["insee", "15"], ["75056", A], ["75101", A]]
    assert parse(make_csv(rows), "PDAAU_75.csv").communes == ("75056", "75101")


def test_overseas_and_letters():
    assert told([["insee", "15"], ["97105", A]], "PDAAU_971.csv") == []
    assert told([["insee", "15"], ["2a004", A]], "pdaau-2a-v3.csv") == []


def test_repairs_are_reported_and_the_file_is_taken():
    damaged = "numéro long".encode().decode("cp1252")
    rows = [
        ["insee", "numero court", damaged],
        ["1004", "15", "261910015"],
        ["29500", "18", B],
    ]
    assert told(rows, "PDAAU_01.csv") == [
        (
            "repair::1: accented letters were damaged on the way, here first, and have been restored."
            " Export the table again in UTF-8."
        ),
        (
            "repair::2 insee '1004': commune codes lost their leading zero, first in this cell."
            " Format the column as text and type the codes in full."
        ),
        (
            "repair::2 numéro long '261910015': numbers lost their leading 0, first in this cell."
            " Format the column as text and type the numbers in full."
        ),
        (
            "repair::3 insee '29500': commune 29500 is now part of 01004 Ambérieu-en-Bugey, which is"
            " taken instead. Replace the code by 01004."
        ),
    ]


REFUSED = [
    ([["insee", "15"], ["29019", "15"]],
     (":2 15 '15': the target is a short number, so calls to it would come back for ever."
     " Write the long number of the centre that answers.")),
    ([["insee", "15"], ["29019", "00 61 91 00 15"]],
     (":2 15 '00 61 91 00 15': the target is outside the number plan of the country."
     " Check the number with the centre, and write it in full.")),
    ([["insee", "15"], ["29019", "02 61 91"]],
     (":2 15 '02 61 91': the target is truncated: it has 6 digits where 10 are needed."
     " Type the number in full.")),
    ([["insee", "15"], ["29999", A]],
     (":2 insee '29999': no commune of today or of the past has this code."
     " Look the code up in the official table of communes.")),
    ([["insee", "15"], ["29019", A], ["29019", B]],
     (":3 15 '02 61 91 00 18': row 2 sends 15 of commune 29019 to +33261910015 and row 3 to"
     " +33261910018. Keep the right one of the two rows.")),
    ([["insee", "15"], ["29019", A], ["01004", A]],
     (":3 insee '01004': commune 01004 lies in departement 01, but the file is of 29. Remove the"
     " row; the other departement's own file says where its calls go.")),
    ([["insee", "15"], ["01004", A]],
     (": the file is not what its name says: it is named for departement 29, but most of its"
     " communes lie in 01. Deliver the table of the departement that the name says, or correct"
     " the name.")),
    ([["insee", "15"], ["29019", "#N/A"]],
     (":2 15 '#N/A': the cell holds a formula error where a long number is expected."
     " Mend the formula, or type the value itself.")),
    ([["insee", "15"], ["29019", "2026-11-05"]],
     (":2 15 '2026-11-05': the cell holds a date where a long number is expected."
     " Format the column as text, and type the value again.")),
    ([["insee", "15"]],
     (": the table has a header but no row with a commune and a target."
     " Deliver the table with its rows.")),
    ([["a", "b"], ["29019", A]],
     (": no row is the header of a plan table. Put a header above the rows: `insee`, then `numero"
     " court` and `numero long`, or a column for each short number.")),
    ([["insee", "15", "N° 15"], ["29019", A, B]],
     (":1 N° 15: two columns of the table have the same meaning: '15' (column 2) and 'N° 15' (column 3)."
     " Rename or remove one of the two columns.")),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "message"), REFUSED)
def test_refusals(rows, message):
    assert told(rows) == ["error:" + message]


def test_a_file_that_is_no_table_at_all():
    for content in (b"", b"\n\n"):
        assert [p.code for p in parse(content).problems] == ["no-table"]
    assert [p.code for p in parse(b"PK\x03\x04").problems] == ["not-what-its-name-says"]
    parsed = parse(make_csv(WIDE), "PDAAU_29.ods")
    assert (parsed.departement, parsed.refused) == ("29", True)


def test_problems_are_bounded():
    rows = [["insee", "15"], *[["29019", f"x{n}"] for n in range(PROBLEMS_MAX + 50)]]
    problems = told(rows)
    assert len(problems) == PROBLEMS_MAX + 1
    assert problems[-1] == (
        "error:: 50 more problems are not shown. Mend the ones above, then check the file again."
    )


def test_a_warning_does_not_refuse():
    assert told(WIDE, "plan.csv")[0].startswith(
        "warning:: the file's name holds no code of a departement"
    )


def test_hours_and_areas_reach_the_route():
    rows = [
        ["insee", "15", "15 secours", "horaires", "secteur"],
        ["29019", A, B, "lun 8h-9h", "rues: Rue Haute"],
    ]
    (route,) = parse(make_csv(rows)).routes
    assert route.targets == ("+33261910015", "+33261910018")
    assert route.hours.spans == ((480, 540),)
    assert route.area.streets == ("rue haute",)


def ods_cell(text, attributes="", kind="table-cell"):
    return (
        f'<table:{kind} {attributes} office:value-type="string"><text:p>{text}</text:p>'
        f"</table:{kind}>"
    )


def ods_table(*rows):
    body = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
    return make_raw_ods(f'<table:table table:name="P">{body}</table:table>')


SPANNED = ods_cell(A, 'table:number-columns-spanned="2"')
HEAD = [ods_cell("insee"), ods_cell("15"), ods_cell("18")]


def told_of(content, file):
    return [str(problem).replace(f" {file}", "", 1) for problem in parse(content, file).problems]


MERGED = (
    "warning::P:2 15: cells of the table are merged, of which only the first has the value. Undo"
    " merged cells, and repeat the value in each of them."
)
HIDDEN = (
    f"error::P:2 18 '{B}': the cell holds a value that is hidden under a merged cell. Undo the"
    " merged cells, and clear what is not meant."
)


def test_merged_cells_of_an_ods():
    title = [ods_cell("Plan", 'table:number-columns-spanned="3"'), "<table:covered-table-cell/>"]
    empty = ods_table(HEAD, [ods_cell("29019"), SPANNED, "<table:covered-table-cell/>"])
    assert told_of(empty, "PDAAU_29.ods") == [MERGED]
    hidden = ods_cell(B, kind="covered-table-cell")
    full = ods_table(HEAD, [ods_cell("29019"), SPANNED, hidden])
    assert told_of(full, "PDAAU_29.ods") == [MERGED, HIDDEN]
    assert told_of(ods_table(title, HEAD, [ods_cell("29019"), ods_cell(A)]), "PDAAU_29.ods") == []


def test_merged_cells_of_an_xlsx():
    for value, expected in (("", [MERGED]), (B, [MERGED, HIDDEN])):
        buffer = io.BytesIO()
        book = xlsxwriter.Workbook(buffer)
        sheet = book.add_worksheet("P")
        sheet.write_row(0, 0, ["insee", "15", "18"])
        sheet.merge_range(1, 1, 1, 2, A)
        sheet.write_row(1, 2, [value] if value else [])
        sheet.write_string(1, 0, "29019")
        book.close()
        assert told_of(buffer.getvalue(), "PDAAU_29.xlsx") == expected


DESCRIPTION = [["INSEE", "numero court", "numero long"], ["code", "15 à 197", "format 0X"]]


def test_a_sheet_that_describes_the_columns_is_no_table():
    book = make_xlsx({"Lisez-moi": DESCRIPTION, "P": LONG, "Q": [["insee", "15"]]})
    assert told_of(book, "PDAAU_29.xlsx") == [
        (
            "warning::Lisez-moi:1: the sheet has the header of a plan table, but only words below"
            " it. Remove the sheet if it is a description, else fill in codes and numbers."
        )
    ]
    assert len(meaning(parse(book, "PDAAU_29.xlsx"))) == 2


def test_a_sheet_of_errors_or_alone_is_read():
    broken = make_xlsx({"N": [["insee", "15"], ["#N/A", "#N/A"]], "P": LONG})
    assert [p.code for p in parse(broken, "PDAAU_29.xlsx").problems] == ["formula-error"] * 2
    alone = parse(make_xlsx({"Lisez-moi": DESCRIPTION}), "PDAAU_29.xlsx")
    assert [p.code for p in alone.problems] == [
        "unknown-commune", "unknown-short-number", "not-a-number",
    ]  # fmt: skip


def test_a_date_in_the_name_is_no_departement():
    parsed = parse(make_csv(LONG), "PDAAU_01-11-2026.csv")
    assert (parsed.departement, [p.code for p in parsed.problems]) == (
        "29",
        ["no-departement-in-name"],
    )
