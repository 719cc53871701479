"""Which processes a topology means, and the command line of each."""

import enum
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.sip import Address
from route112.apps.country_run.ending import GROUP_STATE
from route112.apps.country_run.exercise import OFFERED
from route112.apps.country_run.planned import (
    HEAD_START_S,
    ID,
    SOCKET,
    STANDBY,
    PlannerOptions,
    list_planner_words,
    list_receiver_words,
    own_plan,
)
from route112.apps.ends.options import LISTEN_MAX
from route112.apps.ends.told import FILE as BEHAVIOURS
from route112.model.topology import EdgeNode, ProbeNode, SiteNode, TlsPaths, Topology

COMMAND = (sys.executable, "-m", "route112.apps")


class Kind(enum.StrEnum):
    """What a member is."""

    SITE = "site"
    EDGE = "edge"
    REDIRECT = "redirect"
    PSAPS = "psaps"
    PLANNER = "planner"
    STANDBY = "standby"
    RECEIVER = "receiver"


BESIDE = (Kind.PLANNER, Kind.STANDBY, Kind.RECEIVER)
"""In the path of no call: nothing waits for these, and they answer no SIP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One process group to run."""

    id: str
    kind: Kind
    address: str
    """`host:port` that people know it by."""
    asked: tuple[str, ...] = ()
    """`udp:host:port`: where it is asked whether it is there; none: at its address, over UDP."""
    folder: Path
    """Its run directory."""
    argv: tuple[str, ...]
    stamp: str = ""
    """Of what it reads at its start only: with another one it is another program."""

    @property
    def group_state(self) -> Path:
        """Says which process leads it, see `adapters.supervision`."""
        return self.folder / GROUP_STATE

    @property
    def log(self) -> Path:
        """Take both of its outputs."""
        return self.folder / "log"

    @property
    def places(self) -> tuple[Address, ...]:
        """Where it has to answer."""
        return () if self.kind in BESIDE else list_asked(self.address, self.asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all members are started with."""

    plan: Path
    trust: Path | None
    topology: Path
    """File that edges read; relative TLS files stand beside it."""
    stamp: str
    """Digest of that file."""
    run_dir: Path
    shm_mb: int
    exercise: bool = False
    probes: ProbeNode | None = None
    """Of that topology."""
    planner: PlannerOptions | None = None
    """None: no planner runs, and all members read one plan."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Options that name snapshot and trust list."""
        return self._list_sources(self.plan)

    def list_sources(self, folder: Path) -> tuple[str, ...]:
        """List the same for a member whose offers a fault may replace, in an exercise."""
        shared = self.plan if self.planner is None else own_plan(folder)
        return self._list_sources(folder / OFFERED if self.exercise else shared)

    def list_redirect_sources(self, sites: Sequence[str], number: int) -> tuple[str, ...]:
        """List the same for a redirect server, which stands beside one of the sites."""
        if self.planner is None or not sites:
            return self.sources
        return self._list_sources(own_plan(self.run_dir / sites[(number - 1) % len(sites)]))

    def _list_sources(self, plan: Path) -> tuple[str, ...]:
        trust = () if self.trust is None else ("--trust", str(self.trust))
        return ("--plan", str(plan), *trust)


def list_asked(address: str, asked: Sequence[str]) -> tuple[Address, ...]:
    """List where a member is asked: at the places of `asked`, or at its address over UDP."""
    return tuple(Address.parse(text) for text in asked or (address,))


def list_members(
    topology: Topology, ground: Ground, *, ends: Sequence[Address] = ()
) -> Iterator[Member]:
    """
    Yield the members of a topology, answering points first.

    Args:
        topology: what runs where.
        ground: what all of them are started with.
        ends: where simulated answering points listen; none: none are started.

    """
    for begin in range(0, len(ends), LISTEN_MAX):
        number = begin // LISTEN_MAX + 1
        id_ = f"psaps-{number}" if number > 1 else "psaps"
        yield _make_psaps(id_, ends[begin : begin + LISTEN_MAX], ground)
    for site in topology.sites:
        yield _make_site(site, ground)
    sites = [site.id for site in topology.sites]
    for number, address in enumerate(topology.list_redirects(), start=1):
        sources = ground.list_redirect_sources(sites, number)
        metrics = _list_metrics(topology.find_redirect_metrics(address))
        yield _make_redirect(number, address, ground, (*sources, "--listen", address, *metrics))
    for edge in topology.list_edges():
        yield _make_edge(edge, ground)
    if ground.planner is not None:
        stations = (*sites, *(edge.id for edge in topology.list_edges()))
        yield from _list_beside(ground, ground.planner, stations)


def _list_beside(
    ground: Ground, options: PlannerOptions, stations: Sequence[str]
) -> Iterator[Member]:
    """Yield the planner, a receiver for each station, and who goes on where the planner ends."""
    yield _make_planner(ID, Kind.PLANNER, ground, options, head_start_s=0.0)
    for station in stations:
        id_ = f"{Kind.RECEIVER}-{station}"
        yield Member(
            id=id_,
            kind=Kind.RECEIVER,
            address="",
            folder=ground.run_dir / id_,
            argv=(*COMMAND, *list_receiver_words(ground.run_dir / station)),
        )
    yield _make_planner(STANDBY, Kind.STANDBY, ground, options, head_start_s=HEAD_START_S)


def _make_planner(
    id_: str, kind: Kind, ground: Ground, options: PlannerOptions, *, head_start_s: float
) -> Member:
    words = list_planner_words(ground.run_dir, options, head_start_s=head_start_s)
    return Member(
        id=id_,
        kind=kind,
        address=f"unix:{ground.run_dir / ID / SOCKET}",
        folder=ground.run_dir / id_,
        argv=(*COMMAND, *words, *ground.sources, "--topology", str(ground.topology)),
        stamp=ground.stamp,
    )


def _make_redirect(number: int, address: str, ground: Ground, words: tuple[str, ...]) -> Member:
    return Member(
        id=(id_ := f"redirect-{number}"),
        kind=Kind.REDIRECT,
        address=address,
        folder=ground.run_dir / id_,
        argv=(*COMMAND, "redirect", "run", *words),
    )


def _make_edge(edge: EdgeNode, ground: Ground) -> Member:
    folder = ground.run_dir / edge.id
    return Member(
        id=edge.id,
        kind=Kind.EDGE,
        address=edge.address,
        asked=tuple(f"udp:{address}" for address in edge.addresses),
        folder=folder,
        argv=(
            *COMMAND, "edge", "run", *ground.list_sources(folder),
            "--topology", str(ground.topology), "--name", edge.id, "--run-dir", str(folder),
            "--shm-mb", str(ground.shm_mb), *_list_metrics(edge.metrics),
        ),
        stamp=ground.stamp,
    )  # fmt: skip


def _make_site(site: SiteNode, ground: Ground) -> Member:
    folder = ground.run_dir / site.id
    listens = [part for address in site.addresses for part in ("--listen", address)]
    if site.tls is not None:
        for address in site.addresses:
            host, _, port = address.rpartition(":")
            listens += ["--listen", f"tls:{host}:{int(port) + 1}"]
        listens += _list_tls(site.tls, ground)
    probes = () if ground.probes is None else ("--probes", str(ground.topology))
    return Member(
        id=site.id,
        kind=Kind.SITE,
        address=site.address,
        asked=tuple(f"udp:{address}" for address in site.addresses),
        folder=folder,
        argv=(
            *COMMAND, "site", "run", *ground.list_sources(folder), *listens, "--name", site.id,
            "--run-dir", str(folder), "--shm-mb", str(ground.shm_mb), *probes,
            *_list_metrics(site.metrics),
        ),
        stamp="" if ground.probes is None else ground.stamp,
    )  # fmt: skip


def _list_metrics(address: str) -> tuple[str, ...]:
    return ("--metrics", address) if address else ()


def _list_tls(tls: TlsPaths, ground: Ground) -> list[str]:
    beside = ground.topology.parent
    names = ("--tls-cert", tls.certificate), ("--tls-key", tls.key), ("--tls-ca", tls.ca)
    return [part for option, path in names for part in (option, str(beside / path))]


def _make_psaps(id_: str, ends: Sequence[Address], ground: Ground) -> Member:
    folder = ground.run_dir / id_
    listens = [part for end in ends for part in ("--listen", f"{end.transport}:{end.place}")]
    told = ("--behaviours", str(ground.run_dir / BEHAVIOURS)) if ground.exercise else ()
    loops = () if ground.probes is None else dict.fromkeys(dict(ground.probes.loops).values())
    loop = [part for number in loops for part in ("--loop", number)]
    first = next((end for end in ends if end.transport == "udp"), ends[0])
    return Member(
        id=id_,
        kind=Kind.PSAPS,
        address=first.place,
        asked=(str(first),),
        folder=folder,
        argv=(
            *COMMAND, "psap", "run", *listens, "--log", str(folder / "psaps.jsonl"), *told,
            *loop,
        ),
    )  # fmt: skip
