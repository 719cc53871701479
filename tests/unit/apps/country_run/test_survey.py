import asyncio
import json
import os
import socket

import pytest
from msgspec.structs import replace

from route112.apps.country_run import survey as subject
from route112.apps.country_run.members import Kind
from route112.apps.country_run.state import Entry, own_process
from route112.apps.country_run.survey import Breaker, read_breakers, survey


class FakeMember:
    """Answers OPTIONS and RPC as a member would."""

    def __init__(self, folder, kind, *, status=200, rpc=None):
        self.status = status
        self.rpc = {} if rpc is None else rpc
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind(("127.0.0.1", 0))
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(folder / "rpc.sock"))
        for one in (self.sip, self.socket):
            one.setblocking(False)
        self.entry = Entry(
            id="one", kind=kind, address=f"127.0.0.1:{self.sip.getsockname()[1]}",
            folder=str(folder), leader=own_process(), started_us=0, restarts=0,
            kamailio_restarts=0, last_end="",
        )  # fmt: skip

    def on_sip(self):
        _, client = self.sip.recvfrom(65_535)
        if self.status:
            text = f"SIP/2.0 {self.status} X\r\nServer: route112-redirect g7\r\n\r\n"
            self.sip.sendto(text.encode(), client)

    def on_rpc(self):
        content, client = self.socket.recvfrom(65_535)
        request = json.loads(content)
        answer = self.rpc.get(" ".join([request["method"], *request["params"]]))
        told = {"result": answer} if answer is not None else {"error": {"code": 500}}
        self.socket.sendto(json.dumps({"id": request["id"], **told}).encode(), client)

    def look(self, *, on_more=None, **changes):
        async def run():
            loop = asyncio.get_running_loop()
            loop.add_reader(self.sip, self.on_sip)
            loop.add_reader(self.socket, self.on_rpc)
            for one, read in (on_more or {}).items():
                loop.add_reader(one, read)
            return await survey((replace(self.entry, **changes),), now_s=3.0)

        (sample,) = asyncio.run(run())
        self.sip.close()
        self.socket.close()
        return sample


def dump(**rows):
    return [{"entry": 1, "size": 1, "slot": [{"name": name.replace("_", "-"), "value": value}]}
            for name, value in rows.items()]  # fmt: skip


COUNTERS = "stats.fetchn core:rcv_requests_invite tmx:active_transactions"
SITE = {
    COUNTERS: {"core.rcv_requests_invite": 12, "tmx.active_transactions": 3},
    "htable.dump refused": dump(way_out=2, shed="1"),
    "htable.dump load": dump(all=4, bruyere=4),
    "pv.shvGet slot": {"name": "slot", "value": "b"},
    "htable.get zn_b gen": {"item": {"name": "gen", "value": "42"}},
}
EDGE = {
    COUNTERS: {"core.rcv_requests_invite": 12, "tmx.active_transactions": 3},
    "htable.dump breaker": [
        {"entry": 0, "size": 2, "slot": [{"name": "site-2:until", "value": 1_800_000_000},
                                         {"name": "site-2:hold", "value": 10}]},
        {"entry": 1, "size": 1, "slot": [{"name": "site-3:until", "value": 0}]},
    ],
    "pv.shvGet slot": {"name": "slot", "value": "a"},
    "htable.get plan_a gen": {"item": {"name": "gen", "value": "41"}},
}  # fmt: skip


def test_a_site_says_all_of_it(tmp_path):
    (tmp_path / "current").write_text(f"{tmp_path}/snapshots/g43-0123456789abcdef.r112\n")
    sample = FakeMember(tmp_path, Kind.SITE, rpc=SITE).look()
    assert (sample.state, sample.status, sample.at_s) == ("up", 200, 3.0)
    assert (sample.python_generation, sample.native_generation) == (43, 42)
    assert (sample.invites, sample.ringing) == (12, 4)
    assert sample.refused == {"shed": 1, "way-out": 2}
    assert sample.breakers == {}


def test_an_edge_says_which_sites_it_holds_off(tmp_path):
    sample = FakeMember(tmp_path, Kind.EDGE, rpc=EDGE).look()
    assert (sample.python_generation, sample.native_generation) == (None, 41)
    assert (sample.invites, sample.ringing) == (12, 3)
    assert sample.breakers == {"site-2": Breaker(until_s=1_800_000_000, hold_s=10)}


def test_a_redirect_server_names_its_generation_though_it_knows_us_not(tmp_path):
    sample = FakeMember(tmp_path, Kind.REDIRECT, status=403).look()
    assert (sample.state, sample.status, sample.python_generation) == ("up", 403, 7)


def test_answering_points_only_answer(tmp_path):
    sample = FakeMember(tmp_path, Kind.PSAPS).look()
    assert (sample.state, sample.invites) == ("up", None)


def test_a_site_that_does_not_decide_is_degraded_and_not_down(tmp_path):
    sample = FakeMember(tmp_path, Kind.SITE, status=503, rpc=SITE).look()
    assert (sample.state, sample.is_down) == ("degraded", False)


def test_what_kamailio_does_not_say_is_left_out(tmp_path):
    sample = FakeMember(tmp_path, Kind.SITE, rpc={COUNTERS: SITE[COUNTERS]}).look()
    assert (sample.state, sample.invites, sample.native_generation) == ("up", 12, None)
    (tmp_path / "rpc.sock").unlink()
    odd = SITE | {"htable.dump load": dump(all="many")}
    sample = FakeMember(tmp_path, Kind.SITE, rpc=odd).look()
    assert sample.native_generation is None
    (tmp_path / "rpc.sock").unlink()
    (tmp_path / "current").write_text("something else\n")
    assert FakeMember(tmp_path, Kind.SITE, rpc=SITE).look().python_generation is None


def test_who_runs_and_does_not_answer_is_silent(tmp_path, monkeypatch):
    monkeypatch.setattr(subject, "PROBE_SECONDS_MAX", 0.05)
    sample = FakeMember(tmp_path, Kind.SITE, status=0).look()
    assert (sample.state, sample.is_down) == ("silent", True)


def test_who_is_deaf_at_one_of_its_addresses_is_degraded_and_that_address_named(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(subject, "PROBE_SECONDS_MAX", 0.2)
    member = FakeMember(tmp_path, Kind.PSAPS)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("::1", 0))
        asked = (f"udp:{member.entry.address}", f"udp:[::1]:{deaf.getsockname()[1]}")
        sample = member.look(asked=asked)
    assert (sample.state, sample.is_down, sample.status) == ("degraded", False, 200)
    assert sample.silent == asked[1]


def test_of_several_answers_the_one_that_is_not_well_is_shown(tmp_path):
    member = FakeMember(tmp_path, Kind.PSAPS)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unwell:
        unwell.bind(("127.0.0.1", 0))
        unwell.setblocking(False)

        def answer():
            _, client = unwell.recvfrom(65_535)
            unwell.sendto(b"SIP/2.0 503 X\r\n\r\n", client)

        asked = (f"udp:{member.entry.address}", "udp:{}:{}".format(*unwell.getsockname()))
        sample = member.look(on_more={unwell: answer}, asked=asked)
    assert (sample.state, sample.status, sample.silent) == ("degraded", 503, "")


def test_who_does_not_run_is_down(tmp_path):
    sample = FakeMember(tmp_path, Kind.SITE).look(leader=None)
    assert (sample.state, sample.is_down, sample.footprint.processes) == ("down", True, 0)


def test_a_kamailio_that_serves_on_without_its_supervisor_is_asked_all_the_same(tmp_path):
    other = os.getppid()
    leader = {"pid": other, "start_ticks": subject.find_start(other), "token": "t"}
    (tmp_path / "kamailio.json").write_text(json.dumps(leader))
    sample = FakeMember(tmp_path, Kind.SITE, rpc=SITE).look(leader=None)
    assert (sample.state, sample.is_down, sample.is_whole) == ("unsupervised", False, False)
    assert (sample.status, sample.native_generation, sample.ringing) == (200, 42, 4)
    (tmp_path / "rpc.sock").unlink()
    assert FakeMember(tmp_path, Kind.SITE, status=0).look(leader=None).state == "silent"


def test_memory_is_that_of_the_member_and_of_its_kamailio(tmp_path, monkeypatch):
    own = own_process()
    other = os.getppid()
    leader = {"pid": other, "start_ticks": subject.find_start(other), "token": "t"}
    (tmp_path / "kamailio.json").write_text(json.dumps(leader))
    asked = []

    def measure(sessions):
        asked.append(set(sessions))
        return {pid: subject.Footprint(1, 100) for pid in sessions}

    monkeypatch.setattr(subject, "measure_sessions", measure)
    sample = FakeMember(tmp_path, Kind.PSAPS).look()
    assert asked == [{own.pid, other}]
    assert sample.footprint == subject.Footprint(2, 200)


@pytest.mark.parametrize("rows", [{}, {"site-1:hold": "5"}, {"site-1:until": "0"}])
def test_a_closed_breaker_is_left_out(rows):
    assert read_breakers(rows) == {}


def test_a_planner_is_silent_while_it_takes_no_connections(tmp_path):
    assert FakeMember(tmp_path, Kind.RECEIVER).look().state == "up"
    (tmp_path / "rpc.sock").unlink()
    assert FakeMember(tmp_path, Kind.PLANNER).look().state == "silent"
    (tmp_path / "rpc.sock").unlink()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.listen()
        assert FakeMember(tmp_path, Kind.PLANNER).look().state == "up"


@pytest.mark.parametrize(("value", "state"), [("yes", "drained"), ("no", "degraded")])
def test_a_site_that_takes_no_calls_because_it_was_told_so_is_drained(tmp_path, value, state):
    rpc = SITE | {"pv.shvGet drained": {"name": "drained", "value": value}}
    sample = FakeMember(tmp_path, Kind.SITE, status=503, rpc=rpc).look()
    assert (sample.state, sample.ringing, sample.is_down) == (state, 4, False)
