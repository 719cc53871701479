"""Both ends have to show a certificate."""

import ssl

import pytest
from tests.support.sip_ends import make_certificates


def test_both_sides_ask_for_a_certificate(tmp_path):
    files = make_certificates(tmp_path)
    for context in (files.server(), files.client()):
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version is ssl.TLSVersion.TLSv1_2
        assert len(context.get_ca_certs()) == 1


def test_a_key_of_somebody_else_is_refused(tmp_path):
    files, other = make_certificates(tmp_path), make_certificates(tmp_path, name="other")
    files.key.write_bytes(other.key.read_bytes())
    with pytest.raises(ssl.SSLError):
        files.server()
