import asyncio

import pytest
from tests.support.certificates import write_certificates
from tests.unit.apps.site.test_setup import make_setup

from route112.apps.station import kamailio as module
from route112.apps.station.kamailio import (
    BACK_OFF_FIRST_S,
    BACK_OFF_MAX_S,
    READY_SECONDS_MAX,
    STARTS_MAX,
    BackOff,
    Kamailio,
    KamailioError,
    Surroundings,
)
from route112.apps.station.setup import Tls

HOST = "127.0.68.1"


class FakeGroup:
    def __init__(self, token="", pid=4711):
        self.token = token
        self.pid = pid
        self.over = False
        self.ended = False
        self.trouble = ""

    def has_ended(self):
        return self.over

    def describe_end(self):
        return "ended with code 0"

    def watch(self, _wake):
        return

    async def end(self):
        self.ended = True


class World:
    """A Kamailio whose processes, answers and clock are a test's."""

    def __init__(self, folder, monkeypatch, *listens, tls=None):
        self.seconds = 100.0
        self.status = 200
        self.heard = frozenset()
        self.found = None
        self.orphans = 0
        self.groups = []
        self.trouble = ""
        self.events = []
        self.said = []
        monkeypatch.setattr(module, "start_group", self.start_group)
        monkeypatch.setattr(module, "find_group", lambda _state: self.found)
        monkeypatch.setattr(module, "end_orphans", self.end_orphans)
        monkeypatch.setattr(module, "ask_options", self.ask_options)
        monkeypatch.setattr(module, "find_listeners", lambda _transport: self.heard)
        places = listens or (f"udp:{HOST}",)
        self.setup = make_setup(folder, *places, template="@{listen}\n", tls=tls)
        self.setup.records.mkdir(exist_ok=True)
        self.raw = self.setup.records / "raw.log"
        self.raw.write_text("")
        self.kamailio = Kamailio(
            self.setup,
            self,
            surroundings=Surroundings({"PATH": ""}, 2, ""),
            monotonic_s=lambda: self.seconds,
            wake=lambda: None,
        )

    def start_group(self, argv, **_options):
        self.argv = argv
        self.groups.append(FakeGroup())
        self.groups[-1].trouble = self.trouble
        self.heard = frozenset({(HOST, 5060)})
        return self.groups[-1]

    async def end_orphans(self, _state):
        return self.orphans

    async def ask_options(self, transport, *_place, **_options):
        self.asked = transport
        return self.status

    def tell(self, event, text, *, reason=""):
        self.events.append((event, reason))
        self.said.append(text)

    def say(self, text):
        self.said.append(text)

    def step(self, times=1):
        for _ in range(times):
            asyncio.run(self.kamailio.step())

    def die(self):
        self.groups[-1].over = True
        self.heard = frozenset()
        self.step()


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


def test_back_off_doubles_to_a_bound_and_forgets_after_a_good_life():
    back_off = BackOff()
    waits = [back_off.after_end(1.0) for _ in range(8)]
    assert waits == [0.7, 1.4, 2.8, *[BACK_OFF_MAX_S] * 5]
    assert back_off.after_end(60.0) == 0.7


def test_it_is_started_and_asked(world):
    world.step()
    assert (world.kamailio.starts, world.kamailio.ready) == (1, False)
    world.step()
    assert world.kamailio.ready
    assert world.events == [("start", "ready")]
    assert world.argv[-4:] == ["-DD", "-E", "-P", str(world.setup.run_dir / "kamailio.pid")]


def test_what_a_start_is_told_besides_makes_it_no_other_program(world, monkeypatch):
    token = world.kamailio._token
    told = ("-A", "WITH_DRAINED")
    monkeypatch.setattr(type(world.setup), "list_start_arguments", lambda _self: told)
    world.step(2)
    assert world.argv[:2] == list(told)
    assert world.kamailio._token == token


def test_one_that_cannot_be_written_down_serves_and_is_told(world):
    world.trouble = "kamailio.json cannot be written: Read-only file system"
    world.step(2)
    assert world.kamailio.ready
    assert world.said[0] == f"the next supervisor will not find it: {world.trouble}"


@pytest.mark.parametrize("after_s", [0.0, 61.0])
def test_it_is_started_again_after_any_end(world, after_s):
    world.step(2)
    world.seconds += after_s
    world.die()
    assert world.groups[0].ended, "its workers too"
    assert world.events[-1] == ("stop", "ended")
    assert world.said[-1] == "Kamailio ended with code 0; started again in 0.7 s"
    world.step()
    assert len(world.groups) == 1, "not before the wait is over"
    world.seconds += BACK_OFF_FIRST_S
    world.step(2)
    assert world.events[-1] == ("restart", "ready")


def test_one_whose_python_does_not_decide_serves_and_says_so(world):
    world.status = 503
    world.step(2)
    assert world.kamailio.ready
    assert world.events == [("start", "native-only")]
    assert "the native route serves" in world.said[-1]


def test_an_address_that_was_left_out_is_named(tmp_path, monkeypatch):
    world = World(tmp_path, monkeypatch, f"udp:{HOST}", f"tls:{HOST}")
    world.step(2)
    assert world.events == [("start", "not-listening")]
    assert world.said[-1].endswith(f"but nothing listens on tls:{HOST}:5061")
    assert world.asked == "udp"


def test_silence_is_an_end(world):
    world.status = None
    world.step(2)
    world.seconds += READY_SECONDS_MAX + 1
    world.step()
    assert world.groups[0].ended
    assert world.events == [("stop", "silent")]


def test_one_that_never_answered_is_given_up_with_its_errors(world):
    world.status = None
    for _ in range(STARTS_MAX - 1):
        world.step()
        world.die()
        world.seconds += BACK_OFF_MAX_S
    world.step()
    world.raw.write_text("R1 attempt caller=1 ERROR\nINFO: x\n 0(1) CRITICAL: no memory\n")
    with pytest.raises(KamailioError) as caught:
        world.die()
    assert "ended with code 0, 5 times, and never answered:" in caught.value.message
    assert "CRITICAL: no memory" in caught.value.message
    assert "R1 attempt" not in caught.value.message
    assert "raw.log" in caught.value.remedy


def test_one_that_has_answered_is_never_given_up(world):
    world.step(2)
    for _ in range(STARTS_MAX * 2):
        world.die()
        world.seconds += BACK_OFF_MAX_S
        world.step()
    assert world.kamailio.starts == STARTS_MAX * 2 + 1


@pytest.mark.parametrize("host", [HOST, "0.0.0.0"])
def test_a_taken_place_is_refused(world, host):
    world.heard = frozenset({(host, 5060)})
    with pytest.raises(KamailioError, match=f"udp:{HOST}:5060 is taken by another program"):
        world.step()
    assert world.groups == []
    world.heard = frozenset()
    world.step()
    assert world.groups == [], "it waits before it looks again"
    world.seconds += BACK_OFF_FIRST_S
    world.step()
    assert len(world.groups) == 1


def test_a_taken_ipv6_place_is_refused(tmp_path, monkeypatch):
    world = World(tmp_path, monkeypatch, "tcp:[::1]")
    world.heard = frozenset({("::", 5060)})
    with pytest.raises(KamailioError, match=r"tcp:\[::1\]:5060 is taken"):
        world.step()


def test_what_runs_already_is_taken_over(world):
    world.found = FakeGroup()
    asyncio.run(world.kamailio.begin())
    assert (world.kamailio.ready, world.kamailio.starts) == (True, 1)
    assert world.events == [("start", "adopted")]
    world.step()
    assert world.groups == []
    asyncio.run(world.kamailio.stop())
    assert world.found.ended
    asyncio.run(world.kamailio.stop())


@pytest.mark.parametrize(("token", "status"), [("other", 200), ("", None)])
def test_what_runs_otherwise_or_does_not_answer_is_replaced(world, token, status):
    world.found = FakeGroup(token)
    world.status = status
    asyncio.run(world.kamailio.begin())
    assert world.found.ended
    assert world.said == ["replaces the Kamailio of an earlier start (process 4711)"]
    assert not world.kamailio.ready


def test_orphans_are_cleared_away(world):
    world.orphans = 5
    asyncio.run(world.kamailio.begin())
    assert world.said == ["ended 5 workers of a Kamailio whose main process was gone"]


def test_without_a_program_the_packages_are_named(world, monkeypatch):
    monkeypatch.setattr(module.shutil, "which", lambda _name, **_options: None)
    with pytest.raises(KamailioError, match="kamailio is not in /usr/sbin") as caught:
        world.kamailio.prepare()
    assert "kamailio-sqlite-modules" in caught.value.remedy


def test_with_tls_there_is_a_configuration_for_it(tmp_path, monkeypatch):
    files = write_certificates(tmp_path, HOST)
    tls = Tls(files.certificate, files.key, files.authority)
    world = World(tmp_path, monkeypatch, f"tls:{HOST}", tls=tls)
    fake_program(tmp_path, monkeypatch, "exit 0")
    world.kamailio.prepare()
    assert world.setup.tls_config.read_text().startswith("[server:default]\n")
    assert world.setup.tls_config.stat().st_mode & 0o777 == 0o600


def fake_program(folder, monkeypatch, script):
    path = folder / "kamailio"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    monkeypatch.setattr(module.shutil, "which", lambda _name, **_options: str(path))


@pytest.mark.parametrize(
    ("script", "remedy"),
    [
        ("echo 'ERROR: could not find module <tls.so>' >&2; exit 255", "Install it; on Debian"),
        ("echo 'CRITICAL: parse error' >&2; exit 255", "site.cfg"),
    ],
)
def test_a_configuration_that_is_not_taken_is_explained(
    world, tmp_path, monkeypatch, script, remedy
):
    fake_program(tmp_path, monkeypatch, script)
    with pytest.raises(KamailioError, match=r"kamailio does not take .*site\.cfg:") as caught:
        world.kamailio.prepare()
    assert remedy in caught.value.remedy


def test_configurations_are_private(world, tmp_path, monkeypatch):
    fake_program(tmp_path, monkeypatch, "exit 0")
    (world.setup.run_dir / ".site.cfg.new").write_text("left over")
    world.kamailio.prepare()
    assert world.setup.config.read_text() == f"listen=udp:{HOST}:5060\n"
    assert world.setup.config.stat().st_mode & 0o777 == 0o600
    assert not world.setup.tls_config.exists()
