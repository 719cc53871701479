"""
What watch costs: processor time for 1,000 records a second, and how it grows with the series.

    benchmarks/watch_cost.py [--write FILE]     FILE: docs/benchmarks.md

All of `watch run` is measured: records are read from files, joined and kept in SQLite, counted in
their series and looked at once a second, and once a minute a copy of the process freezes all
state: its processor time is added. A minute of scenario time, 1,000 records in each second, from
an edge's folder and a site's. Baselines of the same run: reading the same records and counting
their kinds in a dict; the same with joining and nothing else. Each row runs in a process of its
own, so that its peak of memory is its own; what the process had before the first record is told
apart.
"""

import argparse
import heapq
import itertools
import multiprocessing
import os
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.support.report import align, judge_budget, render_table, say, write_section

from route112.adapters.record_spool import RawFile, prepare_folder, read_records
from route112.adapters.watch_store import open_store
from route112.adapters.watch_store.aside import Aside
from route112.apps.watch.country import Country
from route112.apps.watch.following.follower import Follower
from route112.apps.watch.looking.eyes import Eyes
from route112.apps.watch.looking.makings import Makings
from route112.apps.watch.names import Names
from route112.watch.calls.joining import Joiner
from route112.watch.detectors import Lapse
from route112.watch.intake import Intake
from route112.watch.series import CUTS, Series
from route112.watch.values import SeenCall
from route112.watch.watching.frozen import freeze
from route112.wire.record_lines import render_line

RECORDS_PER_S = 1_000
SECONDS = 60
STEP_US = 250_000
"""As `watch run` polls."""
RECORDS_PER_CALL = 9
CALLS_PER_S = RECORDS_PER_S // RECORDS_PER_CALL
T0, S, MS = 1_795_000_000_000_000, 1_000_000, 1_000
SITES, TRUNKS, COMMUNES = 6, 2, 60
TECHNOLOGIES = ("mobile", "voip")
AFTER_S = 10
"""Until the last call is over."""
LOOKS = 30
COPIES, COPY_POLL_S = 3, 0.005
FREEZE_EACH_S = 60.0
"""As `apps.watch.looking.freezing` has it frozen: after 240 steps, four in a second."""
COST_MAX = 0.25
"""Processor seconds a second that watch may take at 1,000 records a second."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many different values calls have."""

    label: str
    numbers: int = 5
    operators: int = 4
    departements: int = 10


SIZES = (
    Size("a region"),
    Size("10 x numbers", numbers=50),
    Size("10 x operators", operators=40),
    Size("10 x departements: a country", departements=100),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one row took."""

    series: int
    records: int
    seconds: float
    """Processor time of all but the copies that freeze."""
    read_s: float
    joined_s: float
    look_us: float
    """Of one look at all series, once a second."""
    begin_ms: float
    """That looking waits, once a minute, until a copy of the process has begun."""
    copy_s: float
    """Processor time of that copy, until all state is frozen."""
    begun_mb: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Written:
    """A records folder that a station writes."""

    path: Path
    raw: RawFile

    def append(self, line: bytes) -> None:
        """Write a line of it."""
        os.write(self.raw.descriptor, line)


PREPARED_US = 3_600_000_000
"""Records are written beforehand, ahead of the clock that is given."""


def open_folder(path: Path) -> Written:
    """Make a records folder."""
    return Written(path, prepare_folder(path, site="benchmark", now_us=T0))


class Plain:
    """As much of a country as watch asks for."""

    usual_week: tuple[float, ...] = ()

    @staticmethod
    def mean(dialled: str) -> str:
        """Return the short number that was meant."""
        return dialled

    @staticmethod
    def spell(call: SeenCall) -> SeenCall:
        """Return a call as it is: its caller is written as E.164 has it."""
        return call

    @staticmethod
    def spell_number(number: str) -> str:
        """Return a number as it is."""
        return number

    @staticmethod
    def place(commune: str) -> str:
        """Return the name of a commune."""
        return commune

    @staticmethod
    def departement(commune: str) -> str:
        """Return its departement."""
        return commune[:-3]

    @staticmethod
    def hour_of(now_us: int) -> int:
        """Return the hour of the week."""
        return now_us // (3_600 * S) % 168

    @staticmethod
    def list_expiries() -> tuple[Lapse, ...]:
        """Return that nothing ends."""
        return ()

    @staticmethod
    def ahead_of(_departement: str, _now_us: int) -> int:
        """Return that all clocks are one."""
        return 0


def main() -> int:
    """Print the table; return 1 where watch costs more than it may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    costs = []
    context = multiprocessing.get_context("spawn")
    for size in SIZES:
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            costs.append(pool.submit(measure, size, asked.seconds).result())
        say(size.label)
    rows = list(describe(costs, asked.seconds))
    print("\n".join(align(rows)))
    if asked.write:
        write_section(asked.write, "watch cost", _SAID + render_table(rows))
    return 1 if any("MISSED" in cell for row in rows for cell in row) else 0


def measure(size: Size, seconds: int) -> Cost:
    """Measure one row."""
    with tempfile.TemporaryDirectory(prefix="watch-") as name:
        scratch = Path(name)
        worlds = [open_folder(scratch / each / "records") for each in ("edge", "site")]
        store = open_store(scratch / "watch.sqlite", create=True)
        with closing(store):
            follower, eyes = make_watch(store, size)
            follower.follow(world.path for world in worlds)
            eyes.watching.rates.measures.know(list_series(size))
            lines = deque(draw_lines(worlds, size, seconds))
            begun_mb = read_peak_mb()
            taken, used_s = 0, 0.0
            for now_us in range(T0, T0 + (seconds + AFTER_S) * S, STEP_US):
                while lines and lines[0][0] <= now_us:
                    _, side, line = lines.popleft()
                    worlds[side].append(line)
                began = time.process_time()
                taken += follower.step(now_us)
                used_s += time.process_time() - began
            read_s = clock(lambda: count_kinds(worlds))
            joined_s = clock(lambda: join(worlds, size))
            eyes.close()
            look_us = measure_look(eyes, T0 + (seconds + 60) * S)
            begin_ms, copy_s = measure_freezing(eyes)
            return Cost(
                series=len(eyes.watching.rates.measures.series),
                records=taken,
                seconds=used_s,
                read_s=read_s,
                joined_s=joined_s,
                look_us=look_us,
                begin_ms=begin_ms,
                copy_s=copy_s,
                begun_mb=begun_mb,
                peak_mb=read_peak_mb(),
            )


def make_watch(store: sqlite3.Connection, size: Size) -> tuple[Follower, Eyes]:
    """Return what `watch run` runs."""
    plain = Plain()
    makings = Makings(
        country=cast("Country", plain),
        maker="benchmark",
        name_caller=lambda caller, _time_us: f"p{caller}",
    )
    eyes = Eyes(store, makings, complain=print)
    edges = list_edges(size)
    names = cast("Names", plain)
    return Follower(
        store, edges=edges, names=names, complain=print, eyes=eyes, ahead_us=PREPARED_US
    ), eyes


def list_edges(size: Size) -> list[str]:
    """Return the names of all edges."""
    return [f"edge-{number}" for number in range(size.operators)]


def list_series(size: Size) -> Iterator[Series]:
    """Yield all series that calls can have, as an installation that runs has met them."""
    numbers = [f"1{number}" for number in range(size.numbers)]
    departements = [f"{number:02}" for number in range(size.departements)]
    values = {
        "number": numbers,
        "operator": [f"operator-{number}" for number in range(size.operators)],
        "technology": list(TECHNOLOGIES),
        "departement": departements,
        "edge": list_edges(size),
        "site": [f"site-{number}" for number in range(SITES)],
        "trunk": [f"gw-{code}-{each}:5060" for code in departements for each in range(TRUNKS)],
        "psap": [f"{number}-{code}" for number in numbers for code in departements],
    }
    for cut in CUTS:
        for chosen in itertools.product(*(values[name] for name in cut)):
            if cut != ("number", "psap") or chosen[1].startswith(f"{chosen[0]}-"):
                yield Series(tuple(zip(cut, chosen, strict=True)))


def draw_lines(
    worlds: Sequence[Written], size: Size, seconds: int
) -> list[tuple[int, int, bytes]]:
    """Return time, folder and line of each record, by time."""
    rng = random.Random(1)
    lines = []
    count = seconds * RECORDS_PER_S // RECORDS_PER_CALL
    for number in range(count):
        at_us = T0 + number * seconds * S // count
        for kind, after_ms, side, fields in draw_call(rng, size):
            time_us = at_us + after_ms * MS
            whole = {"t": time_us, "call": f"{number}@127.0.2.1", **fields}
            line = render_line(kind, whole, key=worlds[side].raw.key)
            lines.append((time_us, side, line.encode("ascii")))
    return sorted(lines)


def draw_call(
    rng: random.Random, size: Size
) -> Iterator[tuple[str, int, int, dict[str, str | int]]]:
    """Yield kind, milliseconds, folder and fields of each record of a call."""
    operator, code = rng.randrange(size.operators), f"{rng.randrange(size.departements):02}"
    number, site = f"1{rng.randrange(size.numbers)}", f"site-{rng.randrange(SITES)}"
    long, ends_ms = f"+3319900{rng.randrange(10_000):04}", 2_000 + rng.randrange(4_000)
    edge: dict[str, str | int] = {"site": f"edge-{operator}"}
    here: dict[str, str | int] = {"site": site}
    who: dict[str, str | int] = {
        "op": f"operator-{operator}",
        "tech": rng.choice(TECHNOLOGIES),
        "dialled": number,
        "caller": f"+999{rng.randrange(10**9):09}",
        "commune": f"{code}{rng.randrange(COMMUNES):03}",
    }
    rung: dict[str, str | int] = {"n": 1, "psap": f"{number}-{code}", "number": long}
    hop = f"gw-{code}-{rng.randrange(TRUNKS)}:5060"
    targets = f"{number}-{code}/{long}/primary,second-{code}/{long}/secondary"
    trace = f"{number} @{who['commune']} -> rule primary -> {number}-{code} {long} [g42 {site}]"
    ended: dict[str, str | int] = {"outcome": "answered", "code": 200, "ms": ends_ms}
    yield "attempt", 0, 0, {**edge, "by": "native", **who}
    yield "pass", 1, 0, {**edge, "n": 1, "to": site, "hop": "h:1"}
    yield "attempt", 2, 1, {**here, "by": "python", **who}
    yield "decision", 3, 1, {**here, "by": "python", "g": 42, "targets": targets, "trace": trace}
    yield "try", 3, 1, {**here, **rung, "hop": hop, "via": "rtc"}
    yield "ring", 900, 1, {**here, **rung, "code": 180}
    yield "ring", 901, 0, {**edge, "n": 1, "code": 180}
    yield "end", ends_ms, 1, {**here, **rung, **ended}
    yield "end", ends_ms + 1, 0, {**edge, **ended}


def count_kinds(worlds: Sequence[Written]) -> None:
    """Read all records and count their kinds: what any reader does at least."""
    kinds = Counter(record.kind for world in worlds for record in read_records(world.path))
    assert kinds["attempt"] == 2 * kinds["decision"], "all were read"


def join(worlds: Sequence[Written], size: Size) -> None:
    """Read all records and join them, keeping nothing."""
    intake, joiner = Intake(), Joiner(list_edges(size))
    both = [read_records(world.path) for world in worlds]
    looked_us = 0
    for record in heapq.merge(*both, key=lambda each: each.time_us):
        if intake.accept(record.writer, record.sequence):
            deque(joiner.take(record), maxlen=0)
        if record.time_us > looked_us + STEP_US:
            looked_us = record.time_us
            deque(joiner.list_arrivals(looked_us), maxlen=0)
            deque(joiner.tick(looked_us), maxlen=0)


def measure_look(eyes: Eyes, now_us: int) -> float:
    """Return what one look takes, in microseconds."""
    watching = eyes.watching
    watching.tick(now_us)
    ticks = (partial(watching.tick, now_us + each * S) for each in range(1, LOOKS))
    return min(map(clock, ticks)) * 1e6


def measure_freezing(eyes: Eyes) -> tuple[float, float]:
    """Return for how many milliseconds looking waits, and how many seconds the copy takes."""
    hooks = {"usual": eyes.watching.rates.rates.baseline}
    waits_s, copies_s = [], []
    for _ in range(COPIES):
        aside, before_s, began_s = Aside(), read_children_s(), time.perf_counter()
        aside.begin(partial(freeze, eyes.watching, hooks))
        waits_s.append(time.perf_counter() - began_s)
        while aside.take() is None:
            time.sleep(COPY_POLL_S)
        copies_s.append(read_children_s() - before_s)
    return statistics.median(waits_s) * 1e3, statistics.median(copies_s)


def read_children_s() -> float:
    """Return the processor seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def clock(work: Callable[[], object]) -> float:
    """Return the processor seconds of something."""
    began = time.process_time()
    work()
    return time.process_time() - began


def read_peak_mb() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def describe(costs: Sequence[Cost], seconds: int) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table."""
    yield (
        "", "series", "processor", "of it freezing", "against reading", "against joining",
        "one look", "a look waits", "memory", "budget",
    )  # fmt: skip
    for size, cost in zip(SIZES, costs, strict=True):
        freezing_s = cost.copy_s / FREEZE_EACH_S
        each_s = cost.seconds / seconds + freezing_s
        yield (
            size.label,
            f"{cost.series:,}",
            f"{each_s * 1e3:.0f} ms/s",
            f"{freezing_s * 1e3:.0f} ms/s",
            f"{each_s * seconds / cost.read_s:.1f}x",
            f"{each_s * seconds / cost.joined_s:.1f}x",
            f"{cost.look_us:.0f} us",
            f"{cost.begin_ms:.0f} ms",
            f"{cost.begun_mb:.0f} + {cost.peak_mb - cost.begun_mb:.0f} MB",
            judge_budget(f"<= {COST_MAX * 1e3:.0f} ms/s", good=each_s <= COST_MAX),
        )


_SAID = f"""\
## What watch costs

`benchmarks/watch_cost.py`. All of `watch run`: processor time a second at
{RECORDS_PER_S:,} records a second, which {CALLS_PER_S} calls leave, for {SECONDS} s. Records are
read from files, joined, kept in SQLite, counted in their series, looked at once a second; once a
minute a copy of the process freezes all state.

- *Of it freezing*: what that copy takes, dealt to the minute. *A look waits*: until it has begun.
- *Against reading*: the same records read, and their kinds counted in a dict. *Against joining*:
  read and joined, and nothing kept.
- *Memory*: before the first record, and what was added at most.
- A region: 5 numbers, 4 operators with an edge each, 10 departements, 6 sites; below it ten times
  as many of one of them.

"""

if __name__ == "__main__":
    sys.exit(main())
