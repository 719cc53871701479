from pathlib import Path

import pytest

from route112.adapters.backup_file import scratch
from route112.adapters.backup_file.scratch import clear_scratch, scratch_folder


def test_a_folder_is_for_one_user_and_goes_with_its_command(tmp_path):
    def use():
        with scratch_folder(tmp_path, ".backup-") as folder:
            assert folder.stat().st_mode & 0o777 == 0o700
            (folder / "secret").write_text("x")
            raise SystemExit

    with pytest.raises(SystemExit):
        use()
    assert list(tmp_path.iterdir()) == []


def test_what_was_left_is_cleared_and_what_is_in_use_stays(tmp_path):
    left, other = tmp_path / ".backup-left", tmp_path / "kept"
    for each in (left, other):
        (each / "deep").mkdir(parents=True)
        (each / "deep" / "secret").write_text("x")
    (tmp_path / ".backup-link").symlink_to(other)
    (tmp_path / ".backup-file").touch()
    with scratch_folder(tmp_path, ".backup-") as used:
        clear_scratch(tmp_path, ".backup-")
        assert used.exists()
        assert not left.exists()
    assert (other / "deep" / "secret").exists()


def test_a_folder_that_was_cleared_before_it_was_held_is_made_anew(tmp_path, monkeypatch):
    real, lost = scratch.fcntl.flock, []

    def lose_once(handle, how):
        if not lost:
            lost.extend(tmp_path.iterdir())
            lost[0].rmdir()
        real(handle, how)

    monkeypatch.setattr(scratch.fcntl, "flock", lose_once)
    with scratch_folder(tmp_path, ".backup-") as folder:
        assert folder.exists()
        assert folder != lost[0]
    assert list(Path(tmp_path).iterdir()) == []
