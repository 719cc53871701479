from collections import Counter

import pytest

from route112.countries.fr.ground import load_ground
from route112.countries.fr.quirks import QUIRKS, SUPPLEMENT, list_styles

STYLES = {style.key: style for style in list_styles(load_ground())}
COUNTS = Counter(quirk for style in STYLES.values() for quirk in style.quirks)
OF_THE_ISSUE = {
    "csv", "ods", "xlsx", "separator-comma", "separator-semicolon", "separator-tab",
    "separator-pipe", "utf-8", "utf-8-bom", "windows-1252", "latin-1", "mojibake", "title-rows",
    "further-sheets", "long", "wide", "header-synonyms", "insee-lost-zero", "insee-float",
    "insee-spaces", "insee-lower-case", "overseas", "merged-codes", "arrondissements",
    "number-spaces", "number-dots", "number-plus", "number-double-zero", "number-lost-zero",
    "hours", "area",
}  # fmt: skip


def test_a_file_for_every_departement_and_one_supplement():
    assert len(STYLES) == 110
    assert len({style.file for style in STYLES.values()}) == 110
    assert {style.departement for style in STYLES.values()} == set(STYLES) - {SUPPLEMENT}


def test_formats_are_mixed():
    assert COUNTS["ods"] >= 25
    assert COUNTS["xlsx"] >= 15
    assert COUNTS["csv"] == 110 - COUNTS["ods"] - COUNTS["xlsx"]


@pytest.mark.parametrize("quirk", sorted(OF_THE_ISSUE | set(COUNTS)))
def test_every_quirk_is_in_at_least_three_files(quirk):
    assert COUNTS[quirk] >= 3


def test_quirks_name_files_that_exist_and_once():
    for quirk, keys in QUIRKS.items():
        assert set(keys) <= set(STYLES), quirk
        assert len(set(keys)) == len(keys), quirk


def test_a_file_has_one_of_each_choice():
    for style in STYLES.values():
        for start in ("separator-", "number-"):
            assert sum(quirk.startswith(start) for quirk in style.quirks) <= 1, style.key
        assert len(style.quirks & {"ods", "xlsx", "csv"}) == 1
        assert len(style.quirks & {"long", "wide"}) == 1
        assert ("insee-lost-zero" in style.quirks) <= style.key.startswith("0")
        assert not ("further-sheets" in style.quirks and style.format == "csv")


def test_a_name_says_the_departement_in_a_word_of_its_own():
    known = set(STYLES)
    for style in STYLES.values():
        stem = style.file.removeprefix("pdaau/").rsplit(".", 1)[0]
        words = stem.replace("_", " ").replace("-", " ").upper().split()
        assert [word for word in words if word in known] == [style.departement], style.file


def test_the_supplement_covers_what_the_main_file_leaves_out():
    assert STYLES["2A"].covers("15")
    assert not STYLES["2A"].covers("116117")
    assert not STYLES[SUPPLEMENT].covers("15")
    assert STYLES[SUPPLEMENT].covers("116117")
    assert STYLES["29"].covers("116117")


def test_cities_are_delivered_at_each_level():
    levels = {key: STYLES[key].levels for key in ("75", "69", "13", "29")}

    assert levels == {"75": "city", "69": "both", "13": "only", "29": "both"}


def test_the_usual_is_semicolons_in_utf_8_and_plain_numbers():
    style = STYLES["42"]

    assert (style.separator, style.encoding, style.notation) == (";", "utf-8", "plain")
