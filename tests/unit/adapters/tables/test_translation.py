import pytest
from tests.support.snapshots import NOW
from tests.support.translating import give_input

from route112.adapters.tables.translation import (
    SECONDS_MAX,
    describe,
    read_translation,
    render_translation,
    run_translator,
)

TABLES = {"one": {"a": "b"}, "two": {"c": "d", "e": "f"}}


def told(due=None, generation=42, built=7, tables=TABLES):
    return describe(tables, generation=generation, built=built, due=due)


def test_marks_tell_what_each_table_is():
    same = {"gen": "42", "built": "42@7"}
    assert told().marks == {"one": {"count": "1", **same}, "two": {"count": "2", **same}}


def test_a_description_travels_and_tells_tables_apart():
    assert read_translation(render_translation(told(due=9)).encode()) == told(due=9)
    assert told(built=8, due=1).digest == told().digest
    assert told(generation=43).digest != told().digest
    assert told(tables={"one": {"a": "x"}}).digest != told().digest
    with pytest.raises(ValueError, match="Expecting value"):
        read_translation(b"")
    with pytest.raises(TypeError):
        read_translation(b"{}")


def test_the_program_writes_what_is_new_and_leaves_alone_what_is_known(
    monkeypatch, tmp_path, capsys
):
    alarms = []
    give_input(monkeypatch, alarms)
    path = tmp_path / "made"

    def translate(_snapshot, now):
        return TABLES, told(built=now)

    assert run_translator([str(path), str(NOW)], translate) == 0
    assert read_translation(capsys.readouterr().out.encode()) == told(built=NOW)
    path.unlink()
    assert run_translator([str(path), str(NOW), told().digest, "more"], translate) == 0
    assert not path.exists()
    assert alarms == [SECONDS_MAX] * 2


def test_the_program_says_why_it_cannot_write(monkeypatch, tmp_path, capsys):
    give_input(monkeypatch)
    path = tmp_path / "none" / "made"
    assert run_translator([str(path), str(NOW)], lambda _s, _n: (TABLES, told())) == 1
    assert "made cannot be written: " in capsys.readouterr().err
