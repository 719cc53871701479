"""One play: a country put up in one wiring, its evening played, and the logs of both ends."""

import asyncio
import gc
import ipaddress
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path

from route112.adapters.sip import Address
from route112.apps.country_run.members import COMMAND, Kind
from route112.apps.country_run.state import Entry, read_state
from route112.apps.ends import Callers
from route112.apps.ends.whereabouts import NOWHERE
from route112.apps.fault import Faults
from route112.apps.replay.clock import ScenarioClock, tell_scenario_time
from route112.apps.replay.conditions import Conditions, Watchman, take_precedence
from route112.apps.replay.crowd import Crowd, OperatorEnd, clear_logs, name_callers_log, read_psaps
from route112.apps.replay.ending import finish
from route112.apps.replay.ground import Ground
from route112.apps.replay.reach import Reach
from route112.apps.replay.script import Say, Script, list_deeds, show_time
from route112.apps.replay.verdicts import Evidence, judge_attempts
from route112.apps.scenario_time import remove_scenario_time
from route112.countries.fr.sites import render_topology
from route112.model import Operator, Scenario, Wiring
from route112.model.topology import Topology, split_address
from route112.planning.checks.paths import GatewayJoint
from route112.simulation.arrivals import Arrival, list_arrivals
from route112.simulation.checker import find_median_ms
from route112.simulation.tally import Attempt
from route112.snapshot.reader import Snapshot

PATIENCE_S = 20.0
"""A caller who hears nothing for so long hangs up; real seconds."""
CALLERS_FIRST = 20_000_000
"""Callers are counted from here: numbers below are lines whose place an operator knows."""
USUAL_CALLS = 300
USUAL_RATE = 50.0
USUAL_FIRST = 90_000_000
"""Callers of these calls are counted from here, apart from the evening's."""
"""Calls before the evening begins, whose median ring is what delays are measured against."""
UP_SECONDS_MAX = 120.0
DOWN_SECONDS_MAX = 60.0
TELL_SECONDS = 10.0
SPARES = 2
"""Processes for faults that wait with everything loaded: a fault that begins costs no start."""


class StageError(Exception):
    """The country cannot be put up or taken down; the text says what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """What every play of one scenario shares."""

    scenario: Scenario
    topology: Topology
    plan: Path
    trust: Path
    ground: Ground
    operators: Mapping[str, Operator]
    calls: int
    rate: float
    """First calls a second, on average."""
    joints: tuple[GatewayJoint, ...] = ()
    """What the check of the plan named before any call."""

    @property
    def compression(self) -> float:
        """Scenario seconds for each real one."""
        return self.scenario.length_s * self.rate / self.calls

    def list_arrivals(self, scenario: Scenario, calls: int) -> Iterator[Arrival]:
        """Yield first calls in order of time, each of which can be judged."""
        for arrival in list_arrivals(scenario, self.ground.places, calls=calls):
            yield self.ground.settle(arrival, self.operators[arrival.operator])


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one play gave."""

    attempts: list[Attempt]
    seconds: float
    conditions: Conditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A country that runs, and those who will call in it."""

    folder: Path
    ends: Mapping[str, OperatorEnd]
    usual_ms: float
    """Median of the first ring while nothing is wrong."""
    snapshot: Snapshot
    say: Say


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """What was written down of one evening, before anybody judges it."""

    evidence: Evidence
    seconds: float
    conditions: Conditions


async def play(
    cast: Cast, wiring: Wiring, folder: Path, *, snapshot: Snapshot, say: Say
) -> Outcome:
    """
    Play the evening once.

    Raises: StageError, FaultError.
    """
    topology = write_topology(cast, wiring, folder)
    clear_logs(folder)
    async with put_up(cast, topology, folder), open_callers(cast, folder) as ends:
        usual_ms = await place_usual(cast, ends)
        say(f"{wiring.name}: the country runs; a call usually rings after {usual_ms:.1f} ms")
        standing = Standing(
            folder=folder, ends=ends, usual_ms=usual_ms, snapshot=snapshot, say=say
        )
        performance = await perform(cast, wiring, standing)
    return Outcome(
        attempts=judge_attempts(performance.evidence, cast.ground, cast.operators),
        seconds=performance.seconds,
        conditions=performance.conditions,
    )


async def perform(
    cast: Cast, wiring: Wiring, standing: Standing, *, first: int = CALLERS_FIRST
) -> Performance:
    """
    Play the evening in a country that runs.

    Callers and answering points come before all else on this machine: they stand for others.

    Args:
        first: callers are counted from here, so that no two performances share a Call-ID.
    Raises: FaultError.

    """
    answering = list_answering(standing.folder)
    pids = [entry.leader.pid for entry in answering if entry.leader is not None]
    watchman = Watchman([split_address(entry.address) for entry in answering])
    deeds = list_deeds(cast.scenario, wiring, [site.id for site in cast.topology.sites])
    with closing(Faults(standing.folder, spares=SPARES)) as broken, ExitStack() as stack:
        arrivals = [
            replace(arrival, index=first + arrival.index)
            for arrival in cast.list_arrivals(cast.scenario, cast.calls)
        ]
        gc.disable()  # calls leave no cycles; looking for some stops all callers for half a second
        stack.callback(gc.enable)
        if not stack.enter_context(take_precedence(pids)):
            standing.say("callers and answering points compete with the platform for processors")
        clock = ScenarioClock(cast.compression)
        tell_scenario_time(standing.folder, cast.scenario, wiring, clock)
        crowd = Crowd(cast.scenario, standing.ends, clock, patience_s=PATIENCE_S)
        script = Script(broken, clock, Reach(), standing.snapshot, say=standing.say)
        await run_together(
            crowd.run(arrivals),
            script.run(deeds),
            beside=(watchman.run(), tell(crowd, clock, cast, wiring, standing.say)),
        )
        await script.end()
        seconds = (time.time_ns() // 1_000 - clock.began_us) / 1e6
    callers = [line for end in standing.ends.values() for line in end.callers.lines]
    evidence = Evidence(
        dialled=crowd.attempts,
        callers=[line for line in callers if line.call_id in crowd.attempts],
        psaps=[line for line in read_psaps(standing.folder) if line.call_id in crowd.attempts],
        reachable=script.reach.list_reachable(),
        usual_ms=standing.usual_ms,
        compression=cast.compression,
        began_us=clock.began_us,
    )
    conditions = watchman.tell(placed_late_s=crowd.late_s / cast.compression)
    return Performance(evidence=evidence, seconds=seconds, conditions=conditions)


async def run_together(
    *doing: Coroutine[None, None, None], beside: Sequence[Coroutine[None, None, None]]
) -> None:
    """Wait until all is done, or one has failed; what is beside it lasts as long."""
    wanted = [asyncio.ensure_future(each) for each in doing]
    helpers = [asyncio.ensure_future(each) for each in beside]
    try:
        await asyncio.wait(wanted, return_when=asyncio.FIRST_EXCEPTION)
        for task in (*wanted, *helpers):  # what went wrong is told at once
            if task.done():
                task.result()
    finally:
        for task in (*wanted, *helpers):
            task.cancel()
        await asyncio.wait((*wanted, *helpers))


def list_answering(folder: Path) -> list[Entry]:
    """List the played answering points of a run."""
    state = read_state(folder)
    return [] if state is None else [each for each in state.members if each.kind == Kind.PSAPS]


def write_topology(cast: Cast, wiring: Wiring, folder: Path) -> Path:
    """Write the topology in one wiring; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    remove_scenario_time(folder)
    path = folder / "topology.yaml"
    path.write_bytes(render_topology(replace(cast.topology, wiring=wiring)))
    return path


@asynccontextmanager
async def put_up(cast: Cast, topology: Path, folder: Path) -> AsyncIterator[None]:
    """Run `route112 up --exercise` for the time of the block."""
    up = run_command(
        "up", str(topology), "--plan", str(cast.plan), "--trust", str(cast.trust),
        "--run-dir", str(folder), "--psaps", "--exercise", "--detach", seconds=UP_SECONDS_MAX,
    )  # fmt: skip
    try:
        await finish(up)  # half up, there is nothing yet that could be told to go down
    except asyncio.CancelledError:
        await take_down(folder)
        raise
    try:
        yield
    finally:
        await finish(take_down(folder))


async def take_down(folder: Path) -> None:
    """End the country that runs in a folder, and the faults in it; raises StageError."""
    await run_command("down", "--run-dir", str(folder), seconds=DOWN_SECONDS_MAX)


async def run_command(*arguments: str, seconds: float) -> None:
    """
    Run one of our own commands; raises StageError with what it said when it fails.

    In a session of its own: Ctrl-C and `timeout` reach whole groups, and it has to do its work.
    """
    running = await asyncio.create_subprocess_exec(
        *COMMAND, *arguments, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT, start_new_session=True
    )
    try:
        said, _ = await asyncio.wait_for(running.communicate(), seconds)
    except TimeoutError:
        running.kill()
        await running.wait()
        raise StageError(f"`route112 {arguments[0]}` took more than {seconds:g} s") from None
    if running.returncode:
        raise StageError(f"`route112 {arguments[0]}` failed:\n{said.decode(errors='replace')}")


@asynccontextmanager
async def open_callers(
    cast: Cast, folder: Path | None = None
) -> AsyncIterator[dict[str, OperatorEnd]]:
    """Take an address of each operator's clients; they write their logs into `folder`."""
    async with AsyncExitStack() as stack:
        ends = {}
        for id_, _ in cast.scenario.operators:
            node = cast.topology.find_operator(id_)
            if node is None:
                raise StageError(f"{id_} has no edge in this topology")
            local = Address("udp", find_client(node.clients[0]), 0)
            callers = Callers(local, log=folder and name_callers_log(folder, id_))
            ends[id_] = OperatorEnd(
                operator=cast.operators[id_],
                callers=await stack.enter_async_context(callers),
                edges=tuple(Address("udp", edge.host, edge.port) for edge in node.edges),
                whereabouts=cast.ground.whereabouts.get(id_, NOWHERE),
            )
        yield ends


def find_client(network: str) -> str:
    """Return an address of a network of clients."""
    found = ipaddress.ip_network(network)
    return str(found[min(1, found.num_addresses - 1)])


async def place_usual(cast: Cast, ends: Mapping[str, OperatorEnd]) -> float:
    """Place calls while nothing is wrong, and return their median ring in ms."""
    scenario = replace(cast.scenario, seed=cast.scenario.seed + 1, faults=())
    arrivals = cast.list_arrivals(scenario, USUAL_CALLS)
    paced = [
        replace(arrival, at_s=index / USUAL_RATE, index=USUAL_FIRST + index)
        for index, arrival in enumerate(arrivals)
    ]
    crowd = Crowd(scenario, ends, ScenarioClock(1.0), patience_s=PATIENCE_S)
    await crowd.run(paced)
    lines = [line for end in ends.values() for line in end.callers.lines]
    return find_median_ms(line for line in lines if line.call_id in crowd.attempts)


async def tell(crowd: Crowd, clock: ScenarioClock, cast: Cast, wiring: Wiring, say: Say) -> None:
    """Say from time to time how far the evening is."""
    while True:
        await asyncio.sleep(TELL_SECONDS)
        say(
            f"{show_time(clock.now_s)} {wiring.name}: {len(crowd.attempts):,} attempts, "
            f"{crowd.through:,} of {cast.calls:,} callers through, {crowd.under_way:,} under way"
        )
