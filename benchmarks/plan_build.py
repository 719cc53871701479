"""
Time and memory of `route112 plan build` on the demo country, beside their budgets.

The baseline of the same run reads the same files without understanding them: bytes, text, `csv`
cells, members of zip archives. A ratio to it says how dear the understanding is on any machine.

    benchmarks/plan_build.py [DIR]      use or write the demo country in DIR instead of a temp one
"""

import csv
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import route112
from route112.countries.fr import build_demo

COLD_S_MAX = 15.0
CHANGED_S_MAX = 5.0
MEMORY_BYTES_MAX = 500 * 1000 * 1000
POLL_S = 0.02
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Print each figure beside its budget; return 1 where one is missed."""
    with tempfile.TemporaryDirectory(prefix="plan-build-") as name:
        scratch = Path(name)
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else scratch / "fr"
        if not (folder / "profile.yaml").exists():
            _write_demo(folder)
        baseline_s = min(_read_plainly(folder) for _ in range(3))
        cold_s, memory = _build(folder, scratch / "cold.r112", scratch / "cache")
        again_s, _ = _build(folder, scratch / "again.r112", scratch / "cache")
        changed_s = _build_changed(folder, scratch)
        same = _digest(scratch / "cold.r112") == _digest(scratch / "again.r112")
    rows = [
        ("plain reading of the same files (baseline)", baseline_s, None),
        ("cold build", cold_s, COLD_S_MAX),
        ("build with nothing changed", again_s, None),
        ("build with one file changed", changed_s, CHANGED_S_MAX),
    ]
    for label, seconds, budget in rows:
        said = f"budget {budget:.0f} s" if budget else ""
        print(f"{label:<44} {seconds:7.2f} s {seconds / baseline_s:6.1f} x   {said}")
    limit = f"budget {MEMORY_BYTES_MAX / 1e6:.0f} MB"
    print(
        f"{'memory, all processes, resident, peak':<44} {memory / 1e6:7.0f} MB            {limit}"
    )
    print(f"{'two builds give the same bytes':<44} {'yes' if same else 'NO':>7}")
    kept = cold_s <= COLD_S_MAX and changed_s <= CHANGED_S_MAX and memory <= MEMORY_BYTES_MAX
    return 0 if kept and same else 1


def _write_demo(folder: Path) -> None:
    for name, content in build_demo().render_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _read_plainly(folder: Path) -> float:
    """Read every plan file down to cells or archive members; return seconds."""
    started = time.monotonic()
    for path in sorted((folder / "pdaau").iterdir()):
        content = path.read_bytes()
        if path.suffix == ".csv":
            text = content.decode("latin-1")
            separator = max(";,\t|", key=text[:2000].count)
            for _ in csv.reader(io.StringIO(text), delimiter=separator):
                pass
        else:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for member in archive.namelist():
                    archive.read(member)
    return time.monotonic() - started


def _build(folder: Path, output: Path, cache: Path) -> tuple[float, int]:
    """Build; return seconds, and the most bytes that all its processes together had resident."""
    command = [sys.executable, "-m", "route112.apps", "plan", "build", str(folder)]
    command += ["-o", str(output), "--cache", str(cache)]
    environment = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
    started = time.monotonic()
    with (output.with_suffix(".log")).open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            time.sleep(POLL_S)
    seconds = time.monotonic() - started
    if process.returncode:
        sys.exit(output.with_suffix(".log").read_text()[-2000:])
    return seconds, peak


def _resident(process: int) -> int:
    """Return the resident bytes of a process and its descendants; shared pages count in each."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return 0  # it ended meanwhile
    return pages * PAGE_BYTES + sum(_resident(int(child)) for child in children)


def _build_changed(folder: Path, scratch: Path) -> float:
    """Touch the largest CSV file, build, put it back; return seconds."""
    chosen = max((folder / "pdaau").glob("*.csv"), key=lambda path: path.stat().st_size)
    before = chosen.read_bytes()
    chosen.write_bytes(before + b"\n")
    try:
        return _build(folder, scratch / "changed.r112", scratch / "cache")[0]
    finally:
        chosen.write_bytes(before)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
