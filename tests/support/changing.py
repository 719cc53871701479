"""A state of three stations, facts about them, and short ways to go on."""

from dataclasses import replace

from route112.change import Built, Facts, Kind, State, StationFact, apply, ask, decide_next
from route112.change.asking import BeginChange, Found, GiveOrder, Refusal
from route112.change.facts import GateMeasures, Probing, Trial
from route112.model import Order, OrderKind
from route112.replication import Report

T0 = 1_795_000_000_000_000
S = 1_000_000
STATIONS = ("site-1", "site-2", "edge-1")
OLD, NEW = "a" * 64, "b" * 64
HASHES = {number: f"{number:064x}" for number in range(1, 3_000)}
CHANGE = "c" * 64


def order(key="o-1", **changed):
    values = {
        "id": key,
        "kind": OrderKind.PAUSE,
        "psap": "CRRA15-29",
        "author": "crisis",
        "approver": "operator",
        "reason": "flooded",
        "starts": T0,
        "expires": T0 + 3600 * S,
    }
    return Order(**values | changed)


def wish(kind=Kind.PLAN, **changed):
    values = {
        "id": CHANGE,
        "kind": kind,
        "author": "planner",
        "approver": "operator",
        "reason": "autumn",
        "candidate": NEW if kind is Kind.PLAN else "",
        "version": "1.1" if kind is Kind.UPGRADE else "",
        "stations": () if kind is Kind.PLAN else ("site-1",),
        "soak_s": 10,
    }
    return BeginChange(**values | changed)


def found(**changed):
    values = {
        "stations": STATIONS,
        "candidate": OLD,
        "number": 1,
        "content_hash": HASHES[1],
        "size": 7,
    }
    return Found(**values | changed)


class Table:
    """Time goes on by itself; stations have at once what they shall have, unless told otherwise."""

    def __init__(self):
        self.now, self.state, self.events = T0, State(), []
        self.reports, self.ages, self.odd, self.alarms = {}, {}, {}, ()
        self.built, self.more, self.commands = {}, {}, ()
        self.listening_s = 600.0
        self.do(found())
        self.settle()

    def settle(self):
        """Let all stations that are not away take what they shall have."""
        for name in self.state.stations:
            if self.ages.get(name, 0.0) > 5 or not self.state.wanted[name]:
                continue
            number = self.state.wanted[name]
            before = self.reports.get(name, Report(station=name, number=0, content_hash=""))
            known = self.state.generations.get(number)
            hash_ = known.content_hash if known else HASHES[number]
            version = before.version or "1.0"
            self.reports[name] = replace(
                before, number=number, content_hash=hash_, version=version
            )

    def report(self, name, **changed):
        self.reports[name] = replace(self.reports[name], **changed)

    @property
    def facts(self):
        stations = {
            name: StationFact(
                report=report, age_s=self.ages.get(name, 0.5), oddities=self.odd.get(name, ())
            )
            for name, report in self.reports.items()
        }
        return Facts(
            listening_s=self.listening_s,
            stations=stations,
            alarms=self.alarms,
            built=self.built,
            **self.more,
        )

    def do(self, wished):
        granted = ask(self.state, wished, self.facts, self.now)
        if not isinstance(granted, Refusal):
            self.state = apply(self.state, granted)
            self.events.append(granted)
        return granted

    def give(self, key="o-1", **changed):
        return self.do(GiveOrder(order=order(key, **changed)))

    def look(self, seconds=0.25, *, build=True):
        """One look; return the events by name."""
        self.now += int(seconds * S)
        if build:
            for number, each in self.state.generations.items():
                if not each.content_hash:
                    self.built.setdefault(number, Built(content_hash=HASHES[number], size=7))
        decision = decide_next(self.state, self.facts, self.now)
        self.state, self.commands = decision.state, decision.commands
        self.events += decision.events
        return [type(event).__name__ for event in decision.events]

    def run(self, looks=4, seconds=0.25):
        """Several looks, with what stations take in between."""
        seen = []
        for _ in range(looks):
            seen += self.look(seconds)
            self.settle()
        return seen

    def measure(self, *, failed=0, served=100, tests=True, bad=(), differences=0):
        """Measures for the step at work."""
        change = self.state.change
        trial = Trial(
            series="all", served=served, failed=failed, others_served=500, others_failed=5
        )
        calls = Probing(wanted=3, passed=3 if tests else 1, failed=bad)
        gate = GateMeasures(
            station=change.station,
            since_us=change.since_us,
            trials=(trial,),
            tests=calls,
            differences=differences,
        )
        self.more = {"gate": gate, "tests": {change.station: calls}}

    def start(self, kind=Kind.PLAN, **changed):
        granted = self.do(wish(kind, **changed))
        assert not isinstance(granted, Refusal), granted
        return granted

    def pass_gate(self, seconds=11):
        self.measure()
        return self.look(seconds)

    def list_numbers(self):
        return [self.state.wanted[name] for name in self.state.stations]
