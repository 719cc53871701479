import json
import os
import signal
import threading
import urllib.request
from types import SimpleNamespace
from wsgiref.simple_server import WSGIServer

import pytest
from click.testing import CliRunner
from tests.support.records import World
from tests.support.watched import T0, S, count_calls, write_bad_minute

from route112.adapters.clock import utc_now
from route112.apps.alarms.command import alarms
from route112.apps.alarms.report import report
from route112.apps.certificates.ends import DAY_US, ENDS_FILE, End, render_ends
from route112.apps.watch import command, loop
from route112.apps.watch.states import sounding

LOOKS = 20
"""Of a second and a half each, for what a busy machine does not find in the first."""


def test_it_follows_all_members_and_goes_on_where_it_stopped(run, tmp_path):
    world = World(tmp_path / "run" / "site-1" / "records")
    world.write(3)
    first = run("--run-dir", tmp_path / "run", "--for", 0.1)
    assert (first.exit_code, count_calls(tmp_path / "run")["records"]) == (0, 3)
    assert f"watch: follows {world.path}" in first.output
    world.write(2)
    again = run("--run-dir", tmp_path / "run", "--for", 0.1)
    assert (again.exit_code, count_calls(tmp_path / "run")["records"]) == (0, 5)


def test_folders_can_be_named(run, tmp_path):
    World(tmp_path / "site-1" / "records").write(3)
    other = World(tmp_path / "elsewhere")
    other.write(1)
    options = ("--records", tmp_path / "site-1", "--records", other.path)
    assert run("--run-dir", tmp_path / "watch", *options, "--for", 0.1).exit_code == 0
    assert count_calls(tmp_path / "watch")["records"] == 4


def test_a_folder_that_is_not_there_is_said_and_the_others_are_followed(run, tmp_path):
    world = World(tmp_path / "site-1" / "records")
    world.write(1)
    options = ("--records", tmp_path / "absent", "--records", world.path)
    said = run("--run-dir", tmp_path / "watch", *options, "--for", 0.6)
    assert said.output.count("absent cannot be read") == 1
    assert count_calls(tmp_path / "watch")["records"] == 1


def test_sigterm_ends_it(run, tmp_path, monkeypatch):
    def step(follower, now_us, passed_us):
        os.kill(os.getpid(), signal.SIGTERM)
        return 0

    monkeypatch.setattr(command.Follower, "step", step)
    done = run("--run-dir", tmp_path)
    assert done.exit_code == 0
    assert "watch: ended" in done.output


def test_a_run_dir_that_cannot_be_made_is_told(run, tmp_path):
    (tmp_path / "file").touch()
    done = run("--run-dir", tmp_path / "file" / "run")
    assert done.exit_code == 2
    assert "cannot be made" in done.output


def test_prometheus_is_answered_on_this_machine(run, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "utc_now", lambda: T0 + 70 * S)
    monkeypatch.setattr(loop, "SHOW_SECONDS", 0.0)
    write_bad_minute(tmp_path, began_us=T0)
    seen = []
    forget = loop.forget

    def ask(*arguments, **named):
        server = next(
            each for each in threading.enumerate() if isinstance(
                getattr(getattr(each, "_target", None), "__self__", None), WSGIServer)
        )._target.__self__  # fmt: skip
        seen.append(server.server_address)
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as answer:
            seen.append(answer.read().decode())
        forget(*arguments, **named)

    monkeypatch.setattr(loop, "forget", ask)
    done = run("--run-dir", tmp_path, "--for", 0.5, "--metrics", "0")
    assert done.exit_code == 0
    assert seen[0][0] == "127.0.0.1"
    assert "route112_watch_attempts_total" in seen[1]
    assert 'route112_watch_findings{kind="success"}' in seen[1]
    assert "+999" not in seen[1]


@pytest.mark.parametrize("address", ["", "70000", ":1", "host", "192.0.2.1:0"])
def test_an_address_that_cannot_be_served_is_told(run, tmp_path, address):
    done = run("--run-dir", tmp_path, "--for", 0.1, "--metrics", address)
    assert done.exit_code == 2
    assert "address" in done.output


def test_a_key_that_cannot_be_made_is_told(run, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "utc_now", lambda: T0 + 70 * S)
    write_bad_minute(tmp_path, began_us=T0)
    (tmp_path / "watch-keys").touch()
    done = run("--run-dir", tmp_path, "--for", 0.5)
    assert done.exit_code == 2
    assert "cannot be used" in done.output


def test_a_report_becomes_an_alarm_at_once_that_is_kept_and_told(run, tmp_path):
    """Nothing but what somebody says: no call has come."""
    asked = ("--run-dir", str(tmp_path))
    World(tmp_path / "site-1" / "records").write(1)
    assert run(*asked, "--for", 0.1).exit_code == 0
    unknown = CliRunner().invoke(report, ["nothing comes", "--psap", "CRRA15-92", *asked])
    assert unknown.exit_code == 1
    assert "the plan has no psap 'CRRA15-92'" in unknown.output
    said = CliRunner().invoke(report, ["we receive nothing", "--psap", "CRRA15-29", *asked])
    assert said.exit_code == 3, "kept for whoever runs next"
    assert CliRunner().invoke(alarms, asked).stdout == "no alarm is open\n"
    assert run(*asked, "--for", 1.5).exit_code == 0
    shown = CliRunner().invoke(alarms, ["1", *asked])
    assert shown.exit_code == 1
    assert "alarm 1 open: PSAP CRRA15-29: somebody reports trouble" in shown.output
    assert "we receive nothing" in shown.output
    (line,) = (tmp_path / "alarms.jsonl").read_text().splitlines()
    assert json.loads(line)["what"] == "opened"
    assert run(*asked, "--for", 1.5).exit_code == 0
    assert len((tmp_path / "alarms.jsonl").read_text().splitlines()) == 1


@pytest.mark.parametrize("named", [(), ("--planner-folder",)])
def test_a_receivers_certificate_that_ends_soon_is_an_alarm(run, tmp_path, named):
    folder = tmp_path / ("elsewhere" if named else "planner")
    folder.mkdir()
    ends = End(owner="site-1", what="certificate CN=site-1", ends_us=utc_now() + 8 * DAY_US)
    (folder / ENDS_FILE).write_bytes(render_ends([ends]))
    World(tmp_path / "site-1" / "records").write(1)
    options = (*named, folder) if named else ()
    for _ in range(LOOKS):
        assert run("--run-dir", tmp_path, "--for", 1.5, *options).exit_code == 0
        shown = CliRunner().invoke(alarms, ["1", "--run-dir", str(tmp_path)])
        if shown.exit_code == 1:
            break
    assert "certificate CN=site-1 of site-1's receiver ends in 8.0 days" in shown.output


def test_sites_are_told_unless_it_is_forbidden(run, tmp_path):
    """What another watch has told them is left to expire."""
    World(tmp_path / "site-1" / "records").write(1)
    (tmp_path / "site-1" / "current").write_text("x\n")
    assert run("--run-dir", tmp_path, "--for", 0.1).exit_code == 0
    told = [tmp_path / "states.json", tmp_path / "site-1" / "states.json"]
    assert all(path.exists() for path in told)
    told[0].unlink()
    told[1].write_text("another's")
    assert run("--run-dir", tmp_path, "--for", 0.1, "--no-states").exit_code == 0
    assert not told[0].exists()
    assert told[1].read_text() == "another's"


def test_sites_are_asked_by_options_unless_it_is_forbidden(run, tmp_path, monkeypatch):
    asked = []

    class Silent(sounding.OptionsAsker):
        def ask(self, host, port, number):
            asked.append((host, port))
            return number > 0

    topology = SimpleNamespace(
        sites=(SimpleNamespace(id="site-1", address="127.0.0.1:5060", tls=None),),
        list_edges=list,
    )
    monkeypatch.setattr(command, "load_topology", lambda _file: topology)
    monkeypatch.setattr(sounding, "OptionsAsker", Silent)
    assert run("--run-dir", tmp_path, "--for", 0.4, "--options-rate", 0).exit_code == 0
    assert asked == []
    assert run("--run-dir", tmp_path, "--for", 0.4).exit_code == 0
    assert asked == [("127.0.0.1", 5060)]
