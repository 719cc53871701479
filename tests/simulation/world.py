"""
A planner, its disk, links and stations, by one seed: the code of `change` and `replication` as it is.

Everything else is invented here, and knows nothing of how the code decides: a disk that fails half
way through a write, links that are cut, stations that are away, people who wish for plans and
orders. `checks` looks at what stations have in force, never at what the planner believes.
"""

import hashlib
import random
from dataclasses import dataclass, field

from tests.simulation.checks import Checks

from route112.change import (
    Built,
    Facts,
    GateMeasures,
    LoadProof,
    Probing,
    StationFact,
    Step,
    Trial,
    ask,
    decide_next,
    parse_journal,
    render_event,
    replay,
)
from route112.change.asking import (
    AbortChange,
    AddStations,
    BeginChange,
    FinishWork,
    Found,
    GiveOrder,
    Refusal,
    WithdrawOrder,
)
from route112.change.deciding import Build
from route112.change.events import ChangeBegun, OrderGiven
from route112.change.publishing import is_strange
from route112.change.values import Kind
from route112.model import Order, OrderKind
from route112.replication import (
    NOTHING,
    Answered,
    Failed,
    Fetch,
    Fetched,
    Offer,
    Offered,
    Poll,
    Receiver,
    Refused,
    Report,
    Ticked,
    Wanted,
    check_report,
    handle,
    parse_report,
    parse_wanted,
    render_report,
    render_wanted,
)

START_US = 1_795_000_000_000_000
TICK_US = 250_000
GOOD, BAD, WRONG, REFUSED, UNFIT = "good", "bad", "wrong", "refused", "unfit"
RINGS_US = (0, 20_000_000)
"""How long calls still ring at a site that takes no new ones."""
EXCHANGE_US = 30_000_000
"""A hand waits so long for calls that ring before it exchanges software all the same."""
DRAINS = frozenset(
    (
        *(Step.DRAIN, Step.SWAP, Step.WORK, Step.UNPOINT),
        *(Step.STOP, Step.TEST, Step.DRAIN_BACK, Step.SWAP_BACK),
    )
)
"""Steps in which a hand sees to it that a site takes no new calls."""
FATES = (GOOD, GOOD, GOOD, BAD, WRONG, REFUSED, UNFIT)
"""Of a candidate: callers fail, test calls fail, supervisors refuse it, no order fits it."""


class DiskFullError(Exception):
    """A write failed, perhaps half way."""


class KilledError(Exception):
    """The planner died just there."""


@dataclass(frozen=True)
class File:
    """A snapshot."""

    number: int
    candidate: str
    orders: tuple[str, ...]
    content_hash: str


def digest(*words):
    return hashlib.sha256(" ".join(map(str, words)).encode()).hexdigest()


@dataclass
class Disk:
    """What is left of a planner that dies."""

    journal: bytearray = field(default_factory=bytearray)
    files: dict = field(default_factory=dict)
    """By generation: what became of making it."""
    is_full: bool = False


class Station:
    """A receiver, a supervisor that takes what is offered, and the machine that both are on."""

    def __init__(self, name, world, file):
        self.name, self.world = name, world
        self.in_force, self.offered, self.aside = file, file, None
        self.refused = None
        self.receiver = Receiver()
        self.looks, self.seen = 0, file
        """Looks that the supervisor has left out, and what it saw last."""
        self.inbox = []
        """Answers on their way: (when, event)."""
        self.is_up = self.is_linked = True
        self.is_full = False
        self.serving, self.version = True, "1.0"
        self.rings_until_us = 0
        """Behind a drain: when the last call that rings has ended."""
        self.is_stopped = False
        """Its site runs no more, and its receiver says nothing; the machine is there."""
        self.trouble_us = START_US
        """When anything was last wrong here."""

    @property
    def is_well(self):
        return self.is_up and self.is_linked and not self.is_full

    @property
    def is_ringing(self):
        """While calls are taken some always ring, but at a machine that is off."""
        return self.is_up and (self.serving or self.world.now_us < self.rings_until_us)

    def drain(self):
        if self.serving:
            self.world.checks.see_drained(self)
            self.serving = False
            self.rings_until_us = self.world.now_us + self.world.rng.randrange(*RINGS_US)

    def report(self):
        return Report(
            station=self.name,
            number=self.in_force.number,
            content_hash=self.in_force.content_hash,
            refused=self.refused,
            version=self.version,
            serving=self.serving,
            calls=int(self.is_ringing),
        )

    def tick(self):
        now = self.world.now_us
        if not self.is_well:
            self.trouble_us = now
        if not self.is_up or self.is_stopped:
            return
        self.take_offered()
        due = [event for at, event in self.inbox if at <= now]
        self.inbox = [each for each in self.inbox if each[0] > now]
        for event in (*due, Ticked()):
            self.receiver, command = handle(self.receiver, event, self.report(), now_us=now)
            if command is not None:
                self.do(command)

    def take_offered(self):
        """The supervisor looks about once a second; nothing here keeps it from going back."""
        file = self.offered
        if file is self.seen:
            return
        self.looks += 1
        if self.looks < 4 and self.world.rng.random() > 0.5:
            return
        self.looks, self.seen = 0, file
        self.world.checks.see_offered(self, file)
        if self.world.fates[file.candidate] == REFUSED:
            self.refused = Refused(file.number, file.content_hash, "malformed")
        else:
            self.in_force, self.refused = file, None

    def do(self, command):
        rng, planner = self.world.rng, self.world.planner
        later = self.world.now_us + rng.randrange(0, 250_000)
        is_reached = self.is_linked and planner.is_up and rng.random() > self.world.chance(0.02)
        if isinstance(command, Offer):
            if self.is_full:
                self.inbox.append((later, Failed("disk-full")))
            else:
                self.offered = self.aside
                self.inbox.append((later, Offered()))
        elif not is_reached:
            self.trouble_us = self.world.now_us
            if rng.random() < 0.5:
                self.inbox.append((later, Failed("unreachable")))
        elif isinstance(command, Poll):
            answer = planner.answer(render_report(command.report))
            self.inbox.append((later, Answered(parse_wanted(answer))))
        else:
            assert isinstance(command, Fetch)
            self.fetch(command.wanted, planner, later)

    def fetch(self, wanted, planner, later):
        chance = self.world.chance(0.1)
        roll = self.world.rng.random()
        if roll < chance:
            self.trouble_us = self.world.now_us
        if roll < chance / 2:
            self.inbox.append((later, Failed("cut")))
        elif roll < chance:
            self.inbox.append((later, Fetched("0" * 64, wanted.size - 1)))
        elif wanted.number not in planner.disk.files:
            # Its disk was lost since it said so.
            self.inbox.append((later, Failed("unreachable")))
        else:
            self.aside = planner.disk.files[wanted.number]
            self.inbox.append((later, Fetched(self.aside.content_hash, wanted.size)))


class Planner:
    """The shell around the core: what an adapter does with a real disk."""

    def __init__(self, world):
        self.world, self.disk, self.is_up = world, Disk(), False
        self.building = {}
        self.state = None

    def start(self):
        journal = parse_journal(bytes(self.disk.journal))
        assert journal.flaw == "", journal.flaw
        del self.disk.journal[journal.size :]
        self.end, self.state = journal.end, replay(journal.events)
        self.reports, self.building, self.is_up = {}, {}, True
        self.since_us = self.world.now_us
        self.world.checks.see_restart(journal.events)

    def append(self, events):
        """All or nothing, unless it dies in between; then the next start cuts what is torn."""
        size, end, content = len(self.disk.journal), self.end, b""
        for event in events:
            line, end = render_event(event, end)
            content += line
        self.point()
        for byte in range(0, len(content), 97):
            if self.disk.is_full and byte > len(content) // 2:
                del self.disk.journal[size:]
                raise DiskFullError
            self.disk.journal += content[byte : byte + 97]
            self.point(0.05)
        self.end = end
        for event in events:
            self.world.checks.see_event(event, self.world)
        self.point()

    def point(self, share=1.0):
        """Here the planner may die."""
        world = self.world
        world.points += 1
        if world.points == world.kill_at or world.rng.random() < share * world.chance(0.003):
            self.is_up = False
            world.planner_trouble_us = world.now_us
            raise KilledError

    def tick(self):
        world = self.world
        if not self.is_up:
            world.planner_trouble_us = world.now_us
            if world.is_healed or world.rng.random() < 0.1:
                self.start()
            return
        if self.disk.is_full:
            world.planner_trouble_us = world.now_us
        try:
            self.turn()
        except (DiskFullError, KilledError):
            return

    def turn(self):
        now = self.world.now_us
        self.finish_builds()
        decision = decide_next(self.state, self.facts(), now)
        if decision.events:
            self.append(decision.events)
            self.state = decision.state
        for command in decision.commands:
            self.point()
            if isinstance(command, Build):
                later = now + self.world.rng.randrange(100_000, 500_000)
                self.building.setdefault(command.number, (later, command))
            else:
                self.world.act(command)

    def finish_builds(self):
        for number, (at, command) in list(self.building.items()):
            if at > self.world.now_us or self.disk.is_full:
                continue
            del self.building[number]
            ids = tuple(order.id for order in command.orders)
            if self.world.fates[command.candidate] == UNFIT and ids:
                self.disk.files[number] = Built(flaw="no such answering point", culprits=ids[-1:])
                continue
            key = digest(number, command.candidate, *ids, command.parent_hash)
            self.disk.files[number] = File(number, command.candidate, ids, key)

    def facts(self):
        world, now = self.world, self.world.now_us
        built = {
            number: each if isinstance(each, Built) else Built(content_hash=each.content_hash)
            for number, each in self.disk.files.items()
        }
        stations = {
            name: StationFact(report=report, age_s=(now - at) / 1e6, oddities=odd)
            for name, (report, at, odd) in self.reports.items()
        }
        since_us = self.since_us
        return Facts(
            listening_s=(now - since_us) / 1e6,
            stations=stations,
            built=built,
            alarms=world.alarms,
            **world.measure(),
        )

    def answer(self, content):
        report = parse_report(content)
        before = self.reports.get(report.station)
        given = {
            number: each.content_hash
            for number, each in self.state.generations.items()
            if each.content_hash
        }
        odd = check_report(
            report,
            before and before[0],
            given,
            last_number=self.state.last_number,
            forgotten=self.state.forgotten,
        )
        self.world.checks.see_oddities(odd)
        self.reports[report.station] = (report, self.world.now_us, odd)
        fact = StationFact(report=report, age_s=0.0, oddities=odd)
        if report.station in self.state.held or is_strange(self.state, fact):
            return render_wanted(NOTHING)
        number = self.state.wanted.get(report.station, 0)
        generation = self.state.generations.get(number)
        wanted = Wanted(number, generation.content_hash) if generation else NOTHING
        return render_wanted(wanted)

    def wish(self, wish):
        if not self.is_up:
            return None
        try:
            granted = ask(self.state, wish, self.facts(), self.world.now_us)
            if isinstance(granted, Refusal):
                return granted
            self.append([granted])
            self.state = replay(parse_journal(bytes(self.disk.journal)).events)
        except (DiskFullError, KilledError):
            return None
        return granted


class World:
    """One seed's world."""

    def __init__(self, seed, *, stations=5, calm=False, kill_at=0):
        self.rng = random.Random(seed)
        self.now_us, self.points, self.kill_at = START_US, 0, kill_at
        self.is_calm, self.is_healed = calm, False
        self.alarms = ()
        self.alarm_until_us = 0
        self.planner_trouble_us = START_US
        self.fates, self.marks, self.asked = {}, {}, 0
        self.act_at, self.acts = {}, None
        first = self.candidate(GOOD)
        self.first = File(1, first, (), digest(1, first))
        names = [f"site-{number}" for number in range(1, stations)] + ["edge-1"]
        self.checks = Checks(self)
        self.planner = Planner(self)
        self.planner.disk.files[1] = self.first
        self.planner.start()
        self.stations = {name: Station(name, self, self.first) for name in names}
        founded = Found(
            stations=tuple(names),
            candidate=first,
            number=1,
            content_hash=self.first.content_hash,
            size=0,
        )
        while not self.planner.state.stations:
            self.planner.wish(founded)
            if not self.planner.is_up:
                self.planner.start()

    def chance(self, probability):
        return 0.0 if self.is_calm or self.is_healed else probability

    def candidate(self, fate):
        key = digest("candidate", len(self.fates), fate)
        self.fates[key] = fate
        return key

    def act(self, act):
        """Do what a step asks for; each takes a while."""
        self.acts = act
        begun = self.act_at.setdefault(
            (act.change, act.step, act.station, act.since_us), self.now_us
        )
        station = self.stations[act.station]
        if not station.is_up or self.now_us - begun < 1_000_000:
            return
        if act.step in DRAINS:
            station.drain()
        elif act.step is Step.RETURN:
            station.serving, station.is_stopped = True, False
        if act.step in (Step.SWAP, Step.SWAP_BACK, Step.STOP):
            self.exchange(station, act, begun)
        elif act.step is Step.WORK:
            self.planner.wish(FinishWork(author="operator"))

    def exchange(self, station, act, begun):
        """End what runs there, where that is not what shall run."""
        is_there = station.is_stopped if act.step is Step.STOP else station.version == act.version
        is_due = not station.is_ringing or self.now_us - begun >= EXCHANGE_US
        if is_there or not is_due:
            return
        self.checks.see_exchange(station)
        if act.step is Step.STOP:
            station.is_stopped, station.trouble_us = True, self.now_us
        else:
            station.version = act.version

    def measure(self):
        """What watch and the test calls say of the step at work."""
        act = self.acts
        if act is None:
            return {}
        station = self.stations[act.station]
        seconds = (self.now_us - act.since_us) / 1e6
        is_bad = self.fates[station.in_force.candidate] == BAD
        is_wrong = self.fates[station.in_force.candidate] == WRONG or station.version == "bad"
        failed = ("15 @29019",) if is_wrong and seconds > 2 else ()
        tests = Probing(wanted=3, passed=min(3, int(seconds)), failed=failed)
        callers = int(seconds * 5)
        lost = callers // 2 if is_bad else 0
        trial = Trial(
            series="all",
            served=callers - lost,
            failed=lost,
            others_served=callers * 5,
            others_failed=callers // 20,
        )
        gate = GateMeasures(
            station=act.station,
            since_us=act.since_us,
            trials=(trial,),
            tests=tests,
            differences=0 if seconds > 1 else None,
        )
        proof = LoadProof(carries=self.rng.random() >= self.chance(0.05), text="")
        pointing = () if seconds > 3 else ("edge-1",)
        return {
            "gate": gate,
            "tests": {act.station: tests} if seconds > 1 else {},
            "proofs": {act.station: proof} if seconds > 1 else {},
            "pointing": {act.station: pointing} if seconds > 1 else {},
        }

    def tick(self):
        self.now_us += TICK_US
        self.planner.tick()
        for station in self.stations.values():
            station.tick()
        self.checks.look()

    def trouble(self):
        """Break something, or mend it."""
        rng = self.rng
        station = rng.choice(list(self.stations.values()))
        roll = rng.random()
        if roll < 0.2:
            station.is_linked = not station.is_linked
        elif roll < 0.35:
            station.is_up = not station.is_up
            station.receiver, station.inbox = Receiver(), []
        elif roll < 0.45:
            station.is_full = not station.is_full
        elif roll < 0.55:
            self.planner.disk.is_full = not self.planner.disk.is_full
        elif roll < 0.65:
            self.alarms = () if self.alarms else ("12",)
        else:
            for each in self.stations.values():
                each.is_linked = each.is_up = True
                each.is_full = False
            self.alarms = ()
            self.planner.disk.is_full = False

    def people(self):
        """Somebody wishes for something."""
        rng, planner = self.rng, self.planner
        self.asked += 1
        roll = rng.random()
        state = planner.state
        if roll < 0.35:
            self.ask_order(rng.randrange(5, 120))
        elif roll < 0.45 and state.orders:
            key = rng.choice(sorted(state.orders))
            planner.wish(WithdrawOrder(id=key, author="a", approver="b", reason="over"))
        elif roll < 0.8:
            fate = rng.choice(FATES)
            self.ask_change(Kind.PLAN, candidate=self.candidate(fate))
        elif roll < 0.95:
            kind = rng.choice([Kind.UPGRADE, Kind.MAINTENANCE, Kind.EVACUATION])
            if kind is Kind.EVACUATION and (len(state.stations) < 5 or rng.random() < 0.7):
                return
            version = rng.choice(["1.1", "1.2", "bad"]) if kind is Kind.UPGRADE else ""
            self.ask_change(kind, version=version, stations=(rng.choice(state.stations),))
        else:
            planner.wish(AbortChange(author="planner", reason="on second thoughts"))

    def ask_order(self, lasts_s):
        order = Order(
            id=f"o-{self.asked}",
            kind=OrderKind.PAUSE,
            psap="CRRA15-29",
            author="crisis",
            approver="operator",
            reason="flooded",
            starts=self.now_us,
            expires=self.now_us + lasts_s * 1_000_000,
        )
        granted = self.planner.wish(GiveOrder(order=order))
        assert granted is None or isinstance(granted, OrderGiven), granted
        return granted

    def ask_change(self, kind, *, stations=(), candidate="", version="", soak_s=None):
        wish = BeginChange(
            id=digest("change", self.asked),
            kind=kind,
            author="planner",
            approver="operator",
            reason="autumn",
            stations=stations,
            candidate=candidate,
            version=version,
            soak_s=self.rng.randrange(0, 20) if soak_s is None else soak_s,
        )
        granted = self.planner.wish(wish)
        assert not (isinstance(granted, ChangeBegun) and self.alarms)
        return granted

    def add_station(self, name):
        """Have the topology gain a station, with the plan of the installation; planners try again."""
        self.stations[name] = station = Station(name, self, self.first)
        while name not in self.planner.state.stations:
            self.planner.wish(AddStations(stations=(name,)))
            self.live()
        station.trouble_us = self.now_us

    def play(self, seconds):
        """Live, with trouble and people."""
        for _ in range(seconds * 1_000_000 // TICK_US):
            self.live()

    def live(self):
        """One tick, with trouble and people."""
        if not self.is_calm and self.rng.random() < 0.03:
            self.trouble()
        if self.rng.random() < 0.04:
            self.people()
        self.tick()

    def heal(self, seconds=120):
        """Mend everything, wish for nothing, and wait until nothing moves."""
        self.is_healed, self.alarms = True, ()
        self.planner.disk.is_full = False
        for station in self.stations.values():
            station.is_linked, station.is_full = True, False
            station.is_up = station.name in self.planner.state.stations
        for _ in range(seconds * 1_000_000 // TICK_US):
            self.tick()
            if self.checks.has_converged():
                return
        self.checks.fail(f"not converged {seconds} s after everything was well")
