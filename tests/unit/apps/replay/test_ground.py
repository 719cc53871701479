from dataclasses import replace

import pytest
from tests.support.snapshots import small_content
from tests.unit.apps.demo.test_draw import make_row, open_snapshot, silent_operator, write_table
from tests.unit.apps.replay.test_played import SCENARIO

from route112.apps.ends.whereabouts import Whereabouts
from route112.apps.replay.ground import GroundError, lay_ground
from route112.simulation.arrivals import Arrival, Place

EVENING = replace(SCENARIO, numbers=(("17", 1.0), ("18", 0.0)), operators=(("bruyere", 1.0),))


def arrive(commune, number="17"):
    return Arrival(at_s=0.0, index=1, number=number, commune=commune, operator="bruyere")


@pytest.fixture
def table(tmp_path):
    return write_table(
        tmp_path,
        [
            make_row("29019", "17", "+33261910020|+33261910029"),
            make_row("29103", "17", "+33261910020", night="+33261910030"),
            make_row("75056", "17", "+33261910020"),
        ],
    )


def test_places_that_ring_the_same_at_every_hour(table):
    snapshot = open_snapshot()
    ground = lay_ground(snapshot, table, EVENING)
    assert [place.code for place in ground.places] == ["29019", "75056"]
    assert ground.places[0].weight == snapshot.commune(snapshot.find_commune("29019")).population
    assert 0 < ground.population_share < 1
    operator = snapshot.operator("bruyere")
    assert ground.list_targets(arrive("29019"), operator) == ("+33261910020", "+33261910029")
    assert ground.find_departement(arrive("75056")) == "75"


def test_an_operator_that_tells_no_place_rings_where_its_default_does(table):
    told, other = small_content().operators
    silent = replace(silent_operator(), default_commune="75056")
    snapshot = open_snapshot(operators=(told, other, silent))
    scenario = replace(EVENING, operators=(("zephyr", 1.0),))
    ground = lay_ground(snapshot, table, scenario)
    call = replace(arrive("29019"), operator="zephyr")
    assert ground.list_targets(call, snapshot.operator("zephyr")) == ("+33261910020",)
    unsteady = replace(silent, default_commune="29103")
    snapshot = open_snapshot(operators=(told, other, unsteady))
    with pytest.raises(GroundError, match="calls of zephyr go to 29103, which rings elsewhere"):
        lay_ground(snapshot, table, scenario)


def test_callers_of_a_default_that_nobody_can_judge_are_where_their_network_tells_it(table):
    snapshot = open_snapshot()
    ground = lay_ground(snapshot, table, EVENING)
    [rule] = [rule for rule in silent_operator().dialect if rule.field == "number"]
    cell = replace(rule, field="cell", place="header", name="P-Access-Network-Info")
    operator = replace(silent_operator(), default_commune="29103", dialect=(rule, cell))
    ground = replace(
        ground,
        whereabouts={operator.id: Whereabouts({"29019": "1", "75056": "2"})},
        settled={operator.id: (Place("29019", 1.0), Place("75056", 4.0))},
    )
    told = arrive("75056")
    assert ground.settle(told, operator) is told
    moved = [
        ground.settle(replace(arrive("29103"), index=index), operator).commune
        for index in range(200)
    ]
    assert 20 < moved.count("29019") < 80
    assert moved.count("29019") + moved.count("75056") == 200
    assert ground.settle(arrive("29103"), snapshot.operator("bruyere")) == arrive("29103")


def test_what_the_country_lacks_is_named(table):
    with pytest.raises(GroundError, match="196 is no short number of"):
        lay_ground(open_snapshot(), table, replace(EVENING, numbers=(("196", 1.0),)))
    with pytest.raises(GroundError, match="nobody is no operator of"):
        lay_ground(open_snapshot(), table, replace(EVENING, operators=(("nobody", 1.0),)))
