import pytest

from route112.wire.hours import PIECES_MAX, HoursError, parse_hours

DAY = 1440


def spans(text):
    hours = parse_hours(text)
    return hours and hours.spans


@pytest.mark.parametrize(
    "text",
    ["Mo-Fr 08:00-20:00", "lun-ven 8h-20h", "lu-ve 08h00-20h00", "Lundi au vendredi 8h à 20h",
     "lun,mar,mer,jeu,ven 8h-20h", "lun. 8h"[:3] + "-ven: 8h00-20h00"],
)  # fmt: skip
def test_working_days_in_several_spellings(text):
    assert spans(text) == tuple((d * DAY + 480, d * DAY + 1200) for d in range(5))


def test_over_midnight_every_day():
    expected = ((0, 480), *((d * DAY + 1200, (d + 1) * DAY + 480) for d in range(6)))
    assert spans("20:00-08:00") == (*expected, (6 * DAY + 1200, 7 * DAY))


def test_sunday_night_ends_on_monday():
    assert spans("dim 22h-6h") == ((0, 360), (6 * DAY + 1320, 7 * DAY))


def test_a_comma_keeps_the_days_and_a_semicolon_starts_anew():
    assert spans("sam 8h-12h, 14h-18h") == (
        (5 * DAY + 480, 5 * DAY + 720),
        (5 * DAY + 840, 5 * DAY + 1080),
    )
    assert len(spans("sam 8h-12h; 14h-18h")) == 8


def test_days_may_run_over_the_week_end():
    assert spans("ven-lun 08:00-09:00") == tuple(
        (d * DAY + 480, d * DAY + 540) for d in (0, 4, 5, 6)
    )
    assert spans("sam et dim 8h30-9h") == tuple((d * DAY + 510, d * DAY + 540) for d in (5, 6))


@pytest.mark.parametrize(
    "text", ["", "24h/24", "H24", "24/7", "permanent", "00:00-24:00", "0h-12h; 12h-24h"]
)
def test_always(text):
    assert parse_hours(text) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fériés 8h-20h", "'feries' is not a day of the week"),
        ("lun-xyz 8h-20h", "'lun-xyz' is not a day of the week"),
        ("25h-26h", "25:00 is not a time of day"),
        ("8h75-9h", "8:75 is not a time of day"),
        ("8h-8h", "the hours end when they begin"),
        ("lun", "no time of day stands after 'lun'"),
        (";", "the hours name no time of day"),
        ("8h-9h," * (PIECES_MAX + 1), f"the hours have more than {PIECES_MAX} parts"),
        ("la nuit", "'la nuit' is not a day of the week"),
    ],
)
def test_what_cannot_be_understood_is_said(text, message):
    with pytest.raises(HoursError) as caught:
        parse_hours(text)
    assert str(caught.value) == message
