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
