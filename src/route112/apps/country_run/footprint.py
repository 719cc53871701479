"""
What process groups take: how many processes, and their proportional share of memory.

Pages that several processes share are counted once between them (PSS), so that the sum over all
groups is what the machine really gave away.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path


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
