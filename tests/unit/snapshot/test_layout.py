"""The norm and the code say the same: the tables of docs/formats/snapshot.md against layout.py."""

import re
import struct
from pathlib import Path

import pytest

from route112.snapshot import layout

PAGE = Path(__file__).parents[3] / "docs" / "formats" / "snapshot.md"
RECORDS = {
    "Header": layout.HEADER,
    "Directory entry": layout.DIRECTORY_ENTRY,
    "Signature block": layout.SIGNATURE,
} | {f"Section {name}": section.record for name, section in layout.SECTIONS.items()}


def read_chapters() -> dict[str, list[list[str]]]:
    """Return the rows of the first table under each heading, by the heading."""
    chapters: dict[str, list[list[str]]] = {}
    heading = ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif re.match(r"\| ?[^-:]", line):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            chapters.setdefault(heading, []).append(cells)
    return {heading: rows[1:] for heading, rows in chapters.items()}


CHAPTERS = read_chapters()


def test_every_record_has_a_chapter_and_every_chapter_a_record():
    described = {
        heading
        for heading in CHAPTERS
        if heading.startswith("Section ")
        or heading in ("Header", "Directory entry", "Signature block")
    }
    assert described == set(RECORDS)


@pytest.mark.parametrize("heading", RECORDS)
def test_fields_have_name_offset_type_and_size_of_the_page(heading):
    record = RECORDS[heading]
    page = [
        (name, int(offset), kind, int(size)) for offset, name, kind, size, _ in CHAPTERS[heading]
    ]
    code = [
        (field.name, record.offset(field.name), field.type, field.size) for field in record.fields
    ]
    assert code == page
    assert record.size == sum(size for *_, size in page) == struct.calcsize(record.format)


@pytest.mark.parametrize("heading", RECORDS)
def test_references_are_the_ones_that_the_page_names(heading):
    tables = {*layout.SECTIONS, *layout.STRING_TABLES}
    for field, (_, _, _, _, meaning) in zip(
        RECORDS[heading].fields, CHAPTERS[heading], strict=True
    ):
        table = re.split(r"[:;,]", meaning)[0]
        named = table if table in tables else ""
        assert (field.index or field.optional or field.span) == named, f"{heading} {field.name}"
        assert bool(field.optional) == (", optional" in meaning), f"{heading} {field.name}"


@pytest.mark.parametrize(
    ("heading", "sections"),
    [("Plan layer", layout.PLAN_SECTIONS), ("Orders layer", layout.ORDERS_SECTIONS)],
)
def test_layers_have_the_sections_sizes_and_limits_of_the_page(heading, sections):
    page = [
        (int(number), name, int(size), int(most))
        for number, name, size, most, _ in CHAPTERS[heading]
    ]
    code = [(part.id, part.name, part.record.size, part.count_max) for part in sections]
    assert code == page
    assert [part.id for part in sections] == sorted({part.id for part in sections})


def test_choices_have_the_numbers_of_the_page():
    page = {row[0]: tuple(cell for cell in row[1:] if cell) for row in CHAPTERS["Choices"]}
    assert page == {
        "technology": layout.TECHNOLOGIES,
        "role": layout.ROLES,
        "rule": layout.RULES,
        "kind": layout.ORDER_KINDS,
        "field": layout.DIALECT_FIELDS,
        "place": layout.DIALECT_PLACES,
    }


def test_the_page_says_the_version_and_the_texts_that_are_hashed():
    text = PAGE.read_text()
    assert f"format {layout.FORMAT_MAJOR}.{layout.FORMAT_MINOR}\n" in text
    for domain in (layout.PLAN_DOMAIN, layout.CONTENT_DOMAIN, layout.SIGNATURE_DOMAIN):
        assert f"`{domain[:-1].decode()}` and a zero byte" in text
    assert f"Every section begins at a multiple of {layout.ALIGNMENT}." in text


def test_records_are_aligned_for_a_cast_of_each_of_their_fields():
    for section in layout.SECTIONS.values():
        for field in section.record.fields:
            if not field.type.startswith("bytes"):
                assert section.record.size % field.size == 0, section.name
                assert section.record.offset(field.name) % field.size == 0, section.name


def test_align_goes_up_to_the_next_multiple():
    assert [layout.align(size) for size in (0, 1, 8, 9)] == [0, 8, 8, 16]
