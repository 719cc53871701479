import os

import pytest

from route112.adapters import source_folder
from route112.adapters.source_folder import (
    DEPTH_MAX,
    SourceFolder,
    SourceFolderError,
    read_plain,
)


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


def test_a_link_counts_inside_the_folder_and_is_refused_where_it_leads_out(folder, tmp_path):
    (tmp_path / "secret.csv").write_text("secret")
    (folder / "pdaau" / "c.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "pdaau" / "d.csv").symlink_to("a.csv")
    (folder / "more").symlink_to(tmp_path)
    names = SourceFolder(folder).list_names()
    plans = tuple(f"pdaau/{name}.csv" for name in "abcd")
    assert names == ("more", *plans, "profile.yaml")
    assert SourceFolder(folder).read(("pdaau/d.csv",)) == {"pdaau/d.csv": b"a"}
    with pytest.raises(SourceFolderError, match=r"pdaau/c.csv leads outside"):
        SourceFolder(folder).read(plans)
    with pytest.raises(SourceFolderError, match="leads outside"):
        SourceFolder(folder).read(("../secret.csv",))


def test_what_is_no_file_is_listed_so_that_reading_it_is_refused(folder):
    os.mkfifo(folder / "pdaau" / "pipe.csv")
    (folder / "pdaau" / "broken.csv").symlink_to("nowhere.csv")
    names = SourceFolder(folder).list_names()
    assert {"pdaau/pipe.csv", "pdaau/broken.csv"} <= set(names)
    with pytest.raises(SourceFolderError, match=r"pdaau/broken\.csv cannot be read: No such file"):
        SourceFolder(folder).read(names)
    with pytest.raises(
        SourceFolderError, match=r"pdaau/pipe\.csv cannot be read: it is no plain file"
    ):
        SourceFolder(folder).read(("pdaau/pipe.csv",))


def test_a_folder_that_is_too_deep_is_listed_and_not_searched(folder):
    deep = folder.joinpath("pdaau", *["x"] * DEPTH_MAX)
    deep.mkdir(parents=True)
    (deep / "y.csv").write_text("y")
    assert "pdaau/x/x/x/x" in SourceFolder(folder).list_names()


def test_a_folder_that_cannot_be_listed_is_refused(folder, monkeypatch):
    def deny(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", deny)
    with pytest.raises(SourceFolderError, match="fr cannot be listed: Permission denied"):
        SourceFolder(folder).list_names()


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
    with pytest.raises(SourceFolderError, match=r"pipe\.csv cannot be read: it is no plain file"):
        SourceFolder(folder).read(("pipe.csv",))


def test_a_missing_file_says_so(folder):
    with pytest.raises(SourceFolderError, match=r"x\.csv cannot be read: No such file"):
        SourceFolder(folder).read(("x.csv",))


def test_a_file_is_read_and_one_byte_more_than_allowed_shows_that_it_is_longer(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert read_plain(path, 5) == b"12345"
    assert read_plain(path, 3) == b"1234"


def test_a_pipe_that_somebody_names_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is no plain file"):
        read_plain(tmp_path / "pipe", 1)


def test_a_missing_file_that_somebody_names_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_plain(tmp_path / "nowhere", 1)
