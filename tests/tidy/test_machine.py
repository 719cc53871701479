"""No test is skipped: what it needs is installed by `make`, or it fails and says what to install."""

import re
import socket
from pathlib import Path

import pytest
from tests.support import machine
from tests.support.sipp_psaps import find_free_port

ROOT = Path(__file__).parents[2]
SKIPS = re.compile(r"ski[p]if|pytest\.ski[p]\(|importorski[p]|unittest\.ski[p]|mark\.ski[p]")
HOST = "127.0.65.200"
SHARED = "shared"
"""A file of this folder beside the repository is the only thing that may be absent."""


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_nothing_skips_but_for_an_absent_shared_file(path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        assert not SKIPS.search(line) or SHARED in line, f"{path.name}:{number}: {line.strip()}"


def test_what_is_missing_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setattr(machine, "PACKAGES", {"no-such-program": "odd-package", "sh": "dash"})
    with pytest.raises(pytest.fail.Exception) as failed:
        machine.require_packages()
    assert failed.value.msg == "install odd-package: make setup-dev"


def test_setup_installs_all_of_it():
    words = set(re.findall(r"[a-z][a-z0-9-]+", (ROOT / "tools/setup").read_text(encoding="utf-8")))
    assert set(machine.PACKAGES.values()) <= words


@pytest.mark.parametrize("argv", [("false",), ("no-such-program-at-all",)])
def test_a_right_that_is_missing_is_named(argv):
    with pytest.raises(pytest.fail.Exception, match="needs root"):
        machine.run_as_root(*argv)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, HOST), (socket.AF_INET6, "::1")])
def test_a_free_port_is_free_at_every_address_and_so_is_the_next(family, host, kind):
    """A site takes TLS one port higher, and the same ports over IPv6."""
    ports = range(5_890, 5_899)
    with socket.socket(family, kind) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, 5_892))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        assert find_free_port(HOST, ports, hosts=("::1",)) == 5_890
        assert find_free_port(HOST, ports[1:], count=2, hosts=("::1",)) == 5_893
        assert find_free_port(HOST, ports[2:], hosts=("::1",)) == 5_893
