import sqlite3
from dataclasses import replace

import pytest
from tests.support.snapshots import NOW
from tests.support.translating import give_input

from route112.adapters.tables.file import read_rows
from route112.adapters.tables.translation import (
    ABOUT,
    SECONDS_MAX,
    Content,
    Reordering,
    describe,
    read_changes,
    read_translation,
    render_translation,
    reorder_file,
    run_translator,
    write_tables,
)

CONTENT = Content(
    tables={"one": {"a": "b"}, "two": {"c": "d", "e": "f"}},
    ordered="two",
    basis={"c": "1 2"},
    generation=42,
    built=7,
    plan_hash="aa",
    order_due=None,
    plan_due=None,
)


def told(**changes):
    return describe(replace(CONTENT, **changes))


def translate(snapshot, now):
    return replace(CONTENT, built=now, plan_hash=snapshot.plan_hash)


def run(path, now, digest=""):
    return run_translator([str(path), str(now), digest, "more"], translate)


def reorder(  # noqa: PLR0913
    snapshot, basis, target, *, now, known="", rows=None, order_due=None
):
    reordering = Reordering(
        lambda _snapshot, lines, _now: rows or {key: f"{row}!" for key, row in lines.items()},
        lambda _snapshot, _now: order_due,
    )
    return reorder_file(reordering, snapshot, basis=basis, target=target, now=now, known=known)


def test_marks_tell_what_each_table_is():
    same = {"gen": "42", "built": "42@7"}
    assert told().marks == {"one": {"count": "1", **same}, "two": {"count": "2", **same}}
    assert told().mark == "42@7"


def test_what_is_due_is_what_comes_first():
    assert told().due is None
    assert told(order_due=5).due == told(plan_due=5).due == 5
    assert told(order_due=5, plan_due=4).due == 4


def test_a_description_travels_and_tells_tables_apart():
    assert read_translation(render_translation(told(order_due=9)).encode()) == told(order_due=9)
    assert told(built=8, order_due=1).digest == told().digest
    assert told(generation=43).digest != told().digest
    other = {"one": {"a": "b"}, "two": {"c": "x", "e": "f"}}
    assert told(tables=other).digest != told().digest
    assert told(tables=other).fixed == told().fixed, "an order may have changed it"
    other = {"one": {"a": "b"}, "two": {"c": "d", "e": "x"}}
    assert told(tables=other).fixed != told().fixed
    with pytest.raises(ValueError, match="Expecting value"):
        read_translation(b"")
    with pytest.raises(TypeError):
        read_translation(b"{}")


def test_the_program_writes_what_is_new_and_leaves_alone_what_is_known(
    monkeypatch, tmp_path, capsys
):
    alarms = []
    snapshot = give_input(monkeypatch, alarms)
    path = tmp_path / "made"
    assert run(path, NOW) == 0
    found = read_translation(capsys.readouterr().out.encode())
    assert found == told(built=NOW, plan_hash=snapshot.plan_hash)
    path.unlink()
    assert run(path, NOW, found.digest) == 0
    assert not path.exists()
    assert alarms == [SECONDS_MAX] * 2


def test_rows_of_orders_are_made_anew_in_a_copy(monkeypatch, tmp_path):
    snapshot = give_input(monkeypatch)
    before, path, last = tmp_path / "before", tmp_path / "made", tmp_path / "last"
    run(before, NOW)
    first = read_translation(read_rows(before, ABOUT)[ABOUT])
    second = reorder(snapshot, before, path, now=NOW + 1, known=first.digest, order_due=9)
    tables = {"one": {"a": "b"}, "two": {"c": "1 2!", "e": "f"}}
    assert second == told(
        tables=tables, built=NOW + 1, generation=42, plan_hash=snapshot.plan_hash, order_due=9
    )
    assert read_rows(path, "two") == {**tables["two"], **second.marks["two"]}
    assert read_rows(path, "one") == {"a": "b", **second.marks["one"]}
    assert read_rows(before, "two")["c"] == "d", "it is left alone"
    assert read_changes(path) == {"c": "1 2!"}
    third = reorder(snapshot, path, last, now=NOW + 2)
    assert read_changes(last) == {}, "the same answers at another instant"
    assert read_translation(read_rows(last, ABOUT)[ABOUT]) == third
    last.unlink()
    assert reorder(snapshot, path, last, now=NOW + 3, known=second.digest).built == NOW + 3
    assert not last.exists()


def test_the_program_says_why_it_cannot_write(monkeypatch, tmp_path, capsys):
    give_input(monkeypatch)
    assert run(tmp_path / "none" / "made", NOW) == 1
    assert "made cannot be written: " in capsys.readouterr().err


def test_a_file_that_is_no_basis_is_left_alone(monkeypatch, tmp_path):
    snapshot = give_input(monkeypatch)
    other, path = tmp_path / "other", tmp_path / "made"
    write_tables(other, CONTENT, told())
    with pytest.raises(ValueError, match="other is of another plan"):
        reorder(snapshot, other, path, now=NOW)
    with pytest.raises(sqlite3.OperationalError, match="unable to open database"):
        reorder(snapshot, tmp_path / "missing", path, now=NOW)
    run(other, NOW)
    strange = {"c": "x", "z": "nobody has this row"}
    with pytest.raises(ValueError, match="has 4 of 5 rows of two"):
        reorder(snapshot, other, path, now=NOW, rows=strange)
    assert not path.exists()
