import pytest
from tests.support.workbooks import make_profile

from route112.wire.pdaau_table.headers import HEADER_ROWS_MAX, find_header, read_number_title
from route112.wire.pdaau_table.synonyms import COLUMNS
from route112.wire.tables import Sheet

PROFILE = make_profile()


def find(*rows):
    return find_header(Sheet("S", tuple(tuple(row) for row in rows)), PROFILE)


def test_a_long_table_below_title_rows():
    header = find(["Plan du Finistère"], [], ["Code INSEE", "N° court", "N° long", "Remarques"])
    assert header.row == 2
    assert header.columns == {"commune": 0, "number": 1, "target": 2}
    assert not header.is_wide


def test_a_wide_table():
    header = find(
        ["CODGEO", "Libellé", "15 (SAMU)", "15 secours", "15 secours 2", "N° 18", "112.0"]
    )
    assert header.is_wide
    assert header.numbers == {"15": (2, 3, 4), "18": (5, -1, -1), "112": (6, -1, -1)}
    assert header.get_title(2) == "15 (SAMU)"
    assert header.get_title(40) == "column 41"


@pytest.mark.parametrize("role", COLUMNS)
def test_every_synonym_is_found(role):
    for synonym in COLUMNS[role]:
        row = ["insee", "15"] if role != "commune" else [synonym, "15"]
        header = find([*row, synonym.upper() + " *"]) if role != "commune" else find(row)
        assert header.columns.get(role) in (0, 2), synonym


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("15", ("15", 0)),
        ("N° 18", ("18", 0)),
        ("Numéro 17 (Police)", ("17", 0)),
        ("116 117", ("116117", 0)),
        ("112.0", ("112", 0)),
        ("15 secours", ("15", 1)),
        ("15 (secondaire)", ("15", 1)),
        ("18 Débordement", ("18", 1)),
        ("secours 15", ("15", 1)),
        ("15 secours 1", ("15", 1)),
        ("15 secours 2", ("15", 2)),
        ("15 tertiaire", ("15", 2)),
        ("Population 15", None),
        ("2026", None),
        ("17 ou 18", None),
        ("15" + " " * 3 + "x" * 80, None),
        ("", None),
    ],
)
def test_titles_of_number_columns(title, expected):
    assert read_number_title(title, PROFILE) == expected


def test_sheets_without_a_header():
    assert find(["Notes"], ["insee", "Population"]) is None
    assert find(["insee", "15 secours"]) is None
    assert find(["15", "18"]) is None
    assert find() is None
    assert find(*[["x"]] * HEADER_ROWS_MAX, ["insee", "15"]) is None
    assert find(*[["x"]] * (HEADER_ROWS_MAX - 1), ["insee", "15"])


def test_columns_with_the_same_meaning():
    assert find(["insee", "Code INSEE", "15", "N° 15"]).repeated == ("Code INSEE", "N° 15")
    assert find(["insee", "commune", "libelle", "dep", "dept", "15"]).repeated == ()
