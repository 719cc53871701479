"""
What a whole country on one machine costs and takes: delay, ceilings, memory, recovery.

    benchmarks/country.py [--json] [--part standing|recovery] [--write FILE]

FILE is docs/benchmarks.md, of which the section is replaced.

Delay and ceilings: SIPp calls through the members that `route112 up` starts, in turns with hops
of Kamailio that have nothing to decide. Memory: the same members, idle. Recovery: another country
in a network of its own, faults put in while calls of four operators go on. What became of a call
is the checker's word. Needs root for that network; ends within four minutes.
"""

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.support.calls import Ends, Origin  # noqa: E402
from benchmarks.support.ceiling import LAST, STEP_SECONDS, UNTRIED, Climb, find_ceilings  # noqa: E402
from benchmarks.support.constant import NUMBER, write_constant  # noqa: E402
from benchmarks.support.recovery import (  # noqa: E402
    AFTER_S,
    LATE_MS,
    NO_FAULT,
    RATE,
    Recovery,
    measure_recoveries,
)
from benchmarks.support.report import elapsed_s, judge_budget, say, write_section  # noqa: E402
from benchmarks.support.standing import (  # noqa: E402
    Memory,
    measure_bare,
    measure_members,
    put_up,
)
from tests.support.load import (  # noqa: E402
    Planned,
    make_country,
    percentile,
    put_psaps,
    replace_file,
    serve_plan,
)

from route112.adapters.processes import Children  # noqa: E402
from route112.apps.ends.whereabouts import list_whereabouts  # noqa: E402
from route112.apps.replay.stage import find_client  # noqa: E402
from route112.countries.fr.sites import TOPOLOGY, render_topology  # noqa: E402
from route112.snapshot.reader import Snapshot  # noqa: E402

PSAPS = (("127.0.80.101", 5060), ("127.0.80.102", 5060))
CALLER = "127.0.2.9"
"""The operator Bruyère may send from here, and from the four below."""
EDGE = "127.0.2.10:5060"
SITE = "127.0.80.1:5060"
HOPS = ("127.0.2.11", "127.0.2.12")
DELAY_RATE = 200
DELAY_SECONDS = 2.0
DELAY_ROUNDS = 3
CHAIN, HOP, COUNTRY = "chain", "hops", "country"
CHAIN_STEPS = (1_200, 1_600, 1_800, 2_000, 2_400)
HOP_STEPS = (1_600, 2_400, 2_800, 3_200, 3_600)
COUNTRY_STEPS = (800, 1_200, 1_400, 1_600, 1_800)
CEILING_S = 45.0
CEILING_UNTIL_S = 225.0
"""Since the start. No step is begun later; the worst one then ends within four minutes."""
P50_MS_MAX, P99_MS_MAX = 1.5, 6.0
FIRST_100_S = 0.5
"""Longest delay of a call that meets a dead or silent site."""
ROOM_S = 0.5
"""For callers in Python on busy processors, as in the end-to-end tests."""
_TOLD = {
    "bruyere": "",
    "cormoran": "P-Access-Network-Info: 3GPP-UTRAN-FDD; insee=[field2]",
    "dolmen": "P-Access-Network-Info: 3GPP-UTRAN-FDD; utran-cell-id-3gpp=[field4]",
    "ecume": "",
}
"""What calls of an operator say beside a header with the commune and the line that calls."""

Row = tuple[str, str, str, str, str]
HEAD: Row = ("what", "measured", "baseline", "against it", "budget")
_SECTION = """\
## A whole country

`benchmarks/country.py`. Six sites, four edges, two redirect servers; callers and answering points
on the same two processors.

- Delay: from the caller's INVITE to the INVITE at the answering point, less what it takes without
  anything between; {rounds} rounds of {seconds:g} s, medians. Baseline: one hop of Kamailio with
  one target for every call.
- Ceilings: steps of {step:g} s; the second failure of one is the end, when it loses or misroutes a
  call or cannot be placed ({ends}). Baseline: two hops with one target.
- Memory: proportional shares of all processes, idle. Baseline: as many Kamailios that have nothing
  but transactions.
- Recovery: {rate:g} calls/s of four operators; from the fault until the INVITE of the last call
  that was late, within {after:g} s; late: by more than {late_ms} ms, of which *delayed* are those
  by more than 500 ms. (Later a breaker lets a call try a site that is still dead.)

| {head} |
|---|---:|---:|---:|---|
{table}
"""


@dataclass
class Found:
    """Everything that was measured."""

    delays_ms: dict[str, dict[str, float]] = field(default_factory=dict)
    """By leg, p50 and p99, medians of the rounds."""
    right: dict[str, str] = field(default_factory=dict)
    ceilings: dict[str, int] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    """Why the step above a ceiling failed."""
    memory: list[Memory] = field(default_factory=list)
    bare_mb: float = 0.0
    recoveries: list[Recovery] = field(default_factory=list)


@dataclass(frozen=True)
class Chain:
    """Where the calls of each leg begin that is compared with one edge and one site."""

    edge: Sequence[Origin]
    hop: Sequence[Origin]
    hops: Sequence[Origin]
    direct: Sequence[Origin]


@contextmanager
def stand_chain(ends: Ends, plan: Path, planned: Sequence[Planned]) -> Iterator[Chain]:
    """Run one edge before one site, and two hops with one target."""
    with ExitStack() as stack:
        stack.enter_context(put_up(write_chain(ends.folder), plan, ends.folder / "chain"))
        target, places = PSAPS[0], []
        for index, host in enumerate(HOPS):
            template = write_constant(ends.folder / f"hop-{index}.cfg", target)
            served = serve_plan(
                *(ends.children, ends.folder, plan),
                host=host, psaps=ends.psaps, template=template, name=f"hop-{index}",
            )  # fmt: skip
            target = (host, stack.enter_context(served).run.port)
            places.append(target)
        same = [Planned(one.key, NUMBER, NUMBER) for one in planned]

        def make(place: tuple[str, int], planned: Sequence[Planned]) -> list[Origin]:
            return [Origin(operator="bruyere", host=CALLER, to=place, planned=planned)]

        say("an edge, a site and two hops serve")
        yield Chain(
            edge=make(split(EDGE), planned),
            hop=make(places[0], same),
            hops=make(places[1], same),
            direct=make(PSAPS[0], planned),
        )


def write_chain(folder: Path) -> Path:
    """Write the topology of one edge and one site, at addresses of their own."""
    site = replace(TOPOLOGY.sites[0], id="chain-site", address=SITE)
    edge = replace(TOPOLOGY.operators[0].edges[0], id="chain-edge", address=EDGE)
    operator = replace(
        TOPOLOGY.operators[0],
        clients=(f"{CALLER}/32",), edges=(edge,), sites=(site.id,), redirect="",
    )  # fmt: skip
    chain = replace(TOPOLOGY, name="chain", sites=(site,), operators=(operator,))
    path = folder / "chain.yaml"
    path.write_bytes(render_topology(chain).replace(b'    redirect: ""\n', b""))
    return path


def split(address: str) -> tuple[str, int]:
    """Return host and port."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def list_origins(snapshot: Snapshot, planned: Sequence[Planned]) -> list[Origin]:
    """List the callers of the country's operators, with the keys that each of them can tell."""
    origins = []
    for node in TOPOLOGY.operators:
        places = list_whereabouts(snapshot, node.id)
        told = places.cells or places.lines
        origins.append(
            Origin(
                operator=node.id,
                host=find_client(node.clients[0]),
                to=split(node.edges[0].address),
                planned=[one for one in planned if not told or one.key.commune in told],
                header=_TOLD[node.id],
                cells=places.cells,
                lines=places.lines,
            )
        )
    return origins


def measure_standing(folder: Path, found: Found) -> None:
    """Measure one chain, then the country, of which nothing runs before."""
    plans = make_country(folder, PSAPS)
    plan = folder / "plan.r112"
    replace_file(plan, plans.make(1))
    say("the demo country is built")
    with Children() as children:
        ends = Ends(children, folder, put_psaps(children, folder, PSAPS))
        found.bare_mb = measure_bare(children, folder)
        with stand_chain(ends, plan, plans.planned) as chain:
            measure_delays(ends, chain, found)
            climb(ends, found, **{CHAIN: (chain.edge, CHAIN_STEPS), HOP: (chain.hops, HOP_STEPS)})
        with put_up(None, plan, folder / "country") as run_dir:
            found.memory = measure_members(run_dir)
            say(f"six sites, four edges: {sum(one.all_mb for one in found.memory):,.0f} MB")
            origins = list_origins(Snapshot(plan.read_bytes()), plans.planned)
            climb(ends, found, **{COUNTRY: (origins, COUNTRY_STEPS)})


def measure_delays(ends: Ends, chain: Chain, found: Found) -> None:
    """Measure the delay that each leg adds to a call, in turn."""
    named = {CHAIN: chain.edge, HOP: chain.hop, "direct": chain.direct}
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in named}
    right, placed = dict.fromkeys(named, 0), 0
    for number in range(1, DELAY_ROUNDS + 1):
        for name, origins in named.items():
            outcome = ends.place(origins, DELAY_RATE, DELAY_SECONDS)
            delays = outcome.list_delays_ms()
            rounds[name].append((percentile(delays, 0.5), percentile(delays, 0.99)))
            right[name] += 0 if name == "direct" else outcome.judge().right
        placed += outcome.placed
        words = ", ".join(
            f"{name} {rounds[name][-1][0]:.2f} / {rounds[name][-1][1]:.2f} ms" for name in named
        )
        say(f"delay at {DELAY_RATE}/s, round {number}: {words}")
    for name in (CHAIN, HOP):
        found.right[name] = f"{right[name]:,} of {placed:,}"
        found.delays_ms[name] = {
            what: statistics.median(one[index] for one in rounds[name])
            - statistics.median(one[index] for one in rounds["direct"])
            for index, what in enumerate(("p50", "p99"))
        }


def climb(ends: Ends, found: Found, **legs: tuple[Sequence[Origin], Sequence[int]]) -> None:
    """Find what each leg takes."""
    climbs = [
        Climb(name, partial(ends.place, origins), steps) for name, (origins, steps) in legs.items()
    ]
    find_ceilings(climbs, until_s=min(elapsed_s() + CEILING_S, CEILING_UNTIL_S))
    for one in climbs:
        found.ceilings[one.name] = one.ceiling
        found.ends[one.name] = one.missed


def list_rows(found: Found) -> list[Row]:
    """List what was measured: what, measured, baseline, how they relate, budget."""
    rows: list[Row] = []
    if found.memory:
        rows += [*list_delay_rows(found), *list_ceiling_rows(found), *list_memory_rows(found)]
    if found.recoveries:
        rows += list_recovery_rows(found.recoveries)
    return rows


def list_delay_rows(found: Found) -> Iterator[Row]:
    """Compare an edge and a site with one hop."""
    for what, limit_ms in (("p50", P50_MS_MAX), ("p99", P99_MS_MAX)):
        mine, theirs = (found.delays_ms[name][what] for name in (CHAIN, HOP))
        yield (
            f"delay added by edge and site, {what}, at {DELAY_RATE}/s",
            f"{mine:.2f} ms",
            f"{theirs:.2f} ms",
            judge_budget(f"{mine / theirs:.1f}x", good=mine <= limit_ms),
            f"<= {limit_ms:g} ms",
        )
    whole = found.right[CHAIN].split(" of ")
    yield (
        "right of them",
        found.right[CHAIN],
        found.right[HOP],
        judge_budget("", good=whole[0] == whole[1]).removeprefix(", "),
        "all",
    )


def list_ceiling_rows(found: Found) -> Iterator[Row]:
    """Compare what one chain and the country take with two hops."""
    base = found.ceilings[HOP]
    for name, label in (
        (CHAIN, "ceiling of one edge and one site, calls/s"),
        (COUNTRY, "ceiling of the whole country, calls/s"),
    ):
        ratio = f"{found.ceilings[name] / base:.2f}x" if base else "-"
        mine, theirs = (show_ceiling(found, leg) for leg in (name, HOP))
        if is_open(found.ends[name] + found.ends[HOP]):
            ratio += ", undecided"
        yield label, mine, theirs, ratio, "none"


def show_ceiling(found: Found, leg: str) -> str:
    """Show the highest rate that a leg took."""
    return f"{'>= ' if is_open(found.ends[leg]) else ''}{found.ceilings[leg]:,}"


def is_open(end: str) -> bool:
    """Tell whether a leg might have gone higher."""
    return UNTRIED in end or LAST in end


def list_memory_rows(found: Found) -> Iterator[Row]:
    """Compare the country, and one member of each kind, with a bare Kamailio."""
    bare = found.bare_mb
    kamailios = sum(one.members for one in found.memory if one.kind in ("site", "edge"))
    whole = sum(one.all_mb for one in found.memory)
    processes = sum(one.processes for one in found.memory)
    yield (
        f"memory of the country, {processes} processes",
        f"{whole:,.0f} MB",
        f"{bare * kamailios:,.0f} MB",
        f"{whole / bare / kamailios:.1f}x",
        "none",
    )
    for one in found.memory:
        ratio = f"{one.each_mb / bare:.1f}x"
        label = f"  each {one.kind} ({one.members})"
        yield label, f"{one.each_mb:.1f} MB", f"{bare:.1f} MB", ratio, "none"


def list_recovery_rows(recoveries: Sequence[Recovery]) -> Iterator[Row]:
    """Compare each fault with none."""
    base = next(one for one in recoveries if one.fault == NO_FAULT)
    for one in recoveries:
        if one is base:
            continue
        good = one.lost == one.misrouted == 0
        budget = "0 lost or misrouted"
        if one.fault in ("killed", "stopped", "grey, mute"):
            good = good and one.longest_s <= FIRST_100_S + ROOM_S
            budget = f"0 lost or misrouted, late by {FIRST_100_S:g} s each"
        yield (
            f"recovery, {one.fault}: {one.late} of {one.placed} late by {one.longest_s:.2f} s",
            f"{one.recovery_s:.2f} s",
            f"{base.late} late",
            judge_budget(f"{one.delayed} delayed, {one.lost + one.misrouted} lost", good=good),
            budget,
        )


def print_rows(rows: Sequence[Row]) -> None:
    """Print one aligned table."""
    table = [HEAD, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    for row in table:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:4], widths[1:4], strict=True)]
        print("  ".join([*cells, row[4]]).rstrip())


def render_section(found: Found, rows: Sequence[Row]) -> str:
    """Render the section of docs/benchmarks.md."""
    return _SECTION.format(
        head=" | ".join(HEAD),
        table="\n".join("| " + " | ".join(row) + " |" for row in rows),
        ends="; ".join(f"{name}: {why}" for name, why in found.ends.items()),
        rounds=DELAY_ROUNDS,
        seconds=DELAY_SECONDS,
        step=STEP_SECONDS,
        rate=RATE,
        after=AFTER_S,
        late_ms=LATE_MS,
    )


def describe(found: Found, rows: Sequence[Row]) -> dict[str, Any]:
    """Return all figures, and the rows as they are printed."""
    named = [dict(zip(HEAD, row, strict=True)) for row in rows]
    return {**asdict(found), "rows": named, "seconds": round(elapsed_s())}


def read_option(name: str) -> str:
    """Return what follows an option; nothing where it is not given."""
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else ""


def main() -> int:
    """Measure, print, and write the section where a file is named."""
    found = Found()
    part = read_option("--part")
    with tempfile.TemporaryDirectory(prefix="country-") as name:
        folder, cache = Path(name) / "standing", Path(name) / "recovery" / "cache"
        for made in (folder, cache.parent):
            made.mkdir()
        if part != "standing":
            found.recoveries = measure_recoveries(cache.parent)
            cache.rename(folder / cache.name)  # the same country is built once more
        if part != "recovery":
            measure_standing(folder, found)
    rows = list_rows(found)
    if "--json" in sys.argv:
        print(json.dumps(describe(found, rows), indent=1))
    else:
        print_rows(rows)
    say("done")
    if path := read_option("--write"):
        write_section(Path(path), "country", render_section(found, rows))
    return 1 if any("MISSED" in row[3] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
