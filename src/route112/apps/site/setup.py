"""
Everything that a site is started with, and the files and arguments that Kamailio gets of it.

A template of `kamailio/` may ask for, each written `@{name}`:

    listen        lines `listen=udp:127.0.0.1:5060`, one for each address
    source        lines `tcp_source_ipv4=...`, `tcp_source_ipv6=...`, as far as there are addresses
    workers       number of SIP workers
    site          name of the site
    bootstrap     path of the Python file that app_python3 loads
    native_url    SQLite file of the native table, see `route112.adapters.tables.native`
    rpc_socket    path of the datagram socket of jsonrpcs
    tls_config    path of the configuration of tls; good only where WITH_TLS is defined
    record_key    proof of record lines; may be empty
    calls_max     calls that may ring at once
    sockets       `host:port` of each UDP socket, with spaces
    connections_max  TCP and TLS connections at once, trunks included
    mark          what separates a value that a pattern found, see `route112.native.operators`

WITH_TCP and WITH_TLS are defined where a site listens so; `enable_tls=yes` has to stand before any
`loadmodule`, or Kamailio leaves TLS out without an error. Its Python finds in the environment:
ROUTE112_VENV, ROUTE112_SITE, ROUTE112_CURRENT (path of the file that names the staged snapshot),
ROUTE112_RECORD_KEY, ROUTE112_SOCKETS (`host:port` of each UDP socket), and where test calls may be
placed ROUTE112_PROBES and ROUTE112_LOOPS (see `route112.adapters.kemi.probes`).
"""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import route112
from route112.adapters.kemi.probes import LOOPS, SOURCES
from route112.apps.duty.draining import is_drained
from route112.apps.station.exercise import is_exercise
from route112.apps.station.setup import (
    SYSTEM_PATH,
    Station,
    TemplateError,
    Tls,
    count_connections,
)
from route112.native.operators import MARK, count_calls

KAMAILIO_FOLDER = Path(route112.__file__).resolve().parents[2] / "kamailio"
TEXT_LENGTH_MAX = 400
"""Characters of a path or name that stands in a configuration."""

_PLACE = re.compile(r"@\{([a-z_]+)\}")
_SAFE_TEXT = re.compile(rf'[^"\\\n\r$;#]{{1,{TEXT_LENGTH_MAX}}}')


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup(Station):
    """What a person decided about one site."""

    vouchers: tuple[str, ...] = ()
    """Hosts of the edges that vouch for test calls."""
    loops: tuple[tuple[str, str], ...] = ()
    """`host:port` of gateways and their loop numbers."""

    @property
    def config(self) -> Path:
        """Kamailio's configuration, rendered."""
        return self.run_dir / "site.cfg"

    @property
    def native_file(self) -> Path:
        """The native table."""
        return self.run_dir / "native.sqlite"

    @property
    def unwell(self) -> tuple[str, str]:
        """Python is asked whether it decides."""
        return "native-only", ", but Python does not decide: the native route serves"

    def render_files(self, *, record_key: str) -> Mapping[Path, str]:
        """Render the configuration and that of TLS; OSError, TemplateError."""
        files = {self.config: render_config(self, record_key=record_key)}
        if self.tls is not None:
            files[self.tls_config] = render_tls(self.tls)
        return files

    def list_arguments(self, program: str) -> Sequence[str]:
        """List program and arguments."""
        return list_arguments(self, program)

    def list_start_arguments(self) -> Sequence[str]:
        """A drained site takes no call in between its start and the first word to it."""
        return ("-A", "WITH_DRAINED") if is_drained(self.run_dir) else ()


def render_config(setup: Setup, *, record_key: str, calls_max: int = 0) -> str:
    """
    Fill in the template of the site.

    Args:
        record_key: proof of the raw file of records.
        calls_max: calls that may ring at once; 0: as many as the shared memory takes.
    Raises: OSError where the template cannot be read, TemplateError where it asks for what a site
        does not have, or where a text cannot stand in a configuration.
    """
    sources: dict[str, str] = {}
    for listen in setup.listens:
        version = "ipv6" if ":" in listen.host else "ipv4"
        host = f"[{listen.host}]" if version == "ipv6" else listen.host
        sources.setdefault(version, f"tcp_source_{version}={host}")
    texts = {
        "site": setup.name,
        "bootstrap": str(KAMAILIO_FOLDER / "bootstrap.py"),
        "native_url": f"sqlite:///{setup.native_file}",
        "rpc_socket": str(setup.rpc_socket),
        "tls_config": str(setup.tls_config),
        "record_key": record_key,
        "workers": str(setup.workers),
    }
    for name, text in texts.items():
        if text and not _SAFE_TEXT.fullmatch(text):
            raise TemplateError(f"{name} {text!r} cannot stand in a configuration")
    values = texts | {
        "listen": "\n".join(f"listen={listen}" for listen in setup.listens),
        "source": "\n".join(sources.values()),
        "sockets": render_sockets(setup),
        "calls_max": str(calls_max or count_calls(setup.shm_mb)),
        "connections_max": str(count_connections(setup.shm_mb)),
        "mark": MARK,
    }
    template = setup.template.read_text(encoding="utf-8")
    unknown = sorted(set(_PLACE.findall(template)) - set(values))
    if unknown:
        raise TemplateError(f"{setup.template} asks for {', '.join(unknown)}")
    return _PLACE.sub(lambda match: values[match[1]], template)


def render_sockets(setup: Setup) -> str:
    """Render the UDP sockets, to which the site sends words to find how long these lie there."""
    places = [listen for listen in setup.listens if listen.transport == "udp"]
    return " ".join(str(place).removeprefix("udp:") for place in places)


def render_tls(tls: Tls) -> str:
    """Render the configuration of Kamailio's module tls: a certificate from everybody."""
    common = (
        "method = TLSv1.2+\nverify_certificate = yes\nrequire_certificate = yes\n"
        f"certificate = {tls.certificate}\nprivate_key = {tls.key}\nca_list = {tls.authority}\n"
    )
    return f"[server:default]\n{common}\n[client:default]\n{common}"


def list_arguments(setup: Setup, program: str) -> list[str]:
    """List the program and arguments of Kamailio, but for what only a check or only a run has."""
    arguments = [program, "-f", str(setup.config), "-x", "tlsf", "-X", "tlsf"]
    arguments += ["-m", str(setup.shm_mb), "-M", str(setup.pkg_mb), "-Y", str(setup.run_dir)]
    transports = {listen.transport for listen in setup.listens}
    if transports & {"tcp", "tls"}:
        arguments += ["-A", "WITH_TCP"]
    if "tls" in transports:
        arguments += ["-A", "WITH_TLS"]
    if is_exercise(os.environ):
        arguments += ["-A", "WITH_EXERCISE"]
    return arguments


def make_environment(setup: Setup, *, current: Path, record_key: str) -> Mapping[str, str]:
    """Return the whole environment of Kamailio, and so of the Python inside it."""
    environment = {
        "PATH": SYSTEM_PATH,
        "PYTHONDONTWRITEBYTECODE": "1",
        "ROUTE112_VENV": sys.prefix,
        "ROUTE112_SITE": setup.name,
        "ROUTE112_CURRENT": str(current),
        "ROUTE112_RECORD_KEY": record_key,
        "ROUTE112_SOCKETS": render_sockets(setup),
    }
    if setup.vouchers:
        environment[SOURCES] = " ".join(setup.vouchers)
        environment[LOOPS] = " ".join(f"{hop}={number}" for hop, number in setup.loops)
    if folders := os.environ.get("PYTHONPATH"):
        # Kamailio works in the root folder, so a relative one would lead elsewhere.
        absolute = (str(Path(folder).resolve()) for folder in folders.split(os.pathsep))
        environment["PYTHONPATH"] = os.pathsep.join(absolute)
    return environment
