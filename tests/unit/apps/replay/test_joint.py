from dataclasses import replace

import pytest
from tests.support.snapshots import small_content
from tests.unit.apps.replay.test_played import SCENARIO

from route112.apps.replay.joint import (
    NO_ZONE,
    JointReport,
    compare_joint,
    find_zone,
    list_rows,
    list_vendors,
    say_joint,
)
from route112.model import FaultStep
from route112.planning.checks.paths import GatewayJoint
from route112.simulation.checker import Verdict
from route112.simulation.tally import Attempt
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


@pytest.fixture
def snapshot():
    return Snapshot(write_snapshot(small_content()))


@pytest.fixture
def psaps(snapshot):
    """A number of each of two answering points."""
    lines = [snapshot.line(index) for index in range(snapshot.lines_count)]
    owned = {snapshot.psap(line.psap).id: line.number for line in lines if line.psap != NONE}
    return list(owned.items())[:2]


def attempt(number, verdict, *, cut_off=True):
    return Attempt(
        at_s=0.0, verdict=verdict, caller="a", number="15", operator="bruyere",
        departement="29", target=number, cut_off=cut_off,
    )  # fmt: skip


def joint(psap, name="birch", zone="ouest", kind="vendor"):
    return GatewayJoint(zone=zone, kind=kind, name=name, psaps=(psap,))


def test_who_was_named_is_told_apart_from_everybody_else(snapshot, psaps):
    (alone, first), (other, second) = psaps
    report = compare_joint(
        [
            attempt(first, Verdict.LOST),
            attempt(first, Verdict.LOST),
            attempt(first, Verdict.DELAYED),
            attempt(first, Verdict.LOST, cut_off=False),
            attempt(second, Verdict.LOST),
            attempt(second, Verdict.RIGHT),
        ],
        [joint(alone), joint(other, name="cedar"), joint(other, kind="carrier")],
        ("birch",),
        snapshot,
    )
    assert report.named == {"ouest": (alone,)}
    assert report.called_named == {"ouest": {alone: 3}}
    assert report.lost_named == {"ouest": {alone: 2}}
    assert report.count_named() == 2
    assert report.spared == ()
    everybody = {
        psap: count for zone in report.lost_unnamed.values() for psap, count in zone.items()
    }
    assert everybody == {alone: 1, other: 1}


def test_a_zone_that_was_named_and_lost_nothing_is_told(snapshot, psaps):
    (alone, number), _ = psaps
    report = compare_joint(
        [attempt(number, Verdict.RIGHT)], [joint(alone, zone="")], ("birch",), snapshot
    )
    assert report.spared == ("the whole country",)


def test_the_script_says_whose_gateways(snapshot):
    grey = FaultStep(at_s=0.0, until_s=1.0, kind="gateway-grey", targets=("cedar", "birch"))
    kill = replace(grey, kind="kill", targets=("site-1",))
    assert list_vendors(replace(SCENARIO, faults=(kill, grey, grey))) == ("birch", "cedar")
    assert list_vendors(SCENARIO) == ()
    assert find_zone(snapshot, "+33000000000") == NO_ZONE


def test_people_read_who_was_not_named_first():
    joint = JointReport(
        vendors=("cedar",),
        named={"antilles": ("A", "B"), "ouest": ("C",)},
        called_named={"antilles": {"A": 1200, "B": 2}, "ouest": {"C": 4}},
        lost_named={"antilles": {"A": 1100}},
        lost_unnamed={"est": {"D": 3}},
    )
    assert list_rows(joint) == [
        ("est", "D", "NO", "", "3"),
        ("antilles", "A", "yes", "1,200", "1,100"),
        ("antilles", "B", "yes", "2", "0"),
        ("ouest", "C", "yes", "4", "0"),
    ]
    assert say_joint(joint) == (
        "Gateways of cedar took calls and did nothing. `plan check` had named: antilles, ouest."
        " Lost there: 1,100 attempts; lost elsewhere: 3. Named, called, and nothing lost: ouest."
    )
