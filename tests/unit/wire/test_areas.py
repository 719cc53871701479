import pytest

from route112.geo import contains
from route112.wire.areas import RINGS_MAX, STREETS_MAX, AreaError, parse_area

RING = "(-4.5 48.3, -4.4 48.3, -4.4 48.4, -4.5 48.3)"


def test_a_polygon():
    area = parse_area(f" polygon({RING}) ")
    assert area.rings == (((-4.5, 48.3), (-4.4, 48.3), (-4.4, 48.4), (-4.5, 48.3)),)
    assert area.text == f"polygon({RING})"
    assert contains(area.rings, -4.42, 48.31)


def test_a_polygon_with_a_hole():
    assert len(parse_area(f"POLYGON ({RING}, {RING})").rings) == 2


def test_streets_are_folded_and_told_once():
    area = parse_area("Rues : Rue de l’Église; RUE DE L'EGLISE ;Quai n° 2;")
    assert area.streets == ("rue de l'eglise", "quai n° 2")
    assert parse_area("streets: A").streets == ("a",)


def test_no_area():
    assert parse_area("  ") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("le bourg", "the area is neither POLYGON((longitude latitude, ...)) nor `rues: A; B`"),
        ("rues: ; ", "the area names no street"),
        (
            "rues: " + ";".join(map(str, range(STREETS_MAX + 1))),
            f"the area names more than {STREETS_MAX} streets",
        ),
        (f"POLYGON({RING}", "the brackets of the polygon do not match"),
        (f"POLYGON({RING} {RING})", "the brackets of the polygon do not match"),
        ("POLYGON()", "the brackets of the polygon do not match"),
        (
            "POLYGON(" + ",".join([RING] * (RINGS_MAX + 1)) + ")",
            f"the polygon has more than {RINGS_MAX} rings",
        ),
        ("POLYGON((1 2, 3))", "'3' is not a point `longitude latitude`"),
        ("POLYGON((1 2, nan 3))", "'nan 3' is not a point `longitude latitude`"),
        ("POLYGON((1 91, 2 2))", "'1 91' is not on Earth: write longitude, then latitude"),
        (
            "POLYGON((1 1, 2 2, 3 1, 4 4))",
            "a ring of the polygon is not closed: repeat its first point at the end",
        ),
        (
            "POLYGON((1 1, 2 2, 1 1))",
            "a ring of the polygon is not closed: repeat its first point at the end",
        ),
        ("POLYGON((1 1, 2 2, 3 3, 1 1))", "a ring of the polygon encloses nothing"),
    ],
)
def test_what_cannot_be_understood_is_said(text, message):
    with pytest.raises(AreaError) as caught:
        parse_area(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["police", "Gendarmerie", "ZONE POLICE"])
def test_the_name_of_a_service_is_no_part_of_a_commune(text):
    assert parse_area(text) is None
