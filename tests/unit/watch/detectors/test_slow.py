import pytest
from tests.support.paths import GATEWAYS, PSAPS, World
from tests.support.seen import T0, S, see
from tests.unit.watch.detectors.test_grey import CALM_S, find

from route112.watch.detectors import slow
from route112.watch.detectors.slow import SlowWatch
from route112.watch.findings import FindingKind
from route112.watch.values import SeenTry


def make():
    return SlowWatch(number_of=lambda dialled: dialled)


@pytest.mark.parametrize(
    ("fault", "series", "party"),
    [
        ({"ringing": lambda station, *_: 6.0 if station == "site-3" else 1.0},
         (("site", "site-3"),), "site"),
        ({"ringing": lambda _, hop, __: 6.0 if hop == GATEWAYS[1] else 1.0},
         (("trunk", GATEWAYS[1]),), "joint"),
        ({"waiting": lambda psap: 12.0 if psap == "P30" else 1.0}, (("psap", "P30"),), "psap"),
    ],
    ids=["site", "gateway", "answers"],
)  # fmt: skip
def test_who_takes_longer_than_the_others_is_named(fault, series, party):
    begun, findings, _ = find(World(begin_s=CALM_S, **fault), CALM_S + 1_800, make())
    assert list(begun) == [series]
    (finding,) = findings
    assert finding.kind is FindingKind.SLOW
    assert finding.party == party
    assert finding.seen > 0.5 > finding.expected
    assert " ms, late from " in finding.evidence[1]


@pytest.mark.parametrize("seed", [1, 2])
def test_calm_hours_and_a_target_that_is_always_late_are_no_news(seed):
    world = World(seed=seed, waiting=lambda psap: 1.6 if psap in PSAPS[:5] else 1.0)
    assert find(world, 2_700, make())[0] == {}


def test_a_number_that_becomes_slow_everywhere_is_compared_with_its_habit():
    world = World(begin_s=1_200, ringing=lambda *_: 6.0)
    begun, findings, _ = find(world, 2_000, make())
    assert list(begun) == [(("number", "15"),)]
    assert 1_200 < begun[(("number", "15"),)] < 1_300
    assert findings[0].party == "", "nobody knows from this"


@pytest.mark.parametrize(
    "values",
    [
        {"is_test": True},
        {"corrects": True},
        {"passed": ("site-1", "site-2")},
        {"ring_ms": None},
        {"edge": "site-1"},
        {"tries": ()},
    ],
)
def test_only_calls_that_went_straight_say_anything(values):
    detector = make()
    a_try = SeenTry(station="site-1", psap="A", number="+1", hop="h", via="ip", outcome="rang")
    call = {"ring_ms": 900, "tries": (a_try,)}
    for index in range(200):
        detector.tick(T0 + index * S)
        assert not list(detector.list_trials(see(**{**call, **values})))
    list(detector.list_trials(see(**call)))
    assert not list(detector.list_trials(see(**call))), "too few are known"


def test_numbers_that_are_measured_are_bounded(monkeypatch):
    monkeypatch.setattr(slow, "KINDS_MAX", 0)
    begun, _, _ = find(World(ringing=lambda *_: 6.0), 60, make())
    assert begun == {}
