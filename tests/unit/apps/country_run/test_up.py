import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.snapshots import small_content

from route112.adapters.kemi.probes import list_hops
from route112.adapters.supervision import SupervisionError, lock_folder
from route112.apps.cli import cli
from route112.apps.country_run import up as subject
from route112.apps.country_run.footprint import Taken
from route112.apps.country_run.loop import NotReadyError
from route112.apps.country_run.up import Options, list_arguments, make_environment
from route112.apps.plan.options import open_snapshot
from route112.apps.station.listen import parse_listen
from route112.apps.topology import load_topology
from route112.snapshot.writer import write_snapshot
from route112.watch.probing.paths import list_ways

OPTIONS = Options(
    topology=None, plan=Path("p.r112"), trust=None, run_dir=None, psaps=False, exercise=False,
    ids=(), detach=True, ready_within=30.0, shm_mb=512,
)  # fmt: skip


class Ran:
    """What would have been run."""

    def __init__(self, monkeypatch):
        self.order = None
        self.fault = None
        self.taken = None
        monkeypatch.setattr(subject, "Loop", self.take)
        monkeypatch.setattr(subject, "find_taken", lambda _members, _folder: self.taken)

    def take(self, order, **_rest):
        self.order = order
        return self

    async def run(self):
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def ran(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.r112").write_bytes(write_snapshot(small_content()))
    return Ran(monkeypatch)


def run(*arguments):
    return CliRunner().invoke(cli, ["up", "--plan", "p.r112", *arguments])


def test_without_a_topology_the_demo_country_runs(ran, tmp_path):
    result = run("--psaps")
    assert result.exit_code == 0, result.output
    order = ran.order
    assert order.name == "demo"
    assert order.topology == tmp_path / "var" / "country" / "topology.yaml"
    assert order.topology.read_text().startswith("# Synthetic")
    assert [member.id for member in order.members][:2] == ["psaps", "site-1"]
    assert len(order.members) == 13
    assert "EXERCISE" not in result.stderr
    assert result.stderr.splitlines() == [
        f"up: starting 13 of demo in {tmp_path}/var/country",
        "up: ended",
    ]


def test_test_calls_may_be_placed_in_the_demo_country(ran, tmp_path):
    """Over every gateway of the plan, whose number the played answering points loop back."""
    run("--psaps", "--run-dir", "r")
    topology = load_topology(tmp_path / "r" / "topology.yaml")
    snapshot = open_snapshot(tmp_path / "p.r112")
    ways = list_ways(topology, list_hops(snapshot))
    assert ways.untested == ()
    assert len(ways.loops) > 0
    numbers = {number for _, number in topology.probes.loops}
    assert not any(snapshot.find_line(number) for number in numbers)
    (psaps, *_) = ran.order.members
    assert psaps.argv[-2:] == ("--loop", *numbers)


def test_every_option_arrives(ran, tmp_path):
    run()
    (tmp_path / "trust.json").touch()
    result = run(
        "var/country/topology.yaml", "--trust", "trust.json", "--run-dir", "r", "--exercise",
        "--only", "site-2", "--ready-within", "5", "--shm-mb", "64",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    (member,) = ran.order.members
    assert " ".join(member.argv).endswith(
        f"site run --plan {tmp_path}/r/site-2/offered.r112 "
        f"--trust {tmp_path}/trust.json --listen 127.0.1.2:5060 "
        f"--name site-2 --run-dir {tmp_path}/r/site-2 --shm-mb 64 "
        f"--probes {tmp_path}/var/country/topology.yaml"
    )
    assert ran.order.ready_seconds_max == 5
    assert ran.order.exercise
    assert ran.order.environment["ROUTE112_EXERCISE"] == "1"
    assert "up: EXERCISE: faults may be put in" in result.stderr


def test_the_mark_of_an_exercise_is_not_inherited(monkeypatch):
    monkeypatch.setenv("ROUTE112_EXERCISE", "1")
    assert "ROUTE112_EXERCISE" not in make_environment(exercise=False)
    assert make_environment(exercise=False)["PYTHONUNBUFFERED"] == "1"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--only", "site-9"], 2, "--only site-9: there is no such member"),
        (["none.yaml"], 2, "none.yaml is not there"),
        (["--trust", "none.json"], 2, "none.json is not there"),
        (["p.r112"], 1, "p.r112 is refused"),
    ],
)
def test_what_cannot_be_run_is_refused(ran, arguments, code, said):
    result = run(*arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert ran.order is None


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (
            NotReadyError("not ready within 30 s:\nsite-2 does not answer"),
            1,
            "site-2 does not answer",
        ),
        (OSError(28, "No space left on device"), 2, "No space left on device"),
    ],
)
def test_what_goes_wrong_is_said(ran, fault, code, said):
    ran.fault = fault
    result = run()
    assert result.exit_code == code
    assert said in result.stderr


def test_a_run_directory_has_one_up(ran, tmp_path):
    (tmp_path / "var" / "country").mkdir(parents=True)
    lock = lock_folder(tmp_path / "var" / "country")
    result = run()
    os.close(lock)
    assert result.exit_code == 2
    assert f"belongs to the supervisor {os.getpid()}" in result.stderr


def test_what_somebody_else_has_is_refused_before_anything_starts(ran):
    ran.taken = Taken("site-2", parse_listen("udp:127.0.1.2")[0], 7, None)
    result = run()
    assert result.exit_code == 2
    assert "site-2: udp:127.0.1.2:5060 is taken by process 7" in result.stderr
    assert "`route112 down`" in result.stderr
    assert ran.order is None


def test_a_disk_without_room_is_told_before_anything_starts(ran, tmp_path, monkeypatch):
    lacks = {10: "the disk of r is full"}
    monkeypatch.setattr(subject, "describe_lack", lambda fresh, *_rest: lacks.get(fresh, ""))
    result = run()
    assert result.exit_code == 2
    assert "the disk of r is full" in result.stderr
    assert "Make room there" in result.stderr
    assert ran.order is None
    monkeypatch.setattr(subject, "check_exercise", lambda _options: None)
    assert run("--exercise", "--disk-mb", "64").exit_code == 0, "each has a disk of its own"
    folder = tmp_path / "var" / "country" / "site-3"
    folder.mkdir()
    (folder / "current").touch()
    assert run().exit_code == 0, "one keeps a snapshot already"


def test_the_folder_is_held_before_the_background_begins(ran, tmp_path, monkeypatch):
    seen = []

    def look(arguments, folder, *, lock, ready_within):
        with pytest.raises(SupervisionError):
            lock_folder(folder)
        os.close(lock)
        seen.append((arguments[:3], folder, ready_within))
        return 130

    monkeypatch.setattr(subject, "run_detached", look)
    assert run("--detach").exit_code == 130
    assert seen == [(["up", "--plan", "p.r112"], tmp_path / "var" / "country", 30.0)]
    lock = lock_folder(tmp_path / "var" / "country")
    assert run("--lock", str(os.dup(lock))).exit_code == 0, "who started it has the folder"
    os.close(lock)


def test_the_background_gets_what_was_typed():
    assert list_arguments(OPTIONS) == [
        "up", "--plan", "p.r112", "--ready-within", "30", "--shm-mb", "512",
    ]  # fmt: skip
    full = Options(
        topology=Path("t.yaml"), plan=Path("p.r112"), trust=Path("k.json"), run_dir=Path("r"),
        psaps=True, exercise=True, ids=("a", "b"), detach=True, ready_within=2.5, shm_mb=64,
    )  # fmt: skip
    assert list_arguments(full) == [
        "up", "t.yaml", "--plan", "p.r112", "--trust", "k.json", "--run-dir", "r", "--psaps",
        "--exercise", "--only", "a", "--only", "b", "--ready-within", "2.5", "--shm-mb", "64",
    ]  # fmt: skip


def test_a_planner_gets_what_it_makes_snapshots_with(ran, tmp_path):
    (tmp_path / "profile.yaml").touch()
    result = run("--planner", "--profile", "profile.yaml", "--run-dir", "r")
    assert result.exit_code == 0, result.output
    assert ran.order.has_planner
    assert [member.id for member in ran.order.members][12:15] == [
        "planner",
        "receiver-site-1",
        "receiver-site-2",
    ]
    plans = sorted(path.name for path in (tmp_path / "r/plans").iterdir())
    assert plans == [
        "bruyere-edge-1.r112", "cormoran-edge-1.r112", "dolmen-edge-1.r112",
        "ecume-edge-1.r112", *(f"site-{number}.r112" for number in range(1, 7)),
    ]  # fmt: skip
    (tmp_path / "p.r112").write_bytes(write_snapshot(small_content(generation=43)))
    again = run("--planner", "--profile", "profile.yaml", "--run-dir", "r")
    assert "site-3 keeps g42, which the planner brought it" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--planner"], "a planner needs --profile"),
        (["--profile", "p.r112"], "are a planner's"),
        (["--planner", "--profile", "none.yaml"], "none.yaml is not there"),
        (["--planner", "--profile", "p.r112", "--trust", "p.r112"], "signed only"),
        (["--https", "[::1]:8112"], "are a planner's"),
        (["--planner", "--profile", "p.r112", "--https", "[::1]:8112"], "goes with a certificate"),
        (["--planner", "--profile", "p.r112", "--cert", "p.r112"], "goes with a certificate"),
    ],
)
def test_a_planner_that_lacks_something_is_refused(ran, arguments, said):
    result = run(*arguments)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert ran.order is None


def test_the_background_has_the_planner_too():
    options = replace(OPTIONS, planner=True, profile=Path("f.yaml"), planner_key=Path("a.key"))
    assert list_arguments(options)[3:8] == [
        "--profile", "f.yaml", "--planner-key", "a.key", "--planner",
    ]  # fmt: skip
    secure = replace(
        options, https="[::1]:8112", cert=Path("c"), key=Path("k"), client_ca=Path("a")
    )
    assert list_arguments(secure)[7:16] == [
        "--cert", "c", "--key", "k", "--client-ca", "a", "--planner", "--https", "[::1]:8112",
    ]  # fmt: skip
