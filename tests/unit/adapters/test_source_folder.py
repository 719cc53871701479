import os

import pytest

from route112.adapters import source_folder
from route112.adapters.source_folder import DEPTH_MAX, SourceFolder, SourceFolderError


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "fr"
    (path / "pdaau").mkdir(parents=True)
    (path / "profile.yaml").write_text("country: fr")
    (path / "pdaau" / "b.csv").write_text("b")
    (path / "pdaau" / "a.csv").write_text("a")
    return path


def test_names_are_sorted_and_hidden_folders_left_out(folder):
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("x")
    names = SourceFolder(folder).list_names()
    assert names == ("pdaau/a.csv", "pdaau/b.csv", "profile.yaml")
    assert SourceFolder(folder).read(names[:2]) == {"pdaau/a.csv": b"a", "pdaau/b.csv": b"b"}


def test_a_link_out_of_the_folder_is_not_followed(folder, tmp_path):
    (tmp_path / "secret.csv").write_text("secret")
    (folder / "pdaau" / "c.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "pdaau" / "d.csv").symlink_to("a.csv")
    (folder / "more").symlink_to(tmp_path)
    names = SourceFolder(folder).list_names()
    assert names == ("pdaau/a.csv", "pdaau/b.csv", "pdaau/d.csv", "profile.yaml")
    with pytest.raises(SourceFolderError, match=r"pdaau/c.csv leads outside"):
        SourceFolder(folder).read(("pdaau/c.csv",))
    with pytest.raises(SourceFolderError, match="leads outside"):
        SourceFolder(folder).read(("../secret.csv",))


def test_pipes_are_no_files(folder):
    os.mkfifo(folder / "pdaau" / "pipe.csv")
    assert "pdaau/pipe.csv" not in SourceFolder(folder).list_names()


def test_deep_folders_are_not_searched(folder):
    deep = folder.joinpath(*["x"] * (DEPTH_MAX + 1))
    deep.mkdir(parents=True)
    (deep / "y.csv").write_text("y")
    assert len(SourceFolder(folder).list_names()) == 3


def test_what_is_no_folder_is_refused(tmp_path):
    with pytest.raises(SourceFolderError, match="nowhere is not a folder") as caught:
        SourceFolder(tmp_path / "nowhere").list_names()
    assert "profile.yaml" in caught.value.remedy


def test_too_many_names_are_refused(folder, monkeypatch):
    monkeypatch.setattr(source_folder, "NAMES_MAX", 2)
    with pytest.raises(SourceFolderError, match="holds more than 2 files"):
        SourceFolder(folder).list_names()


def test_a_file_above_the_limit_is_refused(folder, monkeypatch):
    monkeypatch.setattr(source_folder, "FILE_BYTES_MAX", 5)
    with pytest.raises(SourceFolderError, match=r"profile\.yaml is larger than 5 bytes"):
        SourceFolder(folder).read(("profile.yaml",))


def test_files_above_the_limit_together_are_refused(folder, monkeypatch):
    monkeypatch.setattr(source_folder, "FOLDER_BYTES_MAX", 1)
    with pytest.raises(SourceFolderError, match="exceed 1 bytes together"):
        SourceFolder(folder).read(("pdaau/a.csv", "pdaau/b.csv"))


def test_a_file_that_cannot_be_opened_says_why(folder, monkeypatch):
    def deny(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", deny)
    with pytest.raises(SourceFolderError, match="cannot be read: Permission denied"):
        SourceFolder(folder).read(("profile.yaml",))


def test_a_pipe_is_refused_without_waiting_for_its_writer(folder):
    os.mkfifo(folder / "pipe.csv")
    with pytest.raises(SourceFolderError, match=r"pipe\.csv is no file"):
        SourceFolder(folder).read(("pipe.csv",))


def test_a_missing_file_says_so(folder):
    with pytest.raises(SourceFolderError, match=r"x\.csv cannot be read: No such file"):
        SourceFolder(folder).read(("x.csv",))
