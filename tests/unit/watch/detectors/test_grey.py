import random

import pytest
from tests.support.paths import EDGES, GATEWAYS, PSAPS, World
from tests.support.seen import T0, S, see

from route112.watch.detectors import grey
from route112.watch.detectors.grey import GreyWatch
from route112.watch.findings import FindingKind
from route112.watch.values import SeenTry

SITE = (("site", "site-3"),)
GATEWAY = (("trunk", GATEWAYS[1]),)
LINE = "198.51.100.4:5060"
CALM_S = 600


def find(world, seconds, detector=None):
    """Return by series when each finding began, the findings, and those that are over."""
    begun, findings, over = {}, [], []
    for second, change in world.play(detector or GreyWatch(), seconds):
        for each in change.begun:
            begun.setdefault(each.series.pairs, second)
            findings.append(each)
        over += [series.pairs for _, series in change.over]
    return begun, findings, over


@pytest.mark.parametrize(
    ("fault", "series", "party", "within_s"),
    [
        ({"no_take": lambda _, site: site == "site-3"}, SITE, "site", 60),
        (
            {"no_take": lambda edge, site: (edge, site) == (EDGES[0], "site-3")},
            (("edge", EDGES[0]), ("site", "site-3")),
            "site",
            240,
        ),
        ({"no_take": lambda edge, _: edge == EDGES[0]}, (("edge", EDGES[0]),), "edge", 60),
        ({"no_reach": lambda station, *_: station == "site-3"}, SITE, "site", 60),
        ({"no_reach": lambda _, hop, __: hop == GATEWAYS[1]}, GATEWAY, "joint", 60),
        (
            {"no_reach": lambda station, hop, _: (station, hop) == ("site-3", GATEWAYS[1])},
            (("site", "site-3"), *GATEWAY),
            "joint",
            600,
        ),
        ({"no_reach": lambda _, hop, __: hop == LINE}, (("trunk", LINE),), "carrier", 600),
        ({"no_reach": lambda *way: way[2] == "P4"}, (("psap", "P4"),), "psap", 600),
        ({"no_reach": lambda *way: way[2] == "P30"}, (("psap", "P30"),), "psap", 600),
        ({"no_answer": lambda psap: psap == "P4"}, (("psap", "P4"),), "psap", 1_200),
    ],
    ids=["site", "edge-site", "edge", "egress", "gateway", "path", "line", "psap", "psap-rtc",
         "unanswered"],
)  # fmt: skip
def test_what_does_not_do_its_work_is_named_and_nothing_else(fault, series, party, within_s):
    world = World(begin_s=CALM_S, **fault)
    begun, findings, _ = find(world, CALM_S + within_s + 900)
    assert list(begun) == [series]
    assert CALM_S < begun[series] <= CALM_S + within_s
    (finding,) = findings
    assert finding.kind is FindingKind.GREY
    assert finding.party == party
    assert abs(finding.since_us - T0 - CALM_S * S) < 120 * S
    assert finding.seen > 0.6 > finding.expected
    assert finding.strength >= grey.THRESHOLD
    assert 0 < finding.floor_s < within_s + 600
    assert "trials" in finding.evidence[0]
    assert "siblings" in finding.evidence[1]


def a_try(outcome="failed", hop=LINE, psap="P4", station="site-1", **values):
    return SeenTry(
        station=station, psap=psap, number="+1", hop=hop, via="ip", outcome=outcome, **values
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_calm_hours_are_calm_in_clumps_and_from_the_first_minute(seed):
    assert find(World(seed=seed), 2_700)[0] == {}


def test_a_target_that_is_busy_and_one_that_callers_flee_from_are_not_grey():
    world = World(busy=frozenset(PSAPS[:10]))
    assert find(world, 1_200)[0] == {}


def test_what_fails_everywhere_is_no_grey_element():
    world = World(begin_s=CALM_S, no_reach=lambda *_: world.rng.random() < 0.8)
    assert find(world, CALM_S + 900)[0] == {}, "nobody does better: that is for the rates"


def test_what_fails_nowhere_less_is_over_soon_whoever_was_met_first():
    for fault in ("no_take", "no_reach"):
        world = World(seed=2, begin_s=CALM_S, **{fault: lambda *_: True})
        begun, _, over = find(world, CALM_S + 600)
        assert len(begun) <= 1
        assert over == list(begun)


def test_half_of_the_gateways_are_named_while_the_others_work():
    bad = GATEWAYS[:2]
    world = World(begin_s=CALM_S, no_reach=lambda _, hop, __: hop in bad)
    begun, _, _ = find(world, CALM_S + 600)
    assert set(begun) == {(("trunk", hop),) for hop in bad}


def test_a_part_of_what_a_trunk_should_do_is_enough():
    world = World(
        begin_s=CALM_S,
        no_reach=lambda _, hop, __: hop == GATEWAYS[1] and world.rng.random() < 0.3,
    )
    assert list(find(world, CALM_S + 3_600)[0]) == [GATEWAY]


class Hopeless:
    """Answering points behind a first and a second gateway; some calls reach nobody."""

    def __init__(self):
        self.detector, self.count, self.rng = GreyWatch(), 0, random.Random(1)

    def play(self, calls, outcomes):
        """Return what began while each of so many calls had these outcomes in turns."""
        begun = []
        for index in range(calls):
            self.count += 1
            first, second = outcomes[index % len(outcomes)]
            psap, station = f"P{self.rng.randrange(7)}", f"site-{self.rng.randrange(5)}"
            hops = GATEWAYS[:2] if index % 2 else GATEWAYS[2:]
            tries = [
                a_try(outcome, hop, psap, station, party="joint", cause="timeout")
                for outcome, hop in zip((first, second), hops, strict=True)
                if outcome
            ]
            outcome = "answered" if "answered" in (first, second) else "failed"
            who = f"+{self.count}"
            call = see(who, self.count, caller=who, outcome=outcome, tries=tuple(tries))
            self.detector.add_end(call)
            begun += self.detector.tick(T0 + self.count * S).begun
        return [each.series.pairs for each in begun]


def test_a_second_trunk_is_not_accused_of_those_whom_nobody_reaches():
    well, missed, lucky = ("answered", ""), ("failed", "failed"), ("failed", "answered")
    usual = [missed, *[well] * 32, missed, *[well] * 32, lucky, *[well] * 32]
    world = Hopeless()
    assert world.play(4_000, usual) == []
    dead = [lucky, missed, *[well] * 18, missed, missed, *[well] * 18]
    assert world.play(3_000, dead) == [(("trunk", GATEWAYS[1]),)]


def test_it_is_over_when_it_works_again_and_can_begin_anew():
    detector = GreyWatch()
    begun, _, over = find(World(no_take=lambda _, site: site == "site-3"), 300, detector)
    assert (list(begun), over) == ([SITE], [])
    begun, _, over = find(World(seed=2), 600, detector)
    assert (begun, over) == ({}, [SITE])


def test_a_site_that_is_alone_is_known_by_itself():
    detector = GreyWatch()
    for index in range(40):
        detector.add_end(see(str(index), caller=f"+{index}", party="site"))
    begun = detector.tick(T0).begun
    assert {each.series.pairs for each in begun} == {
        (("site", "site-1"),),
        (("edge", "bruyere-edge-1"),),
    }
