import pytest
from tests.support.workbooks import make_profile

from route112.wire.pdaau_table.headers import (
    HEADER_ROWS_MAX,
    find_header,
    is_about_targets,
    names_commune_column,
    read_number_title,
)
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
        ("Police 17", ("17", 0)),
        ("SAMU 15", ("15", 0)),
        ("Pompiers 18", ("18", 0)),
        ("Police 15", None),
        ("17 (Police secours)", ("17", 0)),
        ("17 POLICE SECOURS", ("17", 0)),
        ("17 Police secours débordement", ("17", 1)),
        ("17 secours", ("17", 1)),
        ("Renvoi du 15", ("15", 1)),
        ("15 renvoi 2", ("15", 2)),
        ("15 ancien", None),
        ("15 (nuit)", None),
        ("17%", None),
        ("0.18", None),
        ("1900-01-17", None),
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
    assert find(["insee", "Code INSEE", "15", "N° 15"]).repeated == ((0, 1), (2, 3))
    assert find(["insee", "commune", "libelle", "dep", "dept", "15"]).repeated == ()


def test_a_description_of_the_number_gives_way_to_the_number():
    header = find(["insee", "numéro court", "service", "numéro long"])
    assert (header.columns["number"], header.repeated, header.unread) == (1, (), (2,))
    header = find(["insee", "service", "urgence", "numéro long"])
    assert header.repeated == ((1, 2),)


def test_columns_that_are_not_read():
    assert find(["insee", "commune", "15", "", "Observations", "secours"]).unread == (3, 4, 5)
    assert find(["insee", "numero", "cible", "secours", "15 secours"]).unread == (4,)


def test_a_second_table_beside_the_first():
    assert find(["insee", "15", "", "commune", "17"]).beside == 3
    assert find(["insee", "numero", "cible", "", "dep", "cible"]).beside == 4
    assert find(["insee", "", "commune", "15", "", "18"]).beside == -1


def test_titles_that_may_be_about_targets():
    told = {
        title: is_about_targets(title, PROFILE)
        for title in (
            "",
            "17%",
            "Secours SAMU",
            "Appels 15 mairie",
            "Téléphone",
            "Cible",
            "Zone 3",
        )
    }
    assert told == {
        "": True, "17%": True, "Secours SAMU": True, "Appels 15 mairie": True,
        "Téléphone": False, "Cible": True, "Zone 3": False,
    }  # fmt: skip


def test_rows_that_look_like_headers():
    assert names_commune_column(("x", "Code INSEE"))
    assert not names_commune_column(("Zone gendarmerie", "15"))
