"""The country of the demo is `route112 up` as in any exercise, and nothing of it is left."""

import asyncio
import json
import signal
import sys

import pytest

from route112.adapters.processes import ChildError, Children
from route112.apps.country_run.ending import GROUP_STATE
from route112.apps.country_run.state import Process, UpState, write_state
from route112.apps.demo import stage as module
from route112.apps.demo.country import DemoFolder
from route112.apps.demo.stage import (
    await_ready,
    await_sites,
    clear,
    list_arguments,
    put_up,
)
from route112.countries.fr.sites import TOPOLOGY

GONE = Process(pid=2**22 + 1, start_ticks=1)


@pytest.fixture
def folder(tmp_path):
    folder = DemoFolder(tmp_path)
    folder.run.mkdir()
    return folder


def make_state(folder, *, is_ready=True):
    return UpState(
        name="demo", topology="t", plan="p", exercise=True, up=GONE, is_ready=is_ready,
        began_us=1, members=(),
    )  # fmt: skip


def test_the_country_is_the_command_that_everybody_types(folder):
    arguments = list_arguments(folder)
    assert arguments[1:4] == ["-m", "route112.apps", "up"]
    for name, value in (
        ("--plan", folder.snapshot),
        ("--trust", folder.trust),
        ("--run-dir", folder.run),
    ):
        assert arguments[arguments.index(name) + 1] == str(value)
    assert {"--psaps", "--exercise"} <= set(arguments)


def test_only_what_a_run_left_is_removed(folder):
    member = folder.run / "site-1"
    member.mkdir()
    (member / GROUP_STATE).write_text(json.dumps({"pid": GONE.pid, "start_ticks": 1, "token": ""}))
    for name in ("callers-ecume.jsonl", "up.log", "faults.json", "mine.txt"):
        (folder.run / name).write_text("", encoding="ascii")
    (folder.run / "mine").mkdir()
    (folder.run / "faults.json").unlink()
    clear(folder)
    assert sorted(path.name for path in folder.run.iterdir()) == ["mine", "mine.txt"]


def test_a_folder_that_is_not_there_is_made(tmp_path):
    folder = DemoFolder(tmp_path / "new")
    clear(folder)
    assert list(folder.run.iterdir()) == []


def test_it_runs_within_its_block_only(folder, monkeypatch):
    waiting = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(module, "list_arguments", lambda _folder: waiting)
    ended = []
    monkeypatch.setattr(module, "take_down", ended.append)

    def interrupt():
        with Children() as children, put_up(children, folder):
            assert not ended
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    assert ended == [folder]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_it_is_ready_when_up_says_so(folder):
    (folder.run / "up.log").write_text(
        "up: psaps answers at 127.0.4.1:5060 after 1.0 s (1 of 2)\n"
    )
    told = []

    def tell(text):
        told.append(text)
        if len(told) == 1:
            write_state(folder.run, make_state(folder))

    write_state(folder.run, make_state(folder, is_ready=False))
    assert await_ready(Children(), folder, count=2, tell=tell) < 10
    assert told == ["1 of 2 programs answer"] * 2


def test_what_does_not_end_is_named(folder, monkeypatch):
    async def fail(_folders):
        return ["site-1: processes [7] do not end"]

    monkeypatch.setattr(module, "end_folders", fail)
    with pytest.raises(ChildError, match=r"site-1: processes \[7\] do not end"):
        clear(folder)


def answer(monkeypatch, statuses):
    """Answer OPTIONS: the first status of each site, then the next, the last one for ever."""
    left = {site.host: list(statuses.get(site.id, [200])) for site in TOPOLOGY.sites}

    async def ask(_transport, host, _port, *, timeout_s):
        assert timeout_s > 0
        return left[host].pop(0) if len(left[host]) > 1 else left[host][0]

    monkeypatch.setattr(module, "ask_options", ask)


def test_sites_are_waited_for_until_each_answers(monkeypatch):
    answer(monkeypatch, {"site-2": [None, 503, 200]})
    told = []
    asyncio.run(await_sites(TOPOLOGY, tell=told.append))
    assert told == ["5 of 6 sites answer", "5 of 6 sites answer", "6 of 6 sites answer"]


def test_a_site_that_stays_away_is_named(monkeypatch):
    answer(monkeypatch, {"site-4": [None]})
    monkeypatch.setattr(module, "BACK_SECONDS_MAX", 0.15)
    with pytest.raises(ChildError, match=r"site-4 did not come back"):
        asyncio.run(await_sites(TOPOLOGY, tell=lambda _text: None))
