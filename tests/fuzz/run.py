"""
Fuzz the readers for a bounded time: `python tests/fuzz/run.py --seconds 60 [--target csv]`.

Each target gets this time. Needs atheris, an optional extra. An input that breaks the
oracle is kept in `--findings` (a new folder by default); exit 0 means that none did, 1 that one
did, 2 that nothing could be run.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
MEMORY_MIB_MAX = 2_048
"""More memory than this for one input is a finding."""
INPUT_SECONDS_MAX = 20
"""Longer than this for one input is a finding."""
INPUT_BYTES_MAX = 16_384
"""Longest input that is tried."""
INSTRUMENTED = [
    f"route112.{name}"
    for name in ("wire", "geo", "model", "routing.dialect", "routing.request_uri", "redirect")
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60, help="time for each target")
    parser.add_argument("--target", action="append", help="only this one; may be repeated")
    parser.add_argument("--findings", type=Path, help="folder for inputs that break something")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    chosen, rest = parser.parse_known_args()
    if importlib.util.find_spec("atheris") is None:
        print(
            "atheris is not installed, so nothing was fuzzed: install the extra with"
            " `pip install 'route112[fuzz]'`",
            file=sys.stderr,
        )
        return 2
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    if chosen.inside:
        return fuzz(chosen.inside, rest)
    if rest or chosen.seconds < 1:
        parser.error(f"cannot run with {' '.join(rest) or chosen.seconds}")
    from tests.fuzz.targets import TARGETS

    names = chosen.target or list(TARGETS)
    unknown = [name for name in names if name not in TARGETS]
    if unknown:
        parser.error(f"no target {unknown[0]}; there are {', '.join(TARGETS)}")
    findings = chosen.findings or Path(tempfile.mkdtemp(prefix="route112-findings-"))
    findings.mkdir(parents=True, exist_ok=True)
    broken = [name for name in names if not run(name, chosen.seconds, findings)]
    if broken:
        print(f"found something in {', '.join(broken)}; inputs are in {findings}")
    return 1 if broken else 0


def run(name, seconds, findings):
    """Fuzz one target in a process of its own, since libFuzzer ends its process."""
    from tests.fuzz.targets import TARGETS

    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(TARGETS[name].seeds):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        command = [
            sys.executable, str(Path(__file__)), "--inside", name, corpus,
            f"-max_total_time={seconds}", f"-rss_limit_mb={MEMORY_MIB_MAX}",
            f"-timeout={INPUT_SECONDS_MAX}", f"-max_len={INPUT_BYTES_MAX}",
            f"-artifact_prefix={findings}/{name}-", "-print_final_stats=1",
        ]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    counts = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
    executed = counts[0].split()[-1] if counts else "?"
    print(
        f"{name}: {executed} inputs in {seconds} s, {'fine' if not done.returncode else 'BROKEN'}"
    )
    if done.returncode:
        print(done.stdout[-3000:], done.stderr[-3000:], sep="\n")
    return done.returncode == 0


def fuzz(name, arguments):
    """Instrument the readers, then hand over to libFuzzer, which does not return."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzz.targets import TARGETS

    atheris.Setup([sys.argv[0], *arguments], TARGETS[name].run)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
