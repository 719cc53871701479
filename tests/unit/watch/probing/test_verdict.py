import pytest

from route112.watch.probing.paths import Path
from route112.watch.probing.verdict import PACKETS_MIN, Failing, Outcome


def see(**values):
    usual = {
        "path": Path("e", "s", "h"), "call": "c", "at_us": 1, "status": 200, "failed": "",
        "ring_ms": 3, "sent": 9, "heard": PACKETS_MIN, "is_mirrored": True, "is_passed": True,
    }  # fmt: skip
    return Outcome(**{**usual, **values})


def test_an_answer_with_audio_is_well():
    assert (see().failing, see().said, see().audio) == (Failing.NOBODY, "well", "both")
    assert see(is_mirrored=False).audio == "heard"


def test_an_answer_without_audio_is_a_failure_of_its_own():
    deaf = see(heard=PACKETS_MIN - 1)
    assert (deaf.failing, deaf.said, deaf.audio) == (Failing.AUDIO, "audio", "none")


@pytest.mark.parametrize(
    ("failed", "is_passed", "failing"),
    [
        ("edge", True, Failing.EDGE),
        ("site;cause=timeout", True, Failing.SITE),
        ("trunk;cause=timeout;code=0", True, Failing.TRUNK),
        ("busy", True, Failing.BUSY),
        ("", True, Failing.SITE),
        ("", False, Failing.EDGE),
        ("?", False, Failing.EDGE),
    ],
)
def test_who_failed_is_what_the_stations_say_or_how_far_it_came(failed, is_passed, failing):
    seen = see(status=480, failed=failed, is_passed=is_passed, ring_ms=None, heard=0)
    assert (seen.failing, seen.audio) == (failing, "")
