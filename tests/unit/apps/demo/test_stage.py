"""The site of the demo is `site run` as in any exercise."""

import json

import pytest

from route112.adapters.kemi.exercise import FILE, RAISE
from route112.adapters.processes import ChildError
from route112.adapters.sip import Address
from route112.apps.demo import stage as module
from route112.apps.demo.country import DemoFolder
from route112.apps.demo.stage import Switch, choose_place, list_arguments, start_site

PLACE = Address("udp", "127.0.1.1", 5062)


@pytest.fixture
def folder(tmp_path):
    folder = DemoFolder(tmp_path)
    folder.run.mkdir()
    return folder


def test_the_switch_is_off_again_whatever_happens(folder):
    folder.site.mkdir()
    switch = Switch(folder.site / FILE)

    def interrupt():
        with switch.on(RAISE):
            assert json.loads(switch.path.read_text()) == [["raise", ""]]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert not switch.path.exists()


def test_the_site_is_the_command_that_everybody_types(folder):
    arguments = list_arguments(folder, PLACE)
    assert arguments[1:5] == ["-m", "route112.apps", "site", "run"]
    assert arguments[arguments.index("--plan") + 1] == str(folder.snapshot)
    assert arguments[arguments.index("--listen") + 1] == "127.0.1.1:5062"
    assert arguments[arguments.index("--trust") + 1] == str(folder.trust)


class FakeChildren:
    """Stands in for the processes: the site is up at once."""

    def __init__(self):
        self.started = []

    def start(self, name, argv, *, log, env):
        self.started.append((name, argv, log))
        assert env["ROUTE112_EXERCISE"] == "1"

    def wait_until(self, condition, *, timeout_s, what):
        if not condition():
            raise ChildError(f"{what}: not within {timeout_s:g} s")


class FakeJournal:
    def __init__(self, _folder):
        pass

    def find_event(self, event, generation):
        return (event, generation) == ("native-flip", 1) or None


def test_the_site_is_up_when_both_engines_are(folder, monkeypatch):
    children = FakeChildren()
    monkeypatch.setattr(module, "Journal", FakeJournal)
    monkeypatch.setattr(module, "ask_options", lambda *_place, **_options: 200)
    with pytest.raises(ChildError, match="the site has its native table"):
        start_site(children, folder, PLACE)
    (folder.site / "records" / "segments").mkdir(parents=True)
    assert isinstance(start_site(children, folder, PLACE), FakeJournal)
    assert children.started[0][0] == "the site"
    assert children.started[0][2] == folder.run / "site.log"


def test_a_site_without_python_is_no_beginning(folder, monkeypatch):
    (folder.site / "records" / "segments").mkdir(parents=True)
    monkeypatch.setattr(module, "Journal", FakeJournal)
    monkeypatch.setattr(module, "ask_options", lambda *_place, **_options: 503)
    with pytest.raises(ChildError, match="Python does not answer"):
        start_site(FakeChildren(), folder, PLACE)


def test_the_first_free_port_is_chosen(monkeypatch):
    taken = {"udp": {("127.0.1.1", 5060)}, "tcp": {("0.0.0.0", 5061)}}
    monkeypatch.setattr(module, "find_listeners", lambda transport: frozenset(taken[transport]))
    assert choose_place() == PLACE
    taken["udp"] = {("127.0.1.1", port) for port in module.PORTS}
    with pytest.raises(ChildError, match="is taken"):
        choose_place()
