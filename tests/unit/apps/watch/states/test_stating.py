"""States reach people and sites as files, and say nothing of the present when watch is behind."""

import os

import pytest
from tests.support.seen import T0, S, see, see_try

from route112.apps.watch.states import stating
from route112.apps.watch.states.stating import (
    BEHIND_US,
    WIDEN_US,
    WRITE_US,
    StateKeeper,
    is_advice,
)
from route112.model.states import MeasuredState, StateKind, StateSource
from route112.watch.states import Sign, Verdict
from route112.watch.states.tracks import HOLD_US, STEADY_PART, TRIAL_US
from route112.wire.documents.state_file import parse_states


class Desk:
    """A keeper with two sites, an edge and a folder of records that has no site around it."""

    def __init__(self, folder):
        self.folder = folder
        self.said = []
        self.records = [folder / name / "records" for name in ("site-1", "site-2", "edge-1")]
        self.records.append(folder / "copies" / "records")
        for path in self.records:
            path.mkdir(parents=True)
            if path.parent.name != "copies":
                (path.parent / "current").write_text("x\n")
        self.keeper = StateKeeper(folder, edges=["edge-1"], complain=self.said.append)

    def fail(self, since_s=0, *, now_s=3.0, began_s=None):
        """Three calls; `now_s` and `began_s`, else a second apart, after `since_s`."""
        self.keeper.begin(T0 + int((since_s + now_s) * S))
        silent = see_try("A", outcome="failed", cause="timeout", party="carrier", hop="h:1")
        heard = see_try("B", outcome="answered", hop="h:2")
        for step in range(3):
            at_s = since_s + (step if began_s is None else began_s)
            call = see(f"c{step}", at_s, tries=(silent, heard), passed=())
            self.keeper.add_arrival(call)
            self.keeper.add_end(call)
        self.keeper.tick(T0 + (since_s + 3) * S)

    def write(self, at_s=3.0):
        self.keeper.write(T0 + int(at_s * S), self.records)

    def read(self, *names):
        content = (self.folder.joinpath(*names) / "states.json").read_bytes()
        return {(state.kind, state.id): state.state for state in parse_states(content).states}


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_people_get_everything_and_sites_what_they_go_by(desk):
    desk.fail()
    desk.write()
    down = {(StateKind.SERVICE, "A"): "Unreachable", (StateKind.ELEMENT, "h:1"): "Unreachable"}
    assert desk.read("site-1") == desk.read("site-2") == down
    everything = desk.read()
    assert len(everything) == 6
    assert everything[StateKind.QUEUE, "A"] == "Unreachable"
    assert everything[StateKind.SERVICE, "B"] == "Normal"
    for name in ("edge-1", "copies"):
        assert not (desk.folder / name / "states.json").exists()
    assert desk.said == []


def test_a_change_is_written_at_once_and_everything_now_and_then(desk, monkeypatch):
    writes = []
    real = stating.write_atomically
    monkeypatch.setattr(
        stating, "write_atomically", lambda *a, **n: writes.append(a[0]) or real(*a, **n)
    )
    desk.keeper.tick(T0)
    for at_s, count in ((0, 3), (1, 3), (4.9, 3), (5, 6), (6, 6)):
        desk.write(at_s)
        assert len(writes) == count, at_s
    desk.fail()
    desk.write(6.5)
    assert len(writes) == 9
    desk.write(6.4 - WRITE_US / S)
    assert len(writes) == 12, "a clock that was set back"


def test_who_is_behind_says_nothing_of_the_present(desk):
    desk.fail()
    desk.write(3 + BEHIND_US / S)
    assert desk.read("site-1") != {}
    desk.write(3 + BEHIND_US / S + WRITE_US / S)
    assert desk.read("site-1") == desk.read() == {}


def test_what_is_told_late_is_history(desk):
    desk.fail(now_s=60)
    desk.write()
    assert desk.read("site-1") == {}
    desk.fail(since_s=60)
    desk.write()
    assert (StateKind.SERVICE, "A") in desk.read("site-1")


def test_a_clock_that_is_set_back_and_all_is_learned_anew(desk):
    desk.fail(since_s=3600)
    desk.write(3603)
    assert desk.read("site-1") != {}
    desk.keeper.begin(T0)
    desk.write(0)
    assert desk.read("site-1") == {}
    desk.fail()
    desk.keeper.begin(T0 - S)
    desk.write()
    assert desk.read("site-1") != {}, "by a few seconds it is set often"


def test_a_station_whose_clock_is_ahead_says_nothing_of_a_time_to_come(desk):
    desk.keeper.begin(T0)
    silent = see_try("A", outcome="failed", cause="timeout", party="carrier", hop="h:1")
    heard = see_try("B", outcome="answered", hop="h:2")
    for now_s in (0, 1, 2):
        desk.keeper.begin(T0 + now_s * S)
        desk.keeper.add_end(see(f"c{now_s}", 3600 + now_s, tries=(silent, heard), passed=()))
    desk.keeper.tick(T0 + 2 * S)
    desk.write(2)
    (state, *_) = parse_states((desk.folder / "states.json").read_bytes()).states
    assert (state.since_us, state.seen_us) == (T0, T0 + 2 * S)


def list_offered(desk, at_s):
    """Return the sites that are offered the trial of A, as their files have it."""
    desk.keeper.begin(T0 + int(at_s * S))
    desk.keeper.tick(T0 + int(at_s * S))
    desk.write(at_s)
    found = {}
    for site in ("site-1", "site-2"):
        states = parse_states((desk.folder / site / "states.json").read_bytes()).states
        for state in states:
            if state.id == "A" and state.trial_us:
                found[site] = state.trial_us
    return found


def test_one_site_after_the_other_is_offered_a_trial_that_nobody_makes(desk):
    desk.fail()
    held_s = 2 + HOLD_US / S
    assert list_offered(desk, held_s - 0.1) == {}
    first = list_offered(desk, held_s)
    assert len(first) == 1
    (offer_us,) = first.values()
    wide_s = WIDEN_US / S
    assert list_offered(desk, held_s + wide_s - 0.1) == first
    second = list_offered(desk, held_s + wide_s)
    assert set(second) == {"site-1", "site-2"}
    assert set(second.values()) == {offer_us}
    anew = list_offered(desk, held_s + TRIAL_US / S)
    assert len(anew) == 2, "a new offer is no new beginning"
    assert offer_us not in anew.values()


def test_all_sites_are_offered_what_was_heard_again(desk):
    desk.fail()
    for at_s, verdict in ((3, Verdict.SILENT), (4, Verdict.SILENT), (5, Verdict.GOOD)):
        desk.keeper.watch.add_signs([
            Sign(
                kind=StateKind.ELEMENT, id="h:1", verdict=verdict, source=StateSource.OPTIONS,
                at_us=T0 + at_s * S,
            )
        ])  # fmt: skip
    assert set(list_offered(desk, 5 + HOLD_US / S / STEADY_PART)) == {"site-1", "site-2"}


def test_what_only_options_say_changes_no_order(desk):
    desk.keeper.begin(T0)
    for at_s, verdict in ((0, Verdict.GOOD), *((at_s, Verdict.SILENT) for at_s in (1, 2, 3))):
        desk.keeper.watch.add_signs([
            Sign(
                kind=StateKind.ELEMENT, id="h:1", verdict=verdict, source=StateSource.OPTIONS,
                at_us=T0 + at_s * S,
            )
        ])  # fmt: skip
    desk.keeper.tick(T0 + 3 * S)
    desk.write(3)
    assert desk.read() == {(StateKind.ELEMENT, "h:1"): "Unreachable"}
    assert desk.read("site-1") == {}


def test_a_file_that_cannot_be_written_is_said_once_and_stops_nothing(desk):
    (desk.folder / "site-1" / "states.json").mkdir()
    (desk.folder / "site-1" / "states.json" / "x").touch()
    desk.fail()
    for step in range(3):
        desk.write(3 + step * 5)
    assert len(desk.said) == 1
    assert "site-1/states.json cannot be written" in desk.said[0]
    assert desk.read("site-2") is not None
    os.unlink(desk.folder / "site-1" / "states.json" / "x")  # noqa: PTH108
    (desk.folder / "site-1" / "states.json").rmdir()
    desk.write(30)
    assert desk.read("site-1") == {}
    assert len(desk.said) == 1


@pytest.mark.parametrize(
    ("kind", "name", "word", "expected"),
    [
        ("service", "A", "Unreachable", True),
        ("service", "A", "Unstaffed", True),
        ("service", "A", "Overloaded", False),
        ("queue", "A", "Unreachable", False),
        ("element", "h:1", "Down", True),
        ("element", "h:1", "Overloaded", False),
        ("element", "site-1", "Unreachable", False),
    ],
)
def test_what_changes_the_order_is_advice(kind, name, word, expected):
    state = MeasuredState(
        kind=StateKind(kind), id=name, state=word, source=StateSource.CALLS, since_us=1, seen_us=1
    )
    assert is_advice(state) is expected


def test_a_second_watch_leaves_sites_to_the_first(desk, tmp_path):
    """What it does not know yet is no reason to say that nothing is down."""
    desk.fail()
    desk.write()
    told = desk.read("site-1")
    assert told
    other = StateKeeper(tmp_path / "other", edges=["edge-1"], complain=desk.said.append)
    (tmp_path / "other").mkdir()
    other.begin(T0 + 3 * S)
    other.write(T0 + 3 * S, desk.records)
    assert desk.read("site-1") == told
    assert [said for said in desk.said if "another watch tells" in said]
    desk.keeper.close()
    other.write(T0 + 3 * S + WRITE_US, desk.records)
    assert desk.read("site-1") == {}
    other.close()
