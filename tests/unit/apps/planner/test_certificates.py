from tests.support.certificates import ENDS, write_certificates

from route112.apps.certificates.ends import ENDS_FILE, End, TlsFiles, read_ends
from route112.apps.planner.certificates import CertificateBook

ENDS_US = int(ENDS.timestamp()) * 1_000_000
SITE = End(owner="site-1", what="certificate CN=site-1", ends_us=7)
STATIONS = ("site-1", "edge-1")


def listed(folder):
    return list(read_ends(folder / ENDS_FILE))


def test_a_planner_without_tls_leaves_word_that_there_is_nothing(tmp_path):
    CertificateBook(tmp_path, None).keep(STATIONS)
    assert listed(tmp_path) == []
    assert (tmp_path / ENDS_FILE).stat().st_mode & 0o777 == 0o600


def test_its_own_ends_are_those_of_its_files_now_or_last(tmp_path):
    files = write_certificates(tmp_path, "127.0.0.1")
    book = CertificateBook(tmp_path, TlsFiles(files.certificate, files.key, files.authority))
    book.keep(STATIONS)
    own = [
        End(owner="planner", what="certificate site.pem", ends_us=ENDS_US),
        End(owner="planner", what="authority ca.pem", ends_us=ENDS_US),
    ]
    assert listed(tmp_path) == own
    files.authority.unlink()
    book.note("site-1", "CN=site-1", 7)
    book.keep(STATIONS)
    assert listed(tmp_path) == [*own, SITE]


def test_what_a_station_showed_outlasts_the_planner_and_not_the_station(tmp_path):
    book = CertificateBook(tmp_path, None)
    book.note("site-1", "CN=site-1", 7)
    book.keep(STATIONS)
    again = CertificateBook(tmp_path, None)
    again.keep(STATIONS)
    assert listed(tmp_path) == [SITE]
    again.keep(("edge-1",))
    assert listed(tmp_path) == []


def test_who_comes_without_one_has_none_that_ends(tmp_path):
    book = CertificateBook(tmp_path, None)
    book.note("site-1", "CN=site-1", 7)
    book.note("site-1", "route112", 0)
    book.keep(STATIONS)
    assert listed(tmp_path) == []


def test_it_is_written_where_it_is_other_than_before(tmp_path):
    book = CertificateBook(tmp_path, None)
    book.keep(STATIONS)
    before = (tmp_path / ENDS_FILE).stat().st_ino
    book.keep(STATIONS)
    assert (tmp_path / ENDS_FILE).stat().st_ino == before
    book.note("edge-1", "CN=edge-1", 9)
    book.keep(STATIONS)
    assert [each.owner for each in listed(tmp_path)] == ["edge-1"]


def test_a_file_that_cannot_be_read_is_written_anew(tmp_path):
    (tmp_path / ENDS_FILE).write_text("nonsense")
    CertificateBook(tmp_path, None).keep(STATIONS)
    assert listed(tmp_path) == []
