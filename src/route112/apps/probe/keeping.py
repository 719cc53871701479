"""What is left of test calls: a record of each, and the latest of each path in one small file."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path as FilePath

import msgspec

from route112.adapters.atomic_file import write_atomically
from route112.adapters.record_spool import Recorder, prepare_folder
from route112.watch.calls.joining import PROBE
from route112.watch.probing.pace import Pace
from route112.watch.probing.paths import Path, Ways
from route112.watch.probing.verdict import Outcome
from route112.watch.probing.watching import KeptLink, ProbeWatch, list_links
from route112.watch.telling import describe_probe
from route112.watch.values import SeenCall
from route112.wire.record_lines import parse_line, render_line

MEMBER = "probe"
"""Folder below the run directory, and name in records."""
FILE = "probes.json"
RUNG_FILE = "rung.json"
"""When each responder was rung last, written before it is: no `kill -9` makes it ring sooner."""
DAY_US = 86_400_000_000
BYTES_MAX = 64 * 1024 * 1024
US_PER_S = 1_000_000


class Latest(msgspec.Struct, frozen=True, kw_only=True):
    """The latest test call over a path."""

    edge: str
    site: str
    hop: str
    every_s: float
    """Pace of this path."""
    said: str = ""
    """`well`, or where it failed; empty: it has had no turn yet."""
    at_us: int = 0
    ring_ms: int | None = None
    audio: str = ""
    sent: int = 0
    heard: int = 0
    failed: str = ""
    """What edge or site said of the failure."""

    @property
    def path(self) -> Path:
        """Return the path."""
        return Path(self.edge, self.site, self.hop)


class Kept(msgspec.Struct, kw_only=True):
    """The whole file."""

    at_us: int
    """When it was written."""
    calls_per_s: float
    calls_per_s_max: float
    loop_s: float
    """Pace of a path over a gateway."""
    responder_s: float
    """Pace of an IP hop's responder, over whichever path."""
    link_floor_s: float
    """How soon a broken link edge+site shows, where that takes longest."""
    trunk_floor_s: float
    """The same of a link site+trunk."""
    paths: list[Latest]
    untested: list[str]
    """Gateways without a loop number."""
    rung_us: dict[str, int] = {}
    """When the responder of each IP hop was rung last."""
    links: list[KeptLink] = []
    """Links that are not quite well."""


def load_kept(run_dir: FilePath) -> Kept | None:
    """Return what was kept; None where nothing is, or it cannot be read."""
    try:
        with (run_dir / MEMBER / FILE).open("rb") as file:
            return msgspec.json.decode(file.read(BYTES_MAX), type=Kept)
    except (OSError, msgspec.DecodeError):
        return None


def load_rung(folder: FilePath, kept: Kept | None) -> dict[str, int] | None:
    """
    Return when each responder was rung last; None where that is not known any more.

    Args:
        folder: of the prober.
        kept: what it had found, as far as it can be read.
    """
    try:
        with (folder / RUNG_FILE).open("rb") as file:
            return msgspec.json.decode(file.read(BYTES_MAX), type=dict[str, int])
    except FileNotFoundError:
        if kept is None and (folder / FILE).exists():
            return None
        return {} if kept is None else kept.rung_us
    except (OSError, msgspec.DecodeError):
        return None


class Book:
    """
    Writes down what came of each test call.

    Raises: OSError where the folder cannot be had.
    """

    def __init__(
        self,
        run_dir: FilePath,
        ways: Ways,
        pace: Pace,
        *,
        now_us: Callable[[], int],
        complain: Callable[[str], None],
    ) -> None:
        self._file = run_dir / MEMBER / FILE
        self._now_us = now_us
        self._pace = pace
        self._untested = list(ways.untested)
        self._responders = {paths[0].hop for paths in ways.responders}
        before = load_kept(run_dir)
        rung_us = load_rung(run_dir / MEMBER, before)
        if rung_us is None:
            complain("nobody knows when responders were rung last: each waits for its whole pace")
            rung_us = dict.fromkeys(self._responders, now_us())
        self.rung_us = {hop: at for hop, at in rung_us.items() if now_us() - at < DAY_US}
        paths = (*ways.loops, *(path for paths in ways.responders for path in paths))
        self._latest = {
            path: Latest(edge=path.edge, site=path.site, hop=path.hop, every_s=pace.find(path))
            for path in paths
        }
        for latest in () if before is None else before.paths:
            if latest.path in self._latest:
                every_s = pace.find(latest.path)
                self._latest[latest.path] = msgspec.structs.replace(latest, every_s=every_s)
        self.watch = ProbeWatch()
        """What is thought of links; it goes on where the prober before this one stopped."""
        links = {series.pairs for path in self._latest for series, _ in list_links(path)}
        self.watch.restore(
            link for link in (before.links if before else ()) if link.pairs in links
        )
        folder = run_dir / MEMBER / "records"
        self._raw = prepare_folder(folder, site=MEMBER, now_us=now_us())
        self._recorder = Recorder(folder, site=MEMBER, complain=complain)
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to seal records; needs a running loop."""
        self._task = asyncio.get_running_loop().create_task(self._recorder.run())

    async def end(self) -> None:
        """Seal what there is, and save."""
        self.save()
        self._recorder.stop()
        if self._task is not None:
            await self._task
        os.close(self._raw.descriptor)

    def note_turn(self, path: Path) -> None:
        """Write down that a responder is rung now, before it is; raises OSError."""
        if path.hop in self._responders:
            self.rung_us[path.hop] = self._now_us()
            write_atomically(self._file.parent / RUNG_FILE, msgspec.json.encode(self.rung_us))

    def write(self, outcome: Outcome) -> tuple[Latest, SeenCall]:
        """Write down one test call; return it as the file has it, and as watch will see it."""
        path = outcome.path
        line = render_line(
            PROBE,
            {
                "t": outcome.at_us, "site": MEMBER, "test": outcome.call, "edge": path.edge,
                "to": path.site, "hop": path.hop, "said": outcome.said, "code": outcome.status,
                "ring_ms": "" if outcome.ring_ms is None else outcome.ring_ms,
                "sent": outcome.sent, "heard": outcome.heard, "audio": outcome.audio,
            },
            key=self._raw.key,
        )  # fmt: skip
        os.write(self._raw.descriptor, line.encode("ascii"))
        latest = self._latest[path] = Latest(
            edge=path.edge, site=path.site, hop=path.hop, every_s=self._pace.find(path),
            said=outcome.said, at_us=outcome.at_us, ring_ms=outcome.ring_ms, audio=outcome.audio,
            sent=outcome.sent, heard=outcome.heard, failed=outcome.failed,
        )  # fmt: skip
        record = parse_line(line.encode("ascii"), key=self._raw.key)
        assert record is not None
        return latest, describe_probe(record)

    def save(self) -> Kept:
        """Write the file anew; raises OSError."""
        pace = self._pace
        kept = Kept(
            at_us=self._now_us(), calls_per_s=pace.calls_per_s,
            calls_per_s_max=pace.calls_per_s_max, loop_s=pace.loop_s,
            responder_s=pace.responder_s, link_floor_s=pace.link_floor_s,
            trunk_floor_s=pace.trunk_floor_s, paths=list(self._latest.values()),
            untested=self._untested, rung_us=self.rung_us, links=self.watch.export(),
        )  # fmt: skip
        write_atomically(self._file, msgspec.json.encode(kept))
        return kept
