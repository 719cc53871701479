"""Who is at the other end of a connection, from its transport and nothing else."""

import asyncio
import pwd
import socket
import ssl
import struct

from cryptography import x509

from route112.access import Identity, Via
from route112.apps.certificates.ends import find_end

_CREDENTIALS = struct.Struct("3i")
"""Process, user and group, as the kernel has them when the other end connected."""


def identify_peer(transport: asyncio.BaseTransport) -> Identity | None:
    """Return who is there; None where nothing vouches for anybody."""
    tls = transport.get_extra_info("ssl_object")
    if tls is not None:
        return _read_certificate(tls)
    peer = transport.get_extra_info("socket")
    if peer is None or peer.family != socket.AF_UNIX:
        return None
    _, user, _ = _CREDENTIALS.unpack(
        peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    )
    return Identity(Via.SYSTEM_USER, name_user(user))


def find_peer_end(transport: asyncio.BaseTransport) -> int:
    """Return when the certificate at the other end ends, microseconds; 0: there is none."""
    tls = transport.get_extra_info("ssl_object")
    certificate = None if tls is None else _load(tls)
    try:
        return 0 if certificate is None else find_end(certificate)
    except ValueError:
        return 0


def name_user(number: int) -> str:
    """Return the name of a user; `#1234`, which is nobody's name, where there is none."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"#{number}"


def _read_certificate(tls: ssl.SSLObject) -> Identity | None:
    """Return the subject of the certificate that was verified, in the form of RFC 4514."""
    certificate = _load(tls)
    if certificate is None:
        return None
    try:
        subject = certificate.subject.rfc4514_string()
    except ValueError:
        return None
    return Identity(Via.CERTIFICATE, subject) if subject else None


def _load(tls: ssl.SSLObject) -> x509.Certificate | None:
    content = tls.getpeercert(binary_form=True)
    if not content:
        return None
    try:
        return x509.load_der_x509_certificate(content)
    except ValueError:
        return None
