"""Hours and areas: which variants of a split route serve a call."""

import pytest
from tests.support.routing import NOW, open_small
from tests.support.snapshots import SQUARE, STREETS

from route112.model import Area, Call, Hours
from route112.routing.variants import (
    EPOCH_MINUTE_OF_WEEK,
    STREET_CHARS_MAX,
    Choice,
    Fit,
    Variant,
    choose_variants,
    compute_minute_of_week,
    is_plain,
    rate_area,
    read_variants,
)

DAY = Hours(((480, 1_200),))
NIGHT = Hours(((0, 480), (1_200, 10_080)))
NOON, MIDNIGHT = 720, 0
NOWHERE = Call(dialled="15")
IN_SQUARE = Call(dialled="15", lon_deg=-4.45, lat_deg=48.35)
BESIDE = Call(dialled="15", lon_deg=-4.35, lat_deg=48.35)


def variant(hours=None, area=None):
    return Variant((0,), ("primary",), hours, area)


def choose(*variants, call=NOWHERE, minute=NOON):
    return choose_variants(variants, call, minute_of_week=minute)


def test_a_route_is_read_with_its_conditions():
    snapshot = open_small()
    night, rest = read_variants(snapshot, 2)
    assert night.hours == snapshot.hours(0)
    assert (rest.hours, rest.lines) == (None, (2, 12, 8))
    assert read_variants(snapshot, 4)[1].area.streets == ("rue de siam", "quai eole")


def test_a_route_is_plain_when_neither_hour_nor_place_matters():
    assert is_plain(())
    assert is_plain((variant(),))
    assert not is_plain((variant(hours=DAY),))
    assert not is_plain((variant(area=SQUARE),))
    assert not is_plain((variant(), variant()))


def test_the_week_begins_on_monday_at_local_midnight():
    assert compute_minute_of_week(0, 0) == EPOCH_MINUTE_OF_WEEK
    assert compute_minute_of_week(-1, 0) == EPOCH_MINUTE_OF_WEEK - 1
    monday = 4 * 86_400 * 1_000_000
    assert compute_minute_of_week(monday, 0) == 0
    assert compute_minute_of_week(monday - 1, 0) == 10_079
    assert compute_minute_of_week(monday, -60) == 10_079
    assert compute_minute_of_week(NOW, 3_600) == 6 * 1_440 + 13 * 60


def test_a_route_without_variants_leaves_no_choice():
    assert choose() == Choice(())


def test_the_first_open_variant_wins():
    assert choose(variant(NIGHT), variant(DAY), variant()) == Choice((1,))
    assert choose(variant(NIGHT), variant(DAY), variant(), minute=MIDNIGHT) == Choice((0,))


def test_closed_at_this_hour_means_every_variant_in_order():
    assert choose(variant(NIGHT), variant(NIGHT)) == Choice((0, 1), closed=True)


def test_closed_variants_of_another_area_stay_out():
    chosen = choose(variant(NIGHT, SQUARE), variant(NIGHT), call=BESIDE)
    assert chosen == Choice((1,), closed=True)


def test_an_area_that_holds_the_caller_wins():
    assert choose(variant(area=SQUARE), variant(), call=IN_SQUARE) == Choice((0,))
    assert choose(variant(area=SQUARE), variant(), call=BESIDE) == Choice((1,))


def test_a_caller_without_a_position_gets_the_rest_and_it_is_told():
    assert choose(variant(area=SQUARE), variant()) == Choice((1,), area_unknown=True)


def test_an_area_after_the_rest_raises_no_doubt():
    assert choose(variant(), variant(area=SQUARE)) == Choice((0,))


def test_an_area_that_is_closed_raises_no_doubt():
    assert choose(variant(NIGHT, SQUARE), variant()) == Choice((1,))


def test_without_a_rest_every_area_that_may_hold_the_caller_is_tried():
    areas = (variant(area=STREETS), variant(area=SQUARE), variant(area=STREETS))
    assert choose(*areas) == Choice((0, 1, 2), area_unknown=True)
    assert choose(*areas, call=BESIDE) == Choice((0, 2), area_unknown=True)


def test_a_caller_outside_every_area_is_not_lost():
    assert choose(variant(area=SQUARE), call=BESIDE) == Choice((0,), area_unknown=True)


def test_everywhere_is_inside():
    assert rate_area(None, NOWHERE) is Fit.INSIDE


@pytest.mark.parametrize(
    ("lon_deg", "lat_deg", "fit"),
    [
        (-4.45, 48.35, Fit.INSIDE),
        (-4.35, 48.35, Fit.OUTSIDE),
        (180.0, 90.0, Fit.OUTSIDE),
        (180.1, 48.0, Fit.UNKNOWN),
        (-4.45, -90.1, Fit.UNKNOWN),
        (None, 48.35, Fit.UNKNOWN),
        (-4.45, None, Fit.UNKNOWN),
        (float("nan"), 48.35, Fit.UNKNOWN),
        (-4.45, float("-inf"), Fit.UNKNOWN),
    ],
)
def test_only_a_position_on_earth_is_compared(lon_deg, lat_deg, fit):
    assert rate_area(SQUARE, Call(dialled="15", lon_deg=lon_deg, lat_deg=lat_deg)) is fit


@pytest.mark.parametrize(
    ("street", "fit"),
    [
        ("Rue de Siam", Fit.INSIDE),
        ("  RUE  DE SIAM ", Fit.INSIDE),
        ("quai Éole", Fit.INSIDE),
        ("rue haute", Fit.OUTSIDE),
        ("", Fit.UNKNOWN),
        (" \n", Fit.UNKNOWN),
        (" " * STREET_CHARS_MAX + "rue de siam", Fit.UNKNOWN),
    ],
)
def test_streets_are_compared_as_people_read_them(street, fit):
    assert rate_area(STREETS, Call(dialled="15", street=street)) is fit


def test_an_area_of_both_kinds_holds_who_is_in_either():
    both = Area(text="both", rings=SQUARE.rings, streets=STREETS.streets)
    fits = [
        rate_area(both, Call(dialled="15", lon_deg=lon_deg, lat_deg=48.35, street=street))
        for lon_deg, street in (
            (-4.45, ""), (None, "rue de siam"), (-4.35, ""), (None, "rue haute"), (-4.35, "rue b")
        )
    ]  # fmt: skip
    assert fits == [Fit.INSIDE, Fit.INSIDE, Fit.UNKNOWN, Fit.UNKNOWN, Fit.OUTSIDE]
