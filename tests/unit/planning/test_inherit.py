from array import array

from tests.support.plans import COMMUNES, SHORTS, make_commune

from route112.planning.inherit import inherit_routes
from route112.snapshot.content import NONE

SHORT = SHORTS[:1]


def inherit(communes, routes):
    mapping = array("I", routes)
    problems = inherit_routes(communes, SHORT, mapping, alike=lambda index: index % 10)
    return list(mapping), problems


def test_nothing_is_invented_where_neither_level_has_a_row():
    mapping, problems = inherit(COMMUNES[3:], [NONE] * 4)
    assert (mapping, problems) == ([NONE] * 4, [])


def test_an_arrondissement_keeps_its_own_row():
    mapping, _ = inherit(COMMUNES[3:], [1, 2, NONE, NONE])
    assert mapping == [1, 2, 1, 1]


def test_routes_that_ring_alike_agree_although_they_stand_in_different_rows():
    mapping, problems = inherit(COMMUNES[3:], [NONE, 1, 11, 21])
    assert (mapping, problems) == ([1, 1, 11, 21], [])


def test_inhabitants_outweigh_the_count_of_arrondissements():
    communes = [
        make_commune("69123", "Lyon", "69", 0),
        make_commune("69381", "Lyon 1er", "69", 5_000, "69123"),
        make_commune("69382", "Lyon 2e", "69", 6_000, "69123"),
        make_commune("69383", "Lyon 3e", "69", 20_000, "69123"),
    ]
    mapping, (problem,) = inherit(communes, [NONE, 1, 1, 2])
    assert mapping[0] == 2
    assert problem.code == "city-split"
    assert problem.value == "69123"


def test_an_arrondissement_whose_city_is_not_in_the_table_stands_alone():
    orphan = [make_commune("69381", "Lyon 1er", "69", 5_000, "69123")]
    assert inherit(orphan, [NONE]) == ([NONE], [])
