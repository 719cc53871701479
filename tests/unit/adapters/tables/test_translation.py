from dataclasses import replace

import pytest
from tests.support.snapshots import NOW
from tests.support.translating import give_input

from route112.adapters.tables.file import read_rows
from route112.adapters.tables.translation import (
    ABOUT,
    SECONDS_MAX,
    Content,
    Translator,
    describe,
    read_changes,
    read_translation,
    render_translation,
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


def make_translator(rows=None, order_due=None):
    return Translator(
        translate=lambda snapshot, now: replace(CONTENT, built=now, plan_hash=snapshot.plan_hash),
        reorder=lambda _snapshot, basis, _now: (
            rows or {key: f"{row}!" for key, row in basis.items()}
        ),
        find_order_change=lambda _snapshot, _now: order_due,
    )


def run(path, now, digest="", basis="", translator=None):
    arguments = [str(path), str(now), digest, str(basis), "more"]
    return run_translator(arguments, translator or make_translator())


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


def test_the_program_makes_rows_of_orders_anew_in_a_copy(monkeypatch, tmp_path, capsys):
    snapshot = give_input(monkeypatch)
    before, path, last = tmp_path / "before", tmp_path / "made", tmp_path / "last"
    run(before, NOW)
    first = read_translation(capsys.readouterr().out)
    assert run(path, NOW + 1, first.digest, before, make_translator(order_due=9)) == 0
    second = read_translation(capsys.readouterr().out)
    tables = {"one": {"a": "b"}, "two": {"c": "1 2!", "e": "f"}}
    assert second == told(
        tables=tables, built=NOW + 1, generation=42, plan_hash=snapshot.plan_hash, order_due=9
    )
    assert read_rows(path, "two") == {**tables["two"], **second.marks["two"]}
    assert read_rows(path, "one") == {"a": "b", **second.marks["one"]}
    assert read_rows(before, "two")["c"] == "d", "it is left alone"
    assert read_changes(path) == {"c": "1 2!"}
    assert run(last, NOW + 2, "", path) == 0
    assert read_changes(last) == {}, "the same answers at another instant"
    assert read_translation(read_rows(last, ABOUT)[ABOUT]).built == NOW + 2
    last.unlink()
    assert run(last, NOW + 3, second.digest, path) == 0
    assert not last.exists()


def test_the_program_says_why_it_cannot_write(monkeypatch, tmp_path, capsys):
    give_input(monkeypatch)
    path = tmp_path / "none" / "made"
    assert run(path, NOW) == 1
    assert "made cannot be written: " in capsys.readouterr().err
    other = tmp_path / "other"
    write_tables(other, CONTENT, told())
    assert run(tmp_path / "made", NOW, "", other) == 1
    assert "other is of another plan" in capsys.readouterr().err
    assert run(tmp_path / "made", NOW, "", tmp_path / "missing") == 1
    assert "unable to open database" in capsys.readouterr().err
    run(other, NOW)
    capsys.readouterr()
    strange = make_translator(rows={"c": "x", "z": "nobody has this row"})
    assert run(tmp_path / "made", NOW, "", other, strange) == 1
    assert "has 4 of 5 rows of two" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
