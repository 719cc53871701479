"""Compare branch coverage of each package with its floor; exit 1 names the modules below."""

import sys
from collections import defaultdict
from pathlib import Path

import coverage

WHOLE = ("access", "change", "model", "replication", "routing", "snapshot", "watch")
FLOORS = dict.fromkeys(WHOLE, 100.0)
"""Per cent of lines and branches together: what routes a call is tested whole, and what judges."""
FLOOR_ELSEWHERE = 90.0
SOURCE = Path("src/route112")


def main() -> int:
    """Print a row per package and a line per module that misses its floor."""
    recorded = coverage.Coverage()
    recorded.load()
    known: dict[str, int] = defaultdict(int)
    total: dict[str, int] = defaultdict(int)
    below = []
    for path in sorted(SOURCE.rglob("*.py")):
        numbers = recorded._analyze(str(path)).numbers  # noqa: SLF001
        package = path.relative_to(SOURCE).parts[0].removesuffix(".py")
        have, want = numbers.ratio_covered
        known[package] += have
        total[package] += want
        floor = FLOORS.get(package)
        if floor is not None and have < want:
            below.append(f"{path}: {100 * have / want:.1f} %, floor {floor:.0f} %")
    for package in sorted(total):
        floor = FLOORS.get(package, FLOOR_ELSEWHERE)
        share = 100 * known[package] / total[package] if total[package] else 100.0
        print(f"  {package:<12} {share:6.1f} %   floor {floor:.0f} %")
        if share < floor:
            below.append(f"package {package}: {share:.1f} %, floor {floor:.0f} %")
    for line in below:
        print(f"coverage below its floor: {line}")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
