import json

import msgspec
import pytest
from click.testing import CliRunner
from tests.support.seen import T0
from tests.support.showing import make_found, make_shown, show_series

from route112.adapters.clock import utc_now
from route112.adapters.watch_store import Looks, open_store, transaction
from route112.apps.watch import status as module
from route112.apps.watch.command import watch
from route112.apps.watch.keeping import Files, lock
from route112.apps.watch.status import SILENT_US
from route112.watch.findings import Change


@pytest.fixture
def ask(tmp_path):
    def ask(*arguments):
        return CliRunner().invoke(watch, ["status", "--run-dir", str(tmp_path), *arguments])

    return ask


def keep(folder, shown, *found):
    store = open_store(folder / "watch.sqlite", create=True)
    with transaction(store):
        if shown is not None:
            Looks(store).publish(msgspec.json.encode(shown))
        Looks(store).note(Change(begun=tuple(each.finding for each in found)), now_us=T0)
    store.close()


def test_all_is_well(ask, tmp_path):
    keep(tmp_path, make_shown(show_series(), at_us=utc_now()))
    with lock(Files(tmp_path)):
        done = ask()
    assert done.exit_code == 0
    assert "all calls" in done.output
    assert "\x1b" not in done.output


def test_something_is_open(ask, tmp_path):
    keep(tmp_path, make_shown(show_series(), at_us=utc_now()), make_found(("number", "15")))
    with lock(Files(tmp_path)):
        done = ask("--json")
    assert done.exit_code == 1
    report = json.loads(done.output)
    assert report["runs"]
    (finding,) = report["findings"]
    assert (finding["series"], finding["floor_s"]) == ({"number": "15"}, None)
    assert report["shown"]["series"][0]["late"]["attempts"] == 100


def test_a_watch_that_says_nothing_any_more_is_not_well(ask, tmp_path):
    keep(tmp_path, make_shown(show_series(), at_us=utc_now() - SILENT_US - 1_000_000))
    with lock(Files(tmp_path)):
        done = ask()
    assert done.exit_code == 1
    assert "or hangs" in done.output


def test_a_watch_that_follows_nothing_is_not_well(ask, tmp_path):
    keep(tmp_path, make_shown(sources=0, at_us=utc_now()))
    with lock(Files(tmp_path)):
        done = ask()
    assert done.exit_code == 1
    assert "no records folder is there" in done.output


@pytest.mark.parametrize("shown", [None, make_shown()])
def test_a_watch_that_does_not_run_is_not_well(ask, tmp_path, shown):
    keep(tmp_path, shown)
    done = ask()
    assert done.exit_code == 1
    assert "does NOT run" in done.output


def test_a_folder_that_cannot_be_read_is_not_well(ask, tmp_path):
    keep(tmp_path, make_shown(trouble=("x cannot be read",)))
    with lock(Files(tmp_path)):
        assert ask().exit_code == 1


def test_nothing_was_ever_watched(ask):
    done = ask()
    assert done.exit_code == 2
    assert "watch run" in done.output


@pytest.mark.parametrize("option", [(), ("--json",)])
def test_it_can_be_shown_anew(ask, tmp_path, monkeypatch, option):
    keep(tmp_path, make_shown(show_series()))
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(module.time, "sleep", sleep)
    done = ask("--watch", *option)
    assert done.exit_code == 0
    assert done.output.count("all calls") == 2
    assert slept == [module.AGAIN_SECONDS] * 2


def test_on_a_terminal_it_is_shown_in_place(tmp_path, monkeypatch, capsys):
    from rich.console import Console

    keep(tmp_path, make_shown(show_series()))
    monkeypatch.setattr(module, "terminal", lambda: Console(force_terminal=True, width=120))
    monkeypatch.setattr(module.time, "sleep", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        module._show_on(Files(tmp_path), as_json=False, with_all=False)
    assert "all calls" in capsys.readouterr().out
