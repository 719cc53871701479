import dataclasses

import pytest
from tests.support.paths import EDGES, PSAPS, World
from tests.support.seen import T0, see
from tests.unit.watch.detectors.test_grey import CALM_S, find

from route112.watch.detectors import divergence
from route112.watch.detectors.divergence import SAME, DivergenceWatch
from route112.watch.findings import FindingKind

SITE = (("site", "site-3"),)


def make():
    return DivergenceWatch(number_of=lambda dialled: dialled)


def swap(station, psap):
    return PSAPS[(PSAPS.index(psap) + 1) % len(PSAPS)] if station == "site-3" else psap


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"degraded": lambda site: site == "site-3"}, "degraded: native"),
        ({"no_reach": lambda station, *_: station == "site-3"}, "calls not answered"),
        ({"ranks": swap}, "others P"),
    ],
    ids=["degraded", "unserved", "first"],
)
def test_a_site_that_does_not_do_as_the_others_is_named(fault, said):
    begun, findings, _ = find(World(begin_s=CALM_S, **fault), CALM_S + 1_200, make())
    assert list(begun) == [SITE]
    assert CALM_S < begun[SITE] < CALM_S + 300
    (finding,) = findings
    assert finding.kind is FindingKind.DIVERGENCE
    assert finding.party == "site"
    assert said in " ".join(finding.evidence)


@pytest.mark.parametrize("seed", [1, 2])
def test_calm_hours_are_calm_though_targets_of_a_commune_differ_by_position(seed):
    world = World(seed=seed)
    world.ranks = lambda _, psap: psap if world.rng.random() < 0.8 else "P0"
    world.degraded = lambda _: world.rng.random() < 0.03
    assert find(world, 2_700, make())[0] == {}


FEW = PSAPS[:3]
HOMES = {"P0": "site-3"}
"""Where a country is small, or edges prefer a site, one site has most calls of some PSAP."""


@pytest.mark.parametrize("reason", ["psap-down", "psap-paused", "psap-paused+psap-down"])
@pytest.mark.parametrize("homes", [{}, HOMES], ids=["spread", "at home"])
def test_whose_calls_go_to_a_psap_that_is_out_does_not_diverge(homes, reason):
    world = World(begin_s=CALM_S, psaps=FEW, homes=homes)
    world.puts_last = lambda _, psap: reason if psap == "P0" else ""
    assert find(world, CALM_S + 1_800, make())[0] == {}


@pytest.mark.parametrize("homes", [{}, HOMES], ids=["spread", "at home"])
def test_a_psap_that_answers_nobody_accuses_no_site(homes):
    world = World(begin_s=CALM_S, psaps=FEW, homes=homes)
    world.no_reach = lambda *way: way[2] == "P0"
    assert find(world, CALM_S + 1_800, make())[0] == {}


def test_a_psap_that_is_tried_again_and_again_accuses_no_site():
    """A trial goes there first, in vain or not, while other calls put it last."""
    world = World(begin_s=CALM_S, psaps=FEW, homes=HOMES)
    world.no_reach = lambda *way: way[2] == "P0"
    world.puts_last = lambda site, psap: (
        "psap-down" if psap == "P0" and world.rng.random() > (site == "site-1") * 0.5 else ""
    )
    assert find(world, CALM_S + 1_800, make())[0] == {}


@pytest.mark.parametrize(
    ("sites", "named"), [({"site-3"}, [SITE]), ({"site-1", "site-2", "site-3"}, [])]
)
def test_a_trunk_that_one_site_alone_holds_for_dead_is_a_matter_of_that_site(sites, named):
    """Whom a trunk leads to is in no record: the others have to say the same of it."""
    world = World(begin_s=CALM_S, psaps=FEW)
    world.puts_last = lambda site, psap: "trunk-down" if psap == "P0" and site in sites else ""
    assert list(find(world, CALM_S + 1_200, make())[0]) == named


def test_a_degraded_decision_that_names_nobody_is_the_sites():
    world = World(begin_s=CALM_S, psaps=FEW, homes=HOMES)
    draw = world.draw
    world.puts_last = lambda _, psap: "psap-down" if psap == "P0" else ""
    world.draw = lambda *values: dataclasses.replace(draw(*values), moved=())
    assert list(find(world, CALM_S + 600, make())[0]) == [SITE]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            {"no_reach": lambda station, _, psap: (station, psap) == ("site-3", "P0")},
            "calls not answered",
        ),
        (
            {"puts_last": lambda *way: "psap-down" if way == ("site-3", "P0") else ""},
            "degraded: psap-down of P0",
        ),
    ],
    ids=["fails", "puts last"],
)
def test_a_site_that_fails_one_psap_whom_others_ring_is_named(fault, said):
    world = World(begin_s=CALM_S, psaps=FEW, **fault)
    begun, findings, _ = find(world, CALM_S + 1_200, make())
    assert list(begun) == [SITE]
    assert begun[SITE] < CALM_S + 600
    assert findings[0].party == "site"
    assert said in " ".join(findings[0].evidence)


def test_an_edge_that_rings_by_itself_is_a_translation_of_its_own():
    world = World(begin_s=CALM_S, no_take=lambda edge, _: edge == EDGES[0])
    assert find(world, CALM_S + 900, make())[0] == {}
    world = World(begin_s=CALM_S, no_take=lambda edge, _: edge == EDGES[0])
    world.ranks = lambda station, psap: "P0" if station == EDGES[0] else psap
    begun, findings, _ = find(world, CALM_S + 900, make())
    assert list(begun) == [(("edge", EDGES[0]),)]
    assert findings[0].party == "edge"
    assert "@29" in " ".join(findings[0].evidence)


@pytest.mark.parametrize(
    "values",
    [
        {"is_test": True},
        {"corrects": True},
        {"outcome": "refused"},
        {"generation": 0},
        {"edge": "", "site": ""},
    ],
)
def test_calls_that_nobody_decided_say_nothing(values):
    assert list(make().list_trials(see(**values))) == []


def test_callers_who_gave_up_and_broken_messages_say_nothing_of_being_served():
    for values in ({"outcome": "cancelled"}, {"party": "origin"}):
        works = [each.work for each in make().list_trials(see(psap="", **values))]
        assert works == [divergence.PLANNED]


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(divergence, "KEYS_MAX", 1)
    monkeypatch.setattr(divergence, "STATIONS_MAX", 1)
    detector = make()
    detector.tick(T0)

    def tell(site, psap, commune="29019"):
        call = see(site=site, psap=psap, commune=commune)
        return [each.failed for each in detector.list_trials(call) if each.work == SAME]

    assert tell("site-1", "A") == []
    assert tell("site-1", "A") == [], "nobody else said anything"
    assert tell("site-2", "B") == [True]
    assert tell("site-1", "B") == [], "there was no room for the second station"
    assert tell("site-1", "A", "29020") == []
    assert tell("site-2", "A") == [], "the first key is forgotten"
    detector.tick(T0 + 2 * divergence.REMEMBERED_US)
    assert tell("site-1", "B") == [], "what was said long ago may have been right then"
