import io
import re

import pytest
from python_calamine import CalamineWorkbook

from route112.countries.fr.quirks import QUIRKS
from route112.countries.fr.spelling import choose_headers
from route112.countries.fr.tables import BLANK_EVERY_ROWS

BOM = b"\xef\xbb\xbf"


def keys_of(quirk):
    return [pytest.param(key, id=f"{quirk}-{key}") for key in QUIRKS[quirk]]


@pytest.mark.parametrize("key", keys_of("utf-8-bom"))
def test_a_byte_order_mark_stands_first(key, styles, rendered):
    assert rendered[styles[key].file].startswith(BOM)


@pytest.mark.parametrize("key", keys_of("windows-1252"))
def test_windows_1252_has_a_character_that_nothing_else_has(key, styles, rendered):
    content = rendered[styles[key].file]

    assert re.search(rb"[\x80-\x9f]", content)
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")


@pytest.mark.parametrize("key", keys_of("latin-1"))
def test_latin_1_has_accents_and_none_of_windows_characters(key, styles, rendered):
    content = rendered[styles[key].file]

    assert not re.search(rb"[\x80-\x9f]", content)
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")


@pytest.mark.parametrize("key", keys_of("mojibake"))
def test_mis_decoded_accents_are_in_the_text(key, styles, read_table):
    text = " ".join(cell for row in read_table(styles[key]) for cell in row)

    assert "Ã©" in text
    assert "é" not in text


@pytest.mark.parametrize(
    ("quirk", "separator"),
    [("separator-comma", ","), ("separator-tab", "\t"), ("separator-pipe", "|")],
)
def test_separators(quirk, separator, styles, rendered):
    for key in QUIRKS[quirk]:
        style = styles[key]
        lines = rendered[style.file].decode("latin-1").splitlines()
        assert all(line.count(separator) >= 3 for line in lines[-10:]), key


@pytest.mark.parametrize("key", keys_of("title-rows"))
def test_titles_stand_above_the_header(key, styles, read_table):
    rows = read_table(styles[key])

    assert rows[0][0].startswith("Préfecture du département")
    assert rows[3][0] == choose_headers(styles[key]).code


@pytest.mark.parametrize("key", keys_of("blank-rows"))
def test_blank_rows_stand_above_and_between(key, styles, read_table):
    blank = [at for at, row in enumerate(read_table(styles[key])) if not any(row)]

    assert blank[:2] == [0, BLANK_EVERY_ROWS + 2]


CODES = {
    "insee-lost-zero": r"[1-9]\d{3}(\.0)?",
    "insee-float": r"\d{4,5}\.0",
    "insee-spaces": r" \S{5}| ?\S{5}  ",
    "insee-lower-case": r" ?2[ab]\d{3} *",
}


@pytest.mark.parametrize(
    ("quirk", "key"), [(quirk, key) for quirk in CODES for key in QUIRKS[quirk]]
)
def test_codes_are_as_odd_as_said(quirk, key, styles, read_table):
    rows = [row for row in read_table(styles[key]) if row and row[0]]
    start = 1 + [row[0] for row in rows].index(choose_headers(styles[key]).code)

    for row in rows[start:]:
        assert re.fullmatch(CODES[quirk], row[0]), row[:2]


@pytest.mark.parametrize("key", keys_of("merged-codes"))
def test_former_codes_stand_in_place_of_todays(key, styles, intent, read_table):
    codes = {row[0].strip().removesuffix(".0") for row in read_table(styles[key])}
    merged = [code for code in intent.ground.former if code.startswith(key)]

    assert len(merged) >= 10
    for today in merged:
        former = {old for old in intent.ground.former[today] if old.startswith(key)}
        assert former <= codes
        assert (today in codes) == (not former)


def test_cities_have_the_levels_of_their_file(styles, read_table):
    codes = {key: {row[0] for row in read_table(styles[key])} for key in ("13", "69", "75")}

    assert "75056" in codes["75"]
    assert "75101" not in codes["75"]
    assert "13201" in codes["13"]
    assert "13055" not in codes["13"]
    assert {"69123", "69381"} <= codes["69"]


def test_long_and_wide_tables_have_their_shape(styles, intent, read_table):
    long, wide = read_table(styles["29"]), read_table(styles["42"])

    assert len(long) == 1 + 13 * len(intent.ground.list_communes("29"))
    assert len(wide) == 1 + len(intent.ground.list_communes("42"))
    assert wide[0][:4] == ["Code INSEE", "Commune", "15", "17"]
    assert len(wide[0]) == 15


def test_a_wide_table_has_a_row_for_each_condition(styles, read_table):
    rows = [row for row in read_table(styles["46"]) if row[0] == "46042"]

    assert [bool(row[2]) for row in rows] == [True, True]
    assert sorted(bool(row[3]) for row in rows) == [False, True]
    assert len({row[-1] for row in rows}) == 2


def test_second_targets_have_a_column(styles, read_table):
    wide, long = read_table(styles["80"]), read_table(styles["44"])
    seconds = [
        at
        for at, head in enumerate(wide[0])
        if re.search("(?<!police )secours|second|débord", head, re.IGNORECASE)
    ]
    fire = next(row for row in long if row[2] == "18")

    assert len(seconds) == 2
    assert all(row[at] for row in wide[1:] for at in seconds)
    assert len(set(fire[3:6])) == 3


def test_further_sheets_stand_around_the_table(styles, rendered):
    for key in QUIRKS["further-sheets"]:
        content = io.BytesIO(rendered[styles[key].file])
        names = CalamineWorkbook.from_filelike(content).sheet_names
        assert len(names) == 3
        assert {"Lisez-moi", "PDAAU_Macro"} < set(names)


def test_the_supplement_has_one_number_only(styles, read_table):
    numbers = {row[2] for row in read_table(styles["2A*"])[1:]}

    assert numbers == {"116117"}
    assert "116117" not in {row[2] for row in read_table(styles["2A"])[1:]}
