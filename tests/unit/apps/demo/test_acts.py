"""Each act breaks what it says, places its calls then, and tells beforehand what is to come."""

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.support.snapshots import small_content

from route112.apps.demo import acts
from route112.apps.demo.acts import Country, Joint, find_joint
from route112.apps.demo.draw import DemoCall
from route112.apps.demo.tally import Book
from route112.countries.fr.sites import TOPOLOGY
from route112.model import Hop, Problem, Severity
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

CALL = DemoCall(
    dialled="15",
    commune="29019",
    name="Brest",
    operator="bruyere",
    technology="mobile",
    targets=("+33261910010",),
)
CALLS = 12


class FakePlay:
    """Writes down what is broken when calls are placed."""

    def __init__(self, faults):
        self.faults = faults
        self.told, self.placed, self.acts, self.shown = [], [], [], []
        self.usual = None
        self.run = Path("run")
        self.book = Book()
        self.screen = SimpleNamespace(
            title=self.told.append, text=self.told.append, quote=self.told.append,
            live=self.told.append,
        )  # fmt: skip
        self.journal = SimpleNamespace(list_serving=lambda _ids: ("site-1",))

    async def place(self, calls, *, patience_s=20.0):
        self.placed.append((dict(self.faults.in_force), patience_s))
        return tuple(f"{len(self.placed)}.{index}" for index, _ in enumerate(calls))

    def keep_usual(self, call_ids):
        self.usual = call_ids

    def show_way(self, call_ids, *, detour=True):
        self.shown.append((len(call_ids), detour))

    def conclude(self, act):
        self.acts.append(act)


class FakeFaults:
    def __init__(self):
        self.in_force = {}

    def inject(self, kind, targets):
        for target in targets:
            self.in_force[target] = kind

    def clear(self):
        self.in_force.clear()


class FakeDraw:
    """Has calls of all sorts; what they are accepted for is asked of one."""

    def take(self, count, *, accept=lambda _call: True):
        accept(CALL)
        return (CALL,) * count


@pytest.fixture
def faults():
    return FakeFaults()


@pytest.fixture
def play(faults):
    return FakePlay(faults)


@pytest.fixture
def country(faults):
    return Country(
        topology=TOPOLOGY, snapshot=Snapshot(write_snapshot(small_content())), draw=FakeDraw(),
        faults=faults, calls=CALLS,
    )  # fmt: skip


def make_warning(code="one-gateway-vendor", message=""):
    message = message or (
        "in zone antilles CIC17-972, CORG17-971 can be reached through gateways of cedar only: a "
        "fault of theirs cuts off 17 for departements 971, 972: 68 communes, 786,610 inhabitants"
    )
    return Problem(
        severity=Severity.WARNING, code=code, message=message, remedy="Add one", value="cedar"
    )


def test_nothing_is_broken_at_first(play, country):
    asyncio.run(acts.place_all(play, country))
    assert play.placed == [({}, 20.0)]
    assert len(play.usual) == CALLS
    assert play.acts[0].call_ids == frozenset(play.usual)


def test_one_site_dies_then_five_then_all(play, country):
    asyncio.run(acts.break_sites(play, country))
    assert [sorted(broken) for broken, _ in play.placed] == [
        ["site-5"],
        ["site-2", "site-3", "site-4", "site-5", "site-6"],
        ["site-1", "site-2", "site-3", "site-4", "site-5", "site-6"],
    ]
    assert set(play.faults.in_force.values()) == {"dead"}
    assert [act.delay_s_max for act in play.acts] == [0.5, 1.0, 1.0]
    assert all(not act.named for act in play.acts)
    assert play.shown == [(CALLS, True), (CALLS, True), (1, True)]


def test_everything_comes_back(play, country, monkeypatch):
    async def await_sites(topology, *, tell):
        assert topology is TOPOLOGY
        assert not play.faults.in_force
        tell("6 of 6 sites answer")

    monkeypatch.setattr(acts, "await_sites", await_sites)
    country.faults.inject("dead", ["site-1"])
    asyncio.run(acts.restore_sites(play, country))
    assert "6 of 6 sites answer" in play.told


def test_who_was_named_has_to_be_lost_and_nobody_else(play, country):
    joint = find_joint([make_warning()])
    asyncio.run(acts.hang_gateways(play, country, joint))
    assert play.placed == [({"cedar": "gateway-grey"}, acts.PATIENCE_GREY_S)]
    assert not play.faults.in_force
    [act] = play.acts
    assert len(act.call_ids) == CALLS
    assert act.named == {"1.0", "1.1"}
    said = play.told.index("warning one-gateway-vendor: " + joint.warning.message)
    assert said < play.told.index(next(text for text in play.told if "calls from there" in text))
    assert play.told[-1] == "Sites that took calls again by then: site-1."


def test_the_check_of_the_plan_names_the_vendor_and_who_hangs_on_it():
    other = make_warning(code="one-gateway-carrier")
    joint = find_joint([other, make_warning()])
    assert (joint.vendor, joint.psaps) == ("cedar", {"CIC17-972", "CORG17-971"})
    assert find_joint([other, make_warning(message="said otherwise")]) is None


def open_joint(vendors, psaps=("CRRA15-29",), technology="rtc"):
    """Open a small world whose first trunk has gateways of these vendors."""
    content = small_content()
    hops = tuple(
        Hop(
            address=f"127.0.9.{number}:5060",
            technology=technology,
            vendor=vendor,
            transport="udp",
            capacity_calls=10,
        )
        for number, vendor in enumerate(vendors, start=1)
    )
    trunks = tuple(replace(trunk, hops=hops) for trunk in content.trunks)
    snapshot = Snapshot(write_snapshot(replace(content, trunks=trunks)))
    return Joint(vendor="cedar", psaps=frozenset(psaps), warning=make_warning()), snapshot


@pytest.mark.parametrize(
    ("vendors", "technology", "touched"),
    [
        (("cedar", "elder"), "rtc", True),
        (("elder", "cedar"), "rtc", False),
        (("cedar", "elder"), "ip", False),
    ],
)
def test_a_call_is_touched_where_the_first_gateway_is_the_vendors(vendors, technology, touched):
    joint, snapshot = open_joint(vendors, technology=technology)
    assert joint.touches(CALL, snapshot) is touched


def test_a_call_is_cut_off_where_its_first_answering_point_was_named():
    joint, snapshot = open_joint(("cedar",))
    assert joint.cuts_off(CALL, snapshot)
    elsewhere, _ = open_joint(("cedar",), psaps=("CTA18-29",))
    assert not elsewhere.cuts_off(CALL, snapshot)


def test_a_number_that_nobody_has_is_not_touched(country):
    joint = find_joint([make_warning()])
    unknown = replace(CALL, targets=("+999",))
    assert not joint.touches(unknown, country.snapshot)
    assert not joint.cuts_off(unknown, country.snapshot)
