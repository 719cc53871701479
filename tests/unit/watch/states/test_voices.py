"""Each source speaks for itself; who sees more takes back what others say, and never less."""

import pytest

from route112.model.states import StateKind, StateSource
from route112.watch.states.signs import Sign, Verdict
from route112.watch.states.voices import RUN_US_MAX, SOURCES, Depth, Voice, find_depth

GOOD, SILENT, LEFT, FULL = Verdict.GOOD, Verdict.SILENT, Verdict.LEFT, Verdict.FULL
S = 1_000_000


def hear(*signs):
    """Return a voice that was told of these, as seconds and verdicts."""
    voice = Voice(0)
    for at_s, verdict in signs:
        if verdict is GOOD:
            voice.take_good(int(at_s * S))
        else:
            voice.take_bad(int(at_s * S), verdict)
    return voice


@pytest.mark.parametrize("depth", Depth)
def test_who_gave_a_sign(depth):
    sign = Sign(
        kind=StateKind.ELEMENT, id="h:1", verdict=GOOD, source=SOURCES[depth], at_us=1,
        is_audio=depth is Depth.AUDIO,
    )  # fmt: skip
    assert find_depth(sign) is depth
    assert {SOURCES[each] for each in Depth} == set(StateSource)


def test_three_of_one_kind_make_a_state_from_the_first_on():
    voice = hear((1, SILENT), (2, SILENT))
    assert voice.verdict is GOOD
    voice.take_bad(3 * S, SILENT)
    assert (voice.verdict, voice.since_us) == (SILENT, S)
    assert hear((1, SILENT), (2, FULL), (3, SILENT), (4, FULL)).verdict is GOOD
    assert hear((1, SILENT), (1.5, SILENT), (1.9, SILENT)).verdict is GOOD, "a hiccup"
    far_s = RUN_US_MAX / S / 2 + 1
    assert hear(*((step * far_s, SILENT) for step in range(5))).verdict is GOOD


def test_a_good_sign_that_is_older_takes_back_what_is_no_state_yet():
    voice = hear((1, SILENT), (2, SILENT))
    assert not voice.take_good(int(1.5 * S))
    assert voice.run is None
    voice = hear((1, SILENT), (2, SILENT), (3, SILENT))
    assert not voice.take_good(3 * S)
    assert voice.verdict is SILENT
    assert voice.take_good(4 * S)
    assert (voice.verdict, voice.since_us) == (GOOD, 4 * S)


def test_a_silence_is_taken_back_by_who_sees_more_and_has_seen_it_since():
    voice = hear((1, SILENT), (2, SILENT), (3, SILENT))
    voice.overrule(3 * S, silence_only=True)
    assert voice.verdict is SILENT
    voice.overrule(4 * S, silence_only=True)
    assert (voice.verdict, voice.run) == (GOOD, None)
    voice.overrule(5 * S, silence_only=True)
    assert voice.since_us == 4 * S, "there is nothing to take back"


def test_whoever_says_itself_that_it_is_not_well_is_believed():
    said = hear((1, LEFT), (2, LEFT), (3, LEFT), (4, SILENT))
    said.overrule(5 * S, silence_only=True)
    assert said.verdict is LEFT
    said.overrule(5 * S, silence_only=False)
    assert said.verdict is GOOD
