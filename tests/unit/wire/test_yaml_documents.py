import pytest

from route112.wire import yaml_documents


@pytest.mark.parametrize("name", yaml_documents.__all__)
def test_every_reader_turns_hostile_bytes_into_problems(name):
    parse = getattr(yaml_documents, name)
    for content in (b"", b"\xff\xfe\x00", b"a: *b", b"[" * 5000, b"- 1", b"a: !!python/x y"):
        value, problems = parse(content, file="a.yaml")
        assert not value
        assert problems
        assert all(problem.severity == "error" for problem in problems)
        assert problems[0].file == "a.yaml"
