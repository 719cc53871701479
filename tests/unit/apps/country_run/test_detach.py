import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from route112.adapters.supervision import find_holder, find_start, lock_folder
from route112.apps.country_run import detach as subject
from route112.apps.country_run.detach import run_detached

READY = """
import json, os, sys, time
from pathlib import Path
from route112.apps.country_run.state import UpState, own_process, write_state
print("up: site-1 answers", flush=True)
write_state(Path(sys.argv[1]), UpState(name="d", topology="", plan="", exercise=False,
    up=own_process(), is_ready=True, began_us=0, members=()))
time.sleep(0.3)
print("up: ready: 1 of 1", flush=True)
time.sleep(60)
"""


SLEEPS = "import time; print('up: starting', flush=True); time.sleep(60)"


@pytest.fixture
def detach(tmp_path, monkeypatch):
    """Run a small program in the background of a folder; it is gone afterwards."""
    monkeypatch.setenv("PYTHONPATH", str(Path(subject.__file__).parents[3]))
    started = []
    popen = subprocess.Popen

    def start(*arguments, **named):
        started.append(popen(*arguments, **named))
        return started[-1]

    def run(program, *, within=10.0):
        monkeypatch.setattr(subject, "COMMAND", (sys.executable, "-c", program))
        return run_detached(
            [str(tmp_path)], tmp_path, lock=lock_folder(tmp_path), ready_within=within
        )

    monkeypatch.setattr(subject.subprocess, "Popen", start)
    run.started = started
    yield run
    for child in started:
        child.kill()
        child.wait()


def test_it_returns_when_all_is_ready_and_shows_what_was_said(detach, tmp_path, capsys):
    assert detach(READY) == 0
    said = capsys.readouterr().err
    assert "up: site-1 answers\nup: ready: 1 of 1\nup: runs on" in said
    (child,) = detach.started
    where = f"--run-dir {tmp_path}"
    assert (
        f"as process {child.pid}; next: `route112 status {where}`, `route112 down {where}`" in said
    )
    assert find_holder(tmp_path) == (child.pid, find_start(child.pid)), "it has the folder"


@pytest.mark.parametrize(("code", "exit_code"), [(2, 2), (1, 1), (0, 1)])
def test_it_ends_as_the_background_does(detach, capsys, code, exit_code):
    assert detach(f"print('up: no kamailio'); raise SystemExit({code})") == exit_code
    assert "up: no kamailio" in capsys.readouterr().err


def test_a_background_that_is_killed_is_told(detach, capsys):
    assert detach("import os; os.kill(os.getpid(), 15)") == 1
    assert "up: ended by SIGTERM\n" in capsys.readouterr().err


def test_it_does_not_wait_for_ever(detach, monkeypatch, capsys):
    monkeypatch.setattr(subject, "SECONDS_MORE", -0.8)
    assert detach(SLEEPS, within=1.0) == 1
    assert "is neither ready nor ended; read " in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_end_it_ends_the_background_first(detach, tmp_path, capsys, number):
    def ask():
        log = tmp_path / "up.log"
        while not (log.is_file() and log.read_text()):
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    asking = threading.Thread(target=ask)
    before = signal.getsignal(number)
    asking.start()
    assert detach(SLEEPS) == 128 + number
    asking.join()
    assert signal.getsignal(number) is before
    assert detach.started[0].returncode == -signal.SIGTERM
    assert "up: asked to end before everything runs" in capsys.readouterr().err
    os.close(lock_folder(tmp_path))


def test_a_background_that_does_not_end_is_named(detach, monkeypatch, capsys):
    def kill(process):
        os.kill(process.pid, signal.SIGKILL)
        return True

    monkeypatch.setattr(subject, "end_up", kill)
    monkeypatch.setattr(
        subject.Asked, "__enter__", lambda asked: setattr(asked, "number", 2) or asked
    )
    assert detach(SLEEPS) == 130
    assert "`route112 down --run-dir " in capsys.readouterr().err
