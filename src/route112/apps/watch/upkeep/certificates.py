"""When certificates end: those that a topology names, and those that a planner tells of."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from route112.apps.certificates.ends import (
    CERTIFICATE_WARN_US,
    ENDS_FILE,
    PLANNER,
    End,
    read_end,
    read_ends,
)
from route112.apps.watch.upkeep.kept_files import Kept
from route112.model.topology import EdgeNode, SiteNode, Topology
from route112.watch.detectors import Expiry, Lapse
from route112.watch.series import Series


class Certificates:
    """The certificates that a topology names; those that are on this machine."""

    def __init__(
        self, topology: Topology, folder: Path, *, complain: Callable[[str], None]
    ) -> None:
        self._kept: list[tuple[Series, str, Kept[int]]] = []
        nodes: list[tuple[str, SiteNode | EdgeNode]] = [("site", site) for site in topology.sites]
        nodes += [("edge", edge) for edge in topology.list_edges()]
        for kind, node in nodes:
            if node.tls is None:
                continue
            series = Series(((kind, node.id),))
            for what, path, first in (
                ("certificate", folder / node.tls.certificate, min),
                ("authority", folder / node.tls.ca, max),
            ):
                self._kept.append(
                    (
                        series,
                        f"{what} {path.name}",
                        Kept(path, partial(read_end, path, first), complain),
                    )
                )

    def list_expiries(self) -> Iterator[Lapse]:
        """List when each file ends: a chain with its first, authorities with their last one."""
        for series, what, kept in self._kept:
            if ends_us := kept.get():
                yield Expiry(
                    what=what,
                    series=series,
                    expires_us=ends_us,
                    warn_us=CERTIFICATE_WARN_US,
                    party=series.cut[0],
                )


class PlannerCertificates:
    """Those of a planner and of its stations' receivers, as the planner leaves word of them."""

    def __init__(
        self, topology: Topology, folder: Path, *, complain: Callable[[str], None]
    ) -> None:
        self._series = {site.id: Series((("site", site.id),)) for site in topology.sites}
        self._series |= {edge.id: Series((("edge", edge.id),)) for edge in topology.list_edges()}
        path = folder / ENDS_FILE

        def read() -> tuple[End, ...]:
            # Where no planner is, nobody left a word.
            return read_ends(path) if path.exists() else ()

        self._kept = Kept(path, read, complain)

    def list_expiries(self) -> Iterator[Lapse]:
        """List when each ends; no call fails then, and no order gets there."""
        for end in self._kept.get() or ():
            whose = "the planner" if end.owner == PLANNER else f"{end.owner}'s receiver"
            yield Expiry(
                what=f"{end.what} of {whose}",
                series=self._series.get(end.owner, Series()),
                expires_us=end.ends_us,
                warn_us=CERTIFICATE_WARN_US,
            )
