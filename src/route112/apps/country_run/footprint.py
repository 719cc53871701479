"""
What process groups take: how many processes, their proportional share of memory, addresses.

Pages that several processes share are counted once between them (PSS), so that the sum over all
groups is what the machine really gave away. An address is a member's own when one of its processes
has the socket open; the answer of somebody else at that address is none of its own.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from route112.adapters.processes import find_process, find_sockets, list_sockets
from route112.adapters.supervision import find_start, read_leader
from route112.apps.country_run.ending import GROUP_STATE, KAMAILIO_STATE
from route112.apps.country_run.members import BESIDE, Kind, Member
from route112.apps.country_run.state import NAME, read_state
from route112.apps.station.listen import Listen, parse_listen


@dataclass(frozen=True, slots=True)
class Footprint:
    """Of one group, or of several together."""

    processes: int = 0
    pss_kb: int = 0
    """0 where the kernel does not tell us."""

    def __add__(self, other: "Footprint") -> "Footprint":
        """Return both together."""
        return Footprint(self.processes + other.processes, self.pss_kb + other.pss_kb)


def measure_sessions(sessions: Collection[int]) -> dict[int, Footprint]:
    """Measure the living processes of some sessions, by the number of their leader."""
    found = dict.fromkeys(sessions, Footprint())
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and (session := find_family(path)[1]) in found:
            found[session] += Footprint(1, _read_pss(path))
    return found


def find_family(path: Path) -> tuple[int, int]:
    """Return parent and session of a living process, by its folder; -1 where it is gone."""
    try:
        text = (path / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return -1, -1
    fields = text.rpartition(")")[2].split()
    return (-1, -1) if fields[0] in "ZX" else (int(fields[1]), int(fields[3]))


def _read_pss(path: Path) -> int:
    try:
        lines = (path / "smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:  # somebody else's process, or one that has just ended
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


@dataclass(frozen=True, slots=True)
class Taken:
    """An address that somebody else has."""

    member: str
    place: Listen
    pid: int | None
    """None where we may not see which process it is."""
    run_dir: Path | None
    """Of the run that this process is part of, as far as its command line says."""

    def __str__(self) -> str:
        """Render as `site-1: udp:127.0.1.1:5060 is taken by process 123`."""
        who = "another program" if self.pid is None else f"process {self.pid}"
        return f"{self.member}: {self.place} is taken by {who}"

    @property
    def remedy(self) -> str:
        """Say what to do."""
        if self.run_dir is None:
            return "`ss -lnptu` shows who it is; `route112 down` ends a country that runs"
        return f"`route112 down --run-dir {self.run_dir}` ends the country that has it"


def list_places(member: Member) -> Iterator[Listen]:
    """List where a member listens, as far as its command line says."""
    if member.kind in BESIDE:
        return
    typed = [after for before, after in pairwise(member.argv) if before == "--listen"]
    for text in typed or [member.address]:
        for place in parse_listen(text):
            # The redirect server has no TCP.
            if member.kind is not Kind.REDIRECT or place.transport == "udp":
                yield place


def find_taken(members: Iterable[Member], run_dir: Path) -> Taken | None:
    """Find the first address that somebody else has than who runs in this folder already."""
    found = {name: find_sockets(name) for name in ("udp", "tcp")}
    ours = list_sockets(_list_processes(_list_leaders(run_dir)))
    for member in members:
        for place in list_places(member):
            sockets = found["udp" if place.transport == "udp" else "tcp"]
            everywhere = "::" if ":" in place.host else "0.0.0.0"  # noqa: S104  seen, not bound
            both = sockets.get((place.host, place.port), frozenset())
            both |= sockets.get((everywhere, place.port), frozenset())
            if others := both - ours:
                pid = find_process(others)
                return Taken(member.id, place, pid, None if pid is None else _find_run(pid))
    return None


def has_places(member: Member, leader: int) -> bool:
    """Tell whether a member has each address it is asked at, and nobody shares one."""
    found = read_leader(member.folder / KAMAILIO_STATE)
    leaders = {leader} if found is None else {leader, found[0]}
    ours = list_sockets(_list_processes(leaders))
    kinds = {name: find_sockets(name) for name in ("udp", "tcp")}
    for place in member.places:
        kind = kinds["udp" if place.transport == "udp" else "tcp"]
        sockets = kind.get((place.host, place.port), frozenset())
        if not sockets or not sockets <= ours:
            return False
    return True


def _list_leaders(run_dir: Path) -> set[int]:
    """List who leads something in this folder, or led what is left of it."""
    state = read_state(run_dir)
    leaders = set()
    if state is not None:
        leaders = {
            each.leader.pid for each in state.members if each.leader and each.leader.is_alive()
        }
    for name in (GROUP_STATE, KAMAILIO_STATE):
        for path in run_dir.glob(f"*/{name}"):
            found = read_leader(path)
            # Another process with the same number proves that nothing of the group is left.
            if found is not None and find_start(found[0]) in (None, found[1]):
                leaders.add(found[0])
    return leaders


def _list_processes(leaders: set[int]) -> list[int]:
    """
    List the processes of some sessions, and of those that they started.

    On a full disk no file names the session of Kamailio.
    """
    paths = (path for path in Path("/proc").iterdir() if path.name.isdigit())
    families = {int(path.name): find_family(path) for path in paths}
    first = {pid for pid, (_, session) in families.items() if session in leaders}
    sessions = leaders | {session for parent, session in families.values() if parent in first}
    return [pid for pid, (_, session) in families.items() if session in sessions]


def _find_run(pid: int) -> Path | None:
    """Return the folder of the run that a process names on its command line."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return None
    folders = (folder for word in words if word.startswith("/") for folder in Path(word).parents)
    return next((folder for folder in folders if (folder / NAME).is_file()), None)
