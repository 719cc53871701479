"""PSAPs on loopback: one SIPp for each place where a trunk ends."""

import shutil
import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.kemi import HOPS_TRIED_MAX
from route112.adapters.processes import ChildError, Children, find_listeners
from route112.model import Hop
from route112.snapshot.reader import Snapshot

SCENARIOS = Path(__file__).with_name("sipp")
SYSTEM_PATH = "/usr/sbin:/usr/bin:/bin"
"""Search path of programs; Kamailio's interpreter must find the distribution's library by it."""
READY_SECONDS_MAX = 10.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where something listens."""

    host: str
    port: int
    transport: str = "udp"

    @classmethod
    def of_hop(cls, hop: Hop) -> "Place":
        """Take a next hop's address apart."""
        host, _, port = hop.address.rpartition(":")
        return cls(host, int(port), hop.transport)

    def __str__(self) -> str:
        """Render as `host:port`."""
        return f"{self.host}:{self.port}"


def find_program(name: str) -> str:
    """Return the path of an installed program."""
    path = shutil.which(name, path=SYSTEM_PATH)
    if path is None:
        raise ChildError(f"{name} is not installed")
    return path


def find_free_port(
    host: str, ports: Iterable[int], *, count: int = 1, hosts: Sequence[str] = ()
) -> int:
    """
    Return the first port of `host` that nobody listens on, over UDP and TCP.

    Args:
        count: so many ports in a row are free.
        hosts: further addresses at which they are free too.
    """
    taken = {*find_listeners("udp"), *find_listeners("tcp"), *find_listeners_six()}
    everyone = ("0.0.0.0", "::")
    for port in ports:
        wanted = {
            (each, port + more) for each in (host, *hosts, *everyone) for more in range(count)
        }
        if not wanted & taken:
            return port
    raise ChildError(f"every port of {host} that could be used is taken; see `ss -lnptu`")


def find_listeners_six() -> Iterator[tuple[str, int]]:
    """Find the IPv6 addresses and ports that somebody listens on, over UDP and TCP."""
    for transport, waiting in (("udp6", "07"), ("tcp6", "0A")):
        for row in Path(f"/proc/net/{transport}").read_text(encoding="ascii").splitlines()[1:]:
            _slot, local, _remote, state, *_rest = row.split()
            address, _, port = local.partition(":")
            if state == waiting:
                words = struct.unpack("<4I", bytes.fromhex(address))
                yield socket.inet_ntop(socket.AF_INET6, struct.pack(">4I", *words)), int(port, 16)


def bind_all(host: str) -> tuple[str, ...]:
    """Options that keep SIPp's control and media sockets on `host`, not on every address."""
    return ("-ci", host, "-mi", host)


def list_places(
    snapshot: Snapshot, numbers: Iterable[str], *, hops_max: int = HOPS_TRIED_MAX
) -> tuple[Place, ...]:
    """List where the first hops of some lines end; a number that is no line ends nowhere."""
    found = (snapshot.find_line(number) for number in numbers)
    trunks = dict.fromkeys(snapshot.line(line).trunk for line in found if line is not None)
    hops = (hop for trunk in trunks for hop in snapshot.trunk(trunk).hops[:hops_max])
    return tuple(dict.fromkeys(Place.of_hop(hop) for hop in hops))


def check_free(places: Iterable[Place]) -> None:
    """Raise ChildError when somebody listens on one of the places."""
    taken = {transport: find_listeners(transport) for transport in ("udp", "tcp")}
    for place in places:
        if (place.host, place.port) in taken[place.transport]:
            raise ChildError(f"{place}/{place.transport} is taken by another program")


def start_psaps(
    children: Children, folder: Path, places: Sequence[Place], *, scenario: Path | None = None
) -> None:
    """Start one SIPp for each place; each writes `psap-HOST-PORT-TRANSPORT.log`."""
    check_free(places)
    for place in places:
        start_psap(children, folder, place, scenario=scenario or SCENARIOS / "psap.xml")

    def all_listen() -> bool:
        listening = {transport: find_listeners(transport) for transport in ("udp", "tcp")}
        return all((place.host, place.port) in listening[place.transport] for place in places)

    children.wait_until(all_listen, timeout_s=READY_SECONDS_MAX, what="every PSAP listens")


def start_psap(children: Children, folder: Path, place: Place, *, scenario: Path) -> None:
    """Start one SIPp that answers calls as `scenario` says."""
    name = f"psap-{place.host}-{place.port}-{place.transport}"
    argv = [find_program("sipp"), "-sf", str(scenario), "-i", place.host, "-p", str(place.port)]
    argv += [
        *bind_all(place.host),
        "-t",
        {"udp": "u1", "tcp": "t1"}[place.transport],
        "-nostdin",
        "-skip_rlimit",
    ]
    argv += ["-trace_logs", "-log_file", str(folder / f"{name}.log")]
    argv += ["-trace_err", "-error_file", str(folder / f"{name}.errors")]
    children.start(f"PSAP {place}", argv, log=folder / f"{name}.out")
