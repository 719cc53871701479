"""What runs where: sites, operators and their edges, and the things whose failure they share."""

from dataclasses import dataclass

from route112.model._scenario import Wiring

SPREADS = ("round-robin", "first")
"""How an edge chooses where to begin: each site in turn, or always the first usable one."""
FIRST_SITES = 3
"""Sites that an edge tries for one call before it takes the direct route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsPaths:
    """Files of mutual TLS, as written; relative ones stand beside the topology's own file."""

    certificate: str
    key: str
    ca: str
    """Authority of both sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNode:
    """One site, and what it hangs on."""

    id: str
    address: str
    """`host:port`, UDP and TCP; IPv6 in brackets. TLS is one port higher."""
    place: str
    """Town; two sites of one town share its floods and its fires."""
    network: str
    """Network that carries its traffic."""
    hosting: str
    """Who houses its machines."""
    vendor: str
    """Maker of its equipment."""
    software: str
    """Version that it runs."""
    power: str
    """Zone of the power grid."""
    also: str = ""
    """A second address, of the other IP version; may be empty."""
    tls: TlsPaths | None = None
    metrics: str = ""
    """`host:port` where its supervisor answers Prometheus; empty: nowhere."""

    @property
    def host(self) -> str:
        """Return the numeric address; IPv6 without brackets."""
        return split_address(self.address)[0]

    @property
    def port(self) -> int:
        """Return the port of UDP and TCP."""
        return split_address(self.address)[1]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return one address, or one of each IP version; the preferred one first."""
        return (self.address, self.also) if self.also else (self.address,)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeNode:
    """Where an operator's network meets the sites."""

    id: str
    address: str
    """`host:port`, as of a site; what sites know the operator by."""
    place: str
    network: str
    also: str = ""
    """As of a site; sites know the operator by both."""
    tls: TlsPaths | None = None
    metrics: str = ""
    """As of a site."""

    @property
    def host(self) -> str:
        """Return the numeric address; IPv6 without brackets."""
        return split_address(self.address)[0]

    @property
    def port(self) -> int:
        """Return the port of UDP and TCP."""
        return split_address(self.address)[1]

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return one address, or one of each IP version."""
        return (self.address, self.also) if self.also else (self.address,)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorNode:
    """An operator of the plan, and how its calls reach the sites."""

    id: str
    """Of its profile, which travels in the snapshot."""
    clients: tuple[str, ...]
    """Networks that may send to its edges: `127.0.3.0/28`, `2001:db8::/64`."""
    edges: tuple[EdgeNode, ...]
    sites: tuple[str, ...]
    """Ids of sites, in the order of preference."""
    spread: str
    """One of `SPREADS`."""
    redirect: str = ""
    """`host:port` of its redirect server; may be empty."""
    redirect_metrics: str = ""
    """`host:port` where that one answers Prometheus; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeNode:
    """Who may place test calls over a path that they name, and what answers at gateways."""

    sources: tuple[str, ...]
    """Networks that edges take test calls from, and nothing else."""
    loops: tuple[tuple[str, str], ...] = ()
    """`host:port` of a gateway into the switched network, and its own number that loops back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """All of one country."""

    name: str
    sites: tuple[SiteNode, ...]
    operators: tuple[OperatorNode, ...]
    wiring: Wiring | None = None
    """How edges treat sites, where an exercise wants it otherwise than it is."""
    probes: ProbeNode | None = None
    """None: nobody may place test calls."""

    def find_site(self, id_: str) -> SiteNode | None:
        """Return the site with this id, or None."""
        return next((site for site in self.sites if site.id == id_), None)

    def find_operator(self, id_: str) -> OperatorNode | None:
        """Return the operator with this id, or None."""
        return next((operator for operator in self.operators if operator.id == id_), None)

    def find_edge(self, id_: str) -> tuple[OperatorNode, EdgeNode] | None:
        """Return the edge with this id and the operator that it serves, or None."""
        pairs = ((operator, edge) for operator in self.operators for edge in operator.edges)
        return next((pair for pair in pairs if pair[1].id == id_), None)

    def list_edges(self) -> tuple[EdgeNode, ...]:
        """List the edges of all operators."""
        return tuple(edge for operator in self.operators for edge in operator.edges)

    def list_redirects(self) -> tuple[str, ...]:
        """List the addresses of redirect servers, each once: operators may share one."""
        named = (operator.redirect for operator in self.operators if operator.redirect)
        return tuple(dict.fromkeys(named))

    def find_redirect_metrics(self, redirect: str) -> str:
        """Return where a redirect server answers Prometheus; empty: nowhere."""
        named = (each.redirect_metrics for each in self.operators if each.redirect == redirect)
        return next(filter(None, named), "")


def split_address(address: str) -> tuple[str, int]:
    """Return host, without brackets, and port of a `host:port` that was checked before."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def find_version(address: str) -> int:
    """Return 4 or 6, the IP version of a `host:port` that was checked before."""
    return 6 if address.startswith("[") else 4


def choose_address(site: SiteNode, edge: EdgeNode) -> str:
    """Return where an edge reaches a site: the first address of an IP version that both have."""
    versions = {find_version(address) for address in edge.addresses}
    found = (address for address in site.addresses if find_version(address) in versions)
    return next(found, "")
