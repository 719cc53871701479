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
from tests.support.watched import T0, Plan, S, write_call

from route112.adapters.watch_store import Journal, Looks, open_store
from route112.apps.alarms.command import alarms
from route112.apps.alarms.report import report
from route112.apps.scenario_time import write_scenario_time
from route112.apps.watch import command
from route112.apps.watch.command import watch
from route112.watch.alarms import Ground
from route112.wire.documents.scenario_time import ScenarioTime


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run watch with a topology and a plan that say nothing."""
    topology = SimpleNamespace(list_edges=lambda: [SimpleNamespace(id="edge-1")])
    monkeypatch.setattr(command, "load_topology", {tmp_path / "t.yaml": topology}.get)
    plan = Plan()
    plan.country = "xx"
    monkeypatch.setattr(command, "open_snapshot", {tmp_path / "p.r112": plan}.get)
    monkeypatch.setattr(command, "build_ground", lambda *_: Ground())
    monkeypatch.setattr(command, "list_names", lambda *_: {"psap": ["CRRA15-29"]})
    kept = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]

    def run(*arguments):
        fixed = ["--topology", tmp_path / "t.yaml", "--plan", tmp_path / "p.r112"]
        return CliRunner().invoke(watch, ["run", *map(str, fixed), *map(str, arguments)])

    yield run
    for number, handler in kept:
        signal.signal(number, handler)


def count(run_dir):
    store = open_store(run_dir / "watch.sqlite")
    try:
        return Journal(store).load_counts()
    finally:
        store.close()


def test_it_follows_all_members_and_goes_on_where_it_stopped(run, tmp_path):
    world = World(tmp_path / "run" / "site-1" / "records")
    world.write(3)
    first = run("--run-dir", tmp_path / "run", "--for", 0.1)
    assert (first.exit_code, count(tmp_path / "run")["records"]) == (0, 3)
    assert f"watch: follows {world.path}" in first.output
    world.write(2)
    again = run("--run-dir", tmp_path / "run", "--for", 0.1)
    assert (again.exit_code, count(tmp_path / "run")["records"]) == (0, 5)


def test_folders_can_be_named(run, tmp_path):
    World(tmp_path / "site-1" / "records").write(3)
    other = World(tmp_path / "elsewhere")
    other.write(1)
    options = ("--records", tmp_path / "site-1", "--records", other.path)
    assert run("--run-dir", tmp_path / "watch", *options, "--for", 0.1).exit_code == 0
    assert count(tmp_path / "watch")["records"] == 4


def test_a_folder_that_is_not_there_is_said_and_the_others_are_followed(run, tmp_path):
    world = World(tmp_path / "site-1" / "records")
    world.write(1)
    options = ("--records", tmp_path / "absent", "--records", world.path)
    said = run("--run-dir", tmp_path / "watch", *options, "--for", 0.6)
    assert said.output.count("absent cannot be read") == 1
    assert count(tmp_path / "watch")["records"] == 1


def test_folders_that_come_later_are_followed(run, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "LOOK_SECONDS", 0.0)
    looked = []

    def look(run_dir):
        looked.append(run_dir)
        if len(looked) == 2:
            World(tmp_path / "site-1" / "records").write(1)
        return command.__dict__["found"](run_dir)

    monkeypatch.setattr(command, "found", command.list_folders, raising=False)
    monkeypatch.setattr(command, "list_folders", look)
    assert run("--run-dir", tmp_path, "--for", 0.8).exit_code == 0
    assert count(tmp_path)["records"] == 1


def test_sigterm_ends_it(run, tmp_path, monkeypatch):
    def step(follower, now_us):
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


def write_bad_minute(run_dir, *, began_us):
    world = World(run_dir / "site-1" / "records")
    for index in range(60):
        write_call(world, index, began_us + index * S, outcome="failed")


def list_open(run_dir):
    store = open_store(run_dir / "watch.sqlite")
    try:
        return [each.finding for each in Looks(store).list_open()]
    finally:
        store.close()


def test_what_is_wrong_is_kept(run, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "utc_now", lambda: T0 + 70 * S)
    write_bad_minute(tmp_path, began_us=T0)
    assert run("--run-dir", tmp_path, "--for", 0.5).exit_code == 0
    found = list_open(tmp_path)
    assert "success of all calls" in {f"{each.kind} of {each.series}" for each in found}
    assert all(each.at_us >= T0 for each in found)
    assert list((tmp_path / "watch-keys").iterdir())


def test_a_played_evening_has_its_own_time(run, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "utc_now", lambda: T0 + 70 * S)
    write_bad_minute(tmp_path, began_us=T0)
    clock = ScenarioTime(scenario="s", wiring="w", starts=S, began=T0 - S, compression=10.0)
    write_scenario_time(tmp_path, clock)
    done = run("--run-dir", tmp_path, "--for", 0.5)
    assert "time is that of s, 10 times as fast" in done.output
    assert all(0 < each.at_us < 1_000 * S for each in list_open(tmp_path))


def test_a_clock_that_cannot_be_read_is_said_once(run, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "LOOK_SECONDS", 0.0)
    (tmp_path / "scenario-time.json").write_text("{")
    done = run("--run-dir", tmp_path, "--for", 0.6)
    assert (done.exit_code, done.output.count("scenario time cannot be read")) == (0, 1)


def test_prometheus_is_answered_on_this_machine(run, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "utc_now", lambda: T0 + 70 * S)
    monkeypatch.setattr(command, "SHOW_SECONDS", 0.0)
    write_bad_minute(tmp_path, began_us=T0)
    seen = []
    forget = command.forget

    def ask(*arguments, **named):
        server = next(
            each for each in threading.enumerate() if isinstance(
                getattr(getattr(each, "_target", None), "__self__", None), WSGIServer)
        )._target.__self__  # fmt: skip
        seen.append(server.server_address)
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics") as answer:
            seen.append(answer.read().decode())
        forget(*arguments, **named)

    monkeypatch.setattr(command, "forget", ask)
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
    monkeypatch.setattr(command, "utc_now", lambda: T0 + 70 * S)
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
    assert said.exit_code == 0
    assert CliRunner().invoke(alarms, asked).output == "no alarm is open\n"
    assert run(*asked, "--for", 1.5).exit_code == 0
    shown = CliRunner().invoke(alarms, ["1", *asked])
    assert shown.exit_code == 1
    assert "alarm 1 open: PSAP CRRA15-29: somebody reports trouble" in shown.output
    assert "we receive nothing" in shown.output
    (line,) = (tmp_path / "alarms.jsonl").read_text().splitlines()
    assert json.loads(line)["what"] == "opened"
    assert run(*asked, "--for", 1.5).exit_code == 0
    assert len((tmp_path / "alarms.jsonl").read_text().splitlines()) == 1
