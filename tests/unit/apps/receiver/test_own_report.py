import os
import socket

import pytest
from tests.support.planned import write_plan

from route112.adapters.kamailio_rpc import RpcError
from route112.apps.duty.draining import FILE
from route112.apps.duty.software import OWN, Software, choose_software
from route112.apps.receiver import own_report as module
from route112.apps.receiver.own_report import CALLS_UNKNOWN, OwnReport
from route112.apps.station.standing import Standing, stamp_file, write_standing
from route112.replication import NOTHING, AtGate, Refused, Wanted
from route112.snapshot.reader import Snapshot


@pytest.fixture
def run_dir(tmp_path):
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


@pytest.fixture
def own(tmp_path, run_dir):
    return OwnReport("site-1", run_dir, tmp_path / "fr.r112")


def put_in_force(run_dir, path):
    (run_dir / "current").write_bytes(os.fsencode(path) + b"\n")


def test_a_station_that_has_nothing_says_so(own):
    report = own.read()
    assert (report.station, report.number, report.content_hash) == ("site-1", 0, "")
    assert (report.refused, report.serving, report.calls) == (None, True, CALLS_UNKNOWN)


def test_what_is_in_force_is_the_staged_file(own, run_dir, tmp_path):
    first = write_plan(tmp_path / "g1.r112", generation=1)
    put_in_force(run_dir, first)
    assert own.read().number == 1
    put_in_force(run_dir, write_plan(tmp_path / "g2.r112", generation=2))
    report = own.read()
    assert (report.number, report.content_hash) == (
        2,
        Snapshot((tmp_path / "g2.r112").read_bytes()).content_hash,
    )
    first.write_bytes(b"damaged")
    put_in_force(run_dir, first)
    assert own.read().number == 0


def test_it_is_read_once(own, run_dir, tmp_path, monkeypatch):
    put_in_force(run_dir, write_plan(tmp_path / "g1.r112", generation=1))
    own.read()
    monkeypatch.setattr(module, "Snapshot", None)
    assert own.read().number == 1


def test_what_was_refused_is_what_lies_there_still(own, run_dir, tmp_path):
    plan = write_plan(tmp_path / "fr.r112", generation=7)
    write_standing(run_dir, Standing("1.2", stamp_file(plan), "unknown-key"))
    expected = Refused(7, Snapshot(plan.read_bytes()).content_hash, "unknown-key")
    assert own.read().refused == expected
    assert own.read().refused == expected
    plan.unlink()
    write_plan(plan, generation=8)
    assert own.read().refused is None
    plan.write_bytes(b"nonsense")
    write_standing(run_dir, Standing("1.2", stamp_file(plan), "malformed"))
    assert own.read().refused is None


def test_an_odd_version_is_not_passed_on(own, run_dir, kamailio):
    write_standing(run_dir, Standing("1 2"))
    assert own.read().version == ""


def test_a_version_runs_when_its_kamailio_is_there_and_not_when_it_says_its_name(own, run_dir):
    write_standing(run_dir, Standing("1.2"))
    assert own.read().version == ""
    with listen(run_dir):
        assert own.read().version == "1.2"
    assert own.read().version == "1.2", "it is being started again"
    write_standing(run_dir, Standing("1.3"))
    assert own.read().version == ""


def test_a_site_is_drained_when_kamailio_has_heard_so(own, run_dir, tmp_path, monkeypatch):
    (run_dir / FILE).write_text("{}")
    assert own.read().serving, "it was not, when somebody answered last"
    said = [True, False]

    async def load(_socket, _table):
        return {"all": "0"}

    async def takes_calls(_socket):
        return said.pop(0)

    monkeypatch.setattr(module, "list_items", load)
    monkeypatch.setattr(module, "takes_calls", takes_calls)
    assert own.read().serving
    assert not own.read().serving
    monkeypatch.undo()
    assert not own.read().serving, "as it said last"
    assert not OwnReport("site-1", run_dir, tmp_path / "fr.r112").read().serving, (
        "nobody else says"
    )


def test_a_call_that_comes_just_before_a_drain_is_counted(own, monkeypatch):
    ringing = []

    async def load(_socket, _table):
        return {"all": str(len(ringing))}

    async def takes_calls(_socket):
        ringing.append("the last one that was taken")
        return False

    monkeypatch.setattr(module, "list_items", load)
    monkeypatch.setattr(module, "takes_calls", takes_calls)
    report = own.read()
    assert (report.serving, report.calls) == (False, 1)


def test_calls_that_ring_are_those_that_kamailio_counts(own, monkeypatch):
    async def load(_socket, _table):
        return {"all": "4"}

    monkeypatch.setattr(module, "list_items", load)
    assert own.read().calls == 4

    async def none(_socket, *_names):
        raise RpcError("no answer")

    async def counters(_socket, *_names):
        return {"active_transactions": 9}

    monkeypatch.setattr(module, "list_items", none)
    monkeypatch.setattr(module, "read_counters", counters)
    assert own.read().calls == 9
    monkeypatch.setattr(module, "read_counters", none)
    assert own.read().calls == 9


def listen(run_dir):
    """Be a Kamailio that is there, and answers nothing."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(run_dir / "rpc.sock"))
    return listening


@pytest.fixture
def kamailio(run_dir):
    with listen(run_dir) as listening:
        yield listening


def test_a_site_that_was_stopped_says_nothing_as_soon_as_it_runs_no_more(own, run_dir, kamailio):
    choose_software(run_dir, Software(is_stopped=True))
    assert own.read() is not None, "it still runs, and somebody has to know"
    kamailio.close()
    assert own.read() is None
    (run_dir / "rpc.sock").unlink()
    assert own.read() is None
    choose_software(run_dir, OWN)
    assert own.read() is not None, "it is on its way back"


def test_a_site_that_is_started_again_goes_on_reporting(own, run_dir):
    choose_software(run_dir, Software(version="1.1", tree="/versions/1.1"))
    assert own.read() is not None


def test_how_it_is_at_a_gate_is_said_while_the_planner_asks(own, run_dir, tmp_path):
    put_in_force(run_dir, write_plan(tmp_path / "g1.r112", generation=1))
    assert own.read().at_gate is None
    own.heed(Wanted(1, "a" * 64, at_gate=True))
    assert own.read().at_gate == AtGate(), "it listens nowhere, and nothing is compared yet"
    own.heed(NOTHING)
    assert own.read().at_gate is None
