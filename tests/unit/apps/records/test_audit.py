import json
import os
from pathlib import Path

import pytest

from route112.apps.records import audit
from route112.apps.records.audit import CALLS_PER_LINE_MAX, append_audit, name_reader


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_who_when_why_and_which_are_appended(tmp_path):
    path = tmp_path / "audit.jsonl"
    append_audit(path, reason="call back", asked={"number": "15"}, calls=["a", "b"])
    append_audit(path, reason="again", asked={}, calls=[])
    first, second = read(path)
    assert first["uid"] == os.getuid()
    assert first["user"]
    assert first["time_us"] > 1_700_000_000_000_000
    assert (first["reason"], first["asked"], first["calls"]) == (
        "call back",
        {"number": "15"},
        ["a", "b"],
    )
    assert (second["reason"], second["calls"], second["parts"]) == ("again", [], 1)
    assert path.stat().st_mode & 0o777 == 0o600


def test_many_calls_take_several_lines(tmp_path):
    path = tmp_path / "audit.jsonl"
    names = [str(number) for number in range(2 * CALLS_PER_LINE_MAX + 1)]
    append_audit(path, reason="call back", asked={}, calls=names)
    lines = read(path)
    assert [line["part"] for line in lines] == [1, 2, 3]
    assert [name for line in lines for name in line["calls"]] == names


def test_what_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(OSError):
        append_audit(tmp_path / "missing" / "audit.jsonl", reason="x", asked={}, calls=[])
    with pytest.raises(OSError):
        append_audit(Path("/dev/full"), reason="x", asked={}, calls=[])


@pytest.mark.parametrize(
    ("content", "uid", "user"),
    [("0", 0, "root"), ("4294967295", None, ""), ("", None, ""), ("4000000", 4000000, "4000000")],
)
def test_the_login_behind_sudo_is_named(tmp_path, monkeypatch, content, uid, user):
    (tmp_path / "loginuid").write_text(content)
    monkeypatch.setattr(audit, "_LOGIN", tmp_path / "loginuid")
    named = name_reader()
    assert (named["login_uid"], named["login_user"]) == (uid, user)
