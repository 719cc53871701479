"""TEST CERTIFICATES: an authority of one test, and a site's certificate under it."""

import datetime as dt
import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BEGINS = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
ENDS = dt.datetime(2040, 1, 1, tzinfo=dt.UTC)


@dataclass
class Certificates:
    """PEM files."""

    certificate: Path
    key: Path
    authority: Path

    def ask(self, host, port, *, show=True):
        """Send OPTIONS over TLS, with or without a certificate; return the first word back."""
        context = ssl.create_default_context(cafile=self.authority)
        if show:
            context.load_cert_chain(self.certificate, self.key)
        token = os.urandom(4).hex()
        request = (
            f"OPTIONS sip:{host}:{port};transport=tls SIP/2.0\r\n"
            f"Via: SIP/2.0/TLS {host}:9;branch=z9hG4bK{token}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:t@{host}>;tag={token}\r\nTo: <sip:{host}>\r\nCall-ID: {token}\r\n"
            "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        )
        try:
            with (
                socket.create_connection((host, port), timeout=30.0) as plain,
                context.wrap_socket(plain, server_hostname=host) as asking,
            ):
                asking.sendall(request.encode())
                return asking.recv(7).decode()
        except OSError:
            return ""


def _name(text, before=()):
    return x509.Name([*before, x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject, issuer, key, *, ends=ENDS, before=()):
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject, before))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGINS)
        .not_valid_after(ends)
    )


@dataclass
class Authority:
    """An authority that goes on to sign."""

    path: Path
    key: ec.EllipticCurvePrivateKey

    def issue(self, name, *attributes, host="127.0.0.1", ends=ENDS):
        """Write NAME.pem and NAME.key beside the authority; attributes stand before the name."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
        certificate = (
            _builder(name, "TEST AUTHORITY", key, ends=ends, before=attributes)
            .add_extension(alternative, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        files = Certificates(
            self.path.parent / f"{name}.pem", self.path.parent / f"{name}.key", self.path
        )
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files


def write_authority(path, *, ends=ENDS):
    """Write an authority that can issue certificates and ends so."""
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    authority = (
        _builder("TEST AUTHORITY", "TEST AUTHORITY", key, ends=ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    return Authority(path, key)


def write_certificates(folder, host, *, ends=ENDS):
    """Write an authority, and a certificate for a site at `host` that ends so."""
    return write_authority(folder / "ca.pem").issue("site", host=host, ends=ends)
