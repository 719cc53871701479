import ssl
from dataclasses import replace

import pytest
from tests.support.certificates import write_certificates
from tests.support.snapshots import small_content
from tests.unit.apps.site.test_setup import make_setup

from route112.apps.station import setup as module
from route112.apps.station.listen import parse_listen
from route112.apps.station.setup import Tls, clear_leftovers, count_connections, make_token
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot


def test_what_a_killed_supervisor_left_is_removed(tmp_path):
    kept = ["rpc.sock", "native.sqlite", "site.cfg", ".other"]
    left = [".rpc-12-3", ".native.sqlite.abc.new", ".site.cfg.new"]
    for name in kept + left:
        (tmp_path / name).touch()
    clear_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_connections_leave_most_of_the_memory_to_calls():
    assert count_connections(512) == 1_278
    assert count_connections(64) * 70_000 < 64 * 1_048_576 / 4


def test_a_token_changes_with_anything_that_matters(tmp_path, monkeypatch):
    token = make_token(["kamailio"], {"A": "1"}, ["cfg"])
    assert token == make_token(["kamailio"], {"A": "1"}, ["cfg"])
    others = {
        make_token(["kamailio", "-x"], {"A": "1"}, ["cfg"]),
        make_token(["kamailio"], {"A": "2"}, ["cfg"]),
        make_token(["kamailio"], {"A": "1"}, ["other"]),
    }
    (tmp_path / "new.py").write_text("")
    monkeypatch.setattr(module.route112, "__file__", str(tmp_path / "__init__.py"))
    others.add(make_token(["kamailio"], {"A": "1"}, ["cfg"]))
    assert len(others | {token}) == 5


def test_a_station_has_its_files_in_its_run_directory(tmp_path):
    setup = make_setup(tmp_path)
    places = (setup.tls_config, setup.rpc_socket, setup.group_state, setup.records)
    assert [path.name for path in places] == ["tls.cfg", "rpc.sock", "kamailio.json", "records"]
    assert {path.parent for path in places} == {tmp_path}


def test_it_asks_itself_with_its_own_certificate(tmp_path):
    files = write_certificates(tmp_path, "127.0.0.1")
    tls = Tls(files.certificate, files.key, files.authority)
    assert tls.make_context().verify_mode is ssl.CERT_REQUIRED
    with pytest.raises(OSError, match=r"KEY_VALUES_MISMATCH|PEM"):
        replace(tls, key=files.certificate).make_context()


def test_a_certificate_that_others_refuse_is_known_before_anybody_asks(tmp_path):
    for name in ("good", "strange"):
        (tmp_path / name).mkdir()
    files = write_certificates(tmp_path / "good", "127.0.0.1")
    strange = write_certificates(tmp_path / "strange", "127.0.0.1")
    assert Tls(files.certificate, files.key, files.authority).find_trouble() == ""
    found = Tls(strange.certificate, strange.key, files.authority).find_trouble()
    assert found == "certificate signature failure", "the two authorities have one name"
    snapshot = Snapshot(write_snapshot(small_content()))
    setup = make_setup(tmp_path, listens=parse_listen("127.0.0.1"))
    [lacking] = setup.list_warnings(snapshot)
    assert lacking.startswith("IT HAS NO IPv6 ADDRESS")
    setup = replace(setup, tls=Tls(strange.certificate, strange.key, files.authority))
    assert list(setup.list_warnings(snapshot)) == [
        lacking, f"OTHERS WILL REFUSE the certificate {strange.certificate}: {found}"
    ]  # fmt: skip


def test_a_handshake_that_fails_otherwise_is_told_in_the_words_of_the_library(
    tmp_path, monkeypatch
):
    def fail(_sides):
        raise ssl.SSLError(1, "no ciphers")

    files = write_certificates(tmp_path, "127.0.0.1")
    monkeypatch.setattr(module.ssl.SSLObject, "do_handshake", fail)
    assert "no ciphers" in Tls(files.certificate, files.key, files.authority).find_trouble()
