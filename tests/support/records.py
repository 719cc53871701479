"""A records folder under test: a site that writes, recorders that come and die."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from route112.adapters.record_spool import Bounds, RawFile, Recorder, prepare_folder, read_records
from route112.wire.record_lines import render_line

NOW_US = 1_795_000_000_000_000


class EndOfTheWorldError(BaseException):
    """A SIGKILL, as far as one process can play it: nothing is caught, nothing is tidied."""


def end_line(call: str, *, key: str = "", t: int = NOW_US) -> bytes:
    fields = {"t": t, "site": "s", "call": call, "outcome": "answered", "code": 200}
    return render_line("end", fields, key=key).encode("ascii")


@dataclass
class World:
    """One records folder, its writer, a clock that stands until it is moved, and complaints."""

    path: Path
    bounds: Bounds = field(default_factory=Bounds)
    said: list[str] = field(default_factory=list)
    clock: float = 0.0
    written: int = 0
    raw: RawFile = field(init=False)

    def __post_init__(self) -> None:
        self.raw = prepare_folder(self.path, site="s", now_us=NOW_US)

    def write(self, count: int = 1) -> None:
        """Append `count` records among other log lines; their calls are 1, 2, 3 ..."""
        for _ in range(count):
            self.written += 1
            line = end_line(str(self.written), key=self.raw.key, t=NOW_US + self.written)
            self.append(b" 3(4711) INFO: <script>: " + line)
            self.append(b" 3(4711) INFO: nothing to keep\n")

    def append(self, content: bytes) -> None:
        os.write(self.raw.descriptor, content)

    def recorder(self) -> Recorder:
        return Recorder(
            self.path,
            site="s",
            complain=self.said.append,
            bounds=self.bounds,
            monotonic=lambda: self.clock,
            now_us=lambda: NOW_US,
        )

    def read(self, **arguments) -> list[tuple[int, str]]:
        """Return (sequence, Call-ID) of what a reader finds; events have the event's name."""
        return [
            (record.sequence, record.call or record.get("event"))
            for record in read_records(self.path, **arguments)
        ]

    @property
    def expected(self) -> list[tuple[int, str]]:
        return [(number, str(number)) for number in range(1, self.written + 1)]

    def list_sealed(self) -> list[str]:
        return sorted(path.name for path in (self.path / "segments").iterdir())


def kill(recorder: Recorder) -> None:
    """Leave a recorder as a SIGKILL would: descriptors closed by the kernel, nothing else."""
    for handle in (recorder._raw, recorder._lock):
        if handle >= 0:
            os.close(handle)
    recorder._raw = recorder._lock = -1
