import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, Polygon

from route112.geo import contains
from route112.geo.polygon import find_side

SQUARE = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0))
HOLE = ((1.0, 1.0), (3.0, 1.0), (3.0, 3.0), (1.0, 3.0), (1.0, 1.0))


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        (2.0, 2.0, True),
        (0.0, 0.0, True),
        (4.0, 4.0, True),
        (2.0, 0.0, True),
        (4.0, 2.0, True),
        (2.0, 4.0, True),
        (5.0, 0.0, False),
        (-1.0, 4.0, False),
        (5.0, 2.0, False),
        (2.0, 4.0000001, False),
    ],
)
def test_inside_outside_and_boundary_of_a_square(lon, lat, expected):
    assert contains((SQUARE,), lon, lat) is expected
    assert contains((SQUARE[::-1],), lon, lat) is expected


@pytest.mark.parametrize(
    ("lon", "lat", "expected"), [(2.0, 2.0, False), (1.0, 2.0, True), (0.5, 2.0, True)]
)
def test_a_hole_is_outside_and_its_boundary_inside(lon, lat, expected):
    assert contains((SQUARE, HOLE), lon, lat) is expected


def test_a_ray_through_a_vertex_counts_once():
    diamond = ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))
    assert contains((diamond,), -0.5, 0.0)
    assert not contains((diamond,), -2.0, 0.0)
    assert not contains((diamond,), -2.0, 1.0)


def test_nothing_contains_nothing():
    assert not contains((), 0.0, 0.0)
    assert not contains(((),), 0.0, 0.0)


def test_rounding_does_not_decide_on_which_side_a_point_lies():
    # In floats 0.1 + 0.2 is not 0.3, and the determinant of these three rounds to zero.
    start, end = (0.0, 0.0), (0.3, 0.3)
    assert find_side(start, end, 0.1 + 0.2, 0.1 + 0.2) == 0
    assert find_side(start, end, 0.3, 0.1 + 0.2) == 1
    assert find_side(start, end, 0.1 + 0.2, 0.3) == -1


COORDINATES = st.integers(-6, 6).map(lambda n: n / 3)


@given(
    st.lists(st.tuples(COORDINATES, COORDINATES), min_size=3, max_size=7, unique=True),
    COORDINATES,
    COORDINATES,
)
def test_agrees_with_shapely(points, lon, lat):
    ring = (*points, points[0])
    polygon = Polygon(ring)
    if polygon.is_valid:
        assert contains((ring,), lon, lat) == polygon.covers(Point(lon, lat))
