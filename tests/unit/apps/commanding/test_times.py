import pytest

from route112.apps._console import Failure
from route112.apps.commanding.times import parse_span_s, parse_when, show_instant, show_span

NOW = 1_795_000_000_000_000


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30min", 1_800), ("2h", 7_200), ("1 d", 86_400)]
)
def test_a_span_is_read(text, seconds):
    assert parse_span_s(text, "--for") == seconds
    assert parse_when(text, "--expires", NOW) == NOW + seconds * 1_000_000


@pytest.mark.parametrize("text", ["", "2", "h", "2 weeks", "-1h", "1.5h"])
def test_what_is_no_span_is_refused(text):
    with pytest.raises(Failure, match="--soak"):
        parse_span_s(text, "--soak")


def test_an_instant_has_a_zone():
    assert parse_when("2026-11-18T12:26:40Z", "--expires", NOW) == 1_795_004_800_000_000
    with pytest.raises(Failure, match="no time zone"):
        parse_when("2026-11-18T12:26:40", "--expires", NOW)


def test_times_are_shown_as_people_read_them():
    assert show_instant(NOW + 1_000_000, NOW) == "11:06:41Z"
    assert show_instant(NOW + 86_400_000_000, NOW) == "2026-11-19 11:06:40Z"
    assert [show_span(s) for s in (5, 119, 600, 7_200, 200_000)] == [
        *("5 s", "119 s", "10 min", "2 h", "2 d")
    ]  # fmt: skip
