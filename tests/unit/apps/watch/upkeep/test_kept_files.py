import pytest

from route112.apps.watch.upkeep.kept_files import Kept


def test_a_file_is_read_when_it_is_another_and_not_before(tmp_path):
    path, reads = tmp_path / "file", []

    def read():
        reads.append(path.read_text())
        return reads[-1]

    kept = Kept(path, read, pytest.fail)
    path.write_text("first")
    assert [kept.get(), kept.get()] == ["first", "first"]
    path.write_text("longer than that")
    assert kept.get() == "longer than that"
    assert len(reads) == 2


def test_a_trouble_is_said_once_and_what_was_known_holds(tmp_path):
    path, said = tmp_path / "file", []
    kept = Kept(path, lambda: int(path.read_text()), said.append)
    assert (kept.get(), kept.get()) == (None, None)
    path.write_text("7")
    assert kept.get() == 7
    path.write_text("seven")
    assert (kept.get(), kept.get()) == (7, 7)
    ends = "; what was known of it holds on"
    assert said == [
        f"{path} cannot be looked at: No such file or directory{ends}",
        f"{path} cannot be looked at: invalid literal for int() with base 10: 'seven'{ends}",
    ]


def test_a_folder_is_read_when_one_of_its_files_is_another(tmp_path):
    kept = Kept(
        tmp_path,
        lambda: sorted(each.name for each in tmp_path.iterdir()),
        pytest.fail,
        list_files=lambda: sorted(tmp_path.iterdir()),
    )
    assert kept.get() == []
    (tmp_path / "b").touch()
    assert kept.get() == ["b"]
