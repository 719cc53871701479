"""A file of states is advice: read when it changed, worth nothing when damaged or old."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from route112.adapters.kemi.advice import LOOK_NS, NO_STATES, TRIALS, Advice
from route112.model import Hop, ServiceState, Target
from route112.model.states import ElementState, MeasuredState, QueueState, StateKind, StateSource
from route112.wire.documents.state_file import ADVICE_BYTES_MAX, VALID_US, render_states

NOW = 1_795_000_000_000_000
HOP = Hop(address="h:1", transport="udp", technology="ip", vendor="v", capacity_calls=9)


def state(name="A", *, kind=StateKind.SERVICE, word=ServiceState.UNREACHABLE, trial_us=0):
    return MeasuredState(
        kind=kind, id=name, state=word, source=StateSource.CALLS,
        since_us=NOW, seen_us=NOW, trial_us=trial_us,
    )  # fmt: skip


def target(psap="A", hop=HOP):
    return Target(
        psap=psap, number="+33199000010", rule="primary", trunk="t", hops=(hop,), ring_time_s=30
    )


class Followed:
    """A worker's advice and a clock that stands until it is moved."""

    def __init__(self, folder):
        self.path = folder / "states.json"
        self.clock_ns = 5 * LOOK_NS
        self.advice = Advice(self.path, monotonic_ns=lambda: self.clock_ns)

    def write(self, *states):
        self.put(render_states(states, now_us=NOW))

    def put(self, content):
        aside = self.path.with_suffix(".new")
        aside.write_bytes(content)
        aside.replace(self.path)

    def look(self):
        self.clock_ns += LOOK_NS
        return self.advice.refresh()

    def find(self, now_us=NOW):
        return self.advice.find_states(now_us)


@pytest.fixture
def followed(tmp_path):
    return Followed(tmp_path)


def test_without_a_file_nothing_is_measured_and_nothing_is_said(followed):
    assert followed.look() == ""
    assert followed.find() is NO_STATES


def test_psaps_and_hops_are_advice_and_queues_are_not(followed):
    followed.write(
        state("A"),
        state("h:1", kind=StateKind.ELEMENT, word=ElementState.DOWN),
        state("A", kind=StateKind.QUEUE, word=QueueState.FULL, trial_us=3),
    )
    assert followed.look() == ""
    assert followed.find().psaps == {"A": ServiceState.UNREACHABLE}
    assert followed.find().hops == {"h:1": ElementState.DOWN}
    assert not followed.advice.take_trial(target(), NOW)


def test_it_counts_until_it_expires(followed):
    followed.write(state())
    followed.look()
    assert followed.find(NOW + VALID_US - 1).psaps
    assert followed.find(NOW + VALID_US) is NO_STATES
    followed.path.unlink()
    followed.look()
    assert followed.find() is NO_STATES


def test_it_is_looked_at_once_a_second(followed, monkeypatch):
    followed.look()
    looks = []
    monkeypatch.setattr(os, "stat", lambda path: looks.append(path) or os.lstat(path))
    followed.write(state())
    for _ in range(9):
        followed.clock_ns += LOOK_NS // 10
        followed.advice.refresh()
    assert looks == []
    assert followed.find() is NO_STATES
    followed.clock_ns += LOOK_NS // 10
    followed.advice.refresh()
    assert len(looks) == 1
    assert followed.find().psaps


def test_it_is_parsed_once(followed, monkeypatch):
    followed.write(state())
    followed.look()
    monkeypatch.setattr(os, "open", None)
    assert followed.look() == ""
    assert followed.find().psaps


@pytest.mark.parametrize("content", [b"", b"{", b"x" * (ADVICE_BYTES_MAX + 9), b"[" * 50_000])
def test_whatever_is_wrong_there_are_no_states_and_it_is_said_once(followed, content):
    followed.write(state())
    followed.look()
    followed.put(content)
    assert followed.look().startswith("no measured states: ")
    assert followed.find() is NO_STATES
    assert followed.look() == ""
    followed.put(content + b" ")
    assert followed.look() == ""
    followed.write(state("B"))
    assert followed.look() == ""
    assert followed.find().psaps == {"B": ServiceState.UNREACHABLE}
    followed.put(content)
    assert followed.look()


def test_what_is_no_plain_file_stops_nobody(followed):
    os.mkfifo(followed.path)
    assert "not a plain file" in followed.look()
    followed.path.unlink()
    followed.path.mkdir()
    followed.look()
    followed.path.rmdir()
    followed.path.symlink_to("/dev/zero")
    followed.look()
    followed.path.unlink()
    followed.path.symlink_to(followed.path)
    followed.look()
    assert followed.find() is NO_STATES


def test_each_offer_is_taken_once_by_all_workers_of_a_site_together(followed):
    followed.write(state(trial_us=NOW))
    followed.look()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"%d" % followed.advice.take_trial(target(), NOW))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reading, 1) == b"1"
    os.close(reading)
    os.close(writing)
    assert not followed.advice.take_trial(target(), NOW)
    assert not followed.advice.take_trial(target("B"), NOW)
    followed.write(state(trial_us=NOW + 1))
    followed.look()
    assert followed.advice.take_trial(target(), NOW)
    assert not followed.advice.take_trial(target(), NOW)


def test_a_clock_that_was_set_back_keeps_nobody_from_trials(followed):
    """What was taken an hour from now is no reason to take nothing until then."""
    hour_us = 3_600_000_000
    followed.put(render_states([state(trial_us=NOW + hour_us)], now_us=NOW + hour_us))
    followed.look()
    assert followed.advice.take_trial(target(), NOW + hour_us)
    followed.write(state(trial_us=NOW))
    followed.look()
    assert followed.advice.take_trial(target(), NOW)
    assert not followed.advice.take_trial(target(), NOW)


@pytest.mark.parametrize("ahead_us", [6_000_000, 3_600_000_000, 2**62])
def test_a_forged_trial_at_a_time_to_come_pins_nobody_down(followed, ahead_us):
    followed.write(state(trial_us=NOW + ahead_us))
    assert "a trial at a time to come" in followed.look()
    assert followed.find() is NO_STATES
    followed.write(state(trial_us=NOW))
    followed.look()
    assert followed.find().psaps
    assert followed.advice.take_trial(target(), NOW)
    assert not followed.advice.take_trial(target(), NOW), "nor first for ever"


def test_a_file_that_was_written_at_a_time_to_come_counts_for_nothing(followed):
    """Neither does it take away a trial that is made in earnest."""
    later_us = NOW + 2**61
    followed.put(render_states([state(trial_us=later_us)], now_us=later_us))
    followed.look()
    assert followed.find() is NO_STATES
    followed.write(state(trial_us=NOW))
    followed.look()
    assert followed.advice.take_trial(target(), NOW)


def test_a_hop_is_tried_as_a_psap_is(followed):
    followed.write(state("h:1", kind=StateKind.ELEMENT, trial_us=NOW))
    followed.look()
    assert followed.advice.take_trial(target("B"), NOW)
    assert not followed.advice.take_trial(target("C"), NOW)


def test_offers_that_share_a_place_never_make_more_trials_than_offers(followed):
    names = [f"P{number}" for number in range(3 * TRIALS // 20)]
    followed.write(*(state(name, trial_us=NOW + place) for place, name in enumerate(names)))
    followed.look()
    for _ in range(3):
        taken = [name for name in names if followed.advice.take_trial(target(name), NOW)]
        assert len(taken) in (0, len(names)) or len(taken) > len(names) // 2
    assert taken == []


@given(st.binary(max_size=400))
def test_no_bytes_whatever_raise(tmp_path_factory, junk):
    followed = Followed(tmp_path_factory.mktemp("states"))
    followed.put(junk)
    followed.look()
    assert followed.find() is NO_STATES
