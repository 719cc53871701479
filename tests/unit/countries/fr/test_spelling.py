import pytest

from route112.countries.fr.intent import DAY, NIGHT, WEEKDAY, Part
from route112.countries.fr.national import SHORT_NUMBERS
from route112.countries.fr.quirks import QUIRKS
from route112.countries.fr.spelling import (
    LABELS,
    SYNONYMS,
    USUAL,
    choose_headers,
    render_number,
    render_opening,
    render_part,
)


@pytest.mark.parametrize(
    ("notation", "text"),
    [
        ("plain", "0261910015"),
        ("number-spaces", "02 61 91 00 15"),
        ("number-dots", "02.61.91.00.15"),
        ("number-dashes", "02-61-91-00-15"),
        ("number-plus", "+33 2 61 91 00 15"),
        ("number-double-zero", "0033261910015"),
        ("number-lost-zero", "261910015"),
        ("number-float", "261910015.0"),
    ],
)
def test_a_number_in_each_notation(notation, text):
    assert render_number("+33261910015", notation, workbook=False) == text


def test_a_workbook_that_lost_the_zero_holds_a_number():
    assert render_number("+33261910015", "number-lost-zero", workbook=True) == 261910015


@pytest.mark.parametrize(
    ("opening", "ordinal", "text"),
    [
        (None, 0, ""),
        (NIGHT, 0, "20:00-08:00"),
        (WEEKDAY, 0, "Mo-Fr 08:00-20:00"),
        (NIGHT, 1, "lun-dim 20h-8h"),
        (WEEKDAY, 1, "lun-ven 8h-20h"),
        (DAY, 2, "08h00-20h00"),
        (WEEKDAY, 2, "lu-ve 08h00-20h00"),
    ],
)
def test_hours_in_each_notation(opening, ordinal, text):
    assert render_opening(opening, ordinal) == text


def test_parts_are_wkt_or_a_list_of_streets():
    ring = ((1.5, 45.0), (1.6, 45.0), (1.6, 45.1), (1.5, 45.0))

    assert render_part(None) == ""
    assert render_part(Part(streets=("Rue A", "Rue B"))) == "rues: Rue A; Rue B"
    assert render_part(Part(ring=ring)) == "POLYGON((1.5 45.0, 1.6 45.0, 1.6 45.1, 1.5 45.0))"


def test_headers_differ_between_files(styles):
    chosen = {choose_headers(styles[key]) for key in QUIRKS["header-synonyms"]}

    assert chosen == set(SYNONYMS)
    assert choose_headers(styles["42"]) == USUAL


def test_every_number_has_a_label():
    assert list(LABELS) == [short.number for short in SHORT_NUMBERS]
