"""Bulk calls of SIPp through a running site to SIPp PSAPs, judged by the checker."""

import contextlib
import json
import os
import re
import statistics
import struct
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import country
from tests.support.country import build_plan, utc_now, write_country, write_orders
from tests.support.sipp_psaps import find_free_port
from tests.support.site_run import Run, list_session, run_site
from tests.support.snapshots import seal

from route112.adapters.processes import Child, Children, find_listeners
from route112.adapters.record_spool import read_records
from route112.apps.site.setup import KAMAILIO_FOLDER
from route112.countries.fr import build_demo
from route112.simulation.agreement import Key
from route112.simulation.checker import Expectation, Judgement, find_median_ms, judge
from route112.simulation.logs import CallerLine, PsapLine
from route112.simulation.sipp import (
    SippCall,
    SippLoad,
    SippPsap,
    read_callers,
    read_psaps,
    start_callers,
    start_psaps,
)
from route112.wire.record_lines import Record

CALLER_HOST = "127.0.2.9"
"""An address of the operator Bruyère."""
CALLER_PORTS = range(6100, 6999)
SITE_PORTS = range(5060, 5099)
READY_S = 10.0
HOLD_MS = 200
LATE_S = 15.0
"""A load that is not over so long after its last call is ended."""
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
GENERATION_AT = 24
"""Offset of the generation in a snapshot; docs/formats/snapshot.md."""


@dataclass(frozen=True)
class Planned:
    """A key, and what it must ring in odd and in even generations."""

    key: Key
    odd: str
    even: str


@dataclass(frozen=True)
class Plans:
    """Two contents that differ in one order: every odd generation is one, every even the other."""

    odd: bytes
    even: bytes
    planned: Sequence[Planned]

    def make(self, generation: int) -> bytes:
        """Return the snapshot of a generation."""
        content = bytearray(self.odd if generation % 2 else self.even)
        struct.pack_into("<Q", content, GENERATION_AT, generation)
        return seal(content)

    def offer(self, path: Path, generation: int) -> None:
        """Rename a generation over `path`, as a planner does."""
        replace_file(path, self.make(generation))


def replace_file(path: Path, content: bytes) -> None:
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(content)
    aside.replace(path)


@dataclass
class Served:
    """A site that runs, and who stands around it."""

    run: Run
    host: str
    children: Children
    folder: Path
    psaps: Sequence[SippPsap]
    name: str = "site"

    def cpu_s(self) -> float:
        """Return the processor seconds that all processes of Kamailio have used."""
        return sum(map(read_cpu_s, list_session(self.run.leader())))

    def beside_cpu_s(self) -> float:
        """Return those of supervisor and recorder, which no call waits for."""
        leader, pid = self.run.leader(), self.run.popen.pid
        family = [pid, *(child for child in list_children(pid) if child != leader)]
        return sum(map(read_cpu_s, family))

    def records(self) -> list[Record]:
        """List the records so far."""
        return list(read_records(self.run.run_dir / "records"))


def read_cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def list_children(pid: int) -> list[int]:
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


@contextmanager
def serve_plan(  # noqa: PLR0913  one parameter for each part
    children: Children,
    folder: Path,
    plan: Path,
    *,
    host: str,
    psaps: Sequence[SippPsap],
    template: Path = KAMAILIO_FOLDER / "site.cfg",
    name: str = "site",
) -> Iterator[Served]:
    """Run a site on `host` over UDP."""
    port = find_free_port(host, SITE_PORTS)
    own = folder / name
    own.mkdir(exist_ok=True)
    arguments = ("--template", str(template), "--shm-mb", "1024", "--name", name)
    with run_site(own, plan, *arguments, port=port, listen=f"udp:{host}:{port}") as run:
        run.wait("native-flip")
        assert run.wait("start")["reason"] == "ready"
        yield Served(run, host, children, folder, psaps, name)


def put_psaps(
    children: Children,
    folder: Path,
    places: Sequence[tuple[str, int]],
    *,
    answer_after_ms: int = 100,
) -> list[SippPsap]:
    """Start a SIPp that answers at each place, and wait until all of them listen."""
    psaps = [
        SippPsap(host=host, port=port, answer_after_ms=answer_after_ms) for host, port in places
    ]
    start_psaps(children, psaps, folder)
    children.wait_until(
        lambda: set(places) <= find_listeners("udp"), timeout_s=READY_S, what="PSAPs listen"
    )
    return psaps


@dataclass
class Load:
    """Calls under way."""

    sipp: SippLoad
    child: Child
    planned: Mapping[Key, Planned]
    served: Served

    @property
    def is_over(self) -> bool:
        return self.child.popen.poll() is not None

    def wait(self, meanwhile: Callable[[], None] = lambda: time.sleep(0.05)) -> "Outcome":
        """Wait for the last call to end; `meanwhile` is called again and again."""
        deadline = time.monotonic() + self.sipp.seconds_max + LATE_S
        while not self.is_over:
            meanwhile()
            if time.monotonic() > deadline:
                self.child.popen.kill()
                self.child.popen.wait()
        time.sleep(0.3)  # the last lines of the PSAPs
        folder = self.served.folder
        callers = read_callers(self.sipp, folder)
        ours = {line.call_id for line in callers}
        psaps = [line for line in read_psaps(self.served.psaps, folder) if line.call_id in ours]
        return Outcome(len(self.sipp.calls), callers, psaps, self.planned)


@dataclass
class Outcome:
    """What both ends wrote down of one load."""

    placed: int
    callers: Sequence[CallerLine]
    psaps: Sequence[PsapLine]
    planned: Mapping[Key, Planned]

    def judge(self, *, generations: Mapping[str, int] | None = None) -> Judgement:
        """
        Judge each call by what it must ring.

        Args:
            generations: by Call-ID, the one that a call's record names; without it, the odd one.
        """
        targets = {}
        for line in self.callers:
            planned = self.planned[Key(line.commune, line.dialled)]
            odd = generations is None or generations.get(line.call_id, 0) % 2
            targets[line.call_id] = (planned.odd if odd else planned.even,)
        return judge(
            self.callers,
            self.psaps,
            Expectation(targets=targets),
            baseline_median_ms=find_median_ms(self.callers),
        )

    def list_delays_ms(self) -> list[float]:
        """List the time from each INVITE of a caller to the INVITE at its first PSAP, ascending."""
        rang: dict[str, int] = {}
        for line in self.psaps:
            rang[line.call_id] = min(line.rang_us, rang.get(line.call_id, line.rang_us))
        return sorted(
            (rang[line.call_id] - line.placed_us) / 1e3
            for line in self.callers
            if line.call_id in rang
        )

    def find_rung(self) -> dict[str, list[str]]:
        """Return the numbers that each call rang at."""
        found = defaultdict(list)
        for line in sorted(self.psaps, key=lambda line: line.rang_us):
            found[line.call_id].append(line.number)
        return found


_loads = 0


def start_load(
    served: Served,
    planned: Sequence[Planned],
    *,
    count: int,
    calls_per_s: float,
    to: tuple[str, int] | None = None,
    timeout_ms: int = 20_000,
) -> Load:
    """Start `count` calls over the keys by turns."""
    global _loads  # noqa: PLW0603  names of files and Call-IDs
    _loads += 1
    calls = [
        SippCall(dialled=one.key.number, commune=one.key.commune, operator="bruyere")
        for one in (planned[place % len(planned)] for place in range(count))
    ]
    host, port = to or (served.host, served.run.port)
    sipp = SippLoad(
        calls=calls,
        host=host,
        port=port,
        local_host=CALLER_HOST,
        local_port=find_free_port(CALLER_HOST, CALLER_PORTS),
        calls_per_s=calls_per_s,
        hold_ms=HOLD_MS,
        timeout_ms=timeout_ms,
        name=f"load{_loads}",
    )
    child = start_callers(served.children, sipp, served.folder)
    assert isinstance(child, Child)
    return Load(sipp, child, {one.key: one for one in planned}, served)


def percentile(values: Sequence[float], share: float) -> float:
    """Return a percentile of ascending values."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def show_delays(values: Sequence[float]) -> str:
    return (
        f"p50 {statistics.median(values):.2f} ms, p99 {percentile(values, 0.99):.2f} ms, "
        f"max {values[-1]:.1f} ms"
    )


def swap_under_load(
    load: Load, plan: Path, plans: Plans, *, generations: Sequence[int]
) -> Outcome:
    """Offer generations evenly while calls go on, a corrupt or older file before some of them."""
    seconds = len(load.sipp.calls) / load.sipp.calls_per_s
    began = time.monotonic()
    left = list(generations)[::-1]

    def offer_when_due() -> None:
        time.sleep(0.01)
        done = len(generations) - len(left)
        if not left or time.monotonic() - began < seconds * (done + 1) / (len(generations) + 1):
            return
        generation = left.pop()
        if done % 5 in (3, 4):
            worse = plans.make(generation)[:-200] if done % 5 == 3 else plans.make(generation - 2)
            replace_file(plan, worse)
            time.sleep(0.25)
        plans.offer(plan, generation)

    outcome = load.wait(offer_when_due)
    if left:
        plans.offer(plan, generations[-1])
    return outcome


def make_country(
    folder: Path, psaps: Sequence[tuple[str, int]], *, keys_max: int = 2_000
) -> Plans:
    """
    Make the demo country with all trunks at two PSAPs.

    In even generations 15 in Finistère rings in Ille-et-Vilaine.
    """
    demo = build_demo()

    def move_hop(hop: re.Match[str]) -> str:
        host, port = psaps[int(hop[2]) % 2]
        return f"{host}:{port}"

    source = folder / "fr"
    write_country(demo, source, move_hop=move_hop)
    build_plan(source, folder / "odd.r112")
    write_orders(source)
    build_plan(source, folder / "even.r112")
    expected, moment = country.Expectation(demo), utc_now()
    communes = [row.code for row in demo.intent.ground.communes]
    keys = [Key(code, "15") for code in communes if code.startswith("29")][:100]
    keys += [Key(code, "112") for code in communes[:: len(communes) // keys_max]]
    # Mixed, since a hundred calls in a row would be more than one answering point has room for.
    keys.sort(key=lambda key: zlib.crc32(f"{key.number}@{key.commune}".encode()))
    planned = [
        Planned(key, expected.list_lines(key, moment)[0], expected.find_ordered(key, moment))
        for key in keys
    ]
    odd, even = ((folder / name).read_bytes() for name in ("odd.r112", "even.r112"))
    return Plans(odd, even, [one for one in planned if one.even])


def count_swaps(run: Run, generations: Sequence[int]) -> int:
    """Count the generations that were really in force."""
    taken = {event["g"] for event in run.events() if event["event"] == "snapshot"}
    return len(taken & set(generations))


def count_refusals(run: Run) -> dict[str, int]:
    """Count the events of refused snapshots by reason."""
    counts: dict[str, int] = defaultdict(int)
    with contextlib.suppress(json.JSONDecodeError):  # the last line may be under way
        for event in run.events():
            if event["event"] == "snapshot-refused":
                counts[event["reason"]] += 1
    return counts
