import sqlite3
from contextlib import closing
from dataclasses import replace

from tests.support.snapshots import NOW
from tests.support.translating import give_input

from route112.adapters.tables.edge import (
    REORDERING,
    describe_edge_table,
    main,
    write_edge_table,
)
from route112.adapters.tables.translation import (
    read_changes,
    read_translation,
    reorder_file,
)
from route112.edgetable import translate
from route112.model import UtcTime


def read(path):
    with closing(sqlite3.connect(path)) as database:
        return dict(database.execute("SELECT key_name, key_value FROM plan"))


def test_the_program_translates_for_one_operator(monkeypatch, tmp_path, capsys):
    snapshot = give_input(monkeypatch)
    path = tmp_path / "made"
    for operator in ("bruyere", "genet"):
        assert main([str(path), str(NOW), "", operator]) == 0
        told = read_translation(capsys.readouterr().out.encode())
        table = translate(snapshot, operator=operator, now=NOW)
        assert told == describe_edge_table(table)
        assert told.due == table.until
        assert read(path) == {**table.rows, **told.marks["plan"]}
    assert main([str(path), str(NOW), told.digest, "bruyere"]) == 0
    assert "d" in read(path), "another operator's digest is of another table"


def test_other_orders_are_worked_into_the_ladders_that_stand(monkeypatch, tmp_path, capsys):
    give_input(monkeypatch)
    before, path = tmp_path / "before", tmp_path / "made"
    assert main([str(before), str(NOW), "", "bruyere"]) == 0
    first = read_translation(capsys.readouterr().out)
    snapshot, now = give_input(monkeypatch, generation=43, orders=()), UtcTime(NOW + 1)
    told = reorder_file(
        REORDERING, snapshot, basis=before, target=path, now=now, known=first.digest
    )
    whole = translate(snapshot, operator="bruyere", now=UtcTime(NOW + 1))
    assert told == replace(describe_edge_table(whole), plan_due=first.plan_due)
    assert read(path) == {**whole.rows, **told.marks["plan"]}
    assert {key[:2] for key in read_changes(path)} == {"r:"}
    again = tmp_path / "again"
    reorder_file(REORDERING, snapshot, basis=path, target=again, now=now, known=told.digest)
    assert not again.exists(), "no order begins or ends"


def test_equal_snapshots_make_equal_bytes(monkeypatch, tmp_path):
    table = translate(give_input(monkeypatch), operator="bruyere", now=NOW)
    paths = tmp_path / "first", tmp_path / "second"
    for path in paths:
        write_edge_table(path, table)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert read(paths[0])["count"] == str(len(table.rows))
