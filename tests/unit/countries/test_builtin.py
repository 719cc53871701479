import csv
import io

import pytest

from route112.countries import COUNTRIES, read_builtin_communes


def rows(content):
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.fixture(scope="module")
def tables():
    return [rows(content) for content in read_builtin_communes("fr")]


def test_the_table_of_communes_is_whole(tables):
    communes, _ = tables

    assert len(communes) == 35_014
    assert len({row["insee"] for row in communes}) == 35_014
    assert len({row["departement"] for row in communes}) == 109
    assert list(communes[0]) == [
        "insee", "name", "departement", "type", "population", "lon", "lat", "area_km2", "parent",
    ]  # fmt: skip


def test_arrondissements_name_their_city_and_nobody_else_has_a_parent(tables):
    communes, _ = tables
    parents = [row["parent"] for row in communes if row["type"] == "arrondissement-municipal"]

    assert {city: parents.count(city) for city in parents} == {
        "13055": 16,
        "69123": 9,
        "75056": 20,
    }
    assert sum(row["parent"] != "" for row in communes) == 45


def test_figures_are_those_of_the_source_for_cities_and_arrondissements_alike(tables):
    communes, _ = tables
    paris = [row for row in communes if "75056" in (row["insee"], row["parent"])]

    assert paris[0]["population"] == "2103778"
    assert sum(int(row["population"]) for row in paris[1:]) == 2_103_778


def test_former_codes_lead_to_todays(tables):
    communes, merged = tables
    today = {row["insee"] for row in communes}
    old = [row["old"] for row in merged]

    assert len(merged) == len(set(old)) == 4_240
    assert not today & set(old)
    assert {row["new"] for row in merged} <= today
    assert {"old": "01340", "new": "01015"} in merged


def test_an_undone_merger_follows_the_commune_of_today(tables):
    _, merged = tables

    assert {"old": "55273", "new": "55386"} in merged


def test_an_unknown_country_is_named():
    assert COUNTRIES == ("fr",)
    with pytest.raises(LookupError, match="no table of communes for country 'xx'; built in: fr"):
        read_builtin_communes("xx")
