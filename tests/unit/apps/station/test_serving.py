from pathlib import Path

import pytest
from tests.support.certificates import write_certificates

from route112.apps._console import Failure
from route112.apps.station import serving as module
from route112.apps.station.listen import Listen, parse_listen
from route112.apps.station.serving import check_listens, check_run_dir, check_tls

UDP = parse_listen("udp:127.0.0.1")
TLS = parse_listen("tls:127.0.0.1")
NOWHERE = (None, None, None)


def test_a_run_directory_is_made_private_and_is_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert check_run_dir(Path("a/b")) == tmp_path / "a/b"
    assert (tmp_path / "a/b").stat().st_mode & 0o777 == 0o700


def test_what_cannot_be_listened_on_names_what_to_change(monkeypatch):
    assert check_listens(UDP, named="--listen") == UDP
    monkeypatch.setattr(module, "find_obstacle", lambda _place: "it is not ours")
    with pytest.raises(
        Failure, match=r"edge-1: udp:127\.0\.0\.1:5060 cannot be had: it is not ours"
    ):
        check_listens(UDP, named="t.yaml, edge-1:")
    with pytest.raises(Failure, match="17 addresses to listen on"):
        check_listens((Listen("udp", "127.0.0.1", 5060),) * 17, named="--listen")


def test_tls_needs_all_of_its_files(tmp_path):
    assert check_tls(UDP, NOWHERE, named="them") is None
    with pytest.raises(Failure, match="TLS needs a certificate") as caught:
        check_tls(TLS, NOWHERE, named="them")
    assert caught.value.remedy == "Give them together"
    files = write_certificates(tmp_path, "127.0.0.1")
    wanted = (files.certificate, files.key, files.authority)
    assert check_tls(TLS, wanted, named="them").key == files.key
    with pytest.raises(Failure) as caught:
        check_tls(TLS, (files.key, files.key, files.authority), named="them")
    assert caught.value.remedy == "Check them"
