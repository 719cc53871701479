import errno
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.certificates import write_certificates
from tests.support.snapshots import sign_blindly, small_content, small_trust

from route112.adapters.staging import Staging
from route112.adapters.supervision import SupervisionError, lock_folder
from route112.apps.site import site
from route112.apps.station import serving as module
from route112.apps.station.kamailio import KamailioError
from route112.apps.station.listen import Listen
from route112.apps.station.setup import TemplateError
from route112.snapshot.trust import render_trust
from route112.snapshot.writer import write_snapshot

FOREIGN = {Listen("udp", "192.0.2.7", 5060): "192.0.2.7 is no address of this machine"}


class Ran:
    """What would have been run."""

    def __init__(self, monkeypatch):
        self.fault = None
        self.parts = None
        monkeypatch.setattr(module, "Supervisor", self.supervise)
        monkeypatch.setattr(module, "find_obstacle", FOREIGN.get)
        monkeypatch.setattr(module, "Kamailio", lambda setup, _report, **_rest: setup)

    def supervise(self, **parts):
        self.parts = parts
        self.setup = parts["make_kamailio"](lambda: None)
        return self

    async def run(self, *, seconds_max):
        self.seconds_max = seconds_max
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def ran(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = sign_blindly(write_snapshot(small_content()), "a")
    (tmp_path / "plan.r112").write_bytes(content)
    (tmp_path / "trust.json").write_bytes(render_trust(small_trust()))
    return Ran(monkeypatch)


def run(*arguments):
    return CliRunner().invoke(site, ["run", "--plan", "plan.r112", *arguments])


def test_loopback_is_the_default_and_people_read_what_happens(ran):
    result = run()
    assert result.exit_code == 0, result.output
    assert [str(place) for place in ran.setup.listens] == [
        "udp:127.0.0.1:5060",
        "tcp:127.0.0.1:5060",
    ]
    assert "site-1: signatures are not checked; name a trust list with --trust" in result.output
    assert "site-1: serves g42 (edition 2026-11" in result.output
    assert "listens on udp:127.0.0.1:5060 tcp:127.0.0.1:5060 (this machine only)" in result.output
    assert ran.setup.run_dir == Path("var/site-1").resolve()
    assert ran.setup.run_dir.stat().st_mode & 0o777 == 0o700


def test_every_option_arrives(ran, tmp_path):
    files = write_certificates(tmp_path, "192.0.2.5")
    result = run(
        "--name", "site-3", "--listen", "tls:192.0.2.5", "--listen", "udp:[::1]:5070",
        "--tls-cert", str(files.certificate), "--tls-key", str(files.key),
        "--tls-ca", str(files.authority), "--run-dir", "r", "--workers", "4",
        "--shm-mb", "64", "--pkg-mb", "32", "--for", "2", "--json-events",
        "--trust", "trust.json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    setup = ran.setup
    assert (setup.name, setup.workers, setup.shm_mb, setup.pkg_mb) == ("site-3", 4, 64, 32)
    assert setup.tls.certificate == files.certificate
    assert ran.seconds_max == 2.0
    assert "OTHER MACHINES REACH IT" in result.output
    assert "signatures are not checked" not in result.output
    assert '"event":"snapshot"' in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--name", "a b"], "'a b' is no name of a site"),
        (["--listen", "localhost"], "'localhost' is no address"),
        (
            ["--listen", "udp:192.0.2.7"],
            "--listen udp:192.0.2.7:5060 cannot be had: 192.0.2.7 is no address of this machine",
        ),
        (["--listen", "tls:127.0.0.1"], "TLS needs a certificate, its key and an authority"),
        (["--tls-ca", "trust.json"], "Give --tls-cert, --tls-key and --tls-ca together"),
        (["--run-dir", "plan.r112/x"], "plan.r112/x cannot be used: Not a directory"),
        (["--run-dir", "d" * 100], "is too long for a local socket"),
        (["--trust", "plan.r112"], "plan.r112 is no trust list: "),
        (["--trust", "none"], "none is no trust list: No such file or directory"),
        (
            ["--tls-cert", "trust.json", "--tls-key", "trust.json", "--tls-ca", "trust.json"],
            "the files of TLS do not fit: ",
        ),
        ([f"--listen=127.0.0.1:{port}" for port in range(5060, 5069)], "18 addresses"),
    ],
)
def test_what_cannot_run_is_explained(ran, arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert ran.parts is None


def test_without_a_good_snapshot_there_is_no_site(ran):
    Path("plan.r112").write_bytes(b"R112SNAP")
    result = run()
    assert result.exit_code == 1
    assert "site-1 has no snapshot that it may serve" in result.output
    assert "route112 plan build" in result.output


def test_a_disk_without_room_is_told(ran, monkeypatch):
    def refuse(*_given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Staging, "_stage", refuse)
    result = run()
    assert result.exit_code == 2
    assert "is good and cannot be staged: No space left on device" in result.output
    assert "Make room there" in result.output
    assert "plan build" not in result.output


def test_a_staged_file_that_cannot_be_served_is_told(ran):
    run()
    staged = Path(Path("var/site-1/current").read_text().strip())
    staged.write_bytes(b"")
    result = run()
    assert f"what was in force cannot be served: {staged}: " in result.output
    assert result.exit_code == 0, "the same file was offered again"


def test_a_folder_that_is_no_folder_inside_is_told(ran):
    Path("var/site-1").mkdir(parents=True)
    Path("var/site-1/snapshots").write_text("")
    result = run()
    assert result.exit_code == 2
    assert "cannot be used" in result.output


def test_one_folder_has_one_supervisor(ran, tmp_path):
    Path("r").mkdir()
    handle = lock_folder(tmp_path / "r")
    result = run("--run-dir", "r")
    os.close(handle)
    assert result.exit_code == 2
    assert f"belongs to the supervisor {os.getpid()}" in result.output
    assert run("--run-dir", "r").exit_code == 0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (KamailioError("it is taken", "End it"), "route112: it is taken\n  End it"),
        (SupervisionError("it does not end"), "it does not end"),
        (TemplateError("asks for x"), "asks for x"),
        (OSError(28, "No space left on device"), "No space left on device"),
    ],
)
def test_what_goes_wrong_in_the_loop_is_told_with_a_remedy(ran, fault, said):
    ran.fault = fault
    result = run()
    assert result.exit_code == 2
    assert said in result.output


def test_a_topology_says_who_vouches_for_test_calls(ran, tmp_path):
    text = """name: one
sites: [{id: s, address: "127.0.1.1:5060", place: B, network: n, hosting: h, vendor: v, software: "1", power: p}]
operators:
  - id: bruyere
    clients: ["127.0.3.0/28"]
    edges: [{id: e, address: "127.0.2.1:5060", also: "[::2]:5060", place: R, network: n}]
    sites: [s]
    spread: first
"""
    (tmp_path / "t.yaml").write_text(text)
    assert run("--probes", "t.yaml").exit_code == 0
    assert ran.setup.vouchers == ()
    probes = 'probes: {sources: ["127.0.14.1"], loops: {"127.0.5.1:5060": "+33199000112"}}\n'
    (tmp_path / "t.yaml").write_text(text + probes)
    assert run("--probes", "t.yaml").exit_code == 0
    assert ran.setup.vouchers == ("127.0.2.1", "::2")
    assert ran.setup.loops == (("127.0.5.1:5060", "+33199000112"),)
