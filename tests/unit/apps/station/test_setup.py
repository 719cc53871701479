import ssl
from dataclasses import replace

import pytest
from tests.support.certificates import write_certificates
from tests.unit.apps.site.test_setup import make_setup

from route112.apps.station import setup as module
from route112.apps.station.setup import Tls, clear_leftovers, make_token


def test_what_a_killed_supervisor_left_is_removed(tmp_path):
    kept = ["rpc.sock", "native.sqlite", "site.cfg", ".other"]
    left = [".rpc-12-3", ".native.sqlite.abc.new", ".site.cfg.new"]
    for name in kept + left:
        (tmp_path / name).touch()
    clear_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


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
