import pytest

from route112.countries.delimited import MOJIBAKE, garble, write_delimited
from route112.countries.sheets import Sheet

SHEET = Sheet("", (("Numéro", None, 15), ("a;b", 'say "no"', "")))


def test_cells_are_quoted_only_where_needed():
    assert write_delimited(SHEET).decode() == 'Numéro;;15\r\n"a;b";"say ""no""";\r\n'


@pytest.mark.parametrize("separator", [",", "\t", "|"])
def test_the_separator_is_the_one_asked_for(separator):
    first = write_delimited(SHEET, separator=separator).decode().splitlines()[0]

    assert first == f"Numéro{separator}{separator}15"


@pytest.mark.parametrize(
    ("encoding", "start"),
    [
        ("utf-8", b"Num\xc3\xa9ro"),
        ("utf-8-sig", b"\xef\xbb\xbfNum\xc3\xa9ro"),
        ("cp1252", b"Num\xe9ro"),
        ("latin-1", b"Num\xe9ro"),
        (MOJIBAKE, b"Num\xc3\x83\xc2\xa9ro"),
    ],
)
def test_the_encoding_is_the_one_asked_for(encoding, start):
    assert write_delimited(SHEET, encoding=encoding).startswith(start)


def test_a_character_that_the_encoding_lacks_is_an_error():
    with pytest.raises(UnicodeEncodeError):
        write_delimited(Sheet("", (("Œuf",),)), encoding="latin-1")


def test_garbled_accents_look_as_they_do_in_the_wild():
    assert garble("Évêché") == "Ã‰vÃªchÃ©"
