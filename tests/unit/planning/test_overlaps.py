from tests.support.plans import DAY, NIGHT

from route112.model import Area, Hours
from route112.planning.overlaps import find_overlap
from route112.planning.resolve import Variant


def variant(hours=None, area=None):
    return Variant(lines=("+33261910015",), rules=("primary",), hours=hours, area=area)


def square(west, east):
    ring = ((west, 48.0), (east, 48.0), (east, 49.0), (west, 49.0), (west, 48.0))
    return Area(text=f"{west} to {east}", rings=(ring,))


def streets(*names):
    return Area(text="rues", streets=names)


def test_day_and_night_do_not_meet():
    assert find_overlap(variant(DAY), variant(NIGHT)) is None


def test_hours_that_meet_are_named_by_day_and_time():
    monday = Hours(((600, 700),))
    assert find_overlap(variant(DAY), variant(monday)) == "on Monday at 10:00"


def test_the_row_without_a_condition_is_the_rest():
    assert find_overlap(variant(DAY), variant()) is None


def test_a_narrower_row_may_stand_before_a_wider_one_but_not_after_it():
    narrow, wide = variant(DAY, streets("quai")), variant(DAY)
    assert find_overlap(narrow, wide) is None
    assert find_overlap(wide, narrow) == "on Monday at 08:00"
    assert find_overlap(variant(None, streets("quai")), variant(DAY)) == "in one place"


def test_polygons_that_only_touch_do_not_meet():
    assert find_overlap(variant(area=square(0, 1)), variant(area=square(1, 2))) is None
    assert find_overlap(variant(area=square(0, 1)), variant(area=square(0.9, 2))) == "in one place"


def test_a_hole_is_outside():
    outer = square(0, 10).rings[0]
    hole = tuple((1 + lon / 20, 48.2 + (lat - 48) / 2) for lon, lat in outer)
    inner = tuple((1.1 + lon / 30, 48.3 + (lat - 48) / 4) for lon, lat in outer)
    ring = Area(text="ring", rings=(outer, hole))
    assert find_overlap(variant(area=ring), variant(area=Area(text="in", rings=(inner,)))) is None


def test_streets_meet_streets_and_a_polygon_meets_no_street():
    first, second = variant(area=streets("quai", "rue")), variant(area=streets("rue"))
    assert find_overlap(first, second) == "in one place"
    assert find_overlap(first, variant(area=streets("place"))) is None
    assert find_overlap(first, variant(area=square(0, 1))) is None


def test_hours_and_area_together_name_both():
    first, second = variant(DAY, streets("quai")), variant(DAY, streets("quai"))
    assert find_overlap(first, second) == "on Monday at 08:00 in one place"
