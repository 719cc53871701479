"""What an exercise gives to members, and takes away again."""

from pathlib import Path

import pytest

from route112.adapters.supervision import SupervisionError
from route112.apps.country_run import exercise as subject
from route112.apps.country_run.exercise import Extras, check_extras, prepare, release


def test_offers_lead_to_the_plan_of_all(tmp_path):
    plan = tmp_path / "plan.r112"
    plan.write_bytes(b"plan")
    for _ in range(2):
        assert prepare(tmp_path, plan, Extras()) == {}
        assert (tmp_path / "offered.r112").read_bytes() == b"plan"


def test_a_clock_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(subject, "find_library", lambda: Path("/lib/faketime.so"))
    found = prepare(tmp_path, tmp_path / "plan", Extras(fake_clocks=True))
    assert found["LD_PRELOAD"] == "/lib/faketime.so"
    assert found["FAKETIME_TIMESTAMP_FILE"] == str(tmp_path / "clock")
    assert (tmp_path / "clock").read_text() == "+0\n"
    release(tmp_path)
    assert not (tmp_path / "clock").exists()


def test_what_is_missing_is_said(monkeypatch):
    assert check_extras(Extras()) == ""
    monkeypatch.setattr(subject, "find_library", lambda: None)
    monkeypatch.setattr(subject.os, "geteuid", lambda: 1)
    assert "libfaketime" in check_extras(Extras(fake_clocks=True))
    assert "root" in check_extras(Extras(disk_mb=8))


def test_a_disk_keeps_what_was_there(tmp_path, monkeypatch):
    ran = []
    monkeypatch.setattr(subject, "_run", lambda *argv: ran.append(argv))
    folder = tmp_path / "site-1"
    folder.mkdir()
    (folder / "records").mkdir()
    (folder / "records" / "raw.log").write_text("R1\n")
    prepare(folder, tmp_path / "plan", Extras(disk_mb=16))
    assert ran == [
        ("mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "tmpfs", str(folder)),
    ]  # fmt: skip
    monkeypatch.setattr(Path, "is_mount", lambda self: self == folder)
    release(folder)
    assert ran[1] == ("umount", str(folder))
    assert (folder / "records" / "raw.log").read_text() == "R1\n"
    assert list(tmp_path.iterdir()) == [folder]


def test_what_mount_says_is_told(tmp_path, monkeypatch):
    with pytest.raises(SupervisionError, match="umount"):
        subject._run("umount", str(tmp_path / "nothing"))
    monkeypatch.setattr(subject, "PATH", str(tmp_path))
    with pytest.raises(SupervisionError, match="mount is not installed"):
        subject._run("mount", "x")
