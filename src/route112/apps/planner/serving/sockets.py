"""Where it listens: a socket file of its owner, or loopback with mutual TLS, unless told."""

import ipaddress
import os
import socket
import ssl
import stat
from collections.abc import Callable
from pathlib import Path

from route112.apps.certificates.ends import TlsFiles
from route112.apps.certificates.kept import KeptContext

BACKLOG = 64
MODE_OWN = 0o600
MODE_GROUP = 0o660
"""Most that the socket file may allow: its group. Whoever may connect is still asked who he is."""


class ListenError(Exception):
    """It cannot listen there; the text says why."""


def bind_unix(path: Path, *, mode: int = MODE_OWN) -> socket.socket:
    """
    Return a listening Unix socket; what is left of one that nobody listens at is taken away.

    Args:
        path: of the socket file.
        mode: its owner's, or of the group that its folder has.
    Raises: ListenError
    """
    assert mode in (MODE_OWN, MODE_GROUP), "nobody else may connect"
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.exists() or path.is_symlink():
            _clear(path)
        before = os.umask(0o777)
        try:
            listening.bind(str(path))
        finally:
            os.umask(before)
        if mode == MODE_GROUP:
            os.chown(path, -1, path.parent.stat().st_gid)
        path.chmod(mode)
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise ListenError(f"{path}: {error.strerror or error}") from error
    except ListenError:
        listening.close()
        raise
    return listening


def _clear(path: Path) -> None:
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise ListenError(f"{path} is there, and no socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trying:
        try:
            trying.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
    raise ListenError(f"{path}: another planner listens there")


def bind_tcp(host: str, port: int, *, beyond_loopback: bool = False) -> socket.socket:
    """Return a listening TCP socket; beyond loopback only if told. Raises: ListenError."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError as error:
        raise ListenError(f"{host} is no IP address") from error
    if not address.is_loopback and not beyond_loopback:
        raise ListenError(f"{host} is not loopback")
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise ListenError(f"{host}:{port}: {error.strerror or error}") from error
    return listening


def load_tls(files: TlsFiles, *, say: Callable[[str], None]) -> Callable[[], ssl.SSLContext]:
    """
    Return mutual TLS of the files as they are now: for each connection it is asked again.

    Raises: ListenError
    """
    try:
        return KeptContext(files, make_tls, say=say).get
    except (OSError, ssl.SSLError) as error:
        names = f"{files.certificate}, {files.key} or {files.authority}"
        raise ListenError(f"{names} cannot be used: {error.strerror or error}") from error


def make_tls(certificate: Path, key: Path, client_authority: Path) -> ssl.SSLContext:
    """
    Return mutual TLS: whoever shows no certificate of the authority gets no answer at all.

    Raises: OSError
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    # Each connection shows its certificate anew: nothing outlives its end or its revocation.
    context.num_tickets = 0
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(client_authority)
    return context
