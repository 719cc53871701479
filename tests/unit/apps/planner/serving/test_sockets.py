import stat
from dataclasses import replace

import pytest
from tests.support.certificates import write_authority

from route112.apps.certificates.ends import TlsFiles
from route112.apps.planner.serving import (
    MODE_GROUP,
    ListenError,
    bind_tcp,
    bind_unix,
    load_tls,
)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_socket_file_is_its_owners_or_its_groups(tmp_path):
    path = tmp_path / "socket"
    with bind_unix(path):
        assert mode(path) == 0o600
        with pytest.raises(ListenError, match="another planner listens there"):
            bind_unix(path)
    with bind_unix(path, mode=MODE_GROUP):
        assert mode(path) == 0o660, "what nobody listens at is taken away"
        assert path.stat().st_gid == tmp_path.stat().st_gid
    with pytest.raises(AssertionError):
        bind_unix(path, mode=0o666)


def test_nothing_but_a_socket_is_taken_away(tmp_path):
    path = tmp_path / "socket"
    path.write_text("mine")
    with pytest.raises(ListenError, match="no socket"):
        bind_unix(path)
    assert path.read_text() == "mine"
    with pytest.raises(ListenError, match="socket"):
        bind_unix(tmp_path / "nowhere" / "socket")


def test_only_loopback_unless_told():
    listening = bind_tcp("127.0.0.1", 0)
    with pytest.raises(ListenError, match="in use"):
        bind_tcp(*listening.getsockname())
    listening.close()
    with pytest.raises(ListenError, match="is not loopback"):
        bind_tcp("0.0.0.0", 0)
    bind_tcp("0.0.0.0", 0, beyond_loopback=True).close()
    with pytest.raises(ListenError, match="no IP address"):
        bind_tcp("localhost", 0)


def test_files_that_are_none_are_told(tmp_path):
    authority = write_authority(tmp_path / "ca.pem")
    files = authority.issue("planner")
    named = TlsFiles(files.certificate, files.key, files.authority)
    load_tls(named, say=print)
    for broken in (files.certificate, files.key, files.authority):
        content = broken.read_bytes()
        broken.write_bytes(b"nothing")
        with pytest.raises(ListenError, match="cannot be used"):
            load_tls(named, say=print)
        broken.write_bytes(content)
    with pytest.raises(ListenError, match="No such file"):
        load_tls(replace(named, certificate=tmp_path / "none"), say=print)
