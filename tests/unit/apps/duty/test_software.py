import sys

import pytest

from route112.apps.duty.software import (
    FILE,
    OWN,
    Software,
    adapt,
    choose_software,
    find_tree,
    is_stopped,
    parse_software,
    read_software,
    render_software,
)

NEXT = Software(version="1.1", tree="/versions/1.1")
STOPPED = Software(is_stopped=True)


def make_tree(versions, name):
    tree = versions / name
    (tree / "src" / "route112").mkdir(parents=True)
    (tree / ".venv" / "bin").mkdir(parents=True)
    (tree / ".venv" / "bin" / "python").symlink_to(sys.executable)
    return tree


@pytest.mark.parametrize("wanted", [NEXT, STOPPED])
def test_what_is_chosen_stays_until_it_is_the_own_one_again(tmp_path, wanted):
    assert read_software(tmp_path) == OWN
    choose_software(tmp_path, wanted)
    before = (tmp_path / FILE).stat().st_ino
    choose_software(tmp_path, wanted)
    assert (tmp_path / FILE).stat().st_ino == before, "it is there"
    assert read_software(tmp_path) == wanted
    choose_software(tmp_path, OWN)
    choose_software(tmp_path, OWN)
    assert read_software(tmp_path) == OWN


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"tree": 7}'])
def test_a_file_that_cannot_be_read_changes_nothing(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    assert read_software(tmp_path) is None
    assert not is_stopped(tmp_path)


@pytest.mark.parametrize("software", [OWN, NEXT, STOPPED])
def test_which_software_it_is_fits_into_a_line(software):
    line = render_software(software)
    assert "\n" not in line
    assert parse_software(line) == software
    assert parse_software(line[1:]) is None
    assert parse_software("") is None


def test_what_is_stopped_is_stopped_until_it_is_told_otherwise(tmp_path):
    assert not is_stopped(tmp_path)
    choose_software(tmp_path, STOPPED)
    assert is_stopped(tmp_path)
    choose_software(tmp_path, NEXT)
    assert not is_stopped(tmp_path)


def test_a_version_is_a_whole_tree(tmp_path):
    tree = make_tree(tmp_path, "1.1")
    assert find_tree(tmp_path, "1.1") == tree
    for name in ("1.2", "..", "1.1/..", ""):
        assert find_tree(tmp_path, name) is None
    (tree / "src" / "route112").rmdir()
    assert find_tree(tmp_path, "1.1") is None
    make_tree(tmp_path, "1.2")
    (tmp_path / "1.2" / ".venv" / "bin" / "python").unlink()
    assert find_tree(tmp_path, "1.2") is None


def test_a_member_is_started_by_its_own_interpreter_from_its_own_source():
    argv = ("/up/python", "-m", "route112.apps", "site", "run")
    environment = {"PYTHONPATH": "/up/src", "ROUTE112_VERSION": "1.0", "HOME": "/h"}
    assert adapt(argv, environment, OWN) == (
        list(argv),
        {"PYTHONPATH": "/up/src", "HOME": "/h"},
    )
    assert adapt(argv, environment, NEXT) == (
        ["/versions/1.1/.venv/bin/python", *argv[1:]],
        {"PYTHONPATH": "/versions/1.1/src", "ROUTE112_VERSION": "1.1", "HOME": "/h"},
    )
