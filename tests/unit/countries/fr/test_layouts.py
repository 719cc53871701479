from collections import Counter

import pytest

from route112.countries.fr import layouts
from route112.countries.fr.ground import load_ground

CODES = [departement.code for departement in load_ground().departements]


def test_there_are_at_least_eight_layouts_and_all_are_met():
    assert len(layouts.LAYOUTS) >= 8
    assert all(layout.departements for layout in layouts.LAYOUTS)


def test_every_departement_has_one_layout():
    chosen = Counter(code for layout in layouts.LAYOUTS for code in layout.departements)

    assert chosen == Counter(CODES)


def test_every_layout_is_in_the_table_of_the_module():
    for layout in layouts.LAYOUTS:
        assert f"| `{layout.name}` |" in layouts.__doc__


def test_paris_and_its_ring_share_a_brigade():
    assert {layouts.find_layout(code).fire for code in ("75", "92", "93", "94")} == {"paris"}


def test_every_coast_departement_is_listed_once():
    coasts = Counter(code for codes in layouts.CROSS_COASTS.values() for code in codes.split(","))

    assert set(coasts) <= set(CODES)
    assert max(coasts.values()) == 1


def test_an_unknown_departement_is_named():
    with pytest.raises(LookupError, match="no layout for departement 20"):
        layouts.find_layout("20")
