"""
Time of one decision with its trace, and memory of a process that decides, beside their budgets.

The baseline of the same run is the least that any answer costs: a dictionary look-up of the key
and `struct.unpack_from` at its place in the mapped file.

    benchmarks/decide.py [SNAPSHOT]     builds the demo country unless told otherwise
"""

import itertools
import mmap
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import route112
from route112.model import Call, Order, OrderKind, ServiceState, States, UtcTime
from route112.routing import decide
from route112.routing.callers import place_call
from route112.snapshot.content import NONE, with_orders
from route112.snapshot.reader import Snapshot
from route112.snapshot.unpack import unpack_snapshot
from route112.snapshot.writer import write_snapshot

PLAIN_US_MAX = 20.0
"""Budget of a commune key; the aim is 5 us."""
CALLS = 2_000
"""Calls of one kind, over the whole country, asked in turn."""
ROUNDS = 7
ORDERS = 40
MEMORY_ARGUMENT = "--memory"
SEED = 112
QUIET = States()


class Located(NamedTuple):
    """A call whose network tells no commune."""

    call: Call
    cell: str = ""
    line: str = ""


def main() -> int:
    """Print each figure beside its budget; return 1 where one is missed."""
    if sys.argv[1:2] == [MEMORY_ARGUMENT]:
        print_memory(Path(sys.argv[2]))
        return 0
    with tempfile.TemporaryDirectory(prefix="decide-") as name:
        path = Path(sys.argv[1]) if len(sys.argv) > 1 else build_country(Path(name))
        content = path.read_bytes()
        plain_us = print_times(content)
        worker = [sys.executable, __file__, MEMORY_ARGUMENT, str(path)]
        subprocess.run(worker, check=True, env=environment())
    return 0 if plain_us <= PLAIN_US_MAX else 1


def environment() -> dict[str, str]:
    """Return an environment in which children import this very package."""
    return {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}


def build_country(folder: Path) -> Path:
    """Write and build the demo country; return its snapshot."""
    output = folder / "fr.r112"
    command = [sys.executable, "-m", "route112.apps"]
    for arguments in (
        ("country", "demo", "fr", str(folder / "fr")),
        ("plan", "build", str(folder / "fr"), "-o", str(output), "--no-cache"),
    ):
        subprocess.run(
            [*command, *arguments], check=True, env=environment(), stdout=subprocess.DEVNULL
        )
    return output


def print_times(content: bytes) -> float:
    """Print microseconds and ratios for each kind of call; return those of a plain key."""
    snapshot = Snapshot(content)
    now = UtcTime(snapshot.valid_from + 20 * 86_400_000_000)
    plain, timed, placed = sort_calls(snapshot)
    ordered = with_diverts(snapshot, plain, now)
    states = measure_states(snapshot, plain, now)
    nowhere = [Call(dialled=call.dialled, commune="x" + call.commune) for call in plain]
    cells, lines = list_located(snapshot)
    baseline_us = time_baseline(content, plain)
    kinds: list[tuple[str, Callable[[], float]]] = [
        ("plain key", lambda: time_calls(snapshot, plain, QUIET, now)),
        ("plain key, its first call", lambda: time_first(content, plain, now)),
        ("divert in force", lambda: time_calls(*ordered, QUIET, now)),
        ("key with hours", lambda: time_calls(snapshot, timed, QUIET, now)),
        ("key split by areas", lambda: time_calls(snapshot, placed, QUIET, now)),
        ("one PSAP in three down", lambda: time_calls(snapshot, plain, states, now)),
        ("unknown commune", lambda: time_calls(snapshot, nowhere, QUIET, now)),
        ("placed by its cell", lambda: time_located(snapshot, cells, now)),
        ("placed by the calling line", lambda: time_located(snapshot, lines, now)),
    ]
    print(f"{'dictionary and unpack_from (baseline)':<40} {baseline_us:7.2f} us")
    figures = {}
    for label, measure in kinds:
        figures[label] = measure()
        budget = f"budget {PLAIN_US_MAX:.0f} us" if label == "plain key" else ""
        ratio = figures[label] / baseline_us
        print(f"{label:<40} {figures[label]:7.2f} us {ratio:6.1f} x   {budget}".rstrip())
    return figures["plain key"]


def sort_calls(snapshot: Snapshot) -> tuple[list[Call], list[Call], list[Call]]:
    """Return calls over the whole country: to plain keys, to keys with hours, to split ones."""
    keys = list(itertools.product(range(snapshot.communes_count), snapshot.short_numbers))
    random.Random(SEED).shuffle(keys)
    plain: list[Call] = []
    timed: list[Call] = []
    placed: list[Call] = []
    for index, short in keys:
        number = snapshot.find_number(short.number)
        assert number is not None
        route = snapshot.route_index(index, number)
        if route == NONE:
            continue
        variants = snapshot.route(route)
        commune = snapshot.commune(index)
        call = Call(
            dialled=short.number,
            commune=commune.code,
            lon_deg=commune.lon_deg,
            lat_deg=commune.lat_deg,
        )
        if any(variant.area != NONE for variant in variants):
            placed.append(call)
        elif any(variant.hours != NONE for variant in variants):
            timed.append(call)
        elif len(plain) < CALLS:
            plain.append(call)
    return plain, timed[:CALLS] or plain, placed[:CALLS] or plain


def with_diverts(
    snapshot: Snapshot, calls: Iterable[Call], now: UtcTime
) -> tuple[Snapshot, list[Call]]:
    """Return a snapshot with diverts in force, and the calls whose first PSAP is diverted."""
    first = {call: decide(call, snapshot, QUIET, now=now).targets[0].psap for call in calls}
    psaps = sorted(set(first.values()))[: ORDERS + 1]
    orders = [
        Order(
            id=f"divert-{psap}",
            kind=OrderKind.DIVERT,
            psap=psap,
            to_psap=other,
            author="benchmark",
            reason="benchmark",
            starts=UtcTime(now - 1),
            expires=UtcTime(now + 1),
        )
        for psap, other in itertools.pairwise(psaps)
    ]
    content = with_orders(
        unpack_snapshot(snapshot),
        orders,
        generation=snapshot.generation + 1,
        parent=snapshot.content_hash,
    )
    diverted = {order.psap for order in orders}
    return Snapshot(write_snapshot(content)), [c for c, psap in first.items() if psap in diverted]


def measure_states(snapshot: Snapshot, calls: Iterable[Call], now: UtcTime) -> States:
    """Return states of all PSAPs, in which each third of those that ring first is down."""
    first = {decide(call, snapshot, QUIET, now=now).targets[0].psap for call in calls}
    known = dict.fromkeys(
        (snapshot.psap(index).id for index in range(snapshot.psaps_count)), ServiceState.NORMAL
    )
    return States(known | dict.fromkeys(sorted(first)[::3], ServiceState.DOWN))


def time_baseline(content: bytes, calls: list[Call]) -> float:
    """Return microseconds of a look-up by commune and number, and of one field read."""
    places = {(call.commune, call.dialled): 4 * place for place, call in enumerate(calls)}
    field = struct.Struct("<I")

    def ask() -> None:
        for call in calls:
            field.unpack_from(content, places[call.commune, call.dialled])

    return best_us(ask, len(calls))


def time_calls(snapshot: Snapshot, calls: list[Call], states: States, now: UtcTime) -> float:
    """Return microseconds of a decision about places that were asked about before."""

    def ask() -> None:
        for call in calls:
            decide(call, snapshot, states, now=now)

    ask()
    return best_us(ask, len(calls))


def list_located(snapshot: Snapshot) -> tuple[list[Located], list[Located]]:
    """Return calls that tell a cell, and calls that tell a line, over all operators' tables."""
    # Here: the memory of a worker is measured by this file, too, and it has none of this.
    from route112.apps.ends.whereabouts import list_whereabouts

    cells: list[Located] = []
    lines: list[Located] = []
    records = snapshot.records
    for index in range(records.frame.count("operators")):
        operator = records.text("operators", "id", index)
        told = list_whereabouts(snapshot, operator)
        for number in (short.number for short in snapshot.short_numbers[:2]):
            call = Call(dialled=number, operator=operator)
            cells += [Located(call, cell=cell) for cell in told.cells.values()]
            lines += [Located(call, line=line) for line in told.lines.values()]
    chance = random.Random(SEED)
    some_cells = chance.sample(cells, min(CALLS, len(cells)))
    return some_cells, chance.sample(lines, min(CALLS, len(lines)))


def time_located(snapshot: Snapshot, calls: list[Located], now: UtcTime) -> float:
    """Return microseconds of a decision, finding the commune included."""

    def ask() -> None:
        for call, cell, line in calls:
            placed = place_call(call, snapshot, cell=cell, line=line)
            decide(placed, snapshot, QUIET, now=now)

    ask()
    return best_us(ask, len(calls)) if calls else float("nan")


def time_first(content: bytes, calls: list[Call], now: UtcTime) -> float:
    """Return microseconds of a decision when nothing was asked of the snapshot before."""
    fresh = iter([Snapshot(content) for _ in range(ROUNDS)])

    def ask() -> None:
        snapshot = next(fresh)
        for call in calls:
            decide(call, snapshot, QUIET, now=now)

    return best_us(ask, len(calls))


def best_us(ask: Callable[[], None], calls: int) -> float:
    """Return microseconds a call in the best of ROUNDS: noise only ever adds."""
    best = float("inf")
    for _ in range(ROUNDS):
        began_ns = time.perf_counter_ns()
        ask()
        best = min(best, time.perf_counter_ns() - began_ns)
    return best / calls / 1_000


def print_memory(path: Path) -> None:
    """Print what this process alone holds in memory, before and after it decides everything."""
    before = read_private()
    with path.open("rb") as file:
        snapshot = Snapshot(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    opened = read_private()
    now = UtcTime(snapshot.valid_from + 20 * 86_400_000_000)
    for index in range(snapshot.communes_count):
        code = snapshot.commune(index).code
        for short in snapshot.short_numbers:
            decide(Call(dialled=short.number, commune=code), snapshot, QUIET, now=now)
    decided = read_private()
    print(f"{'memory of a process, without a snapshot':<40} {before / 1e6:7.1f} MB")
    print(f"{'  and a snapshot open':<40} {(opened - before) / 1e6:+7.1f} MB")
    print(f"{'  and every key decided once':<40} {(decided - opened) / 1e6:+7.1f} MB")
    print(f"{'  the file, shared by all processes':<40} {snapshot.size / 1e6:7.1f} MB")


def read_private() -> int:
    """Return the bytes of memory that no other process shares."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_Dirty"))


if __name__ == "__main__":
    sys.exit(main())
