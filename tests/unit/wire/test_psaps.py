import io

import pytest
import xlsxwriter
from tests.support.workbooks import make_csv, make_ods, make_profile, make_xlsx

from route112.model import Psap, Technology
from route112.wire import psaps as module
from route112.wire.psaps import parse_psaps

PROFILE = make_profile()
HEAD = [
    "id", "name", "kind", "departement", "primary", "secondary", "alternative", "technology",
    "carrier", "secondary_carrier", "building", "capacity", "contact",
]  # fmt: skip
ROW = [
    "CRRA15-29", "SAMU 29", "CRRA15", "29", "02 61 91 00 15", "", "0261910099", "ip", "armor", "",
    "CHU Brest", "40", "chef de salle",
]  # fmt: skip


def parse(rows, file="psaps.csv", make=make_csv):
    psaps, problems = parse_psaps(make(rows), file=file, profile=PROFILE)
    return psaps, [str(problem) for problem in problems]


def change(**cells):
    return [cells.get(name, cell) for name, cell in zip(HEAD, ROW, strict=True)]


@pytest.mark.parametrize(
    ("make", "file"),
    [
        (make_csv, "psaps.csv"),
        (lambda rows: make_xlsx({"x": [["note"]], "S": [["Title"], *rows]}), "psaps.xlsx"),
        (lambda rows: make_ods({"S": [[], *rows]}), "psaps.ods"),
    ],
)
def test_a_psap(make, file):
    psaps, problems = parse([HEAD, ROW], file, make)
    assert problems == []
    assert psaps == {
        "CRRA15-29": Psap(
            id="CRRA15-29",
            name="SAMU 29",
            kind="CRRA15",
            departement="29",
            primary="+33261910015",
            secondary="",
            alternative="+33261910099",
            technology=Technology.IP,
            carrier="armor",
            secondary_carrier="",
            building="CHU Brest",
            capacity_calls=40,
            contact="chef de salle",
            row=psaps["CRRA15-29"].row,
        )
    }


def test_optional_columns_may_be_absent_and_unknown_ones_are_ignored():
    head = [name for name in HEAD if name not in module.OPTIONAL]
    row = [cell for name, cell in zip(HEAD, ROW, strict=True) if name in head]
    psaps, problems = parse([[*head, "remarks"], [*row, "x"], []])
    assert problems == []
    assert psaps["CRRA15-29"].alternative == ""


def test_codes_and_numbers_that_lost_a_zero():
    row = change(id="CRRA15-01-2", departement="1.0", primary="261910015", capacity="40.0")
    psaps, problems = parse([HEAD, row])
    assert psaps["CRRA15-01-2"].departement == "01"
    assert problems == [
        (
            "repair: psaps.csv:2 primary '261910015': numbers lost their leading 0, first in this"
            " cell. Format the column as text and type the numbers in full."
        )
    ]


def test_damaged_accents_are_reported():
    name = "Médecin".encode().decode("cp1252")
    psaps, problems = parse([HEAD, change(name=name)])
    assert psaps["CRRA15-29"].name == "Médecin"
    assert "accented letters" in problems[0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"name": ""}, " name: the answering point has no name. Fill in the cell."),
        ({"primary": ""}, " primary: the answering point has no primary. Fill in the cell."),
        ({"departement": "99"},
         (" departement '99': the profile names no such departement. Correct the code, or add the"
         " departement to profile.yaml.")),
        ({"kind": "X"},
         (" kind 'X': the profile names no such kind of answering point."
         " Write one of CRRA15, CTA18.")),
        ({"id": "CTA18-29"},
         (" id 'CTA18-29': the id must be CRRA15-29, or CRRA15-29-2 for a second one. Correct the"
         " id, the kind or the departement.")),
        ({"secondary": "15"},
         (" secondary '15': the target is a short number, so calls to it would come back for ever."
         " Write the long number of the centre that answers.")),
        ({"technology": "isdn"},
         (" technology 'isdn': the technology is none of ip, rtc and migration."
             " Write ip, rtc, or migration for a line that has both.")),
        ({"capacity": "0"},
         (" capacity '0': the capacity is not a whole number from 1 to 10,000. Write how many"
         " calls may be presented at once.")),
        ({"capacity": "10001"},
         (" capacity '10001': the capacity is not a whole number from 1 to 10,000. Write how many"
         " calls may be presented at once.")),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row(cells, expected):
    psaps, problems = parse([HEAD, change(**cells)])
    assert psaps == {}
    assert problems == ["error: psaps.csv:2" + expected]


def test_one_bad_row_does_not_hide_another():
    psaps, problems = parse([HEAD, change(kind="X"), change(capacity="x"), ROW])
    assert psaps == {}
    assert len(problems) == 2


def test_an_id_belongs_to_one_row():
    assert parse([HEAD, ROW, ROW])[1] == [
        (
            "error: psaps.csv:3 id 'CRRA15-29': row 2 has the same id."
            " Give each answering point an id of its own."
        )
    ]


def test_tables_that_are_none(monkeypatch):
    assert parse([["a"]])[1] == [
        (
            "error: psaps.csv: no row is the header of a table of answering points. Put a header"
            " above the rows with the columns id, name, kind, departement, primary, technology,"
            " carrier, building, capacity, contact."
        )
    ]
    assert parse([["id", "primary"]])[1] == [
        (
            "error: psaps.csv:1: the table has no column name, kind, departement, technology, carrier,"
            " building, capacity, contact. Add the column name, kind, departement, technology,"
            " carrier, building, capacity, contact."
        )
    ]
    assert parse([[*HEAD, "ID"]])[1] == [
        "error: psaps.csv:1: the column id is there twice. Remove one of them."
    ]
    assert parse([HEAD])[1] == [
        "error: psaps.csv: the table names no answering point. Add the rows."
    ]
    assert "not what its name says" in parse([HEAD], "psaps.ods")[1][0]
    monkeypatch.setattr(module, "PSAPS_MAX", 1)
    assert parse([HEAD, ROW, change(id="CRRA15-29-2")])[1] == [
        (
            "error: psaps.csv:3: the table names more than 1 answering points."
            " Check that the file is the right one."
        )
    ]


def test_a_value_under_a_merged_cell_is_refused():
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet("S")
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, ROW)
    sheet.merge_range(1, 4, 1, 6, ROW[4])
    sheet.write_string(1, 6, ROW[6])
    book.close()
    psaps, problems = parse(buffer.getvalue(), "psaps.xlsx", lambda content: content)
    assert psaps == {}
    assert problems == [
        (
            "error: psaps.xlsx:S:2 alternative: the cell holds a value that is hidden under a"
            " merged cell. Undo the merged cells, and clear what is not meant."
        )
    ]


def test_what_was_confirmed_and_when():
    head = [*HEAD, "contact_confirmed", "alternative_confirmed"]
    psaps, problems = parse([head, [*ROW, "2026-10-05", "1/9/2026"]])
    assert problems == []
    psap = psaps["CRRA15-29"]
    assert (psap.contact_confirmed, psap.alternative_confirmed) == ("2026-10-05", "2026-09-01")
    psaps, (problem,) = parse([head, [*ROW, "last week", ""]])
    assert psaps == {}
    assert "contact_confirmed 'last week': this is no day. Write it as" in problem
