"""The demo country in a network of its own: thirteen members, faults by a script, the checker."""

import asyncio
import contextlib
import itertools
import json
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.support.edge import BUFFER_BYTES, CallerEnd, Talk
from tests.support.namespaces import Namespaces
from tests.support.played import Played
from tests.support.site import Message, Psap

from route112.adapters.atomic_file import write_atomically
from route112.adapters.kamailio_rpc import ask_kamailio
from route112.adapters.processes import ask_options
from route112.adapters.record_spool import read_records
from route112.apps.ends import CallOrder
from route112.apps.ends.dialect import speak
from route112.apps.ends.told import FILE as BEHAVIOURS
from route112.apps.ends.told import LOOK_SECONDS
from route112.apps.fault import Faults
from route112.apps.replay.command import prepare
from route112.apps.replay.stage import (
    CALLERS_FIRST,
    Cast,
    Standing,
    find_client,
    open_callers,
    perform,
    place_usual,
    put_up,
    write_topology,
)
from route112.apps.replay.verdicts import judge_evidence
from route112.model import FaultStep, Scenario, UtcTime, Wiring
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

HOST = "country"
WIRING = Wiring(name="route112")
OPERATORS = ("bruyere", "cormoran", "dolmen", "ecume")
SITES = tuple(f"site-{number}" for number in range(1, 7))
NUMBERS = (("15", 0.3), ("17", 0.2), ("18", 0.2), ("112", 0.3))
TABLES = ("breaker", "recent", "minute", "off", "silenced", "waiting")
"""What an edge remembers of sites and of messages."""
HEAL_SECONDS_MAX = 40.0
OK = 200
US_PER_S = 1_000_000
SAMPLE = 5_000
"""Calls that say which answering points are busy."""
CALLERS = 100_000
"""Numbers of callers for each play."""
FAULT_AT_S = 1.5
"""Calls run before a fault begins."""
FAULT_TAIL_S = 4.5
"""It goes on after the last call, so that none meets its end half way through its targets."""
AT_ONCE = (0.0, 0.0)
AS_IN_LIFE = (2.0, 6.0)
"""Seconds until somebody picks up, from and to."""
POISON_SECONDS_MAX = 20.0
TALK_SECONDS_MAX = 10.0
PSAP_END = "127.0.13.1"
"""Requests of answering points come from here; what they are in is known by its tags."""


@dataclass
class EdgePlace:
    """An edge, as those who call there need it."""

    places: dict
    callers: list = field(default_factory=list)

    @property
    def address(self):
        """Host and port."""
        return self.places["udp", False]


@dataclass
class SixSites:
    """A country that runs."""

    cast: Cast
    snapshot: Snapshot
    folder: Path
    network: Namespaces
    usual_ms: float
    rows: list[str] = field(default_factory=list)
    _numbers: itertools.count = field(default_factory=lambda: itertools.count(1))
    _seeds: dict[str, int] = field(default_factory=dict)

    def play(self, name, *steps, seconds, rate, shares=None, rings_s=AT_ONCE):
        """Place calls while faults come and go; every caller is another one."""
        self.ring(rings_s)
        number = next(self._numbers)
        scenario = replace(
            self.cast.scenario,
            ends=UtcTime(int(seconds * US_PER_S)),
            # Played again, it is the same calls, of other callers.
            seed=self._seeds.setdefault(name, len(self._seeds) + 1),
            faults=steps,
            operators=tuple((shares or dict.fromkeys(OPERATORS, 1.0)).items()),
        )
        cast = replace(self.cast, scenario=scenario, calls=int(rate * seconds), rate=rate)
        with self.network.inside(HOST):
            performance = asyncio.run(self._perform(cast, first=CALLERS_FIRST + number * CALLERS))
        evidence = performance.evidence
        return Played(
            name=name, seconds=seconds, rate=rate,
            late_s=performance.conditions.worst_late_s,
            judgement=judge_evidence(evidence, cast.ground, cast.operators),
            usual_ms=self.usual_ms,
            placed_s={
                line.call_id: (line.placed_us - evidence.began_us) / US_PER_S
                for line in evidence.callers
            },
            targets={
                call_id: cast.ground.list_targets(
                    each.arrival, cast.operators[each.arrival.operator]
                )
                for call_id, each in evidence.dialled.items()
            },
        )  # fmt: skip

    def ring(self, rings_s):
        """Have answering points pick up after so many seconds, from and to."""
        path = self.folder / BEHAVIOURS
        text = json.dumps({"rings_s": rings_s})
        if not path.exists() or path.read_text() != text:
            write_atomically(path, text.encode())
            time.sleep(2 * LOOK_SECONDS)

    def list_busiest(self, count):
        """List the numbers that most calls are for, and that ring whoever calls, busiest first."""
        scenario = replace(self.cast.scenario, ends=UtcTime(US_PER_S))
        asked = Counter(
            self.cast.ground.list_targets(each, self.cast.operators[each.operator])[0]
            for each in self.cast.list_arrivals(scenario, SAMPLE)
        )
        return [number for number, _ in asked.most_common(count)]

    async def _perform(self, cast, *, first):
        async with open_callers(cast) as ends:
            standing = Standing(
                folder=self.folder, ends=ends, usual_ms=self.usual_ms, snapshot=self.snapshot,
                say=lambda _text: None,
            )  # fmt: skip
            return await perform(cast, WIRING, standing, first=first)

    def find_gateways(self):
        """
        Find a vendor, and the busy numbers whose first way is a gateway of its own.

        No number has only its gateways: one that has is named by `plan check`, and waits for all.
        """
        hops = {
            line.number: self.snapshot.trunk(line.trunk).hops
            for line in map(self.snapshot.line, range(self.snapshot.lines_count))
            if line.trunk != NONE
        }
        alone = {
            ways[0].vendor for ways in hops.values() if len({way.vendor for way in ways}) == 1
        }
        behind = {}
        for number in self.list_busiest(SAMPLE):
            first = hops[number][0]
            if first.technology == "rtc" and first.vendor not in alone:
                behind.setdefault(first.vendor, set()).add(number)
        return max(behind.items(), key=lambda each: len(each[1]))

    def repeat_call(self, operator, caller, *, times):
        """Place the same call, twice alone and then all at once; return its final statuses."""

        async def place():
            async with open_callers(self.cast) as ends:
                end = ends[operator]
                order = CallOrder(
                    dialled="17", to=end.edges[0], commune=self.cast.ground.places[0].code,
                    caller=caller, timeout_s=POISON_SECONDS_MAX, hold_s=0.0,
                )  # fmt: skip
                spoken = speak(order, end.operator, end.whereabouts)
                results = [await end.callers.run(spoken) for _ in range(2)]
                rest = (end.callers.run(spoken) for _ in range(times - 2))
                return [result.status for result in (*results, *await asyncio.gather(*rest))]

        with self.network.inside(HOST):
            return asyncio.run(place())

    @contextmanager
    def break_down(self, kind, *targets, **settings):
        """Have a fault in force for the time of the block."""
        faults = Faults(self.folder)
        with self.network.inside(HOST):
            faults.inject(kind, targets, settings)
        try:
            yield
        finally:
            with self.network.inside(HOST):
                faults.clear()

    def open_ends(self):
        """Open a phone of each operator's network."""
        with self.network.inside(HOST):
            for operator in self.cast.topology.operators:
                edge = operator.edges[0]
                place = EdgePlace({("udp", False): (edge.host, edge.port)})
                yield CallerEnd(place, host=find_client(operator.clients[0]))

    def talk(self, end, count):
        """Place calls, wait for all answers, acknowledge them; an end of our own is the PSAP."""
        with self.network.inside(HOST):
            psap = Psap(PSAP_END)
        psap.widen(BUFFER_BYTES)
        calls = [end.caller.begin(uri="sip:17@emergency.example") for _ in range(count)]
        talks = []
        for call in calls:
            end.caller.listen(call, until=OK, timeout_s=TALK_SECONDS_MAX)
            assert call.status == OK, call.statuses
            answer = call.replies[-1]
            # The route is the same for both ends; who called is the address that this end has.
            invite = Message(answer.content, 0.0)
            invite.headers = [header for header in invite.headers if header[0] != "Contact"]
            invite.headers.append(("Contact", f"<sip:caller@{end.caller.sent_by}>"))
            talks.append(Talk(call, psap, answer, invite))
            end.send("ACK", talks[-1], 1)
        return talks

    def heal(self):
        """End what a test left, wait until every site serves, and have every edge trust them."""
        with self.network.inside(HOST):
            Faults(self.folder).clear()
        self.heal_sites()
        self.forget()

    def heal_sites(self):
        """Wait until every site serves."""
        deadline = time.monotonic() + HEAL_SECONDS_MAX
        for site in self.cast.topology.sites:
            with self.network.inside(HOST):
                while ask_options(site.host, site.port) != OK:
                    assert time.monotonic() < deadline, f"{site.id} serves again"
                    time.sleep(0.1)

    def forget(self):
        """Have every edge think well of all sites."""
        for operator in OPERATORS:
            for table in TABLES:
                asyncio.run(
                    ask_kamailio(
                        self.folder / f"{operator}-edge-1" / "rpc.sock", "htable.flush", table
                    )
                )

    def count_events(self, event):
        """Return how often an edge said so of a site."""
        return sum(
            record.get("event") == event
            for operator in OPERATORS
            for record in read_records(self.folder / f"{operator}-edge-1" / "records")
        )

    def count_restarts(self):
        """Return how often a Kamailio of a site was started again."""
        state = json.loads((self.folder / "up.json").read_text())
        return sum(
            entry["kamailio_restarts"] for entry in state["members"] if entry["id"] in SITES
        )


def make_step(kind, *targets, seconds, tail_s=FAULT_TAIL_S, **settings):
    """Make a fault that goes on while the last calls ring."""
    return FaultStep(
        at_s=FAULT_AT_S, until_s=seconds + tail_s, kind=kind, targets=targets,
        settings=tuple((name, str(value)) for name, value in settings.items()),
    )  # fmt: skip


@contextmanager
def open_six_sites(folder):
    """Put the country up, and measure how soon a call usually rings."""
    scenario = Scenario(
        name="faults", title="Faults", starts=UtcTime(0), ends=UtcTime(US_PER_S), seed=0,
        calls=1, profile=((0.0, 1.0),), numbers=NUMBERS,
        operators=tuple((id_, 1.0) for id_ in OPERATORS),
    )  # fmt: skip
    cast, snapshot = prepare(scenario, folder, 1, 1.0)
    run_dir = folder / WIRING.name
    topology = write_topology(cast, WIRING, run_dir)
    with Namespaces({HOST: ["10.112.1.1/16"]}) as network, contextlib.ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        standing = put_up(cast, topology, run_dir)

        def run(make):
            with network.inside(HOST):
                return runner.run(make())

        run(standing.__aenter__)
        stack.callback(run, lambda: standing.__aexit__(None, None, None))
        country = SixSites(cast, snapshot, run_dir, network, 0.0)
        country.usual_ms = run(lambda: _measure(cast))
        yield country


async def _measure(cast):
    async with open_callers(cast) as ends:
        return await place_usual(cast, ends)
