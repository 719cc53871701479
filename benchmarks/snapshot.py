"""
Time to open a snapshot with all its checks, to find a commune in it, and the memory that it takes.

The baselines of the same run are what a program without any format would do: compare one SHA-256
of the file, look a code up in a dictionary, and read the whole file into memory.

    benchmarks/snapshot.py [SNAPSHOT]     builds the demo country unless told otherwise
"""

import hashlib
import mmap
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.decide import build_country, environment, read_private

from route112.snapshot.reader import Snapshot

OPEN_S_MAX = 0.5
"""Budget of opening: a site does it once for each snapshot that is offered, aside from calls."""
ROUNDS = 5
MEMORY_ARGUMENT = "--memory"
PRIVATE_BYTES_MAX = 2_000_000
"""Budget of what a process holds for itself beside the mapped file."""


def main() -> int:
    """Print each figure beside its baseline and budget; return 1 where a budget is missed."""
    if sys.argv[1:2] == [MEMORY_ARGUMENT]:
        return print_memory(Path(sys.argv[2]))
    with tempfile.TemporaryDirectory(prefix="snapshot-") as name:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else build_country(Path(name))
        content = path.read_bytes()
        opened_s = print_opening(content)
        print_search(Snapshot(content))
        worker = [sys.executable, __file__, MEMORY_ARGUMENT, str(path)]
        fits = subprocess.run(worker, check=False, env=environment()).returncode == 0
    return 0 if fits and opened_s <= OPEN_S_MAX else 1


def print_opening(content: bytes) -> float:
    """Print the time of opening, with and without checks; return that with all of them."""
    baseline_s = best_s(lambda: hashlib.sha256(content).digest())
    print(f"{'SHA-256 of the file (baseline)':<40} {baseline_s * 1e3:8.2f} ms")
    opened_s = best_s(lambda: Snapshot(content))
    trusted_s = best_s(lambda: Snapshot(content, checked=True))
    for label, seconds, budget in (
        ("open with all checks", opened_s, f"budget {OPEN_S_MAX * 1e3:.0f} ms"),
        ("open what was checked before", trusted_s, ""),
    ):
        ratio = f"{seconds / baseline_s:6.1f} x"
        print(f"{label:<40} {seconds * 1e3:8.2f} ms {ratio}   {budget}".rstrip())
    return opened_s


def print_search(snapshot: Snapshot) -> None:
    """Print the time of finding each commune once."""
    codes = [snapshot.commune(index).code for index in range(snapshot.communes_count)]
    places = {code: index for index, code in enumerate(codes)}
    baseline_us = best_s(lambda: [places.get(code) for code in codes]) / len(codes) * 1e6
    found_us = best_s(lambda: [snapshot.find_commune(code) for code in codes]) / len(codes) * 1e6
    print(f"{'dictionary look-up (baseline)':<40} {baseline_us:8.2f} us")
    print(f"{'find_commune':<40} {found_us:8.2f} us {found_us / baseline_us:6.1f} x")


def best_s(work: Callable[[], object]) -> float:
    """Return the seconds of the best of ROUNDS: noise only ever adds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def print_memory(path: Path) -> int:
    """Print what this process alone holds for a mapped snapshot; return 1 above the budget."""
    before = read_private()
    with path.open("rb") as file:
        snapshot = Snapshot(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    opened = read_private() - before
    baseline = len(path.read_bytes())
    for index in range(snapshot.communes_count):
        snapshot.find_commune(snapshot.commune(index).code)
    searched = read_private() - before
    print(f"{'the file read whole (baseline)':<40} {baseline / 1e6:8.2f} MB")
    for label, size, budget in (
        ("private memory, mapped and open", opened, f"budget {PRIVATE_BYTES_MAX / 1e6:.0f} MB"),
        ("  and every commune found once", searched, ""),
    ):
        print(f"{label:<40} {size / 1e6:8.2f} MB {size / baseline:6.1f} x   {budget}".rstrip())
    return int(opened > PRIVATE_BYTES_MAX)


if __name__ == "__main__":
    sys.exit(main())
