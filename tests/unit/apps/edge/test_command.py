import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.certificates import write_certificates
from tests.support.edge_process import write_topology
from tests.support.snapshots import small_content

from route112.apps.edge import command as module
from route112.apps.edge import edge
from route112.apps.station import serving
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

NAME = "bruyere-edge-1"


@pytest.fixture
def tmp_path():
    """A folder with a short name: a local socket below it has little room."""
    with tempfile.TemporaryDirectory(prefix="r112-") as folder:
        yield Path(folder).resolve()


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """What would have been run."""
    seen = {}

    def remember(station, craft, **options):
        seen.update(station=station, craft=craft, **options)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "run_station", remember)
    (tmp_path / "plan.r112").write_bytes(write_snapshot(small_content()))
    write_topology(tmp_path / "topology.yaml", "127.0.0.1:5060", {"site-1": "127.0.1.1:5060"})
    return seen


def run(*arguments, name=NAME):
    options = ["run", "--plan", "plan.r112", "--topology", "topology.yaml", "--name", name]
    return CliRunner().invoke(edge, [*options, *arguments])


def test_the_topology_says_what_the_edge_is(ran, tmp_path):
    result = run()
    assert result.exit_code == 0, result.output
    station = ran["station"]
    assert (station.name, station.operator) == (NAME, "bruyere")
    assert [str(place) for place in station.listens] == [
        "udp:127.0.0.1:5060",
        "tcp:127.0.0.1:5060",
    ]
    assert [name for name, _ in station.sites] == ["site-1"]
    assert not station.in_turn
    assert station.run_dir == tmp_path / "var" / NAME
    assert station.run_dir.stat().st_mode & 0o777 == 0o700
    assert ran["seconds_max"] is None
    assert ran["craft"].make_environment(tmp_path, "key").keys() == {"PATH"}


def test_another_wiring_is_for_exercises(ran, tmp_path, monkeypatch):
    path = tmp_path / "topology.yaml"
    wiring = "name: as-2021, tries_max: 1, breakers: no, direct: no, shared_state: yes"
    path.write_text(f"{path.read_text()}\nwiring: {{{wiring}}}\n")
    result = run()
    assert result.exit_code == 2
    assert "names another wiring, as-2021, and this is no exercise" in result.output
    monkeypatch.setenv("ROUTE112_EXERCISE", "1")
    assert run().exit_code == 0
    assert (ran["station"].wiring.tries_max, ran["station"].wiring.direct) == (1, False)


def test_every_option_arrives(ran, tmp_path):
    (tmp_path / "trust.json").touch()
    result = run(
        "--run-dir", "r", "--trust", "trust.json", "--workers", "4", "--shm-mb", "128",
        "--pkg-mb", "32", "--template", "plan.r112", "--for", "2", "--json-events",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    station = ran["station"]
    assert (station.workers, station.shm_mb, station.pkg_mb) == (4, 128, 32)
    assert station.trust.name == "trust.json"
    assert station.template.name == "plan.r112"
    assert station.run_dir == tmp_path / "r"
    assert (ran["seconds_max"], ran["as_json"]) == (2.0, True)


def test_files_of_tls_stand_beside_the_topology(ran, tmp_path):
    files = write_certificates(tmp_path, "127.0.0.1")
    path = tmp_path / "topology.yaml"
    written = path.read_text().replace(
        "network: ouest-ip}",
        f"network: ouest-ip, tls: {{certificate: {files.certificate.name}, "
        f"key: {files.key.name}, ca: {files.authority.name}}}}}",
    )
    path.write_text(written)
    result = run()
    assert result.exit_code == 0, result.output
    assert ran["station"].tls.certificate == files.certificate
    files.key.unlink()
    result = run()
    assert result.exit_code == 2
    assert "Check topology.yaml, bruyere-edge-1: tls" in result.output


def test_an_edge_that_is_not_there_is_told_with_those_that_are(ran):
    result = run(name="nobody")
    assert result.exit_code == 2
    assert "topology.yaml has no edge 'nobody'" in result.output
    assert f"Name one of {NAME}" in result.output
    assert ran == {}


def test_an_address_of_another_machine_is_told_with_its_place(ran, monkeypatch):
    monkeypatch.setattr(serving, "find_obstacle", lambda _place: "it is not ours")
    result = run()
    assert result.exit_code == 2
    assert f"topology.yaml, {NAME}: udp:127.0.0.1:5060 cannot be had: it is not" in result.output


def test_a_topology_that_is_refused_ends_the_command(ran, tmp_path):
    (tmp_path / "topology.yaml").write_text("name: x\n")
    result = run()
    assert result.exit_code == 1
    assert "topology.yaml is refused" in result.output


def test_a_plan_without_the_operator_is_remarked(ran, tmp_path):
    run()
    remark = ran["craft"].remark
    snapshot = Snapshot(write_snapshot(small_content()))
    assert remark(snapshot) == ""
    others = small_content(operators=small_content().operators[1:])
    assert "the plan has no operator bruyere" in remark(Snapshot(write_snapshot(others)))
