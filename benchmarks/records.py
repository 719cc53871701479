"""
How fast records are sealed and read back, as a ratio to copying the same bytes durably.

The baseline of the same run copies the raw file and syncs the copy. Recording must keep up with a
site's ceiling many times over: a call leaves about six lines.

    benchmarks/records.py [LINES]       100,000 lines unless told otherwise
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from route112.adapters.record_spool import Bounds, Recorder, prepare_folder, read_records
from route112.wire.record_lines import render_line

LINES = 100_000
LINES_PER_CALL = 6
WRITE_US_MAX = 60.0
"""Rendering and appending one record, inside a worker."""
CALLS_PER_S_MIN = 3_000
"""Calls a second that the recorder must keep up with on one core."""


def main() -> int:
    """Print each figure beside its budget; return 1 where one is missed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    with tempfile.TemporaryDirectory(prefix="records-") as name:
        scratch = Path(name)
        write_s = _measure(lambda: _write(scratch, count))
        raw = scratch / "records" / "raw.log"
        size = raw.stat().st_size
        copy_s = min(_measure(lambda: _copy(raw, scratch / "copy")) for _ in range(3))
        tail_s = _measure(lambda: _read(scratch, count))
        seal_s = _measure(lambda: _seal(scratch))
        read_s = _measure(lambda: _read(scratch, count))
    write_us = write_s / count * 1e6
    calls_per_s = count / LINES_PER_CALL / seal_s
    print(f"{count:,} records, {size / 1e6:.1f} MB")
    rows = [
        ("copying the raw file, synced (baseline)", copy_s, ""),
        (
            "rendering and appending",
            write_s,
            f"{write_us:.1f} us a record, at most {WRITE_US_MAX}",
        ),
        ("sealing", seal_s, f"{calls_per_s:,.0f} calls/s, at least {CALLS_PER_S_MIN:,}"),
        ("reading the raw file", tail_s, f"{count / tail_s:,.0f} records/s"),
        ("reading segments", read_s, f"{count / read_s:,.0f} records/s"),
    ]
    for label, seconds, said in rows:
        print(f"{label:<44} {seconds:7.2f} s {seconds / copy_s:7.1f} x   {said}")
    return 0 if write_us <= WRITE_US_MAX and calls_per_s >= CALLS_PER_S_MIN else 1


def _measure(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _write(scratch: Path, count: int) -> None:
    raw = prepare_folder(scratch / "records", site="site-1", now_us=1)
    trace = "15 @29019 bruyere/mobile -> rule primary -> CRRA15-29 +33261910029 [g42 site-1 0.7ms]"
    for number in range(count):
        fields: dict[str, str | int] = {
            "t": 1_795_000_000_000_000 + number,
            "site": "site-1",
            "call": f"{number // LINES_PER_CALL}@127.0.2.1",
            "by": "python",
            "g": 42,
            "targets": "CRRA15-29/+33261910029/primary,CRRA15-56/+33261910056/secondary",
            "trace": trace,
        }
        line = render_line("decision", fields, key=raw.key)
        os.write(raw.descriptor, line.encode("ascii"))
    os.close(raw.descriptor)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("wb") as write:
        while chunk := read.read(1 << 20):
            write.write(chunk)
        write.flush()
        os.fsync(write.fileno())


def _seal(scratch: Path) -> None:
    recorder = Recorder(scratch / "records", site="site-1", complain=print, bounds=Bounds())
    while recorder.step():
        pass
    recorder.close()


def _read(scratch: Path, count: int) -> None:
    assert sum(1 for _ in read_records(scratch / "records")) == count


if __name__ == "__main__":
    sys.exit(main())
