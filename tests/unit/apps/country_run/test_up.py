import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.snapshots import small_content

from route112.adapters.supervision import lock_folder
from route112.apps.cli import cli
from route112.apps.country_run import up as subject
from route112.apps.country_run.loop import NotReadyError
from route112.apps.country_run.up import Options, list_arguments, make_environment
from route112.snapshot.writer import write_snapshot

OPTIONS = Options(
    topology=None, plan=Path("p.r112"), trust=None, run_dir=None, psaps=False, exercise=False,
    ids=(), detach=True, ready_within=30.0, shm_mb=512,
)  # fmt: skip


class Ran:
    """What would have been run."""

    def __init__(self, monkeypatch):
        self.order = None
        self.fault = None
        monkeypatch.setattr(subject, "Loop", self.take)

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
        f"--name site-2 --run-dir {tmp_path}/r/site-2 --shm-mb 64"
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


def detach(monkeypatch, program, *arguments):
    monkeypatch.setattr(subject, "COMMAND", (sys.executable, "-c", program))
    started = []
    popen = subprocess.Popen

    def start(*args, **named):
        started.append(popen(*args, **named))
        return started[-1]

    monkeypatch.setattr(subject.subprocess, "Popen", start)
    result = run("--detach", *arguments)
    for child in started:
        child.kill()
        child.wait()
    return result


READY = """
import json, os, sys, time
from pathlib import Path
from route112.apps.country_run.state import UpState, own_process, write_state
print("up: site-1 answers", flush=True)
write_state(Path("var/country"), UpState(name="d", topology="", plan="", exercise=False,
    up=own_process(), is_ready=True, began_us=0, members=()))
time.sleep(60)
"""


def test_detached_it_returns_when_all_is_ready_and_shows_what_was_said(ran, monkeypatch):
    source = str(Path(subject.__file__).parents[3])
    monkeypatch.setenv("PYTHONPATH", source)
    result = detach(monkeypatch, READY)
    assert result.exit_code == 0, result.output
    assert "up: site-1 answers\n" in result.stderr
    assert "up: runs on as process " in result.stderr


@pytest.mark.parametrize(("code", "exit_code"), [(2, 2), (1, 1), (0, 1)])
def test_detached_it_ends_as_the_background_does(ran, monkeypatch, code, exit_code):
    program = f"print('up: no kamailio'); raise SystemExit({code})"
    result = detach(monkeypatch, program)
    assert result.exit_code == exit_code
    assert "up: no kamailio" in result.stderr


def test_detached_it_does_not_wait_for_ever(ran, monkeypatch):
    monkeypatch.setattr(subject, "DETACH_SECONDS_MORE", -0.8)
    result = detach(monkeypatch, "import time; time.sleep(60)", "--ready-within", "1")
    assert result.exit_code == 1
    assert "is neither ready nor ended; read " in result.stderr
