import itertools

import pytest

from route112.watch.probing.pace import CALLS_PER_S_MAX, PACE_S, RESPONDER_S, Pace, Turns
from route112.watch.probing.paths import Path, Ways


def make_ways(loops=0, responders=0, each=1):
    return Ways(
        loops=tuple(Path("e", "s", f"g{number}") for number in range(loops)),
        responders=tuple(
            tuple(Path("e", f"s{site}", f"i{number}") for site in range(each))
            for number in range(responders)
        ),
        untested=(),
    )


def list_turns(turns, until_s, step_s=0.01):
    """List who had a turn when."""
    found = []
    while (due_s := turns.due_s) is not None and due_s <= until_s:
        assert turns.take(due_s - step_s) is None, "not before it is due"
        found.append((due_s, turns.take(due_s)))
    return found


def test_few_paths_are_tested_as_often_as_asked():
    pace = Pace(make_ways(loops=24, responders=3, each=4))
    assert (pace.loop_s, pace.responder_s) == (PACE_S, RESPONDER_S)
    assert pace.find(Path("e", "s", "g0")) == PACE_S
    assert pace.find(Path("e", "s2", "i1")) == 4 * RESPONDER_S, "each path to it in turn"
    assert pace.calls_per_s == pytest.approx(24 / 10 + 3 / 900)


def test_the_bound_makes_the_pace_longer_and_says_so():
    pace = Pace(make_ways(loops=24 * 100))
    assert pace.loop_s == pytest.approx(2_400 / CALLS_PER_S_MAX)
    assert pace.calls_per_s == pytest.approx(CALLS_PER_S_MAX)
    many = Pace(make_ways(loops=100, responders=9_000))
    assert many.responder_s == pytest.approx(9_000 / (CALLS_PER_S_MAX / 2))
    assert many.calls_per_s <= CALLS_PER_S_MAX * 1.0001


def test_a_link_shows_sooner_than_a_path_since_many_paths_go_over_it():
    paths = tuple(
        Path(f"e{a}", f"s{b}", f"g{c}") for a in (1, 2) for b in (1, 2) for c in range(5)
    )
    pace = Pace(Ways(loops=paths, responders=(), untested=()))
    assert pace.link_floor_s == pytest.approx(2 * PACE_S / 5)
    assert pace.trunk_floor_s == pytest.approx(2 * PACE_S / 2)
    lonely = Pace(make_ways(responders=1, each=2))
    assert lonely.trunk_floor_s == pytest.approx(2 * 2 * RESPONDER_S)


def test_turns_are_evenly_spread_and_never_above_the_bound():
    ways = make_ways(loops=50, responders=5, each=2)
    turns = Turns(ways, Pace(ways, pace_s=10.0), now_s=1_000.0)
    found = list_turns(turns, 1_020.0)
    times = [at for at, path in found if path.hop.startswith("g")]
    assert len(times) == 101, "two rounds and the first of the third"
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert min(gaps) == pytest.approx(0.2)
    assert {path for _, path in found[:55]} >= set(ways.loops)


def test_a_responder_is_rung_once_in_a_quarter_of_an_hour_over_another_path_each_time():
    ways = make_ways(responders=2, each=3)
    pace = Pace(ways)
    found = list_turns(Turns(ways, pace, now_s=0.0), 3 * RESPONDER_S)
    for name in ("i0", "i1"):
        mine = [(at, path) for at, path in found if path.hop == name]
        times = [at for at, _ in mine]
        assert all(b - a >= RESPONDER_S for a, b in itertools.pairwise(times))
        assert len({path for _, path in mine[:3]}) == 3


def test_who_was_rung_before_is_left_alone_until_the_time_is_over():
    ways = make_ways(responders=2)
    rung = {"i0": 100.0, "i1": 99_999.0}
    turns = Turns(ways, Pace(ways), now_s=200.0, rung_s=rung)
    found = {path.hop: at for at, path in list_turns(turns, 1_200.0)}
    assert found["i0"] == 100.0 + RESPONDER_S
    assert found["i1"] == 200.0 + RESPONDER_S, "a clock was set: it may have rung just now"


def test_once_gives_each_its_turn_and_ends():
    ways = make_ways(loops=4, responders=2, each=2)
    pace = Pace(ways)
    turns = Turns(ways, pace, now_s=0.0, once=True, rung_s={"i0": -1.0})
    found = list_turns(turns, 100.0)
    assert [path.hop for _, path in found] == ["g0", "g1", "g2", "g3", "i1"]
    assert found[-1][0] == pytest.approx(4 / CALLS_PER_S_MAX)
    assert (turns.due_s, turns.take(1_000.0)) == (None, None)


def test_turns_that_were_missed_are_not_made_up_for():
    ways = make_ways(loops=1)
    turns = Turns(ways, Pace(ways), now_s=0.0)
    assert turns.take(1_000.0)
    assert turns.due_s == 1_010.0
