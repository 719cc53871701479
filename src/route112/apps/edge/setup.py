"""
What an edge is started with, and the files and arguments that Kamailio gets of it.

`kamailio/edge.cfg` may ask for, each written `@{name}`:

    edge          name of the edge
    operator      id of the operator whose calls it takes
    listen        lines `listen=udp:127.0.2.1:5060`, one for each address
    own           `host:port` where it listens by UDP, which it sends to itself: the first one
    own_all       all of these, with semicolons
    own_count     how many they are
    connections_max  TCP and TLS connections at once, those to sites and answering points included
    source        lines `tcp_source_ipv4=...`, by which sites know the operator
    workers       number of SIP workers
    clients       networks that may send, with commas; those of `probes` too
    probes        networks that may place test calls; good only where WITH_PROBES is defined
    sites         `name|host:port|transport`, in order of preference, with semicolons
    sites_count   how many they are
    passes_max    sites that one call is passed to
    spread        1 where each call begins at the next site, 0 where each begins at the first
    table_url     SQLite file of the edge's table
    rpc_socket    path of the datagram socket of jsonrpcs
    tls_config    path of the configuration of tls; good only where WITH_TLS is defined
    record_key    proof of record lines; may be empty
    mark          what stands on both sides of a value that a rule of the dialect found

WITH_TCP is defined where it listens by TCP or TLS, WITH_TLS where it has a certificate.
"""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path

import route112
from route112.apps.station.setup import count_connections
from route112.edgetable.dialect import MARK
from route112.model import Wiring

TEMPLATE = Path(route112.__file__).resolve().parents[2] / "kamailio" / "edge.cfg"
WIRING = Wiring(name="route112")
SITES_MAX = 32
"""Sites of one edge."""
CLIENTS_MAX = 16
"""Networks of one operator's callers."""
TEXT_LENGTH_MAX = 400
"""Characters of a path or name that stands in a configuration."""
TRANSPORTS = ("udp", "tcp", "tls")

_PLACE = re.compile(r"@\{([a-z_]+)\}")
_TEXT = re.compile(rf'[^"\\\n\r$;#|]{{1,{TEXT_LENGTH_MAX}}}')
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_HOP = re.compile(r"(\[[0-9a-fA-F:.]{2,45}\]|[0-9.]{7,15}):([0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Hop:
    """Where something listens."""

    address: str
    """`host:port`, numeric; IPv6 in brackets."""
    transport: str = "udp"

    @property
    def host(self) -> str:
        """Address without port; IPv6 in brackets."""
        return self.address.rpartition(":")[0]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Files of mutual TLS."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSetup:
    """What a person decided about one edge."""

    name: str
    operator: str
    run_dir: Path
    """Absolute."""
    listens: tuple[Hop, ...]
    clients: tuple[str, ...]
    """Networks of the operator's callers."""
    probes: tuple[str, ...] = ()
    """Networks that may place test calls over a path that they name."""
    sites: tuple[tuple[str, Hop], ...]
    """Names and hops, in the operator's order of preference."""
    in_turn: bool
    """Whether each call begins at the next site."""
    workers: int
    shm_mb: int
    pkg_mb: int
    wiring: Wiring = WIRING
    """Other than this one in an exercise only: what it leaves out is what saves calls."""
    tls: TlsFiles | None = None
    template: Path = TEMPLATE

    @property
    def config(self) -> Path:
        """Kamailio's configuration, rendered."""
        return self.run_dir / "edge.cfg"

    @property
    def tls_config(self) -> Path:
        """Configuration of its module tls."""
        return self.run_dir / "tls.cfg"

    @property
    def rpc_socket(self) -> Path:
        """Where Kamailio answers its supervisor."""
        return self.run_dir / "rpc.sock"

    @property
    def table_file(self) -> Path:
        """The edge's table."""
        return self.run_dir / "edge.sqlite"


class EdgeConfigError(Exception):
    """The configuration cannot be rendered; the text says why."""


def render_edge(setup: EdgeSetup, *, record_key: str) -> str:
    """
    Fill in the template of the edge.

    Raises: OSError where the template cannot be read, EdgeConfigError where it asks for what an
        edge does not have, or where a text cannot stand in a configuration.
    """
    paths = {
        "table_url": f"sqlite:///{setup.table_file}",
        "rpc_socket": str(setup.rpc_socket),
        "tls_config": str(setup.tls_config),
    }
    for name, text in (*paths.items(), ("record_key", record_key or "-")):
        if not _TEXT.fullmatch(text):
            raise EdgeConfigError(f"{name} {text!r} cannot stand in a configuration")
    own = _list_own(setup)
    values = paths | {
        "edge": _check_name(setup.name),
        "operator": _check_name(setup.operator),
        "listen": "\n".join(f"listen={_render_listen(hop)}" for hop in setup.listens),
        "own": own[0],
        "own_all": ";".join(own),
        "own_count": str(len(own)),
        "connections_max": str(count_connections(setup.shm_mb)),
        "source": "\n".join(_list_sources(setup)),
        "workers": str(setup.workers),
        "clients": _render_clients(setup.clients, setup.probes),
        "probes": _render_networks(setup.probes),
        "sites": _render_sites(setup),
        "sites_count": str(len(setup.sites)),
        "passes_max": str(setup.wiring.tries_max),
        "spread": str(int(setup.in_turn)),
        "record_key": record_key,
        "mark": MARK,
    }
    template = setup.template.read_text(encoding="utf-8")
    if unknown := sorted(set(_PLACE.findall(template)) - set(values)):
        raise EdgeConfigError(f"{setup.template} asks for {', '.join(unknown)}")
    return _PLACE.sub(lambda match: values[match[1]], template)


def render_edge_tls(files: TlsFiles) -> str:
    """Render the configuration of Kamailio's module tls: both sides show a certificate."""
    lines = [
        "method = TLSv1.2+",
        "verify_certificate = yes",
        "require_certificate = yes",
        f"certificate = {files.certificate}",
        f"private_key = {files.key}",
        f"ca_list = {files.authority}",
    ]
    return "".join(
        f"[{side}:default]\n" + "\n".join(lines) + "\n" for side in ("server", "client")
    )


def list_edge_arguments(setup: EdgeSetup, program: str) -> list[str]:
    """List the program and arguments of Kamailio, but for what only a check or only a run has."""
    arguments = [program, "-f", str(setup.config), "-Y", str(setup.run_dir)]
    arguments += ["-x", "tlsf", "-X", "tlsf"]
    arguments += ["-m", str(setup.shm_mb), "-M", str(setup.pkg_mb)]
    if any(hop.transport != "udp" for hop in setup.listens):
        arguments += ["-A", "WITH_TCP"]
    if setup.tls is not None:
        arguments += ["-A", "WITH_TLS"]
    if setup.probes:
        arguments += ["-A", "WITH_PROBES"]
    if not setup.wiring.breakers:
        arguments += ["-A", "WITHOUT_BREAKERS"]
    if not setup.wiring.direct:
        arguments += ["-A", "WITHOUT_DIRECT"]
    return arguments


def _check_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise EdgeConfigError(f"{name!r} is no name of small letters, digits and hyphens")
    return name


def _check_hop(hop: Hop) -> Hop:
    if not _HOP.fullmatch(hop.address) or hop.transport not in TRANSPORTS:
        raise EdgeConfigError(f"{hop.transport}:{hop.address} is no numeric address with a port")
    return hop


def _render_listen(hop: Hop) -> str:
    return f"{hop.transport}:{_check_hop(hop).address}"


def _list_own(setup: EdgeSetup) -> list[str]:
    own = [_check_hop(hop).address for hop in setup.listens if hop.transport == "udp"]
    if not own:
        raise EdgeConfigError("an edge listens by UDP")
    return own


def _list_sources(setup: EdgeSetup) -> list[str]:
    """List what TCP connections leave from: the edge's own address, by which sites know it."""
    found: dict[str, str] = {}
    for hop in setup.listens:
        found.setdefault("ipv6" if hop.host.startswith("[") else "ipv4", hop.host)
    return [f"tcp_source_{version}={host}" for version, host in found.items()]


def _render_clients(clients: tuple[str, ...], probes: tuple[str, ...]) -> str:
    if not 1 <= len(clients) <= CLIENTS_MAX or len(probes) > CLIENTS_MAX:
        raise EdgeConfigError(f"an edge has 1 to {CLIENTS_MAX} networks of clients")
    return _render_networks((*clients, *probes))


def _render_networks(networks: tuple[str, ...]) -> str:
    try:
        return ",".join(str(ipaddress.ip_network(network)) for network in networks)
    except ValueError as error:
        raise EdgeConfigError(str(error)) from error


def _render_sites(setup: EdgeSetup) -> str:
    if not 1 <= len(setup.sites) <= SITES_MAX:
        raise EdgeConfigError(f"an edge has 1 to {SITES_MAX} sites")
    if len({name for name, _ in setup.sites}) != len(setup.sites):
        raise EdgeConfigError("two sites have the same name")
    return ";".join(
        f"{_check_name(name)}|{_check_hop(hop).address}|{hop.transport}"
        for name, hop in setup.sites
    )
