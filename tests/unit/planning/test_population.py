from dataclasses import replace

from tests.support.plans import COMMUNES

from route112.planning.population import DEPARTEMENTS_NAMED_MAX, Touched, count_touched


def test_city_and_arrondissements_are_counted_once():
    touched = count_touched(COMMUNES, [3, 4, 5, 6])
    assert (touched.communes, touched.inhabitants) == (1, 2_100_000)


def test_an_arrondissement_alone_counts_its_whole_city_where_the_table_does_not_split_it():
    assert count_touched(COMMUNES, [5]).inhabitants == 2_100_000


def test_arrondissements_that_are_counted_themselves_count_for_themselves():
    communes = [
        replace(commune, population=0 if commune.code == "75056" else commune.population)
        for commune in COMMUNES
    ]
    communes[4] = replace(communes[4], population=16_000)
    communes[5] = replace(communes[5], population=20_000)
    assert count_touched(communes, [4]).inhabitants == 16_000
    assert count_touched(communes, [3, 4, 5]).inhabitants == 36_000


def test_a_message_names_departements_communes_and_inhabitants():
    assert str(count_touched(COMMUNES, [0, 1, 2])) == (
        "departements 29, 56: 3 communes, 209,000 inhabitants"
    )
    assert str(count_touched(COMMUNES, [1])) == "departement 29: 1 commune, 16,000 inhabitants"


def test_a_long_list_of_departements_is_cut():
    codes = tuple(f"{code:02}" for code in range(DEPARTEMENTS_NAMED_MAX + 3))
    said = str(Touched(departements=codes, communes=1, inhabitants=2))
    assert said.startswith("departements 00, 01")
    assert "07 and 3 more:" in said
