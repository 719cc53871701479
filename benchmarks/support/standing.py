"""What stands while calls go through: one chain of an edge and a site, or the whole country."""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import route112
from route112.adapters.processes import Children, find_listeners
from route112.apps.country_run.footprint import Footprint, measure_sessions
from route112.apps.country_run.state import read_state
from route112.apps.country_run.survey import survey

READY_SECONDS = "60"
COMMAND_SECONDS_MAX = 100.0
SETTLE_S = 4.0
"""After everything answers: until native tables are loaded and translators have ended."""
BARE_PLACE = ("127.0.80.9", 5060)
BARE_READY_S = 10.0
_BARE = """\
#!KAMAILIO
listen=udp:{host}:{port}
children=2
tcp_children=2
loadmodule "sl.so"
loadmodule "tm.so"
request_route {{
	sl_send_reply("200", "OK");
}}
"""


@contextmanager
def put_up(topology: Path | None, plan: Path, run_dir: Path) -> Iterator[Path]:
    """Run a topology, the demo country's where none is named, for the time of the block."""
    named = [] if topology is None else [str(topology)]
    _run("up", *named, "--plan", str(plan), "--run-dir", str(run_dir),
         "--ready-within", READY_SECONDS, "--detach")  # fmt: skip
    try:
        time.sleep(SETTLE_S)
        yield run_dir
    finally:
        _run("down", "--run-dir", str(run_dir))


def _run(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "route112.apps", *arguments],
        env={**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, f"route112 {arguments[0]}: {done.stdout}{done.stderr}"


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What the members of a kind take; pages that several processes share count once."""

    kind: str
    members: int
    processes: int
    each_mb: float
    """Median."""
    all_mb: float


def measure_members(run_dir: Path) -> list[Memory]:
    """Measure each kind of member of a country that runs."""
    state = read_state(run_dir)
    assert state is not None, f"nothing runs in {run_dir}"
    samples = asyncio.run(survey(state.members, now_s=time.monotonic()))
    kinds: dict[str, list[Footprint]] = {}
    for sample in samples:
        kinds.setdefault(str(sample.entry.kind), []).append(sample.footprint)
    return [
        Memory(
            kind=kind,
            members=len(found),
            processes=sum(one.processes for one in found),
            each_mb=statistics.median(one.pss_kb for one in found) / 1024,
            all_mb=sum(one.pss_kb for one in found) / 1024,
        )
        for kind, found in kinds.items()
    ]


def measure_bare(children: Children, folder: Path) -> float:
    """Return the MB of a Kamailio that has nothing but transactions: no table, no supervisor."""
    host, port = BARE_PLACE
    config = folder / "bare.cfg"
    config.write_text(_BARE.format(host=host, port=port), encoding="ascii")
    argv = ["/usr/sbin/kamailio", "-f", str(config), "-DD", "-E", "-x", "tlsf", "-X", "tlsf"]
    argv += ["-m", "512", "-M", "128", "-Y", str(folder)]
    child = children.start("bare", argv, log=folder / "bare.out")
    children.wait_until(
        lambda: BARE_PLACE in find_listeners("udp"), timeout_s=BARE_READY_S, what="bare Kamailio"
    )
    time.sleep(1.0)
    found = measure_sessions({child.popen.pid})[child.popen.pid]
    child.popen.terminate()
    child.popen.wait(BARE_READY_S)
    return found.pss_kb / 1024
