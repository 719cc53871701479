import pytest

from route112.wire.spreadsheets.refusal import CELLS_MAX, COLUMNS_MAX, TableError
from route112.wire.spreadsheets.survey import CellBudget
from route112.wire.spreadsheets.xlsx_survey import survey_xlsx

DAMAGED = (
    "error: a: the workbook's content is damaged. Open it in LibreOffice or Excel and save it"
    " again."
)
REMEDY = " Remove everything but the table, then save it again."


def xlsx(data, strings=""):
    budget = CellBudget("a")
    members = {
        "xl/sharedStrings.xml": f"<sst>{strings}</sst>".encode(),
        "xl/sheet.xml": f"<worksheet>{data}</worksheet>".encode(),
        "mimetype": b"not XML",
    }
    changed = survey_xlsx(members, budget=budget)
    assert set(changed) == {"xl/sharedStrings.xml", "xl/sheet.xml"}
    return changed["xl/sheet.xml"].decode(), CELLS_MAX - budget.cells_left


def refusal(call):
    with pytest.raises(TableError) as caught:
        call()
    return str(caught.value.problem)


@pytest.mark.parametrize(
    ("data", "cells"),
    [
        ("", 0),
        ('<row r="1"><c r="A1"/><c r="B1"/></row>', 2),
        ('<row r="3"><c r="C3"/></row>', 9),
        ("<row><c/><c/></row><row><c/></row>", 4),
        ('<row r="5"><c r="b9"/></row>', 18),
        ('<x:row r="2"><x:c r="AA2"/></x:row>', 54),
        ('<row r="1"><c r="A1"/><c r="C1"/><c/></row>', 4),
    ],
)
def test_the_extent_of_a_sheet_is_what_its_references_say(data, cells):
    assert xlsx(data)[1] == cells


@pytest.mark.parametrize(
    "data",
    [
        '<row r="0"><c/></row>',
        '<row r="x"><c/></row>',
        '<row r="1"><c r="A0"/></row>',
        '<row r="1"><c r="AAAA1"/></row>',
        '<row r="1"><c r="A99999999"/></row>',
        '<row r="1">',
        "<row r=1/>",
    ],
)
def test_references_that_no_program_writes(data):
    assert refusal(lambda: xlsx(data)) == DAMAGED


def test_the_last_cell_of_a_sheet_does_not_make_a_billion():
    assert refusal(lambda: xlsx('<row r="1048576"><c r="XFD1048576"/></row>')) == (
        "error: a: a sheet has cells down to row 1,048,576, at most 600,000 rows are read."
        + REMEDY
    )
    assert refusal(lambda: xlsx('<row r="1"><c r="XFD1"/></row>')) == (
        f"error: a: a sheet has 16,384 columns, at most {COLUMNS_MAX} are read." + REMEDY
    )
    assert refusal(lambda: xlsx('<row r="200000"><c r="CV200000"/></row>')) == (
        "error: a: the file has more than 2,000,000 cells, empty ones included." + REMEDY
    )


def test_formula_errors_become_text_that_is_read():
    changed, _ = xlsx('<row r="1"><c r="A1" t="e"><v>#N/A</v></c><c t = \'e\'/><c t="s"/></row>')
    assert changed.count('"str"') == 2
    assert 't="s"' in changed


STRINGS = "<si><t>zero</t></si><si><t>one</t></si>"


@pytest.mark.parametrize(
    "cell",
    ['<c t="s"><v>1</v></c>', "<x:c r='A1' t='s' s='3'>\n<x:v>0</x:v>\n</x:c>", '<c t="s"/>',
     '<c t="s"></c>', '<c t="s"><v xml:space="preserve">1</v></c>'],
)  # fmt: skip
def test_shared_strings_are_found(cell):
    assert xlsx(f'<row xmlns:x="x">{cell}</row>', STRINGS)[1] == 1


@pytest.mark.parametrize(
    "cell",
    ['<c t="s"><v>-1</v></c>', '<c t="s"><v> 1 </v></c>', '<c t="s"><v>&#49;</v></c>',
     '<c t="s"><v>1x</v></c>', '<c t="s"><v>1</v><v>0</v></c>', '<c t="s"><v>2</v></c>'],
)  # fmt: skip
def test_an_index_that_the_library_would_take_for_another(cell):
    assert refusal(lambda: xlsx(f"<row>{cell}</row>", STRINGS)) == DAMAGED


def test_a_string_counts_as_often_as_it_is_used():
    rows = ("<row>" + '<c t="s"><v>0</v></c>' * 100 + "</row>") * 200
    assert xlsx(rows, f"<si><t>{'x' * 2_000}</t></si>")
    assert refusal(lambda: xlsx(rows, f"<si><t>{'x' * 20_000}</t></si>")) == (
        "error: a: the cells repeat more than 128 MiB of text." + REMEDY
    )


@pytest.mark.parametrize("counts", ['count="4000000000"', 'uniqueCount="x"', 'count="2000001"'])
def test_lists_that_claim_to_be_endless(counts):
    assert refusal(lambda: xlsx(f"<cellXfs {counts}/>")) == DAMAGED
    assert xlsx('<cellXfs count="2000000"/>')


def test_what_the_library_would_skip_inside_a_value():
    changed, _ = xlsx("<row><c><v>02<!-- > -->61<?x <c t='s'> ?><![CDATA[<&>]]></v></c></row>")
    assert changed == "<worksheet><row><c><v>0261&lt;&amp;&gt;</v></c></row></worksheet>"
