"""
What a station is started with, as far as that does not depend on what it does with a call.

A site and an edge each render a configuration of their own; see `route112.apps.site.setup` and
`route112.apps.edge.setup`.
"""

import abc
import contextlib
import hashlib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import route112
from route112.apps.station.listen import Listen, describe_unreachable
from route112.snapshot.reader import Snapshot

SYSTEM_PATH = "/usr/sbin:/usr/bin:/bin"
"""Search path of Kamailio, whose interpreter must find the distribution's library by it."""

CONNECTION_BYTES = 70_000
"""Shared memory of one TCP connection: its buffer of 64 KiB and what is known of it."""
CONNECTIONS_SHARE = 6
"""Connections take one part of shared memory in so many; calls take three quarters."""

HANDSHAKE_TURNS = 3
"""Of both sides, until a handshake that nobody refuses is over."""


class TemplateError(Exception):
    """The configuration cannot be rendered; the text says why."""


@dataclass(frozen=True, slots=True)
class Tls:
    """Files of mutual TLS: both sides show a certificate of the same authority."""

    certificate: Path
    key: Path
    authority: Path

    def make_context(self) -> ssl.SSLContext:
        """Return how this machine asks itself: with the station's own certificate."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.check_hostname = False
        context.load_cert_chain(self.certificate, self.key)
        return context

    def find_trouble(self) -> str:
        """Say why others of this authority will refuse the certificate; empty: they take it."""
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(self.certificate, self.key)
        asking = ssl.create_default_context(cafile=str(self.authority))
        asking.check_hostname = False
        there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
        asker = asking.wrap_bio(back, there)
        server = serving.wrap_bio(there, back, server_side=True)
        try:
            for side in (asker, server) * HANDSHAKE_TURNS:
                with contextlib.suppress(ssl.SSLWantReadError):
                    side.do_handshake()
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        except ssl.SSLError as error:
            return str(error)
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station(abc.ABC):
    """What a person decided about one station."""

    name: str
    plan: Path
    trust: Path | None
    run_dir: Path
    """Absolute."""
    listens: tuple[Listen, ...]
    tls: Tls | None
    workers: int
    shm_mb: int
    pkg_mb: int
    template: Path

    @property
    @abc.abstractmethod
    def config(self) -> Path:
        """Kamailio's configuration, rendered."""

    @property
    @abc.abstractmethod
    def native_file(self) -> Path:
        """The native table."""

    @abc.abstractmethod
    def render_files(self, *, record_key: str) -> Mapping[Path, str]:
        """
        Render the configuration and what it refers to.

        Raises: OSError where the template cannot be read, TemplateError.
        """

    @abc.abstractmethod
    def list_arguments(self, program: str) -> Sequence[str]:
        """List program and arguments, but for what only a check or only a run has."""

    def list_start_arguments(self) -> Sequence[str]:
        """List what a start is told besides, and a running Kamailio by RPC."""
        return ()

    @property
    @abc.abstractmethod
    def unwell(self) -> tuple[str, str]:
        """Why it may answer another status than 200: reason, and words after the status."""

    def list_warnings(self, snapshot: Snapshot) -> Iterator[str]:
        """List what will not work, and may stay so: calls have other ways."""
        if lacking := describe_unreachable(self.listens, snapshot):
            yield lacking
        if self.tls is not None and (trouble := self.tls.find_trouble()):
            yield f"OTHERS WILL REFUSE the certificate {self.tls.certificate}: {trouble}"

    @property
    def tls_config(self) -> Path:
        """Configuration of Kamailio's module tls."""
        return self.run_dir / "tls.cfg"

    @property
    def rpc_socket(self) -> Path:
        """Where Kamailio answers the supervisor."""
        return self.run_dir / "rpc.sock"

    @property
    def group_state(self) -> Path:
        """Which process leads the running Kamailio."""
        return self.run_dir / "kamailio.json"

    @property
    def records(self) -> Path:
        """Folder of call records."""
        return self.run_dir / "records"


def clear_leftovers(run_dir: Path) -> None:
    """Remove what a supervisor that was killed half-way left; call it under the folder's lock."""
    for pattern in (".rpc-*", ".native*.new", "native-next.new", ".*.cfg.new"):
        for path in run_dir.glob(pattern):
            path.unlink(missing_ok=True)


def count_connections(shm_mb: int) -> int:
    """Return how many TCP connections may be open with `shm_mb` MiB, so that calls have theirs."""
    return shm_mb * 1_048_576 // CONNECTIONS_SHARE // CONNECTION_BYTES


def make_token(
    arguments: Sequence[str], environment: Mapping[str, str], texts: Sequence[str]
) -> str:
    """Return a digest of all that a running Kamailio was started with, and of our code."""
    code = max(path.stat().st_mtime_ns for path in Path(route112.__file__).parent.rglob("*.py"))
    parts = [str(code), *arguments, *texts]
    parts += [f"{name}={value}" for name, value in sorted(environment.items())]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
