import os

import pytest

from route112.apps.country_run.state import (
    Entry,
    Process,
    UpState,
    own_process,
    read_state,
    write_state,
)

STATE = UpState(
    name="demo",
    topology="/t.yaml",
    plan="/p.r112",
    exercise=False,
    up=Process(pid=2, start_ticks=3),
    is_ready=True,
    began_us=4,
    members=(
        Entry(
            id="site-1", kind="site", address="127.0.1.1:5060", folder="/r/site-1",
            leader=Process(pid=5, start_ticks=6), started_us=7, restarts=8, kamailio_restarts=9,
            last_end="ended by SIGKILL",
        ),
        Entry(
            id="site-2", kind="site", address="127.0.1.2:5060", folder="/r/site-2", leader=None,
            started_us=7, restarts=0, kamailio_restarts=0, last_end="",
        ),
    ),
)  # fmt: skip


def test_what_is_written_is_read_back(tmp_path):
    write_state(tmp_path, STATE)
    assert read_state(tmp_path) == STATE
    assert [path.name for path in tmp_path.iterdir()] == ["up.json"]


@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"name": 1}'])
def test_without_a_readable_file_nothing_was_started(tmp_path, content):
    if content is not None:
        (tmp_path / "up.json").write_bytes(content)
    assert read_state(tmp_path) is None


def test_a_number_that_is_used_again_is_another_process():
    own = own_process()
    assert own.pid == os.getpid()
    assert own.is_alive()
    assert not Process(pid=own.pid, start_ticks=own.start_ticks - 1).is_alive()
