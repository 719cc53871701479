import socket

import pytest
from click.testing import CliRunner
from tests.support.snapshots import small_content

from route112.apps.cli import cli
from route112.snapshot.writer import write_snapshot


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "a.r112"
    path.write_bytes(write_snapshot(small_content()))
    return str(path)


def run(*arguments):
    result = CliRunner().invoke(cli, ["redirect", "run", *arguments])
    return result.exit_code, " ".join(result.output.split())


@pytest.mark.parametrize("address", ["localhost:5060", "127.0.0.1", "127.0.0.1:0", "::1:5060", "300.1.1.1:5", "127.0.0.1:65536"])  # fmt: skip
def test_an_address_is_numeric_and_has_a_port(plan, address):
    code, output = run("--plan", plan, "--listen", address)
    assert code == 2
    assert f"'{address}' is no numeric address with a port" in output


def test_a_snapshot_that_is_not_sound_is_refused(tmp_path, plan):
    bad = tmp_path / "bad.r112"
    bad.write_bytes(b"x")
    code, output = run("--plan", str(bad), "--listen", "127.0.0.1:5060")
    assert code == 1
    assert "is refused: it is no snapshot" in output
    code, output = run("--plan", str(tmp_path / "none"), "--listen", "127.0.0.1:5060")
    assert code == 2
    assert "cannot be read: No such file" in output
    code, output = run("--plan", plan, "--trust", str(bad), "--listen", "127.0.0.1:5060")
    assert code == 2, "nothing is said of the snapshot"
    assert f"{bad}: the trust list cannot be read" in output
    assert "route112 plan keys" in output


def test_an_address_in_use_cannot_be_listened_on(plan):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.2.60", 0))
        port = taken.getsockname()[1]
        code, output = run("--plan", plan, "--listen", f"127.0.2.60:{port}")
    assert code == 2
    assert "cannot listen: Address already in use" in output
    assert "no --trust: anybody may have written the snapshot" in output
