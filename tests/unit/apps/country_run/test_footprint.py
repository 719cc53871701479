import asyncio
import json
import os
import socket
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from route112.apps.country_run import footprint
from route112.apps.country_run.footprint import (
    Footprint,
    find_taken,
    has_places,
    list_places,
    measure_sessions,
)
from route112.apps.country_run.members import Kind
from route112.apps.country_run.supervisor import Runner
from route112.model import UtcTime

HOST = "127.0.67.2"


def test_processes_and_memory_of_a_session():
    own = os.getsid(0)
    found = measure_sessions([own])
    assert list(found) == [own]
    assert found[own].processes >= 1
    assert found[own].pss_kb > 1_000


def test_a_session_without_a_process_takes_nothing():
    assert measure_sessions([2**22 + 1]) == {2**22 + 1: Footprint()}


def test_footprints_add_up():
    assert Footprint(1, 10) + Footprint(2, 5) == Footprint(3, 15)


def test_what_is_gone_or_somebody_elses_counts_nothing(tmp_path):
    assert footprint.find_family(tmp_path) == (-1, -1)
    assert footprint._read_pss(tmp_path) == 0
    (tmp_path / "stat").write_text("1 (a b) Z 0 0 77 0")
    assert footprint.find_family(tmp_path) == (-1, -1)
    (tmp_path / "stat").write_text("1 (a) b) S 0 0 77 0")
    assert footprint.find_family(Path(tmp_path)) == (0, 77)


@contextmanager
def bound(host=HOST, port=0, kind=socket.SOCK_DGRAM):
    with socket.socket(socket.AF_INET, kind) as held:
        held.bind((host, port))
        if kind == socket.SOCK_STREAM:
            held.listen()
        yield held.getsockname()[1]


def typed(members, *listens, **changes):
    options = [part for listen in listens for part in ("--listen", listen)]
    return members.make(argv=("route112", "site", "run", *options), **changes)


def test_places_are_those_of_the_command_line_or_the_address(members):
    site = typed(members, f"{HOST}:5060", f"tls:{HOST}:5061")
    assert list(map(str, list_places(site))) == [
        f"udp:{HOST}:5060", f"tcp:{HOST}:5060", f"tls:{HOST}:5061"
    ]  # fmt: skip
    edge = members.make(address=f"{HOST}:5070", kind=Kind.EDGE)
    assert list(map(str, list_places(edge))) == [f"udp:{HOST}:5070", f"tcp:{HOST}:5070"]
    redirect = typed(members, f"{HOST}:5080", kind=Kind.REDIRECT)
    assert list(map(str, list_places(redirect))) == [f"udp:{HOST}:5080"]


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
@pytest.mark.parametrize("host", [HOST, "0.0.0.0"])
def test_an_address_that_somebody_else_has_is_named(members, kind, host):
    with bound(host, kind=kind) as port:
        member = typed(members, f"{HOST}:{port}")
        taken = find_taken([members.make("free"), member], members.folder)
        transport = "udp" if kind == socket.SOCK_DGRAM else "tcp"
        assert str(taken) == f"one: {transport}:{HOST}:{port} is taken by process {os.getpid()}"
        assert "`ss -lnptu`" in taken.remedy
    assert find_taken([member], members.folder) is None


def test_what_the_run_itself_left_is_not_taken(members, free_port):
    member = members.answering("one", free_port)
    group = members.folder / "one" / "group.json"

    async def script(runner):
        assert find_taken([member], members.folder) is None
        leader = json.loads(group.read_text())
        group.write_text(json.dumps(leader | {"start_ticks": leader["start_ticks"] + 1}))
        taken = find_taken([member], members.folder)
        group.write_text(json.dumps(leader))
        assert taken.pid == runner._group.pid, "a number used again is a stranger"

    run(members, member, script)


def test_the_country_that_has_it_is_named(members, free_port):
    other = members.folder / "other"
    (other / "one").mkdir(parents=True)
    (other / "up.json").write_text("{}")
    member = members.answering("one", free_port)
    member = members.make(
        argv=(*member.argv, str(other / "one" / "log")),
        address=member.address,
        folder=other / "one",
    )

    async def script(runner):
        taken = find_taken([member], members.folder / "mine")
        assert taken.pid == runner._group.pid
        assert taken.remedy == f"`route112 down --run-dir {other}` ends the country that has it"

    run(members, member, script)


def test_only_the_member_itself_has_its_place(members, free_port):
    member = members.answering("one", free_port)

    async def script(runner):
        assert has_places(member, runner._group.pid)
        assert not has_places(member, 1)
        assert not has_places(members.make(), runner._group.pid), "nobody has that one"

    run(members, member, script)


def test_what_a_member_started_in_a_session_of_its_own_is_the_member(members, free_port):
    parent = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', *sys.argv[1:]], start_new_session=True)\n"
        "time.sleep(60)"
    )
    answering = members.answering("one", free_port)
    member = members.make("one", parent, *answering.argv[2:], address=answering.address)

    async def script(runner):
        assert has_places(member, runner._group.pid), "no file names its session"

    run(members, member, script)


def run(members, member, script):
    """Run a member until it listens, then look, then end it."""
    runner = Runner(
        member, environment=members.environment, say=print, now=lambda: UtcTime(1_000_000)
    )

    async def play():
        await runner.begin(None)
        await runner.step()
        deadline = time.monotonic() + 60.0
        try:
            while not await runner.is_ready():
                assert time.monotonic() < deadline
                await asyncio.sleep(0.02)
            await script(runner)
        finally:
            await runner.end()

    asyncio.run(play())


def test_who_answers_no_sip_has_no_place(members):
    assert list(list_places(members.make(address="unix:/r/socket", kind=Kind.PLANNER))) == []
    assert list(list_places(members.make(address="", kind=Kind.RECEIVER))) == []
