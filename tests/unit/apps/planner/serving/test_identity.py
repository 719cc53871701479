import getpass
import os
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from tests.support.certificates import ENDS, write_authority
from tests.support.commanding import certificate, user

from route112.apps.planner.serving import identity
from route112.apps.planner.serving.identity import find_peer_end, identify_peer, name_user


class Transport:
    def __init__(self, **extra):
        self.extra = extra

    def get_extra_info(self, name):
        return self.extra.get(name)


class Tls:
    def __init__(self, content):
        self.content = content

    def getpeercert(self, *, binary_form):
        assert binary_form
        return self.content


def test_the_kernel_names_the_user_of_a_unix_socket():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, theirs:
        assert identify_peer(Transport(socket=ours)) == user(getpass.getuser())


def test_a_user_without_a_name_is_a_number_that_nobody_can_be_called():
    assert name_user(os.geteuid()) == getpass.getuser()
    assert name_user(4_000_000_123) == "#4000000123"


def test_nothing_vouches_for_whoever_came_over_plain_tcp():
    with socket.socket() as tcp:
        assert identify_peer(Transport(socket=tcp)) is None
    assert identify_peer(Transport()) is None


def test_a_subject_is_as_people_yaml_has_it(tmp_path):
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Préfecture, Finistère"),
    ]
    files = write_authority(tmp_path / "ca.pem").issue("crisis", *attributes)
    content = ssl.PEM_cert_to_DER_cert(files.certificate.read_text())
    found = identify_peer(Transport(ssl_object=Tls(content)))
    assert found == certificate("CN=crisis,O=Préfecture\\, Finistère,C=FR")
    assert x509.load_der_x509_certificate(content).public_bytes(Encoding.DER) == content
    assert find_peer_end(Transport(ssl_object=Tls(content))) == ENDS.timestamp() * 1_000_000


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_without_a_certificate_there_is_nobody(content):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, theirs:
        transport = Transport(ssl_object=Tls(content), socket=ours)
        assert identify_peer(transport) is None, "TLS over whatever is TLS"
        assert find_peer_end(transport) == 0


def test_who_has_no_certificate_has_none_that_ends():
    assert find_peer_end(Transport()) == 0


def test_a_date_that_cannot_be_read_keeps_nobody_out(tmp_path, monkeypatch):
    def fail(_certificate):
        raise ValueError("year is out of range")

    files = write_authority(tmp_path / "ca.pem").issue("site-1")
    tls = Tls(ssl.PEM_cert_to_DER_cert(files.certificate.read_text()))
    monkeypatch.setattr(identity, "find_end", fail)
    assert find_peer_end(Transport(ssl_object=tls)) == 0
