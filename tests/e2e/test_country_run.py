"""`route112 up`, `status` and `down` with real sites: what is shown, what survives, what is left."""

import os
import signal
import socket
import time
from pathlib import Path

import pytest
from tests.support.country_run import prepare_country, wait_until
from tests.support.site_run import HOST, offer

from route112.adapters.processes import ask_options

pytestmark = pytest.mark.e2e

IDS = ["psaps", "site-1", "site-2", "redirect-1"]
NOTHING = ({}, set(), [])


@pytest.fixture
def country(tmp_path):
    plan = tmp_path / "plan.r112"
    offer(plan, 42)
    with prepare_country(tmp_path, plan) as prepared:
        yield prepared


EDGE = "127.0.2.1:5060"


def rings(country, to="", *, source="127.0.2.7"):
    """Place a call as an operator does, and tell whether it was answered."""
    result = country.run_plain(
        "call", "17", "--commune", "29019", "--from", f"{source}:0",
        "--to", to or f"{HOST}:{country.ports[0]}", "--hold", "0.1",
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    return "answered by sip:" in result.stdout


def test_up_shows_keeps_running_and_leaves_nothing(country):
    assert country.leftovers() == NOTHING
    result = country.run(*country.list_up("--detach"))
    assert result.returncode == 0, result.stderr
    assert "ready: 4 of 4" in result.stderr
    country.note()

    code, told = country.status()
    assert code == 0
    assert told["up"] == {"pid": country.state()["up"]["pid"], "alive": True, "ready": True}
    members = {member["id"]: member for member in told["members"]}
    assert list(members) == IDS
    for id_ in ("site-1", "site-2"):
        assert (members[id_]["python_generation"], members[id_]["native_generation"]) == (42, 42)
        assert members[id_]["pss_kb"] > 5_000
        assert members[id_]["processes"] > 5
    assert members["redirect-1"]["python_generation"] == 42
    assert {member["state"] for member in told["members"]} == {"up"}
    assert told["pss_kb"] == sum(member["pss_kb"] for member in told["members"])

    assert rings(country)
    assert country.members()["site-1"]["invites"] == 1

    assert call_from_nowhere(country) == 403
    assert country.members()["site-1"]["refused"] == {"unknown-source": 1}

    table = country.run("status").stdout.splitlines()
    assert table[0].strip() == "two: 4 of 4 run"
    assert table[1].split()[:3] == ["member", "address", "state"]
    assert len({len(line) for line in table[1:]}) == 1, "every row lines up"
    assert "\x1b" not in "".join(table), "colour is for terminals"

    began = time.monotonic()
    second = country.run_plain(
        *country.list_up("--detach"), "--run-dir", str(country.folder / "second")
    )
    assert second.returncode == 2, "the answers of a stranger are not those of its own members"
    assert "is taken by process" in second.stderr
    assert f"`route112 down --run-dir {country.run_dir}`" in second.stderr
    assert time.monotonic() - began < 15

    offer(country.plan, 43)
    wait_until(lambda: country.members()["site-2"]["native_generation"] == 43, "g43 at site-2")
    assert country.members()["site-2"]["python_generation"] == 43
    wait_until(
        lambda: country.members()["redirect-1"]["python_generation"] == 43, "g43 at redirect"
    )

    began = time.monotonic()
    ended = country.run("down")
    assert ended.returncode == 0, ended.stderr
    assert time.monotonic() - began < 20
    assert country.leftovers() == NOTHING
    assert country.run("status").returncode == 2


def test_whatever_is_killed_is_started_again(country):
    assert country.run(*country.list_up("--detach")).returncode == 0
    country.note()

    killed = country.kamailio("site-1")
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: country.entry("site-1")["kamailio_restarts"] == 1, "Kamailio again")
    wait_until(lambda: ask_options(HOST, country.ports[0]) == 200, "site-1 answers again")
    assert country.entry("site-1")["restarts"] == 0

    leader, kamailio = country.entry("site-2")["leader"]["pid"], country.kamailio("site-2")
    os.kill(leader, signal.SIGKILL)
    wait_until(lambda: country.entry("site-2")["restarts"] == 1, "the supervisor again")
    wait_until(lambda: country.members()["site-2"]["state"] == "up", "site-2 is up again")
    assert country.entry("site-2")["last_end"] == "ended by SIGKILL"
    assert country.kamailio("site-2") == kamailio, "Kamailio went on, and was taken over"

    os.kill(country.entry("redirect-1")["leader"]["pid"], signal.SIGTERM)
    wait_until(lambda: country.entry("redirect-1")["restarts"] == 1, "restarted after code 0, too")
    wait_until(lambda: country.members()["redirect-1"]["state"] == "up", "it answers again")

    stopped = country.kamailio("site-1")
    os.killpg(stopped, signal.SIGSTOP)
    code, told = country.status()
    os.killpg(stopped, signal.SIGCONT)
    assert code == 1
    assert [m["id"] for m in told["members"] if m["state"] == "silent"] == ["site-1"]

    country.note()
    assert country.run("down").returncode == 0
    assert country.leftovers() == NOTHING


def test_calls_go_on_without_up_and_down_ends_what_it_left(country):
    assert country.run(*country.list_up("--detach")).returncode == 0
    country.note()
    killed = country.state()["up"]["pid"]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: not has_process(killed), "up is gone")

    assert rings(country)
    code, told = country.status()
    assert code == 1
    assert not told["up"]["alive"]
    assert {member["state"] for member in told["members"]} == {"up"}
    assert "`up` itself does NOT run" in country.run("status").stdout

    os.kill(country.kamailio("site-1"), signal.SIGKILL)
    country.note()
    assert country.run("down").returncode == 0
    assert country.leftovers() == NOTHING


def test_the_next_up_takes_over_what_a_killed_one_left(country):
    assert country.run(*country.list_up("--detach")).returncode == 0
    country.note()
    leaders = {id_: country.entry(id_)["leader"] for id_ in IDS}
    killed = country.state()["up"]["pid"]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: not has_process(killed), "up is gone")

    again = country.start(*country.list_up())
    try:
        wait_until(lambda: country.state()["up"]["pid"] == again.pid, "the next one")
        wait_until(lambda: country.state()["is_ready"], "it is ready")
        assert {id_: country.entry(id_)["leader"] for id_ in IDS} == leaders
        second = country.run(*country.list_up())
        assert second.returncode == 2
        assert "belongs to the supervisor" in second.stderr
        again.send_signal(signal.SIGINT)
        _, said = again.communicate(timeout=30)
    finally:
        again.kill()
    assert again.returncode == 0, said
    assert "goes on, process" in said
    assert said.endswith("up: ended\n")
    assert country.leftovers() == NOTHING


def test_an_edge_is_a_member(country):
    """It says which sites it holds off. The name is short, since sockets lie in its folder."""
    result = country.run(*country.list_up("--detach", only=()))
    assert result.returncode == 0, result.stderr
    country.note()
    edge = country.members()["bruyere-edge-1"]
    assert (edge["state"], edge["native_generation"], edge["breakers"]) == ("up", 42, {})
    assert rings(country, EDGE, source="127.0.3.2")
    assert country.members()["bruyere-edge-1"]["invites"] == 1

    stopped = [country.kamailio(id_) for id_ in ("site-1", "site-2")]
    for leader in stopped:
        os.killpg(leader, signal.SIGSTOP)
    try:
        assert all(rings(country, EDGE, source="127.0.3.2") for _ in range(6))
        held_off = country.members()["bruyere-edge-1"]["breakers"]
        assert set(held_off) <= {"site-1", "site-2"}
        assert held_off
        assert "bruyere-edge-1 holds site-" in country.run("status").stdout
    finally:
        for leader in stopped:
            os.killpg(leader, signal.SIGCONT)

    killed = country.kamailio("bruyere-edge-1")
    os.kill(killed, signal.SIGKILL)
    wait_until(
        lambda: country.entry("bruyere-edge-1")["kamailio_restarts"] == 1, "its Kamailio again"
    )
    wait_until(
        lambda: country.members()["bruyere-edge-1"]["state"] == "up", "the edge is up again"
    )
    country.note()
    assert country.run("down").returncode == 0
    assert country.leftovers() == NOTHING


def test_an_address_that_is_taken_is_named_and_nothing_is_started(country):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((HOST, country.ports[1]))
        result = country.run(*country.list_up("--detach", "--ready-within", "15"))
        assert result.returncode == 2
        where = f"udp:{HOST}:{country.ports[1]}"
        assert f"site-2: {where} is taken by process {os.getpid()}" in result.stderr
        assert "route112 down" in result.stderr
        assert not list(country.run_dir.glob("site-*"))
    assert country.leftovers() == NOTHING


def test_what_is_asked_to_end_while_it_starts_ends_all_of_it(country):
    """Ctrl-C reaches the command that waits, and not the session that it started."""
    waiting = country.start(*country.list_up("--detach"))
    wait_until((country.run_dir / "site-1" / "group.json").exists, "site-1 is started")
    country.note()
    waiting.send_signal(signal.SIGINT)
    _, said = waiting.communicate(timeout=30)
    assert waiting.returncode == 130, said
    assert "asked to end before everything runs" in said
    assert country.leftovers() == NOTHING


def test_down_ends_a_detached_up_that_is_only_starting(country):
    waiting = country.start(*country.list_up("--detach"))
    wait_until((country.run_dir / "up.log").exists, "the background begins")
    ended = country.run("down")
    assert ended.returncode == 0, ended.stderr
    assert "nothing of" in ended.stdout
    _, said = waiting.communicate(timeout=30)
    assert waiting.returncode == 1, said
    assert country.leftovers() == NOTHING


def has_process(pid):
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
        return text.rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def call_from_nowhere(country):
    """Call from an address that no operator has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind(("127.0.99.1", 0))
        asking.settimeout(5)
        own = "{}:{}".format(*asking.getsockname())
        message = (
            f"INVITE sip:17@{HOST} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bKs\r\n"
            f"From: <sip:s@{own}>;tag=s\r\nTo: <sip:17@{HOST}>\r\nCall-ID: s\r\n"
            "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        asking.sendto(message.encode(), (HOST, country.ports[0]))
        return int(asking.recv(65_535).split()[1])
