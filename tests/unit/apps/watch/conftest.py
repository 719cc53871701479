"""Watch as it is typed, with a topology and a plan that say nothing."""

import signal
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from tests.support.watched import Plan

from route112.adapters.watch_store import AlarmBook, transaction
from route112.apps.watch import command
from route112.apps.watch.command import watch
from route112.watch.alarms import Ground


def keep_names(store, *_, **__):
    with transaction(store):
        AlarmBook(store).set_names({"psap": ["CRRA15-29"]})


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run watch with a topology and a plan that say nothing."""
    edge = SimpleNamespace(id="edge-1", tls=None)
    topology = SimpleNamespace(sites=(), list_edges=lambda: [edge])
    monkeypatch.setattr(command, "load_topology", {tmp_path / "t.yaml": topology}.get)
    plan = Plan()
    plan.country = "xx"
    monkeypatch.setattr(command, "open_snapshot", {tmp_path / "p.r112": plan}.get)
    monkeypatch.setattr(command, "build_ground", lambda *_: Ground())
    monkeypatch.setattr(command, "list_hops", lambda _plan: ())
    monkeypatch.setattr(command, "keep_ground", keep_names)
    kept = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]

    def run(*arguments):
        fixed = ["--topology", tmp_path / "t.yaml", "--plan", tmp_path / "p.r112"]
        return CliRunner().invoke(watch, ["run", *map(str, fixed), *map(str, arguments)])

    yield run
    for number, handler in kept:
        signal.signal(number, handler)
