"""
The whole demo country under calls, with a planner, and the moments on an order's way to each station.

What is read are files' times and tables in use: nothing that the planner says of itself.
"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.asked_planner import AskedPlanner, write_people
from tests.support.country_run import Country, prepare_country, wait_until

from route112.adapters.clock import utc_now
from route112.adapters.kamailio_rpc import RpcError, get_item, read_slot
from route112.adapters.tables.file import read_rows
from route112.apps.country_run.members import Kind
from route112.apps.country_run.survey import NATIVE_TABLES
from route112.apps.demo.tally import read_logs
from route112.apps.receiver.differences import count_differences, read_tables
from route112.apps.replay.conditions import take_precedence
from route112.snapshot.reader import Snapshot

SITES = tuple(f"site-{number}" for number in range(1, 7))
EDGES = ("bruyere-edge-1", "cormoran-edge-1", "dolmen-edge-1", "ecume-edge-1")
OPERATORS = tuple(edge.partition("-")[0] for edge in EDGES)
PSAP = "CRRA15-29"
RATE = float(os.environ.get("ROUTE112_ORDER_RATE", "100")) / len(OPERATORS)
"""Calls per second of each operator."""
HERE, HERE_SHARE = "29019", 0.25
"""Where calls come from, all of them or such a share: for these the answering point is the first to
ring. A site lets 48 calls ring there, and it takes two seconds to answer; of one operator's calls
from one place all go to one site. Where all are from here, that site rings others by itself."""
ELSEWHERE = ("31555", "59350", "69385", "75115")
"""Where each operator's other calls come from."""
KEYS = ("trust.json", "a.key.pub", "b.key.pub")
STAGED = re.compile(r"/g(\d+)-")
LOOK_S = 0.05


def now_s() -> float:
    """Return what files' times are compared with."""
    return utc_now() / 1e6


@dataclass
class Moments:
    """When one generation got how far, in seconds since `since_s` of the wall clock."""

    since_s: float
    made_s: float = 0.0
    """Its file is what stations may fetch."""
    offered_s: dict[str, float] = field(default_factory=dict)
    """By station: its receiver has renamed the file into place."""
    python_s: dict[str, float] = field(default_factory=dict)
    """By site: what Python decides by."""
    table_s: dict[str, float] = field(default_factory=dict)
    """By station: the table that Kamailio decides by."""

    def list_in_force(self) -> dict[str, float]:
        """By station, until it decides by the order: Python's snapshot, at an edge the table."""
        return {
            **{each: at for each, at in self.table_s.items() if each in EDGES},
            **self.python_s,
        }


def read_python(run_dir: Path, site: str) -> int:
    """Return the generation that Python of a site decides by."""
    found = STAGED.search((run_dir / site / "current").read_text())
    assert found is not None, f"{site} has something in force"
    return int(found[1])


def read_table(run_dir: Path, station: str) -> int:
    """Return the generation of the table that Kamailio of a station has in use; 0: unknown."""
    return int(_read_row(run_dir, station, "gen") or 0)


def read_instant_s(run_dir: Path, station: str) -> float:
    """Return the instant for which the table in use was made, wall clock; 0: unknown."""
    mark = _read_row(run_dir, station, "built")
    return int(mark.partition("@")[2]) / 1e6 if mark else 0.0


def _read_row(run_dir: Path, station: str, key: str) -> str:
    try:
        table = NATIVE_TABLES[Kind.SITE if station in SITES else Kind.EDGE]
        return asyncio.run(_ask_row(run_dir / station / "rpc.sock", table, key))
    except (RpcError, OSError):
        return ""


async def _ask_row(rpc: Path, table: str, key: str) -> str:
    slot, _ = await read_slot(rpc, ())
    return await get_item(rpc, f"{table}_{slot}", key)


def keep(run_dir: Path, station: str, into: Path) -> Path:
    """Keep what a station has in force, and its table, which is in use, for `compare`."""
    into.mkdir()
    for path in (run_dir / station).glob("*.sqlite"):
        shutil.copy(path, into)
    shutil.copy((run_dir / station / "current").read_text().rstrip("\n"), into / "snapshot")
    table = NATIVE_TABLES[Kind.SITE if station in SITES else Kind.EDGE]
    mark = read_rows(next(into.glob("*.sqlite")), table)["built"]
    assert mark == _read_row(run_dir, station, "built"), f"{station} uses another table"
    return into


def compare(kept: Path) -> int | None:
    """
    Count the keys on which the translations of what a station had differ.

    Its own table is that which was in use, the others are made anew for the same instant; on a busy
    machine half a million keys take a minute.
    """
    snapshot = Snapshot((kept / "snapshot").read_bytes())
    tables = read_tables(kept, snapshot)
    return None if tables is None else count_differences(snapshot, tables)


def list_rung(country: Country) -> list[tuple[float, float, str]]:
    """List when calls from `HERE` were placed and first rang, wall clock, and which number."""
    callers, psaps = read_logs(country.run_dir)
    placed_us = {line.call_id: line.placed_us for line in callers if line.commune == HERE}
    first = {line.call_id: line for line in sorted(psaps, key=lambda line: -line.rang_us)}
    return sorted(
        (placed_us[call_id] / 1e6, line.rang_us / 1e6, line.number)
        for call_id, line in first.items()
        if call_id in placed_us
    )


def find_primary(country: Country) -> str:
    """Return the number that the answering point lists first."""
    snapshot = Snapshot(country.plan.read_bytes())
    index = snapshot.find_psap(PSAP)
    assert index is not None
    return snapshot.psap(index).primary


def end_planners(country: Country) -> None:
    """Kill `up` first, so that nobody starts the planners again that are killed then."""
    os.kill(country.state()["up"]["pid"], signal.SIGKILL)
    for id_ in ("planner-standby", "planner"):
        os.kill(country.entry(id_)["leader"]["pid"], signal.SIGKILL)
    wait_until(lambda: not find_planner(country), "nobody answers any more")


def find_planner(country: Country) -> int:
    """Return the process that answers for the planner; 0: none."""
    with socket.socket(socket.AF_UNIX) as asking, contextlib.suppress(OSError):
        asking.settimeout(1.0)
        asking.connect(str(country.run_dir / "planner" / "socket"))
        peer = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", peer)[0])
    return 0


def follow(
    country: Country,
    stations: Iterable[str],
    generation: int,
    *,
    since_s: float,
    seconds_max: float,
) -> Moments:
    """Wait until these stations have a generation in all their translations; since: wall clock."""
    run_dir, stations = country.run_dir, tuple(stations)
    moments = Moments(since_s)
    waiting = set(stations)
    while waiting:
        for station in sorted(waiting):
            is_python = station in SITES and station not in moments.python_s
            if is_python and read_python(run_dir, station) >= generation:
                at_s = (run_dir / station / "current").stat().st_mtime
                moments.python_s[station] = at_s - since_s
                at_s = (run_dir / "plans" / f"{station}.r112").stat().st_mtime
                moments.offered_s[station] = at_s - since_s
            if station in SITES and station not in moments.python_s:
                continue
            if read_table(run_dir, station) >= generation:
                moments.table_s[station] = now_s() - since_s
                at_s = (run_dir / "plans" / f"{station}.r112").stat().st_mtime
                moments.offered_s.setdefault(station, at_s - since_s)
                waiting.remove(station)
        late = f"{sorted(waiting)} did not follow to g{generation}; {moments}"
        assert now_s() - since_s < seconds_max, late
        time.sleep(LOOK_S)
    made = max(path.stat().st_mtime for path in (run_dir / "planner" / "snapshots").glob("*.r112"))
    moments.made_s = made - since_s
    return moments


@contextmanager
def run_country(folder: Path, *arguments: str) -> Iterator[Country]:
    """Start the demo country with answering points and a planner."""
    fr, plan = folder / "fr", folder / "fr.r112"
    with prepare_country(folder, plan) as prepared:
        for words in (
            ("country", "demo", "fr", str(fr)),
            ("plan", "keys", "new", str(folder / "a.key")),
            ("plan", "keys", "new", str(folder / "b.key")),
            ("plan", "keys", "trust", *(str(folder / name) for name in KEYS)),
            ("plan", "build", str(fr), "-o", str(plan)),
            ("plan", "sign", str(plan), "--key", str(folder / "a.key")),
        ):
            result = prepared.run_plain(*words)
            assert result.returncode == 0, result.stdout + result.stderr
        write_people(prepared.run_dir / "planner", PSAP)
        result = prepared.run(
            "up", "--plan", str(plan), "--trust", str(folder / "trust.json"), "--psaps",
            "--planner", "--profile", str(fr / "profile.yaml"),
            "--planner-key", str(folder / "a.key"), "--shm-mb", "128",
            "--ready-within", "120", "--detach", *arguments,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        prepared.note()
        yield prepared


def await_reports(country: Country) -> tuple[AskedPlanner, int]:
    """Wait until all stations say what they have; return the planner, and the generation."""
    planner = AskedPlanner(country.run_dir / "planner")

    def has_all() -> "dict[str, Any] | bool":
        found = planner.stations
        return bool(found) and all(each["generation"] for each in found.values()) and found

    found = wait_until(has_all, "all stations say what they have")
    return planner, found["site-1"]["generation"]


def start_callers(country: Country, count: int) -> "list[subprocess.Popen[str]]":
    """Have each operator place calls from `HERE` through its edge."""
    return [
        _start_callers(country, index, HERE, count=count, rate=RATE)
        for index in range(len(OPERATORS))
    ]


def start_spread_callers(country: Country, seconds: float) -> "list[subprocess.Popen[str]]":
    """Have each operator place calls for so long, a part of them from `HERE`; all are logged."""
    wanted = {
        country.run_dir / f"callers-{index}-{commune}.jsonl": (index, commune, RATE * share)
        for index, elsewhere in enumerate(ELSEWHERE)
        for commune, share in ((HERE, HERE_SHARE), (elsewhere, 1.0 - HERE_SHARE))
    }
    callers = [
        _start_callers(
            country, index, commune, "--log", str(log), count=round(seconds * rate), rate=rate
        )
        for log, (index, commune, rate) in wanted.items()
    ]
    # As soon as the first calls are over, so that nobody waits for programs that begin. Ends that
    # get no time on a busy machine show nothing of what is between them: sites take answering
    # points that are late for a way out that is shut, callers do not read what they are told.
    wait_until(lambda: all(log.exists() and log.stat().st_size for log in wanted), "they call")
    with take_precedence([*country.list_answering(), *(each.pid for each in callers)]):
        pass
    return callers


def _start_callers(
    country: Country, index: int, commune: str, *options: str, count: int, rate: float
) -> "subprocess.Popen[str]":
    return country._start(
        "call", "15", "--commune", commune, "--operator", OPERATORS[index],
        "--plan", str(country.plan), "--from", f"127.0.3.{16 * index + 1}:0",
        "--to", f"127.0.2.{index + 1}:5060", "--count", str(count), "--rate", str(rate),
        "--hold", "0.1", *options,
    )  # fmt: skip


def list_pids(country: Country, id_: str) -> list[int]:
    """List the processes of a member, and of its Kamailio's group."""
    pids = [country.entry(id_)["leader"]["pid"]]
    with contextlib.suppress(OSError, KeyError):
        pids.append(country.kamailio(id_))
    return pids


def signal_member(country: Country, id_: str, number: int) -> None:
    """Send a signal to a member, and to its Kamailio where it has one."""
    for pid in list_pids(country, id_):
        os.killpg(os.getpgid(pid), number)
