"""What the loop of watch does in turn: folders that come, time that is played, what is wrong."""

from contextlib import closing

import pytest
from tests.support.records import NOW_US, World
from tests.support.watched import T0, S, count_calls, list_open, write_bad_minute

from route112.adapters.watch_store import Sources, open_store, schema
from route112.apps.scenario_time import write_scenario_time
from route112.apps.watch import loop, options
from route112.wire.documents.scenario_time import ScenarioTime
from route112.wire.record_lines import render_line


def test_folders_that_come_later_are_followed(run, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "LOOK_SECONDS", 0.0)
    looked, found = [], loop.list_folders

    def look(run_dir):
        looked.append(run_dir)
        if len(looked) == 2:
            World(tmp_path / "site-1" / "records").write(1)
        return found(run_dir)

    monkeypatch.setattr(loop, "list_folders", look)
    assert run("--run-dir", tmp_path, "--for", 0.8).exit_code == 0
    assert count_calls(tmp_path)["records"] == 1


@pytest.mark.parametrize("is_named", [False, True])
def test_a_station_that_is_away_when_watch_is_started_again_is_not_forgotten(
    run, tmp_path, is_named
):
    world = World(tmp_path / "edge-1" / "records")
    fields = {"t": NOW_US, "site": "edge-1", "call": "1", "outcome": "answered"}
    world.append(render_line("end", fields, key=world.raw.key).encode())
    named = ("--records", tmp_path / "edge-1") if is_named else ()
    run("--run-dir", tmp_path, *named, "--for", 0.3)
    world.path.rename(tmp_path / "away")
    done = run("--run-dir", tmp_path, *named, "--for", 0.3)
    assert f"{world.path} cannot be read" in done.output
    with closing(open_store(tmp_path / "watch.sqlite")) as store:
        assert [each.station for each in Sources(store).load_absences()] == ["edge-1"]


def test_what_is_wrong_is_kept(run, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "utc_now", lambda: T0 + 70 * S)
    write_bad_minute(tmp_path, began_us=T0)
    assert run("--run-dir", tmp_path, "--for", 0.5).exit_code == 0
    found = list_open(tmp_path)
    assert "success of all calls" in {f"{each.kind} of {each.series}" for each in found}
    assert all(each.at_us >= T0 for each in found)
    assert list((tmp_path / "watch-keys").iterdir())


def test_a_played_evening_has_its_own_time(run, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "utc_now", lambda: T0 + 70 * S)
    write_bad_minute(tmp_path, began_us=T0)
    clock = ScenarioTime(scenario="s", wiring="w", starts=S, began=T0 - S, compression=10.0)
    write_scenario_time(tmp_path, clock)
    done = run("--run-dir", tmp_path, "--for", 0.5)
    assert "time is that of s, 10 times as fast" in done.output
    assert all(0 < each.at_us < 1_000 * S for each in list_open(tmp_path))


def test_a_clock_that_cannot_be_read_is_said_once(run, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "LOOK_SECONDS", 0.0)
    (tmp_path / "scenario-time.json").write_text("{")
    done = run("--run-dir", tmp_path, "--for", 0.6)
    assert (done.exit_code, done.output.count("scenario time cannot be read")) == (0, 1)


def test_whoever_writes_into_the_store_for_long_does_not_end_watch(run, tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.02)
    site, writers = World(tmp_path / "site-1" / "records"), []

    def look(run_dir):
        if not writers:
            writers.append(open_store(run_dir / "watch.sqlite"))
            writers[0].execute("BEGIN IMMEDIATE")
            site.write(1)
        elif len(writers) == 1:
            writers.append(writers[0].execute("ROLLBACK"))
        return [site.path]

    monkeypatch.setattr(loop, "LOOK_SECONDS", 0.3)
    monkeypatch.setattr(loop, "list_folders", look)
    done = run("--run-dir", tmp_path, "--for", 1.2)
    writers[0].close()
    assert (done.exit_code, done.output.count("it is tried again")) == (0, 1)
    assert count_calls(tmp_path)["records"] == 1


def test_an_evening_that_is_played_in_a_folder_around_is_none_of_its(run, tmp_path):
    clock = ScenarioTime(scenario="s", wiring="w", starts=S, began=T0 - S, compression=10.0)
    write_scenario_time(tmp_path, clock)
    done = run("--run-dir", tmp_path / "country", "--for", 0.2)
    assert (done.exit_code, "time is that of" in done.output) == (0, False)


def test_nobody_has_to_read_what_it_says(run, tmp_path, monkeypatch):
    """Whoever reads its log may go away; calls are followed on."""
    World(tmp_path / "site-1" / "records").write(1)
    told = options.click.echo

    def echo(text, **values):
        if values.get("err"):
            raise BrokenPipeError(32, "Broken pipe")
        told(text, **values)

    monkeypatch.setattr(options.click, "echo", echo)
    assert run("--run-dir", tmp_path, "--for", 0.4).exit_code == 0
    assert count_calls(tmp_path)["records"] == 1
