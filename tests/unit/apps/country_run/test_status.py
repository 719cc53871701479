import json

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from route112.apps.cli import cli
from route112.apps.country_run import status as subject
from route112.apps.country_run.footprint import Footprint
from route112.apps.country_run.state import Entry, Process, UpState, own_process, write_state
from route112.apps.country_run.survey import Sample

ENTRY = Entry(
    id="site-1", kind="site", address="127.0.1.1:5060", folder="/r/site-1",
    leader=Process(pid=77, start_ticks=1), started_us=5, restarts=1, kamailio_restarts=2,
    last_end="ended by SIGKILL",
)  # fmt: skip


class Country:
    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.state = "up"
        self.silent = ""
        self.looks = 0
        self.ends_after = 0
        monkeypatch.setattr(subject, "SAMPLE_SECONDS", 0.0)
        monkeypatch.setattr(subject, "survey", self.survey)
        self.written = UpState(
            name="demo", topology="/t.yaml", plan="/p.r112", exercise=False, up=own_process(),
            is_ready=True, began_us=0, members=(ENTRY,),
        )  # fmt: skip
        write_state(folder, self.written)

    async def survey(self, entries, *, now_s):
        assert now_s > 0
        self.looks += 1
        if self.looks == self.ends_after:
            raise KeyboardInterrupt
        return tuple(
            Sample(entry=entry, at_s=float(self.looks), state=self.state, status=200,
                   invites=10 * self.looks, ringing=1, refused={"shed": 2},
                   footprint=Footprint(9, 25_600), silent=self.silent)
            for entry in entries
        )  # fmt: skip

    def run(self, *arguments):
        return CliRunner().invoke(cli, ["status", "--run-dir", str(self.folder), *arguments])


@pytest.fixture
def country(tmp_path, monkeypatch):
    return Country(tmp_path, monkeypatch)


def test_a_table_for_people(country):
    result = country.run()
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[0].strip() == "demo: 1 of 1 run"
    assert "10.0" in result.stdout


def test_json_for_machines(country):
    result = country.run("--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["up"] == {"pid": country.written.up.pid, "alive": True, "ready": True}
    assert (told["name"], told["exercise"], told["pss_kb"]) == ("demo", False, 25_600)
    (member,) = told["members"]
    assert (member["id"], member["calls_per_s"], member["refused"]) == (
        "site-1",
        10.0,
        {"shed": 2},
    )
    assert (member["pid"], member["restarts"], member["kamailio_restarts"]) == (77, 1, 2)


@pytest.mark.parametrize("state", ["down", "silent"])
def test_something_down_is_exit_code_1(country, state):
    country.state = state
    assert country.run().exit_code == 1
    assert country.run("--json").exit_code == 1


def test_an_up_that_is_gone_is_exit_code_1(country):
    write_state(country.folder, replace(country.written, up=Process(pid=77, start_ticks=1)))
    assert country.run().exit_code == 1


def test_degraded_is_not_down(country):
    country.state = "degraded"
    assert country.run().exit_code == 0


def test_an_address_that_is_deaf_is_named_and_exit_code_1(country):
    country.state, country.silent = "degraded", "udp:[::1]:5060, tcp:127.0.0.1:5060"
    result = country.run("--json")
    assert result.exit_code == 1
    (member,) = json.loads(result.stdout)["members"]
    assert member["silent_at"] == ["udp:[::1]:5060", "tcp:127.0.0.1:5060"]


def test_nothing_started_is_exit_code_2(tmp_path):
    result = CliRunner().invoke(cli, ["status", "--run-dir", str(tmp_path)])
    assert result.exit_code == 2
    assert "Start it with `route112 up`" in result.stderr


def test_watching_shows_it_anew_until_ctrl_c(country):
    country.ends_after = 5
    result = country.run("--watch")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("1 of 1 run") == 3
    country.looks = 0
    lines = country.run("--watch", "--json").stdout.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["demo"] * 3


def test_watching_in_place_on_a_terminal(country, monkeypatch):
    from rich.console import Console

    class Screen:
        def __init__(self, *_arguments, **_named):
            self.shown = []

        def __enter__(self):
            screens.append(self)
            return self

        def __exit__(self, *_error):
            return None

        def update(self, table, *, refresh):
            self.shown.append((table, refresh))

    screens = []
    monkeypatch.setattr(subject, "Live", Screen)
    monkeypatch.setattr(subject, "terminal", lambda: Console(force_terminal=True))
    country.ends_after = 4
    assert country.run("--watch").exit_code == 0
    assert [refresh for _, refresh in screens[0].shown] == [True, True]
