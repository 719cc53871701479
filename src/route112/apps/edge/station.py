"""One edge of a topology as a station: where it listens, and who stands behind and before it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from route112.apps.edge.setup import (
    WIRING,
    EdgeConfigError,
    EdgeSetup,
    Hop,
    TlsFiles,
    list_edge_arguments,
    render_edge,
    render_edge_tls,
)
from route112.apps.station.listen import Listen
from route112.apps.station.setup import SYSTEM_PATH, Station, TemplateError
from route112.model import Wiring
from route112.model.topology import (
    EdgeNode,
    OperatorNode,
    SiteNode,
    Topology,
    choose_address,
    split_address,
)

ENVIRONMENT: Mapping[str, str] = {"PATH": SYSTEM_PATH}
"""All that Kamailio gets: it has no Python that would want more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeStation(Station):
    """What a person decided about one edge."""

    operator: str
    """Its id in the plan."""
    clients: tuple[str, ...]
    """Networks of its callers."""
    probes: tuple[str, ...] = ()
    """Networks that may place test calls."""
    sites: tuple[tuple[str, Hop], ...]
    """Names and hops, in the operator's order."""
    in_turn: bool
    """Whether each call begins at the next site."""
    wiring: Wiring = WIRING
    """How it treats sites; another one than this in an exercise only."""

    @property
    def config(self) -> Path:
        """Kamailio's configuration, rendered."""
        return self._edge.config

    @property
    def native_file(self) -> Path:
        """The edge's own table."""
        return self._edge.table_file

    @property
    def unwell(self) -> tuple[str, str]:
        """Nothing but its own configuration is asked."""
        return "unwell", ", which is not what its configuration answers"

    def render_files(self, *, record_key: str) -> Mapping[Path, str]:
        """Render the configuration and that of TLS; OSError, TemplateError."""
        edge = self._edge
        try:
            files = {edge.config: render_edge(edge, record_key=record_key)}
        except EdgeConfigError as error:
            raise TemplateError(str(error)) from error
        if edge.tls is not None:
            files[edge.tls_config] = render_edge_tls(edge.tls)
        return files

    def list_arguments(self, program: str) -> Sequence[str]:
        """List program and arguments."""
        return list_edge_arguments(self._edge, program)

    @property
    def _edge(self) -> EdgeSetup:
        tls = self.tls
        return EdgeSetup(
            name=self.name,
            operator=self.operator,
            run_dir=self.run_dir,
            listens=tuple(_make_hop(listen) for listen in self.listens),
            clients=self.clients,
            probes=self.probes,
            sites=self.sites,
            in_turn=self.in_turn,
            workers=self.workers,
            shm_mb=self.shm_mb,
            pkg_mb=self.pkg_mb,
            tls=None if tls is None else TlsFiles(tls.certificate, tls.key, tls.authority),
            wiring=self.wiring,
            template=self.template,
        )


def list_listens(edge: EdgeNode) -> tuple[Listen, ...]:
    """List where an edge listens, at each address: UDP and TCP, and TLS one port higher."""
    places = []
    for host, port in map(split_address, edge.addresses):
        places += [Listen(transport, host, port) for transport in ("udp", "tcp")]
        if edge.tls is not None:
            places.append(Listen("tls", host, port + 1))
    return tuple(places)


def list_sites(
    topology: Topology, operator: OperatorNode, edge: EdgeNode
) -> Iterator[tuple[str, Hop]]:
    """List the sites of an operator in its order; TLS where both ends have it."""
    for id_ in operator.sites:
        site = topology.find_site(id_)
        assert site is not None, "a topology names only sites that it has"
        yield id_, _find_hop(site, edge)


def _find_hop(site: SiteNode, edge: EdgeNode) -> Hop:
    address = choose_address(site, edge)
    assert address, "a topology names only sites that an edge can send to"
    if site.tls is None or edge.tls is None:
        return Hop(address)
    host, port = split_address(address)
    return _make_hop(Listen("tls", host, port + 1))


def _make_hop(listen: Listen) -> Hop:
    host = f"[{listen.host}]" if ":" in listen.host else listen.host
    return Hop(f"{host}:{listen.port}", listen.transport)
