"""The document that users read says what the code does."""

import re
from pathlib import Path

import pytest

from route112.wire import areas, hours, problems, psaps, tables, territory
from route112.wire.caller_tables import cells, lines
from route112.wire.documents import fields, nodes, profile
from route112.wire.pdaau_table import headers, keys, synonyms, targets
from route112.wire.spreadsheets import refusal

TEXT = (Path(__file__).parents[3] / "docs" / "formats" / "sources.md").read_text()
LIMITS = {
    "days that a contact or a number is trusted": profile.CONFIRMED_DAYS_MAX,
    "bytes of a table": tables.FILE_BYTES_MAX,
    "bytes that a workbook unpacks to": tables.UNPACKED_BYTES_MAX,
    "files inside a workbook": refusal.MEMBERS_MAX,
    "tags in one part of a workbook": refusal.TAGS_MAX,
    "sheets of a workbook": tables.SHEETS_MAX,
    "rows of a sheet": tables.ROWS_MAX,
    "columns of a sheet": tables.COLUMNS_MAX,
    "cells of a file, empty ones included": tables.CELLS_MAX,
    "merged cells of a workbook": refusal.MERGED_MAX,
    "characters of a cell": tables.CELL_CHARS_MAX,
    "bytes of text in cells, counted as often as they repeat it": refusal.TEXT_BYTES_MAX,
    "tables with different headers on a sheet": keys.TABLES_MAX,
    "rows above a header": headers.HEADER_ROWS_MAX,
    "different hours and areas in a file": targets.VARIANTS_MAX,
    "cells of an operator": cells.CELLS_MAX,
    "calling lines and ranges of an operator": lines.LINES_MAX,
    "merged communes of a file that are named one by one": targets.MERGERS_TOLD_MAX,
    "parts of an hours cell": hours.PIECES_MAX,
    "rings of a polygon": areas.RINGS_MAX,
    "streets of an area": areas.STREETS_MAX,
    "problems told of a file": problems.PROBLEMS_MAX,
    "answering points": psaps.PSAPS_MAX,
    "communes": territory.COMMUNES_MAX,
    "bytes of a YAML document": nodes.DOCUMENT_BYTES_MAX,
    "levels of a YAML document": nodes.DEPTH_MAX,
    "items of a list in YAML": fields.ITEMS_MAX,
    "characters of a field in YAML": fields.TEXT_CHARS_MAX,
}


def section(title):
    start = TEXT.index(f"# {title}\n")
    end = re.search(r"^#+ ", TEXT[start + 2 :], re.MULTILINE)
    return TEXT[start : start + 2 + end.start()] if end else TEXT[start:]


def rows(title):
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def quoted(text):
    return re.findall(r"`([^`]+)`", text)


def test_header_synonyms():
    documented = {quoted(role)[0]: tuple(quoted(words)) for role, _, words in rows("Headers")}
    assert documented == synonyms.COLUMNS


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Headers", synonyms.LEADING_WORDS | synonyms.SECONDARY_WORDS | synonyms.THIRD_WORDS),
        ("Headers", synonyms.DOUBTFUL_WORDS | synonyms.WEAK_NUMBERS),
        ("Hours", synonyms.ALWAYS - {""}),
        ("Hours", set(synonyms.DAYS)),
        ("Areas", synonyms.STREETS | synonyms.WHOLE_AREAS),
        ("Cells", synonyms.NOTHING),
    ],
)
def test_words(title, words):
    assert set(words) <= set(quoted(section(title)))


def test_limits():
    documented = {name: int(most.replace(",", "")) for name, most in rows("Limits")}
    assert documented == LIMITS


def test_columns_of_answering_points():
    documented = {
        quoted(name)[0]: needed for name, needed, _ in rows("`psaps.*`: the answering points")
    }
    assert {name for name, needed in documented.items() if needed == "yes"} == set(psaps.REQUIRED)
    assert {name for name, needed in documented.items() if needed == "no"} == set(psaps.OPTIONAL)
    assert f"1 to {psaps.CAPACITY_CALLS_MAX:,}" in section("`psaps.*`: the answering points")


def test_kinds_of_table():
    assert set(tables.EXTENSIONS) == {"csv", "txt", "tsv", "ods", "xlsx"}
    assert all(f"`.{name}`" in TEXT for name in tables.EXTENSIONS)
    assert set(territory.COLUMNS_REQUIRED) <= set(quoted(section("A table of communes")))


@pytest.mark.parametrize(
    ("title", "source"),
    [
        ("`profile.yaml`", "profile"),
        ("`trunks.yaml`", "network"),
        ("`overrides/*.yaml`", "network"),
    ],
)
def test_fields_of_documents_are_fields_of_the_code(title, source):
    path = Path(nodes.__file__).with_name(f"{source}.py")
    read = set(re.findall(r'get_\w+\(\s*"(\w+)"|iterate\("(\w+)"\)', path.read_text()))
    read = {name for pair in read for name in pair if name}
    named = {quoted(row[0])[0] for row in rows(title)}
    assert named
    assert named <= read


@pytest.mark.parametrize(
    ("title", "columns"),
    [
        ("`operators/ID/cells.*`: where cells are", cells.CELL_COLUMNS),
        ("`operators/ID/lines.*`: where calling lines are", lines.LINE_COLUMNS),
    ],
)
def test_columns_of_tables_of_callers(title, columns):
    documented = {quoted(row[0])[0]: tuple(quoted(row[3])) for row in rows(title)}
    for name, words in columns.items():
        assert documented[name] == (("commune",) if name == "commune" else words)
    words = set(quoted(section(title)))
    assert name != "kind" or {*lines.KINDS, *lines.TECHNOLOGIES} <= words
