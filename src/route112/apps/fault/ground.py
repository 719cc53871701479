"""The run that faults are put into: its members, their processes, their addresses."""

import os
from functools import cached_property
from pathlib import Path

from route112.adapters.supervision import find_start, read_leader
from route112.apps.country_run.ending import KAMAILIO_STATE
from route112.apps.country_run.members import Kind as MemberKind
from route112.apps.country_run.state import Entry, UpState, read_state
from route112.apps.demo.ends import list_trunk_ends
from route112.apps.fault.kinds import Aim, FaultError
from route112.apps.plan.options import open_snapshot
from route112.apps.topology import load_topology
from route112.model.topology import Topology, split_address
from route112.snapshot.reader import Snapshot

_AIMS = {
    Aim.KAMAILIO: {MemberKind.SITE, MemberKind.EDGE},
    Aim.SITE: {MemberKind.SITE},
    Aim.MEMBER: {MemberKind.SITE, MemberKind.EDGE, MemberKind.REDIRECT},
}


class Ground:
    """A run, as its folder describes it."""

    def __init__(self, run_dir: Path, state: UpState) -> None:
        self.run_dir = run_dir
        self.state = state

    @cached_property
    def topology(self) -> Topology:
        """What runs where."""
        return load_topology(Path(self.state.topology))

    @cached_property
    def snapshot(self) -> Snapshot:
        """What is offered to every member."""
        return open_snapshot(Path(self.state.plan))

    def list_targets(self, aim: Aim) -> list[str]:
        """List what a kind with this aim may hit."""
        if aim is Aim.PSAP:
            count = self.snapshot.psaps_count
            return [self.snapshot.psap(index).id for index in range(count)]
        if aim is Aim.VENDOR:
            return sorted({vendor for vendor, _ in self.list_gateways()})
        return [entry.id for entry in self.state.members if entry.kind in _AIMS[aim]]

    def list_gateways(self) -> list[tuple[str, str]]:
        """List vendor and address of every way into the switched network."""
        snapshot = self.snapshot
        trunks = {snapshot.line(index).trunk for index in range(snapshot.lines_count)}
        hops = (hop for trunk in sorted(trunks) for hop in snapshot.trunk(trunk).hops)
        return [(hop.vendor, hop.address) for hop in hops if hop.technology == "rtc"]

    def entry(self, id_: str) -> Entry:
        """Return a member as up.json has it now; raises FaultError."""
        state = read_state(self.run_dir) or self.state
        for entry in state.members:
            if entry.id == id_:
                return entry
        raise FaultError(f"there is no member {id_}", "`route112 status` shows them")

    def folder(self, id_: str) -> Path:
        """Return a member's own folder."""
        return Path(self.entry(id_).folder)

    def place(self, id_: str) -> tuple[str, int]:
        """Return host and port of a member."""
        return split_address(self.entry(id_).address)

    def list_places(self, id_: str) -> list[tuple[str, int]]:
        """List hosts and ports of a member: one, or one of each IP version."""
        found = self.topology.find_edge(id_)
        node = self.topology.find_site(id_) if found is None else found[1]
        addresses = (self.entry(id_).address,) if node is None else node.addresses
        return [split_address(address) for address in addresses]

    def list_hosts(self, id_: str) -> list[str]:
        """List the same without ports."""
        return [host for host, _ in self.list_places(id_)]

    def list_peers(self, id_: str, named: str) -> list[str]:
        """
        List the addresses that a member has calls with: those named, or edges, or sites.

        Args:
            id_: of the member.
            named: ids of members and addresses of ends of trunks, with commas.
        Raises: FaultError where one is neither, or the member itself.

        """
        if named:
            return [host for peer in named.split(",") for host in self._list_other(id_, peer)]
        is_edge = self.entry(id_).kind == MemberKind.EDGE
        nodes = self.topology.sites if is_edge else self.topology.list_edges()
        return sorted({split_address(place)[0] for node in nodes for place in node.addresses})

    def _list_other(self, id_: str, peer: str) -> list[str]:
        """List the addresses of an end other than a member; raises FaultError."""
        hosts = self._list_named(peer)
        if both := set(hosts) & set(self.list_hosts(id_)):
            raise FaultError(
                f"peers={peer}: {min(both)} is {id_} itself", "Name the other ends of its links"
            )
        return hosts

    def _list_named(self, peer: str) -> list[str]:
        """List the addresses of a member, or of one end of a trunk; raises FaultError."""
        if peer in {end.host for end in list_trunk_ends(self.snapshot)}:
            return [peer]
        return self.list_hosts(peer)

    def find_kamailio(self, id_: str) -> int | None:
        """Return the process that leads a member's Kamailio; None where none runs."""
        found = read_leader(self.folder(id_) / KAMAILIO_STATE)
        return found[0] if found is not None and find_start(found[0]) == found[1] else None

    def list_kamailio(self, id_: str) -> list[int]:
        """List the living processes of a member's Kamailio."""
        leader = self.find_kamailio(id_)
        return [] if leader is None else list_session(leader)

    def list_leading(self, id_: str) -> list[int]:
        """List the living processes of a member's own supervisor."""
        leader = self.entry(id_).leader
        return [] if leader is None or not leader.is_alive() else list_session(leader.pid)

    def is_over(self) -> bool:
        """Tell whether the run that this was opened for has ended."""
        state = read_state(self.run_dir)
        return state is None or state.up != self.state.up or not state.up.is_alive()

    def check_network(self) -> None:
        """Raise FaultError where rules made here would not touch the packets of the run."""
        try:
            theirs = Path(f"/proc/{self.state.up.pid}/ns/net").readlink()
        except OSError as error:
            raise FaultError(
                f"the network of `up`: {error.strerror}", "Run as who started it"
            ) from error
        if theirs != Path("/proc/self/ns/net").readlink():
            raise FaultError("the run is in another network namespace", "Enter it with `nsenter`")


def open_ground(run_dir: Path) -> Ground:
    """Open a run that is an exercise; raises FaultError."""
    state = read_state(run_dir)
    if state is not None and not state.up.is_alive() and _has_members(state):
        raise FaultError(
            f"the `up` of {run_dir} has gone (process {state.up.pid}): its members serve on, and "
            "nothing would start again what a fault ends",
            "The same `route112 up` again takes them over; `route112 down` ends them",
        )
    if state is None or not state.up.is_alive():
        raise FaultError(
            f"nothing runs in {run_dir}",
            "Start it with `route112 up --exercise`, or name its --run-dir",
        )
    if not state.exercise:
        raise FaultError(
            "this run is no exercise: nothing may be broken in it",
            "End it with `route112 down`, then `route112 up --exercise`",
        )
    return Ground(run_dir, state)


def _has_members(state: UpState) -> bool:
    return any(each.leader is not None and each.leader.is_alive() for each in state.members)


def list_session(leader: int) -> list[int]:
    """List the living processes of a session."""
    found = []
    for path in Path("/proc").iterdir():
        if not path.name.isdigit() or int(path.name) == os.getpid():
            continue
        try:
            text = (path / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        if int(fields[3]) == leader and fields[0] not in "ZX":
            found.append(int(path.name))
    return sorted(found)
