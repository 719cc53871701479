import os
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from route112.adapters.kamailio_rpc import RpcError
from route112.apps.country_run import state, survey
from route112.apps.country_run.members import Kind
from route112.apps.duty.draining import Drain, drain, is_drained, read_drain
from route112.apps.site import drain as module
from route112.apps.site import site
from route112.model import UtcTime


class World:
    """A site whose Kamailio answers as a test says; other sites as `status` sees them."""

    def __init__(self, folder, monkeypatch):
        self.run_dir = folder
        self.folder = folder / "site-2"
        self.folder.mkdir()
        (self.folder / "site.cfg").touch()
        self.ringing = [0]
        self.follows = True
        self.others = {}
        monkeypatch.setattr(module, "takes_calls", self.takes_calls)
        monkeypatch.setattr(module, "count_ringing", self.count_ringing)
        monkeypatch.setattr(module, "POLL_SECONDS", 0.0)
        monkeypatch.setattr(state, "read_state", self.read_state)
        monkeypatch.setattr(survey, "survey", self.survey)

    async def takes_calls(self, _socket):
        if self.follows is None:
            raise RpcError("nobody there")
        return not (is_drained(self.folder) and self.follows)

    async def count_ringing(self, _socket):
        return self.ringing.pop(0) if len(self.ringing) > 1 else self.ringing[0]

    def read_state(self, _run_dir):
        if not self.others:
            return None
        edge = SimpleNamespace(id="edge-1", kind=Kind.EDGE)
        sites = [SimpleNamespace(id=id_, kind=Kind.SITE) for id_ in ("site-2", *self.others)]
        return SimpleNamespace(members=(edge, *sites))

    async def survey(self, entries, *, now_s):
        assert now_s > 0
        return tuple(SimpleNamespace(state=self.others[entry.id]) for entry in entries)

    def run(self, *arguments):
        return CliRunner().invoke(site, [*arguments, "--run-dir", str(self.run_dir)])

    def drain(self, *arguments):
        return self.run("drain", "site-2", "--reason", "new line card", *arguments)


@pytest.fixture
def world(tmp_path, monkeypatch):
    return World(tmp_path, monkeypatch)


def test_it_waits_until_nothing_rings_any_more(world):
    world.ringing = [3, 2, 0]
    result = world.drain()
    assert result.exit_code == 0, result.output
    assert result.output == "site-2 takes no new calls, and none rings there\n"
    why = read_drain(world.folder)
    assert (why.reason, bool(why.author)) == ("new line card", True)


def test_what_still_rings_is_said_and_it_stays_drained(world):
    world.ringing = [3]
    result = world.drain("--wait", "0")
    assert result.exit_code == 1
    assert "site-2 takes no new calls; 3 still ring there" in result.output
    assert is_drained(world.folder)


@pytest.mark.parametrize("follows", [False, None])
def test_one_without_a_supervisor_is_not_said_to_be_drained(world, follows):
    world.follows = follows
    result = world.drain("--wait", "0.01")
    assert result.exit_code == 1
    assert "site-2 does not say that it takes no calls" in result.output


@pytest.mark.parametrize(
    ("others", "code"),
    [
        ({}, 0),
        ({"site-1": "up", "site-3": "down"}, 0),
        ({"site-1": "drained", "site-3": "degraded"}, 1),
    ],
)
def test_the_last_site_that_takes_calls_stays(world, others, code):
    world.others = others
    result = world.drain()
    assert result.exit_code == code, result.output
    assert is_drained(world.folder) is (code == 0)
    assert ("no other site takes calls than site-2" in result.output) is (code == 1)
    assert world.drain("--last").exit_code == 0
    assert world.drain().exit_code == 0, "it is drained already"


@pytest.mark.parametrize("reason", [" ", "x" * 201, "a\nb"])
def test_a_reason_is_one_line(world, reason):
    result = world.run("drain", "site-2", "--reason", reason)
    assert result.exit_code == 2
    assert not is_drained(world.folder)


@pytest.mark.parametrize("name", ["site-3", "..", "../other", "site-2/.."])
def test_what_is_no_site_is_refused(world, name):
    for arguments in (("drain", name, "--reason", "works"), ("return", name)):
        result = world.run(*arguments)
        assert result.exit_code == 2
        assert "is no run directory of a site" in result.output


def test_it_comes_back_and_says_what_it_was_drained_for(world):
    drain(world.folder, Drain(since_us=UtcTime(7), author="anna", reason="works"))
    result = world.run("return", "site-2")
    assert (result.exit_code, result.output) == (
        0,
        "site-2 takes calls; it was drained for: works\n",
    )
    assert world.run("return", "site-2").output == "site-2 takes calls\n"


@pytest.mark.parametrize("follows", [False, None])
def test_one_that_does_not_come_back_is_said(world, follows, monkeypatch):
    world.follows = follows

    async def takes_calls(_socket):
        if follows is None:
            raise RpcError("nobody there")
        return False

    monkeypatch.setattr(module, "takes_calls", takes_calls)
    result = world.run("return", "site-2", "--wait", "0.01")
    assert result.exit_code == 1
    assert "site-2 does not say that it takes calls" in result.output


def test_a_folder_of_somebody_else_is_said(world, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module, "drain", refuse)
    monkeypatch.setattr(module, "give_back", refuse)
    for result in (world.drain(), world.run("return", "site-2")):
        assert result.exit_code == 2
        assert "cannot be written: Permission denied" in result.output


def test_a_user_without_a_name_is_a_number(world, monkeypatch):
    monkeypatch.setattr(module.pwd, "getpwuid", {}.__getitem__)
    assert world.drain().exit_code == 0
    assert read_drain(world.folder).author == str(os.getuid())
