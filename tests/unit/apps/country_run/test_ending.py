import asyncio
import os
import signal
import subprocess
import sys
import time

from route112.adapters.supervision import SupervisionError, find_start, start_group
from route112.apps.country_run import ending
from route112.apps.country_run.ending import end_folder, end_folders, end_stray, end_up
from route112.apps.country_run.state import Process

STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"


def start(members, folder, name):
    folder.mkdir(exist_ok=True)
    output = os.open(os.devnull, os.O_WRONLY)
    try:
        return start_group(
            [sys.executable, "-c", "import time; time.sleep(60)"],
            state=folder / name, token="t", output=output, env=members.environment,
        )  # fmt: skip
    finally:
        os.close(output)


def start_plain(members, program="import time; time.sleep(60)"):
    popen = subprocess.Popen(
        [sys.executable, "-c", program],
        env=members.environment, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    return popen, Process(pid=popen.pid, start_ticks=find_start(popen.pid))


def finish(popen):
    popen.kill()
    popen.wait()
    popen.stdout.close()


def test_a_member_and_its_kamailio_end_and_leave_no_socket(members, tmp_path):
    folder = tmp_path / "site-1"
    groups = [start(members, folder, name) for name in ("group.json", "kamailio.json")]
    for name in ("rpc.sock", ".rpc-1-2", "current"):
        (folder / name).touch()
    asyncio.run(end_folder(folder))
    assert members.processes() == []
    assert {path.name for path in folder.iterdir()} == {"group.json", "kamailio.json", "current"}
    for group in groups:
        assert group.has_ended()
    asyncio.run(end_folder(tmp_path / "none"))


def test_all_are_ended_though_one_is_not(tmp_path, monkeypatch):
    async def refuse(folder):
        if folder.name == "bad":
            raise SupervisionError("processes [1] do not end")

    monkeypatch.setattr(ending, "end_folder", refuse)
    folders = [tmp_path / "good", tmp_path / "bad"]
    assert asyncio.run(end_folders(folders)) == ["bad: processes [1] do not end"]


def test_up_ends_when_it_is_asked(members):
    popen, process = start_plain(members)
    assert end_up(process) is False
    assert popen.wait(timeout=60) == -signal.SIGTERM
    assert end_up(process) is False
    finish(popen)


def test_up_is_killed_where_it_does_not_end(members, monkeypatch):
    monkeypatch.setattr(ending, "UP_SECONDS_MAX", 0.3)
    popen, process = start_plain(members, STUBBORN)
    assert popen.stdout.readline() == b"on\n"
    began = time.monotonic()
    assert end_up(process) is True
    assert time.monotonic() - began < 5
    assert popen.wait(timeout=60) == -signal.SIGKILL
    finish(popen)


def test_a_group_that_no_folder_knows_is_killed(members):
    popen, process = start_plain(members)
    assert not end_stray(Process(pid=process.pid, start_ticks=process.start_ticks + 1))
    assert end_stray(process)
    assert popen.wait(timeout=60) == -signal.SIGKILL
    finish(popen)
