"""An engine on a disk, the plan that it begins with, and reports of its stations."""

import functools
import time as clock
from dataclasses import replace

from tests.support.plans import PROFILE
from tests.support.snapshots import NOW, make_test_key, small_content, small_trust

from route112.apps.planner.engine.engine import Clocks, Engine, Means
from route112.apps.planner.seams import Measured
from route112.change import Kind
from route112.change.asking import GiveOrder
from route112.countries.fr.ground import load_ground
from route112.countries.fr.national import render_profile
from route112.model import Order, OrderKind
from route112.replication import Report, parse_wanted, render_report
from route112.snapshot.keys import sign_snapshot
from route112.snapshot.trust import render_trust
from route112.snapshot.writer import write_snapshot

STATIONS = ("site-1", "site-2", "edge-1")
S = 1_000_000


class Time:
    """Both clocks, moved by hand."""

    def __init__(self):
        self.us = 0

    def pass_s(self, seconds):
        self.us += int(seconds * S)

    @property
    def clocks(self):
        return Clocks(now=lambda: NOW + self.us, monotonic_s=lambda: self.us / S)


class Quiet:
    """Senses of a country where nothing is wrong and nothing is tested."""

    asks_at_gate = False

    def __init__(self, **measured):
        self.measured = Measured(**measured)

    def measure(self, _state, _now_us):
        return self.measured


class Idle:
    """Hands that could do everything, and do nothing."""

    kinds = frozenset(Kind)

    def act(self, _act):
        """Do nothing."""


def write_plan(path, *, key="a", **changes):
    """Write a signed snapshot of the small country."""
    content = small_content(**{"orders": (), "lines": small_content().lines[:-1], **changes})
    path.write_bytes(sign_snapshot(write_snapshot(content), make_test_key(key)))
    return path


def write_trust(path):
    path.write_bytes(render_trust(small_trust()))
    return path


def open_engine(folder, *, time=None, trust=None, **parts):
    """Open an engine whose clocks are moved by hand."""
    parts = {"senses": Quiet(), "hands": Idle()} | parts
    means = Means(PROFILE, make_test_key("a"), trust)
    return Engine(folder, means, clocks=(time or Time()).clocks, **parts)


def make(engine, seconds_max=10.0):
    """Turn until nothing is being made, and what was made is in the journal."""
    until_s = clock.monotonic() + seconds_max
    engine.turn()
    while any(not each.content_hash for each in engine.state.generations.values()):
        assert clock.monotonic() < until_s, engine.state.generations
        clock.sleep(0.01)
        engine.turn()


def found_engine(tmp_path, **parts):
    """Open an engine and begin its journal with the small country."""
    engine = open_engine(tmp_path / "planner", **parts)
    engine.found(write_plan(tmp_path / "fr.r112"), STATIONS)
    return engine


def make_order(key="o-1", **changes):
    values = {
        "id": key,
        "kind": OrderKind.PAUSE,
        "psap": "CRRA15-29",
        "author": "crisis",
        "approver": "operator",
        "reason": "flooded",
        "starts": NOW,
        "expires": NOW + 3600 * S,
    }
    return Order(**values | changes)


def give(engine, key="o-1", **changes):
    return engine.wish(GiveOrder(order=make_order(key, **changes)))


def make_report(state, station="site-1", **changes):
    """Say that a station has what it shall have."""
    generation = state.generations[state.wanted[station]]
    report = Report(
        station=station, number=generation.number, content_hash=generation.content_hash
    )
    return replace(report, version="1.0", **changes)


def tell(engine, station="site-1", **changes):
    """Report to an engine; return what it wants."""
    return parse_wanted(
        engine.answer(render_report(make_report(engine.state, station, **changes)))
    )


@functools.cache
def render_demo_profile():
    """Return the profile of the demo country, without its other files."""
    return render_profile(load_ground())
