"""
What has to be renewed besides snapshots and orders: certificates, keys, contacts, numbers.

All of it is in files that people change while watch runs. They are looked at, and read again when
they are others; one that cannot be read is said, and what it said before holds on.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import click

from route112.adapters.chained_file import FILE_BYTES_MAX as JOURNAL_BYTES_MAX
from route112.adapters.source_folder import FILE_BYTES_MAX, read_plain
from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.certificates.ends import (
    CERTIFICATE_WARN_US,
    ENDS_FILE,
    PLANNER,
    End,
    read_end,
    read_ends,
)
from route112.apps.plan.options import FILE, FOLDER
from route112.apps.watch.upkeep.logs import LogEnds
from route112.model import Operator, Profile, Psap
from route112.model.topology import EdgeNode, SiteNode, Topology
from route112.snapshot.trust import TRUST_SIZE_MAX, TrustList, parse_trust
from route112.watch.detectors import Deviation, Expiry, Lapse
from route112.watch.series import Series
from route112.watch.upkeep.directory import list_unconfirmed
from route112.wire.documents.operators import parse_operator
from route112.wire.documents.profile import parse_profile
from route112.wire.psaps import parse_psaps

KEY_WARN_US = 30 * 86_400_000_000
"""The same of a key that signs snapshots."""
JOURNAL_FILE = "journal.log"
"""In a planner's folder."""
JOURNAL_WARN_TENTHS = 5
"""Of what it may have: nobody who works as ever gets there within years."""
OPERATORS_MAX = 64
"""Files of operators that are read."""
TABLES = ("psaps.csv", "psaps.ods", "psaps.xlsx")

Command = TypeVar("Command", bound=Callable[..., Any])
Said = TypeVar("Said")


def renewal_options(command: Command) -> Command:
    """Add the options to a command."""
    for option in (
        click.option(
            "--sources",
            type=FOLDER,
            help="Source folder of the plan: who confirmed contacts and numbers, and when.",
        ),
        click.option("--trust", type=FILE, help="Trust list; its keys end."),
        click.option(
            "--planner-folder",
            type=FOLDER,
            help="Of `planner run`; its certificates and those of receivers end.  "
            "[default: planner in --run-dir]",
        ),
    ):
        command = option(command)
    return command


class Kept(Generic[Said]):
    """
    What some files say, read again when they are others.

    Args:
        find: names the files.
        read: what they say; OSError or ValueError where they cannot be read.
        complain: told once of each trouble.
    """

    def __init__(
        self,
        find: Callable[[], Iterable[Path]],
        read: Callable[[], Said],
        complain: Callable[[str], None],
    ) -> None:
        self._find = find
        self._read = read
        self._complain = complain
        self._stamp: object = None
        self._said: Said | None = None

    def get(self) -> Said | None:
        """Return what they say now, or said last; None: they could never be read."""
        stamp = tuple(map(_stamp, self._find()))
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._said = self._read()
            except (OSError, ValueError) as error:
                self._complain(f"{error}; what was known of it holds on")
        return self._said


def _stamp(path: Path) -> tuple[object, ...]:
    try:
        found = path.stat()
    except OSError:
        return (path,)
    return path, found.st_ino, found.st_mtime_ns, found.st_size


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
                self._kept.append((series, f"{what} {path.name}", _keep(path, first, complain)))

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


def _keep(
    path: Path, first: Callable[[Iterable[int]], int], complain: Callable[[str], None]
) -> Kept[int]:
    def read() -> int:
        return read_end(path, first)

    return Kept(lambda: (path,), _name_trouble(path, read), complain)


def _name_trouble(path: Path, read: Callable[[], Said]) -> Callable[[], Said]:
    """Have an error say which file it is about."""

    def named() -> Said:
        try:
            return read()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise ValueError(f"{path} cannot be looked at: {reason}") from error

    return named


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

        self._kept = Kept(lambda: (path,), _name_trouble(path, read), complain)

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


class JournalRoom:
    """The journal of a planner, which takes no order any more when it is full."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL_FILE

    def list_deviations(self) -> Iterator[Lapse]:
        """Tell of one that is half full, and again at each tenth more."""
        try:
            size = self._path.stat().st_size
        except OSError:
            return
        tenths = size * 10 // JOURNAL_BYTES_MAX
        if tenths >= JOURNAL_WARN_TENTHS:
            yield Deviation(
                name="journal",
                said=f"the planner's journal is {tenths * 10} % full, and a full one takes no "
                "order: docs/change.md, A full journal",
                series=Series(),
                expected=JOURNAL_WARN_TENTHS / 10,
                seen=tenths / 10,
            )


class Keys:
    """The keys of a trust list."""

    def __init__(self, path: Path, *, complain: Callable[[str], None]) -> None:
        def read() -> TrustList:
            return parse_trust(read_plain(path, TRUST_SIZE_MAX))

        self._kept = Kept(lambda: (path,), _name_trouble(path, read), complain)

    def list_expiries(self) -> Iterator[Lapse]:
        """List when each key that was not revoked ends; all but the last end by intent."""
        trust = self._kept.get()
        keys = [] if trust is None else [key for key in trust.keys if key.revoked_at is None]
        last_us = max((int(key.not_after) for key in keys), default=0)
        for key in keys:
            yield Expiry(
                what=f"key {key.id} ({key.name}) for snapshots",
                series=Series(),
                expires_us=int(key.not_after),
                warn_us=KEY_WARN_US,
                is_meant=int(key.not_after) < last_us,
            )


class Directory:
    """
    Contacts and alternative numbers of a source folder.

    Args:
        now: wall clock, microseconds since 1970.
    """

    def __init__(
        self, folder: Path, *, now: Callable[[], int], complain: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._now = now
        self._kept = Kept(self._list_files, _name_trouble(folder, self._read), complain)

    def list_expiries(self) -> tuple[Deviation, ...]:
        """List what nobody has confirmed for too long."""
        said = self._kept.get()
        if said is None:
            return ()
        profile, psaps, operators = said
        return list_unconfirmed(profile, psaps, operators, now_us=self._now())

    def is_readable(self) -> bool:
        """Tell whether there was ever something to be read."""
        return self._kept.get() is not None

    def _list_files(self) -> list[Path]:
        operators = sorted(self._folder.glob("operators/*.yaml"))[:OPERATORS_MAX]
        tables = (self._folder / name for name in TABLES)
        return [self._folder / "profile.yaml", *filter(Path.is_file, tables), *operators]

    def _read(self) -> tuple[Profile, tuple[Psap, ...], tuple[Operator, ...]]:
        first, *others = self._list_files()
        profile, problems = parse_profile(read_plain(first, FILE_BYTES_MAX), file=first.name)
        if profile is None:
            raise ValueError(str(problems[0]))
        psaps: dict[str, Psap] = {}
        operators: list[Operator] = []
        for path in others:
            content = read_plain(path, FILE_BYTES_MAX)
            if path.name in TABLES:
                found, problems = parse_psaps(content, file=path.name, profile=profile)
                psaps |= found
                refused = not found
            else:
                operator, problems = parse_operator(content, file=path.name)
                operators += [] if operator is None else [operator]
                refused = operator is None
            if refused:
                raise ValueError(str(problems[0]))
        return profile, tuple(psaps.values()), tuple(operators)


@dataclass(frozen=True, slots=True)
class Where:
    """Files and folders that say what has to be renewed."""

    topology: Path
    sources: Path | None = None
    trust: Path | None = None
    planner: Path | None = None
    """Folder of a planner."""


def list_renewals(
    topology: Topology, where: Where, *, now: Callable[[], int], complain: Callable[[str], None]
) -> tuple[Callable[[], Iterable[Lapse]], ...]:
    """Return what lists all that has to be renewed, or end the command."""
    found: list[Callable[[], Iterable[Lapse]]] = [
        Certificates(topology, where.topology.parent, complain=complain).list_expiries
    ]
    if where.trust is not None:
        found.append(Keys(where.trust, complain=complain).list_expiries)
    if where.planner is not None:
        found.append(PlannerCertificates(topology, where.planner, complain=complain).list_expiries)
        found.append(JournalRoom(where.planner).list_deviations)
        found.append(LogEnds(where.planner).list_deviations)
    if where.sources is not None:
        directory = Directory(where.sources, now=now, complain=complain)
        if not directory.is_readable():
            fail(
                f"{where.sources} is no source folder that can be read",
                "Mend what is said above, or leave --sources out",
                code=EXIT_REFUSED,
            )
        found.append(directory.list_expiries)
    return tuple(found)
