import getpass

import pytest
from tests.support.commanding import certificate, user

from route112.apps.planner.stations import STATIONS_BYTES_MAX, StationBook

TEXT = "stations:\n  - {id: site-1, certificates: [CN=site-1]}\n"


def test_only_the_planners_own_user_needs_no_list(tmp_path):
    book = StationBook(tmp_path)
    own = user(getpass.getuser())
    assert book.speaks(own)
    assert book.speaks_for(own, "site-7")
    assert not book.speaks(certificate("CN=site-1"))
    assert not book.speaks(certificate(getpass.getuser())), "a certificate is no system user"


def test_the_list_is_read_anew_when_it_changes(tmp_path):
    book, path = StationBook(tmp_path), tmp_path / "stations.yaml"
    path.write_text(TEXT)
    assert book.speaks(certificate("CN=site-1"))
    assert book.speaks_for(certificate("CN=site-1"), "site-1")
    assert not book.speaks_for(certificate("CN=site-1"), "site-2")
    path.write_text(TEXT.replace("CN=site-1", "CN=site-one"))
    assert not book.speaks(certificate("CN=site-1"))
    path.unlink()
    assert not book.speaks(certificate("CN=site-one"))
    assert book.flaw == ""


@pytest.mark.parametrize(
    "text",
    ["stations: 1\n", TEXT * 2, "#" * (STATIONS_BYTES_MAX + 1)],
    ids=["odd", "twice", "big"],
)
def test_one_mistake_and_none_is_listed(tmp_path, text):
    book = StationBook(tmp_path)
    (tmp_path / "stations.yaml").write_text(text)
    assert not book.speaks(certificate("CN=site-1"))
    assert "stations.yaml" in book.flaw


def test_a_list_that_anybody_may_write_lists_none(tmp_path):
    book, path = StationBook(tmp_path), tmp_path / "stations.yaml"
    path.write_text(TEXT)
    assert book.speaks(certificate("CN=site-1"))
    path.chmod(0o646)
    assert not book.speaks(certificate("CN=site-1"))
    assert f"chmod o-w {path}" in book.flaw
    path.chmod(0o640)
    assert book.speaks(certificate("CN=site-1"))
    tmp_path.chmod(0o777)
    assert not book.speaks(certificate("CN=site-1")), "whoever may exchange it may write it"
    assert f"chmod o-w {tmp_path}" in book.flaw
    tmp_path.chmod(0o1777)
    assert book.speaks(certificate("CN=site-1"))


def test_a_list_that_cannot_be_read_lists_none(tmp_path):
    book = StationBook(tmp_path)
    (tmp_path / "stations.yaml").mkdir()
    assert not book.speaks(certificate("CN=site-1"))
    assert "stations.yaml" in book.flaw
    nowhere = StationBook(tmp_path / ("x" * 300))
    assert not nowhere.speaks(certificate("CN=site-1"))
    assert "too long" in nowhere.flaw
