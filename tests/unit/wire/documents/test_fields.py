import pytest

from route112.wire.documents.fields import ITEMS_MAX, TEXT_CHARS_MAX, Fields
from route112.wire.documents.nodes import read_document
from route112.wire.problems import ProblemList


def open_fields(text):
    problems = ProblemList("a.yaml")
    return Fields(read_document(text.encode(), problems), "", problems), problems


def only(problems):
    (problem,) = problems.finish()
    return str(problem)


def test_values_of_every_type():
    top, problems = open_fields(
        "name: ' Brest '\ncount: 30\nwhen: 2026-11-01T01:00:00+01:00\nlist: [a, b]\n"
        "map: {15: A, 17: B}\nitems: [{x: 1}]\nbelow: {y: 2}\ncode: '29'\n"
    )
    assert top.get_text("name") == "Brest"
    assert top.get_integer("count", least=1, most=60) == 30
    assert top.get_time("when") == 1793491200000000
    assert top.get_texts("list") == ("a", "b")
    assert top.get_map("map") == {"15": "A", "17": "B"}
    assert [item.get_text("x") for item in top.iterate("items")] == ["1"]
    assert top.get_fields("below").get_text("y") == "2"
    assert top.get_match("code", "[0-9]{2}", shape="two digits") == "29"
    top.finish()
    assert problems.finish() == ()


def test_fields_may_be_absent_if_they_are_not_required():
    top, problems = open_fields("a: ''\n")
    assert top.get_text("a", required=False) == ""
    assert top.get_text("b", required=False) == ""
    assert top.get_texts("c", required=False) == ()
    assert top.get_match("d", "x", shape="x", required=False) == ""
    assert problems.finish() == ()


@pytest.mark.parametrize(
    ("text", "read", "expected"),
    [
        ("b: 1", lambda top: top.get_text("a"),
         ":1 a: the field a is missing. Add the field."),
        ("a:", lambda top: top.get_text("a"), ":1 a: the field is empty. Fill it in."),
        ("a: []", lambda top: top.get_text("a"),
         ":1 a: a single value is expected here. Write `name: value`."),
        ("a: x", lambda top: top.get_text("a", among=("ip", "rtc")),
         ":1 a 'x': the value is not one of those known. Write ip or rtc."),
        (f"a: {'x' * (TEXT_CHARS_MAX + 1)}", lambda top: top.get_text("a"),
         f":1 a '{'x' * 79}…': the value is too long or holds a NUL. Shorten it."),
        ("a: x", lambda top: top.get_match("a", "[0-9]", shape="a digit"),
         ":1 a 'x': the value is not a digit. Correct the value."),
        ("a: 61", lambda top: top.get_integer("a", least=1, most=60),
         ":1 a '61': the value is not a whole number from 1 to 60. Correct the value."),
        ("a: 1e3", lambda top: top.get_integer("a", least=1, most=60),
         ":1 a '1e3': the value is not a whole number from 1 to 60. Correct the value."),
        ("a: 2026-11-01", lambda top: top.get_time("a"),
         (":1 a '2026-11-01': the value is not an instant with its offset from UTC."
         " Write it as 2026-11-01T00:00:00Z.")),
        ("a: soon", lambda top: top.get_time("a"),
         (":1 a 'soon': the value is not an instant with its offset from UTC."
         " Write it as 2026-11-01T00:00:00Z.")),
        ("a: x", lambda top: top.get_texts("a"),
         ":1 a 'x': a list is expected here. Write `[a, b]` or lines with `-`."),
        ("a: []", lambda top: top.get_texts("a"), ":1 a: the list is empty. Fill it in."),
        ("a: [[b]]", lambda top: top.get_texts("a"),
         ":1 a: a list of plain values is expected. Write `[a, b]`."),
        (f"a: [{'b,' * (ITEMS_MAX + 1)}]", lambda top: top.get_texts("a"),
         ":1 a: the list has more than 2,000 items. Shorten it."),
        ("x: 1\na: 5", lambda top: top.get_fields("a"),
         ":2 a '5': fields are expected here. Write `name: value`."),
        ("a: {b: []}", lambda top: top.get_map("a"),
         ":1 a.b: a single value is expected here. Write `name: value`."),
        ("a:\n- {x: 1}", lambda top: [item.get_text("y") for item in top.iterate("a")],
         ":2 a[0].y: the field y is missing. Add the field."),
        ("a: 1", lambda top: top.finish(),
         ":1 a '1': no such field is known here. Correct or remove the field."),
        ("a: 1", lambda top: top.refuse("a", "wrong", "Mend it", value="1"),
         ":1 a '1': wrong. Mend it."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_line_and_path(text, read, expected):
    top, problems = open_fields(text)
    read(top)
    assert only(problems) == "error: a.yaml" + expected


def test_missing_maps_and_fields():
    top, problems = open_fields("a: 1")
    assert top.get_map("m") == {}
    assert top.get_fields("f") is None
    assert len(problems.finish()) == 2
