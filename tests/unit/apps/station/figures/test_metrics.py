"""The figures of a station are those of its parts, and docs/metrics.md has all of them."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from tests.support.certificates import ENDS, write_certificates
from tests.support.metrics import TEXT, list_documented, list_served, read_values

from route112.adapters.kamailio_rpc import RpcError
from route112.adapters.metrics import endpoint as metrics_endpoint
from route112.apps.station.figures import metrics as module
from route112.apps.station.figures import tally
from route112.apps.station.figures.metrics import MEMORY_STATES, Metrics, Parts, StationCollector
from route112.apps.station.figures.tally import Tally

MEMORY = {f"{state}_size": 1_024 for state in MEMORY_STATES}
BOUNDS = {
    "exchanges at once; further connections are closed": metrics_endpoint.CONNECTIONS_MAX,
    "seconds of an exchange, from connection to the last byte": (
        metrics_endpoint.EXCHANGE_SECONDS_MAX
    ),
    "bytes of a request's head": metrics_endpoint.REQUEST_BYTES_MAX,
    "times a second that figures are rendered, however many ask": (
        1 / metrics_endpoint.RENDER_SECONDS
    ),
    "different values of a label; later ones are `other`": tally.LABELS_MAX,
}


@pytest.fixture
def parts(tmp_path):
    (tmp_path / "current").touch()
    files = write_certificates(tmp_path, "127.0.0.1")
    snapshot = SimpleNamespace(generation=42, valid_until=2_000_000)
    counts = Counter({"x": 1})
    return Parts(
        SimpleNamespace(
            name="site-1", run_dir=tmp_path, rpc_socket=tmp_path / "rpc.sock", tls=files
        ),
        Tally(*[0, *[counts] * 8], breakers={"site-2": True}),
        SimpleNamespace(in_force=SimpleNamespace(snapshot=snapshot), current=tmp_path / "current"),
        SimpleNamespace(table=SimpleNamespace(generation=41), behind_s=3.5),
        SimpleNamespace(backlog_bytes=7),
        SimpleNamespace(ready=True, starts=2),
    )


def read(collector):
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return read_values(generate_latest(registry).decode())


def test_the_document_has_all_figures_and_bounds(parts):
    collector = StationCollector(parts)
    collector.memory = dict.fromkeys(MEMORY_STATES, 1)
    assert list_served(collector.collect()) == list_documented("Sites and edges")
    for what, most in BOUNDS.items():
        assert f"| {what} | {most:,g} |" in TEXT


def test_figures_are_those_of_the_parts(parts):
    values = read(StationCollector(parts))
    assert values["route112_station_generation"] == 42
    assert values["route112_station_native_generation"] == 41
    assert values["route112_station_native_behind_seconds"] == 3.5
    assert values["route112_station_valid_until_timestamp_seconds"] == 2
    assert values["route112_station_kamailio_starts_total"] == 2
    assert values["route112_station_records_backlog_bytes"] == 7
    assert values['route112_station_breaker_open{to="site-2"}'] == 1
    assert values['route112_station_ended_total{outcome="x"}'] == 1
    assert values['route112_station_info{station="site-1"}'] == 1
    ends_s = values["route112_station_certificate_ends_timestamp_seconds"]
    assert ends_s == ENDS.timestamp()


def test_what_is_not_known_is_left_out(parts, tmp_path):
    (tmp_path / "current").unlink()
    parts.station.run_dir = tmp_path / "gone"
    parts.station.tls.certificate.write_text("no certificate")
    parts.staging.in_force = parts.native.table = parts.recording.backlog_bytes = None
    values = read(StationCollector(parts))
    assert values["route112_station_recorder_runs"] == 0
    for name in ("generation", "in_force_timestamp_seconds", "native_generation",
                 "records_backlog_bytes", "disk_free_bytes",
                 "certificate_ends_timestamp_seconds"):  # fmt: skip
        assert f"route112_station_{name}" not in values


def test_shared_memory_is_asked_for_now_and_then(parts, monkeypatch):
    monkeypatch.setattr(module, "MEMORY_SECONDS", 0.01)
    answers = [MEMORY, RpcError("silent"), {"used_size": 5}]
    asked = []

    async def read_counters(socket, name):
        asked.append((socket, name))
        answer = answers[min(len(asked) - 1, 2)]
        if isinstance(answer, RpcError):
            raise answer
        return answer

    monkeypatch.setattr(module, "read_counters", read_counters)
    said = []
    made = Metrics(("127.0.0.1", 0), parts, SimpleNamespace(say=said.append))

    async def run():
        made.begin()
        seen = []
        for _ in range(200):
            await asyncio.sleep(0.005)
            if not seen or made.collector.memory != seen[-1]:
                seen.append(made.collector.memory)
            if len(asked) > 3 and said:
                break
        await made.end()
        await made.end()
        return seen

    seen = asyncio.run(run())
    assert dict.fromkeys(MEMORY_STATES, 1_024) in seen
    assert seen[-1] == {"used": 5}
    assert asked[0] == (parts.station.rpc_socket, "shmem:")
    assert "metrics are served" in said[0]
