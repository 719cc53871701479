from dataclasses import replace

import pytest
from tests.support.snapshots import COMMUNES, NOW, SHORT_NUMBERS, small_content

from route112 import edgetable, native
from route112.adapters.tables.edge import write_edge_table
from route112.adapters.tables.native import write_native
from route112.apps.receiver.differences import (
    Tables,
    compare_station,
    count_differences,
    read_in_force,
    read_tables,
)
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

AT = UtcTime(NOW)
SNAPSHOT = Snapshot(write_snapshot(small_content()))


def make_tables(snapshot=SNAPSHOT):
    table = native.translate(snapshot, now=AT)
    edge = edgetable.translate(snapshot, operator="", now=AT)
    return Tables(AT, table.zones, table.attempts, edge.rows)


def test_what_a_site_has_in_use_agrees_with_the_others(tmp_path):
    write_native(tmp_path / "native.sqlite", native.translate(SNAPSHOT, now=AT))
    tables = read_tables(tmp_path, SNAPSHOT)
    assert tables.now == AT
    assert count_differences(SNAPSHOT, tables) == 0


def test_what_an_edge_has_in_use_agrees_with_the_others(tmp_path):
    table = edgetable.translate(SNAPSHOT, operator="bruyere", now=AT)
    write_edge_table(tmp_path / "edge.sqlite", table)
    tables = read_tables(tmp_path, SNAPSHOT)
    assert count_differences(SNAPSHOT, tables) == 0


def test_a_table_of_another_generation_is_not_there_yet(tmp_path):
    write_native(tmp_path / "native.sqlite", native.translate(SNAPSHOT, now=AT))
    later = Snapshot(write_snapshot(small_content(generation=SNAPSHOT.generation + 1)))
    assert read_tables(tmp_path, later) is None


def test_two_tables_of_different_instants_are_not_there_yet(tmp_path, monkeypatch):
    rows = {"c2z": {"gen": str(SNAPSHOT.generation), "built": "1@1"}}
    rows["zn"] = {**rows["c2z"], "built": "1@2"}
    monkeypatch.setattr(
        "route112.apps.receiver.differences.read_rows", lambda _path, table: rows[table]
    )
    assert read_tables(tmp_path, SNAPSHOT) is None
    rows["zn"] = rows["c2z"] = {"gen": str(SNAPSHOT.generation)}
    assert read_tables(tmp_path, SNAPSHOT) is None


def test_a_station_without_a_table_is_an_error(tmp_path):
    with pytest.raises(Exception, match="unable to open database file"):
        read_tables(tmp_path, SNAPSHOT)


def test_each_key_that_differs_counts_whichever_of_them_is_wrong():
    tables = make_tables()
    alike = {code.code: tables.zones[code.code] for code in COMMUNES}
    zone = tables.zones["29019"]
    with_it = sum(each == zone for each in alike.values())
    wrong = {**tables.attempts, f"{zone}:17": "+33199000099|h:1|udp|2000|30000|X|0"}
    assert count_differences(SNAPSHOT, replace(tables, attempts=wrong)) == with_it
    ladder = f"r:{tables.rows['c:29019'].split('.')[0]}"
    assert count_differences(SNAPSHOT, replace(tables, rows={**tables.rows, ladder: "X"})) > 0


def test_a_commune_that_a_table_lacks_differs_on_every_short_number():
    tables = make_tables()
    zones = {key: value for key, value in tables.zones.items() if key != "29019"}
    assert count_differences(SNAPSHOT, replace(tables, zones=zones)) == len(SHORT_NUMBERS)
    rows = {key: value for key, value in tables.rows.items() if key != "c:29019"}
    assert count_differences(SNAPSHOT, replace(tables, rows=rows)) == len(SHORT_NUMBERS)


def test_python_is_asked_as_calls_ask_it(monkeypatch):
    tables = make_tables()
    real = "route112.apps.receiver.differences.decide"
    decide = __import__("route112.routing", fromlist=["decide"]).decide

    def other(call, snapshot, states, *, now):
        found = decide(call, snapshot, states, now=now)
        return replace(found, targets=found.targets[::-1]) if call.dialled == "17" else found

    monkeypatch.setattr(real, other)
    assert count_differences(SNAPSHOT, tables) > 0


def test_a_key_on_which_python_fails_differs(monkeypatch):
    def fail(*_values, **_options):
        raise RecursionError("in a route")

    monkeypatch.setattr("route112.apps.receiver.differences.decide", fail)
    assert count_differences(SNAPSHOT, make_tables()) == len(COMMUNES) * len(SHORT_NUMBERS)


def test_a_station_is_compared_when_it_has_all_of_its_own(tmp_path):
    assert compare_station(tmp_path) is None
    plan = tmp_path / "plan.r112"
    plan.write_bytes(write_snapshot(small_content()))
    (tmp_path / "current").write_text(f"{plan}\n")
    snapshot = read_in_force(tmp_path)
    assert snapshot.content_hash == Snapshot(plan.read_bytes()).content_hash
    write_native(tmp_path / "native.sqlite", native.translate(snapshot, now=UtcTime(NOW)))
    assert compare_station(tmp_path) == 0
    plan.write_bytes(write_snapshot(small_content(generation=snapshot.generation + 1)))
    assert compare_station(tmp_path) is None


def test_what_is_in_force_somewhere_may_not_be_readable(tmp_path):
    assert read_in_force(tmp_path) is None
    (tmp_path / "current").write_text(str(tmp_path / "gone"))
    assert read_in_force(tmp_path) is None
    (tmp_path / "gone").write_bytes(b"no snapshot")
    assert read_in_force(tmp_path) is None
    (tmp_path / "current").write_bytes(b"\xff")
    assert read_in_force(tmp_path) is None
