"""States change for the worse slowly, for the better by one good call, and never flap."""

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.seen import T0, S, see, see_try

from route112.model import ServiceState
from route112.model.states import StateKind, StateSource
from route112.watch.states import tracks
from route112.watch.states.signs import Sign, Verdict
from route112.watch.states.tracks import (
    HOLD_US,
    HOLD_US_MAX,
    KEPT_US,
    STEADY_PART,
    TRIAL_US,
    TRIALS_HOLD_US_MAX,
    StateWatch,
)
from route112.watch.states.voices import RUN_US_MAX

GOOD, SILENT, FULL, LEFT = Verdict.GOOD, Verdict.SILENT, Verdict.FULL, Verdict.LEFT
MUTE = Verdict.MUTE
CALLS, OPTIONS, TESTS = StateSource.CALLS, StateSource.OPTIONS, StateSource.TESTS


class Told:
    """A watch that is told of signs of one PSAP, second by second."""

    def __init__(self):
        self.watch = StateWatch()

    def take(self, at_s, verdict, source=CALLS, *, kind=StateKind.SERVICE, name="A", **more):
        at_us = T0 + int(at_s * S)
        self.watch.add_signs(
            [Sign(kind=kind, id=name, verdict=verdict, source=source, at_us=at_us, **more)]
        )
        return self.watch.tick(at_us)

    def tick(self, at_s):
        return self.watch.tick(T0 + int(at_s * S))

    def find(self, kind=StateKind.SERVICE):
        return next((each for each in self.watch.list_states() if each.kind is kind), None)

    @property
    def word(self):
        found = self.find()
        return "" if found is None else found.state

    def silence(self, at_s=0.0):
        """Let it be silent until that is a state."""
        for step in range(3):
            self.take(at_s + step, SILENT)
        return at_s + 2


@pytest.fixture
def told():
    return Told()


def test_what_nobody_has_seen_well_or_bad_enough_has_no_state(told):
    assert told.watch.list_states() == ()
    assert not told.take(0, SILENT)
    assert not told.take(5, SILENT)
    assert told.word == ""
    told.take(6, GOOD)
    assert told.word == "Normal"


def test_three_silences_in_a_row_make_it_unreachable_with_source_and_age(told):
    told.take(-1, GOOD)
    told.silence()
    found = told.find()
    assert (found.state, found.source, found.trial_us) == ("Unreachable", CALLS, 0)
    assert (found.since_us, found.seen_us) == (T0, T0 + 2 * S)
    assert told.find(StateKind.QUEUE).state == "Unreachable"


def test_a_hiccup_is_no_state_however_many_calls_it_meets(told):
    for step in range(100):
        told.take(step / 101, SILENT)
    assert told.word == ""
    told.take(1.0, SILENT)
    assert told.word == "Unreachable"


def test_one_good_call_between_them_and_there_is_no_state(told):
    for step in range(20):
        told.take(step, SILENT if step % 3 else GOOD)
    assert told.word == "Normal"


def test_signs_that_lie_far_apart_do_not_belong_together(told):
    for step in range(6):
        told.take(step * (RUN_US_MAX / S / 2 + 1), SILENT)
    assert told.word == ""


def test_signs_that_come_late_count_for_the_time_at_which_they_were(told):
    told.take(10, GOOD)
    for step in range(5):
        told.take(step, SILENT)
    assert told.word == "Normal", "all of them are older than what is known"
    told.take(11, SILENT)
    told.take(12, SILENT)
    told.take(11.5, GOOD)
    told.take(13, SILENT)
    assert told.word == "Normal"
    told.take(14, SILENT)
    told.take(11, GOOD)
    told.take(15, SILENT)
    assert told.word == "Unreachable"
    told.take(14, GOOD)
    assert told.word == "Unreachable"


def test_it_is_held_offered_once_and_held_twice_as_long_each_time(told):
    at_s, hold_s = told.silence(), HOLD_US / S
    while hold_s <= 4 * TRIALS_HOLD_US_MAX / S:
        held_s = min(hold_s, TRIALS_HOLD_US_MAX / S)
        told.tick(at_s + held_s - 0.1)
        assert told.find().trial_us == 0
        assert told.tick(at_s + held_s)
        assert told.find().trial_us == T0 + int((at_s + held_s) * S)
        at_s += held_s + 1
        assert told.take(at_s, SILENT)
        assert told.find().trial_us == 0
        hold_s *= 2


def test_a_trial_that_nobody_made_is_offered_again_as_a_new_one(told):
    held_s = told.silence() + HOLD_US / S
    told.tick(held_s)
    first_us = told.find().trial_us
    assert not told.tick(held_s + TRIAL_US / S - 0.1)
    told.take(held_s - 1, SILENT)
    assert told.find().trial_us == first_us, "older than the offer"
    assert told.tick(held_s + TRIAL_US / S)
    assert told.find().trial_us > first_us


def test_one_good_call_brings_it_back(told):
    held_s = told.silence() + HOLD_US / S
    told.tick(held_s)
    assert told.take(held_s + 1, GOOD)
    found = told.find()
    assert (found.state, found.trial_us, found.since_us) == (
        "Normal", 0, T0 + int((held_s + 1) * S),
    )  # fmt: skip


def test_a_relapse_is_held_longer_and_forgotten_when_it_was_well_for_long(told):
    at_s = told.silence() + 1
    told.take(at_s, GOOD)
    at_s = told.silence(at_s + 1)
    told.tick(at_s + HOLD_US / S)
    assert told.find().trial_us == 0
    told.tick(at_s + 2 * HOLD_US / S)
    assert told.find().trial_us
    at_s += 30
    told.take(at_s, GOOD)
    at_s += tracks.CALM_US / S
    told.take(at_s, GOOD)
    at_s = told.silence(at_s + 1)
    told.tick(at_s + HOLD_US / S)
    assert told.find().trial_us


def test_who_says_that_it_is_full_is_there(told):
    for step in range(3):
        told.take(step, FULL)
    assert (told.word, told.find(StateKind.QUEUE).state) == ("Overloaded", "Full")
    told.tick(500)
    assert told.find().trial_us == 0, "it is not held, so it needs no trial"
    told.silence(3)
    assert told.word == "Unreachable"
    told.silence(20)
    for step in range(3):
        told.take(30 + step, FULL)
    assert (told.word, told.find().trial_us) == ("Overloaded", 0)
    told.take(40, GOOD)
    assert (told.word, told.find(StateKind.QUEUE).state) == ("Normal", "Active")


def test_a_site_that_edges_leave_is_disturbed_and_has_no_queue(told):
    for step in range(3):
        told.take(step, LEFT, kind=StateKind.ELEMENT, name="site-1")
    (found,) = told.watch.list_states()
    assert (found.kind, found.state) == (StateKind.ELEMENT, "ServiceDisruption")


@pytest.mark.parametrize("source", [OPTIONS, TESTS])
def test_what_sees_less_takes_back_nothing_that_calls_say(told, source):
    at_s = told.silence()
    for step in range(1, 9):
        told.take(at_s + step, GOOD, source)
        assert (told.word, told.find().trial_us) == ("Unreachable", 0)
        assert told.find().source is CALLS


@pytest.mark.parametrize("source", [OPTIONS, TESTS])
def test_nor_does_it_hide_that_calls_fail(told, source):
    for step in range(3):
        told.take(2 * step, SILENT)
        told.take(2 * step + 1, GOOD, source)
    assert told.word == "Unreachable"


@pytest.mark.parametrize("verdict", [GOOD, SILENT, LEFT])
def test_a_grey_site_is_hidden_by_no_answer_to_options(told, verdict):
    """Calls say that edges leave it; whatever OPTIONS say then, and take back, it stays so."""
    take = partial(told.take, kind=StateKind.ELEMENT, name="site-1")
    take(0, GOOD, OPTIONS)
    for step in range(3):
        take(1 + step, LEFT)
    for step in range(4):
        take(5 + step, verdict, OPTIONS)
    take(10, GOOD, OPTIONS)
    (found,) = told.watch.list_states()
    assert (found.state, found.source) == ("ServiceDisruption", CALLS)
    take(11, GOOD)
    (found,) = told.watch.list_states()
    assert (found.state, found.source) == ("Normal", CALLS)


def test_a_site_that_says_itself_that_it_is_not_well_is_believed(told):
    """Its Python is gone, say, and its native table answers calls: they take nothing back."""
    take = partial(told.take, kind=StateKind.ELEMENT, name="site-1")
    for step in range(3):
        take(step, LEFT, OPTIONS)
        take(step + 0.5, GOOD)
    (found,) = told.watch.list_states()
    assert (found.state, found.source) == ("ServiceDisruption", OPTIONS)
    take(4, GOOD, OPTIONS)
    (found,) = told.watch.list_states()
    assert found.state == "Normal"


def test_a_call_that_got_through_takes_back_what_tests_and_options_miss(told):
    told.take(0, GOOD, OPTIONS)
    for source in (OPTIONS, TESTS):
        for step in range(1, 4):
            told.take(step, SILENT, source)
    assert (told.word, told.find().source) == ("Unreachable", TESTS)
    told.take(3, GOOD)
    assert told.word == "Unreachable", "no younger than what it would take back"
    told.take(4, GOOD)
    assert told.word == "Normal"
    for step in (3, 3.5, 3.9):
        told.take(step, SILENT, OPTIONS)
        told.take(step, SILENT, TESTS)
    assert told.word == "Normal", "all that was before it"


def test_who_answers_and_is_not_heard_is_disturbed_until_audio_comes_back(told):
    for step in range(3):
        told.take(step, MUTE, TESTS, is_audio=True)
        told.take(step + 0.5, GOOD, TESTS)
        told.take(step + 0.6, GOOD)
    assert (told.word, told.find(StateKind.QUEUE).state) == ("Partial", "Active")
    assert told.find().source is TESTS
    assert told.find().trial_us == 0
    told.take(9, GOOD, TESTS, is_audio=True)
    assert told.word == "Normal"


@pytest.mark.parametrize("source", [OPTIONS, TESTS])
def test_who_is_heard_again_is_tried_soon(told, source):
    at_s = told.silence()
    told.take(at_s + 1, SILENT, source)
    told.take(at_s + 2, SILENT, source)
    told.take(at_s + 3, GOOD, source)
    steady_s = HOLD_US / S / STEADY_PART
    told.tick(at_s + 3 + steady_s - 0.1)
    assert (told.word, told.find().trial_us) == ("Unreachable", 0)
    assert told.tick(at_s + 3 + steady_s)
    assert (told.word, told.find().trial_us) != ("Unreachable", 0)
    told.take(at_s + 3 + steady_s + 1, GOOD)
    assert told.word == "Normal"


def test_who_answered_all_the_time_is_tried_no_sooner_for_it(told):
    at_s = told.silence()
    for step in range(1, 10):
        told.take(at_s + step, GOOD, OPTIONS)
        assert told.find().trial_us == 0
    told.take(at_s + 9.1, SILENT, OPTIONS)
    told.take(at_s + 9.2, GOOD, OPTIONS)
    told.tick(at_s + 9.9)
    assert told.find().trial_us == 0, "one datagram is lost now and then"


def test_who_is_heard_again_for_a_moment_only_is_not_tried_for_it(told):
    at_s = told.silence()
    for step in range(8):
        told.take(at_s + step, GOOD if step % 3 == 2 else SILENT, OPTIONS)
    told.tick(at_s + 9.9)
    assert told.find().trial_us == 0


def test_a_trial_that_failed_waits_for_another_silence_before_it_is_brought_forward(told):
    at_s = told.silence()
    for step, verdict in enumerate((SILENT, SILENT, GOOD)):
        told.take(at_s + step, verdict, OPTIONS)
    told.tick(at_s + 4)
    assert told.find().trial_us
    told.take(at_s + 5, SILENT)
    for step in range(20):
        told.take(at_s + 6 + step / 2, GOOD, OPTIONS)
        assert told.find().trial_us == 0


def test_a_silent_psap_is_tried_when_its_hop_is_heard_again(told):
    hop, at_s = "192.0.2.1:5060", 0.0
    take_hop = partial(told.take, kind=StateKind.ELEMENT, name=hop)
    for step in range(3):
        told.take(step, SILENT, hops=("unknown:1", hop))
        take_hop(step + 0.1, SILENT, OPTIONS)
    assert told.watch.list_silent() == {hop, "unknown:1"}
    assert told.watch.list_heard() == set()
    take_hop(4, GOOD, OPTIONS)
    assert told.watch.list_heard() == {"A"}
    at_s = 4 + HOLD_US / S / STEADY_PART
    assert told.tick(at_s)
    assert told.find().trial_us
    told.take(at_s + 1, GOOD)
    assert told.word == "Normal"
    assert told.watch.list_silent() == set()


def test_hops_of_a_psap_that_is_back_are_not_held_any_more(told):
    """Its second line would never get the one call that a trial is."""
    hops = ("192.0.2.1:5060", "192.0.2.2:5060")
    for step in range(3):
        told.take(step, SILENT, hops=(*hops, "192.0.2.3:5060"))
        for hop in hops:
            told.take(step, SILENT, kind=StateKind.ELEMENT, name=hop)
    assert told.watch.list_silent() == {*hops, "192.0.2.3:5060"}
    told.take(4, GOOD, kind=StateKind.ELEMENT, name=hops[0])
    told.take(4, GOOD)
    assert told.watch.list_silent() == set()
    assert {each.state for each in told.watch.list_states()} == {"Normal", "Active"}


def test_hops_of_a_psap_are_bounded(told):
    for step in range(3):
        told.take(step, SILENT, hops=tuple(f"192.0.2.{number}:5060" for number in range(20)))
    assert len(told.watch.list_silent()) == tracks.HOPS_MAX


def test_options_alone_tell_of_those_who_have_answered_them(told):
    for step in range(5):
        told.take(step, SILENT, OPTIONS)
    assert told.word == ""
    told.take(5, GOOD, OPTIONS)
    assert (told.word, told.find().source) == ("Normal", OPTIONS)
    for step in range(6, 9):
        told.take(step, SILENT, OPTIONS)
    assert told.word == "Unreachable"
    told.tick(100)
    assert told.find().trial_us == 0, "it is nowhere tried last for that"
    assert told.take(101, GOOD, OPTIONS)
    assert told.word == "Normal"


def test_test_calls_count_as_calls_do(told):
    for step in range(3):
        told.take(step, SILENT, TESTS)
    assert (told.word, told.find().source) == ("Unreachable", TESTS)
    told.take(3, GOOD, TESTS)
    assert told.word == "Normal"


def test_what_nobody_has_seen_for_long_is_not_known_any_more(told):
    at_s = told.silence()
    told.tick(at_s + KEPT_US / S)
    assert told.word == "Unreachable"
    assert told.tick(at_s + KEPT_US / S + 1)
    assert told.word == ""
    told.take(5000, GOOD)
    assert not told.tick(5000 + 2 * KEPT_US / S)


def test_each_source_is_forgotten_by_itself(told):
    at_s = told.silence()
    late_s = at_s + KEPT_US / S
    told.take(late_s, GOOD, OPTIONS)
    assert (told.word, told.find().source) == ("Unreachable", CALLS)
    told.tick(late_s + 1)
    assert (told.word, told.find().source) == ("Normal", OPTIONS)


def test_things_are_bounded_and_what_is_not_normal_comes_first(told, monkeypatch):
    monkeypatch.setattr(tracks, "TRACKS_MAX", 2)
    told.take(100, GOOD, name="B")
    told.silence()
    told.take(100, GOOD, name="C")
    assert [each.id for each in told.watch.list_states()] == ["A", "A", "B", "B"]


def test_calls_tell_it_all():
    """Arrivals bring what is good, ends the rest."""
    watch = StateWatch()
    silent = see_try("A", outcome="failed", cause="timeout", party="carrier")
    heard = see_try("B", outcome="answered")
    for at_s in (0, 1, 2):
        call = see(f"c{at_s}", at_s, tries=(silent, heard), passed=())
        watch.add_arrival(call)
        watch.add_end(call)
    found = {each.id: each.state for each in watch.list_states()}
    assert found == {
        "A": "Unreachable", silent.hop: "Unreachable", "B": "Active", heard.hop: "Normal",
    }  # fmt: skip
    watch.add_arrival(see("c3", 3, tries=(see_try("A", outcome="rang"),), passed=()))
    assert {each.state for each in watch.list_states()} == {"Normal", "Active"}


steps = st.lists(
    st.tuples(
        st.floats(0.01, 60),
        st.sampled_from((GOOD, SILENT, SILENT, SILENT, FULL)),
        st.sampled_from((CALLS, CALLS, TESTS, OPTIONS)),
    ),
    max_size=200,
)


@settings(max_examples=100, deadline=None)
@given(steps)
def test_nothing_falls_by_fewer_than_three_silences_in_a_row(story):
    """Of one source, and none of what sees more, or as much, answered between them."""
    told, at_s = Told(), 0.0
    runs = dict.fromkeys((CALLS, TESTS, OPTIONS), 0)
    for pause_s, verdict, source in story:
        before = told.word
        at_s += pause_s
        told.take(at_s, verdict, source)
        sources = list(runs)
        if verdict is SILENT:
            runs[source] += 1
        elif verdict is GOOD:
            for each in sources[sources.index(source) :]:
                runs[each] = 0
        if told.word == ServiceState.UNREACHABLE != before:
            assert max(runs.values()) >= 3


class Routed(Told):
    """A PSAP that gets calls as sites send them: those that go there first, and the trials."""

    taken_us = 0

    def is_tried(self, at_s):
        """Tell whether a site would ring it first now."""
        self.tick(at_s)
        found = self.find()
        if found is None or found.state == ServiceState.NORMAL:
            return True
        if found.trial_us <= self.taken_us:
            return False
        self.taken_us = found.trial_us
        return True


@settings(max_examples=60, deadline=None)
@given(st.floats(3, 4000), st.floats(0.5, 40), st.floats(0.05, 0.95))
def test_who_heals_gets_its_calls_back_after_about_as_long_again(outage_s, every_s, phase):
    told, at_s, back_s = Routed(), phase * every_s, None
    while back_s is None:
        if told.is_tried(at_s):
            told.take(at_s, SILENT if at_s < outage_s else GOOD)
        if at_s >= outage_s and told.word in ("Normal", ""):
            back_s = at_s
        at_s += every_s
    held_s = min(outage_s + HOLD_US / S, TRIALS_HOLD_US_MAX / S)
    assert back_s - outage_s <= held_s + 2 * every_s + 1


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False), st.floats(0.2, 0.95), st.floats(0.3, 5))
def test_who_answers_now_and_then_does_not_flap(chance, share, every_s):
    told, hour_s, falls = Routed(), 3600.0, 0
    for step in range(int(hour_s / every_s)):
        at_s = step * every_s
        if told.is_tried(at_s):
            before = told.word
            told.take(at_s, SILENT if chance.random() < share else GOOD)
            falls += told.word == ServiceState.UNREACHABLE != before
    assert falls <= 5 + hour_s / (HOLD_US_MAX / S)
