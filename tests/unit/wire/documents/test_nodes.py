import pytest

from route112.wire.documents.nodes import DEPTH_MAX, DOCUMENT_BYTES_MAX, read_document
from route112.wire.problems import ProblemList


def read(content):
    problems = ProblemList("a.yaml")
    if isinstance(content, str):
        content = content.encode()
    node = read_document(content, problems)
    return node, [str(problem) for problem in problems.finish()]


def test_scalars_stay_text_and_know_their_line():
    node, problems = read(
        "number: 0261910015\nyes: no\nlist:\n  - 1.0\n  - ~\n  - {a: 2026-11-05}\n"
    )
    assert problems == []
    assert node.fields["number"].text == "0261910015"
    assert node.fields["yes"].text == "no"
    items = node.fields["list"].items
    assert [item.text for item in items] == ["1.0", "~", None]
    assert items[2].fields["a"].text == "2026-11-05"
    assert [item.line for item in items] == [4, 5, 6]


def test_comments_marks_and_encodings():
    assert read("\ufeff# note\nname: Bruyère\n")[0].fields["name"].text == "Bruyère"
    assert read("name: Bruyère\n".encode("cp1252"))[0].fields["name"].text == "Bruyère"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a: &x 1\nb: 2", ":1: anchors and aliases are not read. Write the value out."),
        ("a: 1\nb: *x", ":2: anchors and aliases are not read. Write the value out."),
        ("a: !!int 1", ":1: YAML tags are not read. Write the plain value."),
        ("a: !python/object:os.system x", ":1: YAML tags are not read. Write the plain value."),
        ("a: 1\na: 2", ":2: the field a is there twice. Remove one of them."),
        ("? [a]\n: 1", ":1: a field's name is not plain text. Write `name: value`."),
        ("a: 1\n---\nb: 2\n", ":3: a second document begins here. Remove it."),
        ("- a", ":1: the file holds no fields. Write `name: value` lines."),
        ("", ":1: the file holds no fields. Write `name: value` lines."),
        ("a: " + "[" * DEPTH_MAX + "]" * DEPTH_MAX,
         ":1: the file nests deeper than 20 levels. Write it flat."),
    ],
)  # fmt: skip
def test_what_is_not_read(content, expected):
    node, problems = read(content)
    assert node is None
    assert problems == ["error: a.yaml" + expected]


@pytest.mark.parametrize(
    ("content", "row"), [("a: 1\n b: 2\n", 2), ("a: [1\nb: 2", 2), ("a: '", 1)]
)
def test_what_is_not_yaml(content, row):
    node, problems = read(content)
    assert node is None
    assert problems[0].startswith(f"error: a.yaml:{row}: the file is not YAML: ")


def test_characters_that_yaml_forbids():
    assert read(b"a: \0")[1][0].startswith("error: a.yaml")
    assert read(b"\xff\xfea\0\0\xd8")[1][0].startswith("error: a.yaml")


def test_size_and_depth_are_bounded():
    assert read(b"a: " + b"x" * DOCUMENT_BYTES_MAX)[1] == [
        (
            "error: a.yaml: the file has 1,048,579 bytes, at most 1,048,576 are read."
            " Split the file, or remove what does not belong there."
        )
    ]
    assert "nests deeper" in read("a: " + "[" * 100_000)[1][0]
