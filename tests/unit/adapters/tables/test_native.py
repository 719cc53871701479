import sqlite3
from contextlib import closing
from dataclasses import replace

from tests.support.snapshots import NOW
from tests.support.translating import give_input

from route112.adapters.tables.native import REORDERING, describe_table, main, write_native
from route112.adapters.tables.translation import (
    read_changes,
    read_translation,
    reorder_file,
)
from route112.model import UtcTime
from route112.native import NativeTable, translate

TABLE = NativeTable(
    generation=42,
    built=UtcTime(7),
    zones={"29019": "0", "*": "1"},
    attempts={"0:15": "+33261910010|127.0.4.1:5060|udp|2000|30000|CRRA15-29"},
    plan_hash="aa",
    lines={"0:15": "3"},
    order_due=UtcTime(9),
    plan_due=None,
)


def read(path, table):
    with closing(sqlite3.connect(path)) as database:
        return dict(database.execute(f"SELECT key_name, key_value FROM {table}"))


def test_the_file_has_both_tables_and_their_marks(tmp_path):
    path = tmp_path / "native.sqlite"
    write_native(path, TABLE)
    marks = {"gen": "42", "built": "42@7"}
    assert read(path, "c2z") == {**TABLE.zones, "count": "2", **marks}
    assert read(path, "zn") == {**TABLE.attempts, "count": "1", **marks}
    assert describe_table(TABLE).marks["zn"] == {"count": "1", **marks}


def test_equal_answers_of_another_instant_are_known():
    told = describe_table(TABLE)
    assert describe_table(replace(TABLE, built=UtcTime(8), order_due=None)).digest == told.digest
    for changes in ({"generation": 43}, {"zones": {}}, {"attempts": {"0:15": "x"}}):
        assert describe_table(replace(TABLE, **changes)).digest != told.digest


def test_the_program_translates_for_a_site(monkeypatch, tmp_path, capsys):
    snapshot = give_input(monkeypatch)
    path = tmp_path / "made"
    assert main([str(path), str(NOW), ""]) == 0
    told = read_translation(capsys.readouterr().out.encode())
    table = translate(snapshot, now=NOW)
    assert told == describe_table(table)
    assert read(path, "zn").items() >= table.attempts.items()
    assert told.due > NOW


def test_other_orders_are_worked_into_the_table_that_stands(monkeypatch, tmp_path, capsys):
    give_input(monkeypatch, orders=())
    before, path = tmp_path / "before", tmp_path / "made"
    assert main([str(before), str(NOW), ""]) == 0
    first = read_translation(capsys.readouterr().out)
    snapshot, now = give_input(monkeypatch, generation=43), UtcTime(NOW + 1)
    told = reorder_file(
        REORDERING, snapshot, basis=before, target=path, now=now, known=first.digest
    )
    whole = translate(snapshot, now=UtcTime(NOW + 1))
    assert told == replace(describe_table(whole), plan_due=first.plan_due)
    assert read(path, "c2z") == {**whole.zones, **told.marks["c2z"]}
    assert read(path, "zn") == {**whole.attempts, **told.marks["zn"]}
    old = read(before, "zn")
    changes = {key: row for key, row in whole.attempts.items() if old[key] != row}
    assert read_changes(path) == changes
    assert 0 < len(changes) < len(whole.attempts)
