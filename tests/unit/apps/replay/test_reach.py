from dataclasses import replace

import pytest
from tests.support.snapshots import small_content

from route112.apps.replay.reach import FOREVER_US, Reach, find_numbers, was_cut_off
from route112.model import FaultStep
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


def make(kind, *targets):
    return FaultStep(at_s=0.0, until_s=1.0, kind=kind, targets=targets)


@pytest.fixture
def snapshot():
    return Snapshot(write_snapshot(small_content()))


def test_a_silent_psap_takes_its_lines_away(snapshot):
    lines = [snapshot.line(index) for index in range(snapshot.lines_count)]
    psap = next(line.psap for line in lines if line.psap != NONE)
    own = {line.number for line in lines if line.psap == psap}
    id_ = snapshot.psap(psap).id
    assert find_numbers(make("psap-silent", id_), snapshot) == own
    assert find_numbers(make("psap-busy", "+33261910015", id_), snapshot) == own | {"+33261910015"}
    assert find_numbers(make("kill", "site-1"), snapshot) == frozenset()


def test_a_vendor_takes_away_what_hangs_on_it_alone():
    content = small_content()
    hops = [
        replace(
            row, hops=tuple(replace(hop, technology="rtc", vendor="birch") for hop in row.hops)
        )
        for row in content.trunks
    ]
    alone = Snapshot(write_snapshot(replace(content, trunks=tuple(hops))))
    reached = {
        alone.line(index).number
        for index in range(alone.lines_count)
        if alone.line(index).trunk != NONE
    }
    assert reached
    assert find_numbers(make("gateway-grey", "birch"), alone) == reached
    assert find_numbers(make("gateway-grey", "alder"), alone) == frozenset()
    mixed = [
        replace(row, hops=(replace(row.hops[0], technology="ip"), *row.hops[1:])) for row in hops
    ]
    ways = Snapshot(write_snapshot(replace(content, trunks=tuple(mixed))))
    assert find_numbers(make("gateway-grey", "birch"), ways) == frozenset()


def test_times_in_between_are_reachable():
    reach = Reach()
    reach.lose(["+1", "+2"], step=1, at_us=100)
    reach.lose(["+1"], step=2, at_us=150)
    reach.regain(["+1", "+2"], step=1, at_us=200)
    reach.regain(["+1"], step=2, at_us=300)
    reach.lose(["+2"], step=3, at_us=400)
    assert reach.list_reachable() == {
        "+1": ((0, 100), (300, FOREVER_US)),
        "+2": ((0, 100), (200, 400)),
    }
    assert Reach().list_reachable() == {}


def test_a_way_that_is_never_tried_helps_nobody(snapshot):
    content = small_content()
    rows = []
    for row in content.trunks:
        hop = replace(row.hops[0], technology="rtc", vendor="birch")
        rows.append(replace(row, hops=(hop, hop, replace(hop, vendor="alder"))))
    third = Snapshot(write_snapshot(replace(content, trunks=tuple(rows))))
    assert find_numbers(make("gateway-grey", "birch"), third)
    assert not find_numbers(make("gateway-grey", "alder"), third)


def test_a_call_is_cut_off_when_its_way_is_gone_while_it_might_ring():
    assert not was_cut_off(None, 5)
    assert not was_cut_off(((0, FOREVER_US),), 5)
    assert not was_cut_off(((0, 20_000_005), (30_000_000, FOREVER_US)), 5)
    assert was_cut_off(((0, 20_000_004), (30_000_000, FOREVER_US)), 5)
    assert was_cut_off(((0, 4), (6, FOREVER_US)), 5)
