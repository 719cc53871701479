import json
import socket

import pytest
from click.testing import CliRunner

from route112.adapters.clock import utc_now
from route112.apps.certificates.ends import (
    CERTIFICATE_WARN_US,
    DAY_US,
    ENDS_FILE,
    End,
    render_ends,
)
from route112.apps.cli import cli


def ask(folder, *options):
    return CliRunner().invoke(cli, ["planner", "status", "--folder", str(folder), *options])


def leave(folder, *left_us):
    ends = [
        End(owner=f"site-{index}", what=f"certificate CN=site-{index}", ends_us=utc_now() + left)
        for index, left in enumerate(left_us)
    ]
    (folder / ENDS_FILE).write_bytes(render_ends(ends))


@pytest.fixture
def running(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(tmp_path / "socket"))
        listening.listen()
        yield tmp_path


def test_a_planner_that_runs_and_nothing_that_is_due(running):
    leave(running, CERTIFICATE_WARN_US + DAY_US)
    result = ask(running)
    assert result.exit_code == 0, result.output
    first, second = result.output.splitlines()
    assert first == f"a planner answers at {running / 'socket'}"
    assert second.startswith("site-0: certificate CN=site-0 ends 20")
    assert "renew" not in second


def test_one_that_ends_soon_is_said_in_time(running):
    leave(running, CERTIFICATE_WARN_US + DAY_US, 8 * DAY_US + DAY_US // 2, -1)
    result = ask(running)
    assert result.exit_code == 1
    assert ", in 8 days: renew it" in result.output.splitlines()[2]
    assert "ended " in result.output.splitlines()[3]
    told = json.loads(ask(running, "--json").output)
    assert [each["is_due"] for each in told["certificates"]] == [False, True, True]
    assert told["is_running"] is True


def test_where_no_planner_answers_what_was_known_is_said(tmp_path):
    leave(tmp_path, CERTIFICATE_WARN_US + DAY_US)
    result = ask(tmp_path)
    assert result.exit_code == 1
    assert result.output.startswith("no planner answers at ")


def test_a_folder_without_a_word_is_told(tmp_path):
    result = ask(tmp_path)
    assert result.exit_code == 2
    assert "certificates.json cannot be read: No such file" in result.output
    (tmp_path / ENDS_FILE).write_text("nonsense")
    assert "cannot be read: " in ask(tmp_path).output
