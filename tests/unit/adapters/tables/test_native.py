import sqlite3
from contextlib import closing

from tests.support.snapshots import NOW
from tests.support.translating import give_input

from route112.adapters.tables.native import describe_table, main, write_native
from route112.adapters.tables.translation import read_translation
from route112.model import UtcTime
from route112.native import NativeTable, next_change, translate

TABLE = NativeTable(
    generation=42,
    built=UtcTime(7),
    zones={"29019": "0", "*": "1"},
    attempts={"0:15": "+33261910010|127.0.4.1:5060|udp|2000|30000|CRRA15-29"},
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
    told = describe_table(TABLE, due=UtcTime(9))
    same = describe_table(
        NativeTable(generation=42, built=UtcTime(8), zones=TABLE.zones, attempts=TABLE.attempts)
    )
    assert same.digest == told.digest
    other = NativeTable(generation=43, built=UtcTime(7), zones=TABLE.zones, attempts={})
    assert describe_table(other).digest != told.digest


def test_the_program_translates_for_a_site(monkeypatch, tmp_path, capsys):
    snapshot = give_input(monkeypatch)
    path = tmp_path / "made"
    assert main([str(path), str(NOW), ""]) == 0
    told = read_translation(capsys.readouterr().out.encode())
    table = translate(snapshot, now=NOW)
    assert told == describe_table(table, due=next_change(snapshot, now=NOW))
    assert read(path, "zn").items() >= table.attempts.items()
    assert told.due > NOW
